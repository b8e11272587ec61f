/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "codec/yaml.h"
#include "suite.h"

static mfn__yaml *parse(const char *text)
{
    mfn__yaml *yaml = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__yaml_parse(text, strlen(text), "p.yaml", &yaml, &err);
    ck_assert_msg(status == MFN_OK, "%s: %s", text, err.text);
    return yaml;
}

static const char *text_of(const mfn__yaml *yaml, const char *key)
{
    const mfn__yaml_node *node = mfn__yaml_get(mfn__yaml_root(yaml), key);
    ck_assert_msg(node != NULL, "no key '%s'", key);
    return node->text;
}

START_TEST(a_document_becomes_a_tree_whose_nodes_know_their_place)
{
    mfn__yaml *yaml = parse("connector:\n  kind: file\n  names: [a, 'b c']\nempty:\n");
    const mfn__yaml_node *root = mfn__yaml_root(yaml);
    ck_assert_str_eq(mfn__yaml_path(yaml), "p.yaml");
    ck_assert_int_eq(root->type, MFN__YAML_MAP);
    ck_assert_uint_eq(root->count, 2);
    ck_assert_ptr_null(root->key);
    const mfn__yaml_node *connector = mfn__yaml_get(root, "connector");
    ck_assert_uint_eq(connector->line, 2);
    ck_assert_uint_eq(connector->column, 3);
    ck_assert_uint_eq(connector->key->line, 1);
    ck_assert_uint_eq(connector->key->column, 1);
    const mfn__yaml_node *names = mfn__yaml_get(connector, "names");
    ck_assert_int_eq(names->type, MFN__YAML_LIST);
    ck_assert_uint_eq(names->count, 2);
    ck_assert_str_eq(names->values[1]->text, "b c");
    ck_assert(names->values[1]->quoted);
    ck_assert(!names->values[0]->quoted);
    ck_assert_ptr_null(names->values[0]->key);
    ck_assert_uint_eq(names->values[1]->line, 3);
    ck_assert_uint_eq(names->values[1]->column, 14);
    ck_assert_ptr_null(mfn__yaml_get(connector, "port"));
    ck_assert_ptr_null(mfn__yaml_get(names, "a"));
    ck_assert(mfn__yaml_is_null(mfn__yaml_get(root, "empty")));
    ck_assert(!mfn__yaml_is_null(names));
    mfn__yaml_free(yaml);
    mfn__yaml_free(NULL);
}
END_TEST

START_TEST(null_has_three_spellings_and_quotes_make_a_text)
{
    setenv("MFN_TEST_WORD", "null", 1);
    mfn__yaml *yaml = parse("a: ~\nb: null\nc:\nd: 'null'\ne: \"\"\nf: ${MFN_TEST_WORD}\n");
    static const char keys[] = "abcdef";
    static const bool null[] = {true, true, true, false, false, false};
    for (size_t i = 0; keys[i] != '\0'; i++) {
        const char key[] = {keys[i], '\0'};
        ck_assert_msg(mfn__yaml_is_null(mfn__yaml_get(mfn__yaml_root(yaml), key)) == null[i],
                      "key %s", key);
    }
    mfn__yaml_free(yaml);
}
END_TEST

START_TEST(variables_are_replaced_inside_values)
{
    static const struct {
        const char *what, *value, *expected;
    } cases[] = {
        {"a whole value", "${MFN_TEST_SET}", "secret"},
        {"inside a text", "http://${MFN_TEST_SET}@host/", "http://secret@host/"},
        {"two of them", "${MFN_TEST_SET}${MFN_TEST_SET}", "secretsecret"},
        {"a default that is not needed", "${MFN_TEST_SET:-other}", "secret"},
        {"a default for an unset one", "${MFN_TEST_UNSET:-other}", "other"},
        {"a default for an empty one", "${MFN_TEST_EMPTY:-other}", "other"},
        {"an empty default", "x${MFN_TEST_UNSET:-}y", "xy"},
        {"an empty one without default", "x${MFN_TEST_EMPTY}y", "xy"},
        {"a value is not replaced again", "${MFN_TEST_NESTED}", "${MFN_TEST_SET}"},
        {"a value does not change the structure", "${MFN_TEST_YAML}", "a: [b, *c"},
        {"two dollars are one", "5$$", "5$"},
        {"two dollars before a brace", "$${MFN_TEST_SET}", "${MFN_TEST_SET}"},
        {"a lone dollar stands for itself", "a $ b $5", "a $ b $5"},
        {"single quotes do not matter", "'${MFN_TEST_SET}'", "secret"},
    };
    setenv("MFN_TEST_SET", "secret", 1);
    setenv("MFN_TEST_EMPTY", "", 1);
    setenv("MFN_TEST_NESTED", "${MFN_TEST_SET}", 1);
    setenv("MFN_TEST_YAML", "a: [b, *c", 1);
    unsetenv("MFN_TEST_UNSET");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "key: %s\n", cases[i].value);
        mfn__yaml *yaml = parse(text);
        ck_assert_msg(strcmp(text_of(yaml, "key"), cases[i].expected) == 0, "%s: '%s'",
                      cases[i].what, text_of(yaml, "key"));
        mfn__yaml_free(yaml);
    }
}
END_TEST

START_TEST(the_text_before_replacement_is_kept_for_messages)
{
    setenv("MFN_TEST_SET", "secret", 1);
    mfn__yaml *yaml = parse("${MFN_TEST_SET}: a\nb: x${MFN_TEST_SET}\nc: plain\n");
    const mfn__yaml_node *root = mfn__yaml_root(yaml);
    ck_assert_str_eq(root->keys[0]->text, "${MFN_TEST_SET}");
    ck_assert_str_eq(root->values[1]->source, "x${MFN_TEST_SET}");
    ck_assert_str_eq(root->values[1]->text, "xsecret");
    ck_assert_str_eq(root->values[2]->source, "plain");
    mfn__yaml_free(yaml);
}
END_TEST

START_TEST(lists_and_maps_of_scalars_are_offered_as_texts)
{
    setenv("MFN_TEST_SET", "secret", 1);
    mfn__yaml *yaml =
        parse("list: [a, 2, '', '${MFN_TEST_SET}']\nmap: {x: 1, y: '~'}\nscalar: one\n"
              "empty_list: []\nempty_map: {}\n");
    const mfn__yaml_node *root = mfn__yaml_root(yaml);
    mfn_texts texts;
    ck_assert(mfn__yaml_texts(mfn__yaml_get(root, "list"), &texts));
    ck_assert_uint_eq(texts.count, 4);
    ck_assert_ptr_null(texts.keys);
    ck_assert_str_eq(texts.values[0], "a");
    ck_assert_str_eq(texts.values[1], "2");
    ck_assert_str_eq(texts.values[2], "");
    ck_assert_str_eq(texts.values[3], "secret");
    ck_assert(mfn__yaml_texts(mfn__yaml_get(root, "map"), &texts));
    ck_assert_uint_eq(texts.count, 2);
    ck_assert_str_eq(texts.keys[0], "x");
    ck_assert_str_eq(texts.values[0], "1");
    ck_assert_str_eq(texts.keys[1], "y");
    ck_assert_str_eq(texts.values[1], "~");
    ck_assert(mfn__yaml_texts(mfn__yaml_get(root, "scalar"), &texts));
    ck_assert_uint_eq(texts.count, 1);
    ck_assert_ptr_null(texts.keys);
    ck_assert_str_eq(texts.values[0], "one");
    ck_assert(mfn__yaml_texts(mfn__yaml_get(root, "empty_list"), &texts));
    ck_assert_uint_eq(texts.count, 0);
    ck_assert(mfn__yaml_texts(mfn__yaml_get(root, "empty_map"), &texts));
    ck_assert_uint_eq(texts.count, 0);
    mfn__yaml_free(yaml);
}
END_TEST

START_TEST(texts_are_refused_when_an_entry_is_none)
{
    static const struct {
        const char *what, *text;
        unsigned column; /* of the entry */
    } cases[] = {
        {"a list in a list", "v: [a, [b]]", 8},
        {"a map in a list", "v: [a, {b: c}]", 8},
        {"a list in a map", "v: {a: b, c: []}", 14},
        {"a map in a map", "v: {a: {}}", 8},
        {"nothing in a list", "v: [a, ~]", 8},
        {"null in a list", "v: [null, a]", 5},
        {"nothing in a map", "v: {a: , b: c}", 8},
        {"an empty variable", "v:\n  - ''\n  - ${MFN_TEST_EMPTY}\n", 5},
    };
    setenv("MFN_TEST_EMPTY", "", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__yaml *yaml = parse(cases[i].text);
        const mfn__yaml_node *node = mfn__yaml_get(mfn__yaml_root(yaml), "v");
        mfn_texts texts = {.count = 7};
        ck_assert_msg(!mfn__yaml_texts(node, &texts), "%s", cases[i].what);
        ck_assert_uint_eq(texts.count, 7);
        const mfn__yaml_node *entry = mfn__yaml_first_not_text(node);
        ck_assert_msg(entry != NULL && entry->column == cases[i].column, "%s: column %u",
                      cases[i].what, entry != NULL ? entry->column : 0);
        mfn__yaml_free(yaml);
    }
    mfn__yaml *yaml = parse("v: ~\nw: [a]\n");
    mfn_texts texts;
    ck_assert(!mfn__yaml_texts(mfn__yaml_get(mfn__yaml_root(yaml), "v"), &texts));
    ck_assert_ptr_null(mfn__yaml_first_not_text(mfn__yaml_get(mfn__yaml_root(yaml), "w")));
    mfn__yaml_free(yaml);
}
END_TEST

START_TEST(a_bad_document_is_refused_with_its_place)
{
    static const struct {
        const char *what, *text, *expected;
    } cases[] = {
        {"an empty file", "", "p.yaml:1:1: the file is empty"},
        {"nothing but a comment", "# nothing\n", "p.yaml:1:1: the file is empty"},
        {"a key twice", "server:\n  host: a\n  host: b\n",
         "p.yaml:3:3: duplicate key 'host' (first at line 2)"},
        {"a key twice in one line", "{a: 1, a: 2}", "p.yaml:1:8: duplicate key 'a'"},
        {"an anchor", "a: &x 1\n", "p.yaml:1:4: anchors"},
        {"an alias", "a: *x\n", "p.yaml:1:4: anchors"},
        {"an alias as a key", "*x : 1\n", "p.yaml:1:1: anchors"},
        {"an anchor on a list", "a: &x [1]\n", "p.yaml:1:4: anchors"},
        {"a tag", "a: !!str 1\n", "p.yaml:1:4: tags"},
        {"a tag on a map", "!thing\na: 1\n", "p.yaml:1:1: tags"},
        {"two documents", "a: 1\n---\nb: 2\n", "p.yaml:2:1: a second document"},
        {"a list as a key", "? [a]\n: b\n", "p.yaml:1:3: a key must be a plain text"},
        {"an empty key", "'': b\n", "p.yaml:1:1: a key is empty"},
        {"a NUL character in quotes", "a: \"x\\0y\"\n", "p.yaml:1:4: a NUL character"},
        {"a quote that is not closed", "a: 1\nb: \"x\n",
         "p.yaml:3:1: found unexpected end of "
         "stream (while scanning a quoted scalar "
         "at line 2)"},
        {"a tab for indentation", "a:\n\tb: 1\n", "p.yaml:2:1: found character that cannot start"},
        {"a bracket that is not closed", "a: [1, 2\n", "p.yaml:2:1: "},
        {"a byte that is not UTF-8", "a: 1\nb: \xff\n", "p.yaml:2:4: invalid leading UTF-8 octet"},
        {"an unset variable", "a: 1\nb: ${MFN_TEST_UNSET}\n",
         "p.yaml:2:4: environment variable 'MFN_TEST_UNSET' is not set"},
        {"an unset variable in a list", "- ${MFN_TEST_UNSET}\n", "p.yaml:1:3: environment"},
        {"a variable without its brace", "a: ${MFN_TEST_SET\n",
         "p.yaml:1:4: '${MFN_TEST_SET' is not closed"},
        {"a default without its brace", "a: ${MFN_TEST_SET:-x\n",
         "p.yaml:1:4: '${MFN_TEST_SET' is not closed"},
        {"a variable without a name", "a: ${}\n", "p.yaml:1:4: '${' must be followed by"},
        {"a variable with a number for a name", "a: ${1}\n", "p.yaml:1:4: '${' must be"},
        {"an operator that shells know and we do not", "a: ${MFN_TEST_SET:?x}\n",
         "p.yaml:1:4: '${MFN_TEST_SET' is not closed"},
    };
    setenv("MFN_TEST_SET", "secret", 1);
    unsetenv("MFN_TEST_UNSET");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__yaml *yaml = NULL;
        mfn_error err = {.status = MFN_OK};
        mfn_status status =
            mfn__yaml_parse(cases[i].text, strlen(cases[i].text), "p.yaml", &yaml, &err);
        ck_assert_msg(status != MFN_OK, "%s: accepted", cases[i].what);
        ck_assert_ptr_null(yaml);
        ck_assert_msg(err.status == status, "%s: %s", cases[i].what, mfn_status_name(err.status));
        ck_assert_msg(strncmp(err.text, cases[i].expected, strlen(cases[i].expected)) == 0,
                      "%s: %s", cases[i].what, err.text);
        ck_assert_msg(strstr(err.text, "secret") == NULL, "%s shows a value: %s", cases[i].what,
                      err.text);
    }
}
END_TEST

static void expect_parse(const char *what, const char *text, size_t size, mfn_status expected)
{
    mfn__yaml *yaml = NULL;
    mfn_status status = mfn__yaml_parse(text, size, "p.yaml", &yaml, NULL);
    ck_assert_msg(status == expected, "%s: %s", what, mfn_status_name(status));
    mfn__yaml_free(yaml);
}

START_TEST(size_levels_and_values_are_limited)
{
    char nested[128];
    memset(nested, '[', 40);
    memset(nested + 40, ']', 40);
    expect_parse("31 lists around a list", nested + 8, 64, MFN_OK);
    expect_parse("32 lists around a list", nested + 7, 66, MFN_FORMAT);

    size_t size = ((size_t)1 << 20) + 1;
    char *large = calloc(size + 1, 1);
    memset(large, '#', size);
    expect_parse("a comment of 1 MiB", large, size - 1, MFN_FORMAT); /* it is empty */
    expect_parse("one byte more than 1 MiB", large, size, MFN_TOO_LARGE);

    memcpy(large, "[", 1);
    for (size_t i = 0; i < 9999; i++) {
        memcpy(large + 1 + 2 * i, "1,", 2);
    }
    memcpy(large + 1 + 19998, "]", 1);
    expect_parse("a list of 9999", large, 20000, MFN_OK);
    memcpy(large + 1 + 19998, "1]", 2);
    expect_parse("a list of 10000", large, 20001, MFN_FORMAT);
    free(large);
}
END_TEST

START_TEST(a_file_is_read_and_a_missing_one_is_named)
{
    char path[] = "/tmp/mfn-yaml-XXXXXX";
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(mfn__file_write_all(descriptor, "a: b\n", 5, path, NULL), MFN_OK);
    close(descriptor);
    mfn__yaml *yaml = NULL;
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__yaml_load(path, &yaml, &err), MFN_OK);
    ck_assert_str_eq(text_of(yaml, "a"), "b");
    ck_assert_str_eq(mfn__yaml_path(yaml), path);
    mfn__yaml_free(yaml);
    unlink(path);
    ck_assert_int_eq(mfn__yaml_load(path, &yaml, &err), MFN_NOT_FOUND);
    char expected[128];
    snprintf(expected, sizeof expected, "cannot open '%s': No such file or directory", path);
    ck_assert_str_eq(err.text, expected);
}
END_TEST

START_TEST(parsing_survives_failure_of_every_allocation)
{
    static const char text[] = "a: [1, 2, 3, 4, 5, 6, 7, 8, 9]\nb: {c: 'x${MFN_TEST_SET}y'}\n";
    setenv("MFN_TEST_SET", "secret", 1);
    for (int64_t i = 0;; i++) {
        mfn__yaml *yaml = NULL;
        mfn_error err = {.status = MFN_OK};
        mfn__mem_fail_after(i);
        mfn_status status = mfn__yaml_parse(text, strlen(text), "p.yaml", &yaml, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            ck_assert_int_gt(i, 10);
            mfn__yaml_free(yaml);
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_int_eq(err.status, MFN_NO_MEMORY);
        ck_assert_ptr_null(yaml);
    }
}
END_TEST

/* Deterministic damage to a good document: no input may crash, leak or hang. */
START_TEST(damaged_documents_never_crash)
{
    static const char seed_text[] = "connector:\n  kind: file\n  list: [a, {b: c}, \"d\\n\"]\n"
                                    "  text: |\n    block\n  v: ${MFN_TEST_SET:-x}\n# end\n";
    static const char bytes[] = "{}[]:,-&*!|>'\"%@`#?~$\\ \t\n\r\xc3\xa9\xff";
    uint32_t state = 1;
    for (int round = 0; round < 4000; round++) {
        char text[sizeof seed_text];
        memcpy(text, seed_text, sizeof text);
        for (int change = 0; change < 1 + round % 5; change++) {
            state = state * 1664525U + 1013904223U;
            text[(state >> 8) % (sizeof text - 1)] = bytes[(state >> 20) % (sizeof bytes - 1)];
        }
        mfn__yaml *yaml = NULL;
        mfn_error err = {.status = MFN_OK};
        mfn_status status = mfn__yaml_parse(text, sizeof text - 1, "p.yaml", &yaml, &err);
        ck_assert_msg((status == MFN_OK) == (err.text[0] == '\0'), "%s", err.text);
        mfn__yaml_free(yaml);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_document_becomes_a_tree_whose_nodes_know_their_place,
                            null_has_three_spellings_and_quotes_make_a_text,
                            variables_are_replaced_inside_values,
                            the_text_before_replacement_is_kept_for_messages,
                            lists_and_maps_of_scalars_are_offered_as_texts,
                            texts_are_refused_when_an_entry_is_none,
                            a_bad_document_is_refused_with_its_place,
                            size_levels_and_values_are_limited,
                            a_file_is_read_and_a_missing_one_is_named,
                            parsing_survives_failure_of_every_allocation,
                            damaged_documents_never_crash,
                            NULL};
    return mfn_test_run("yaml", tests);
}
