/* SPDX-License-Identifier: MIT */
/* What the schema says of each sort of option and of the file. Whether it agrees with what
 * `mfn check` takes is for tests/cli/test_schema.py. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/option_table.h"
#include "stream/pipeline_internal.h"
#include "stream/schema.h"
#include "stream/schema_option.h"
#include "suite.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20)
#define VARIABLE       "{\"$ref\": \"#/$defs/variable\"}"
#define TEXT           "{\"$ref\": \"#/$defs/text\"}"
#define REAL_PATTERN   "^-?(0|[1-9][0-9]*)(\\\\.[0-9]+)?([eE][+-]?[0-9]+)?"

typedef struct sample {
    bool flag;
    uint64_t whole;
    double real;
    const char *text;
    uint32_t choice;
    mfn_texts texts;
} sample;

static const char *const choices[] = {"none", "1.1", NULL};

/* clang-format off: one row per option */
static const mfn_option fake_table[] = {
    MFN__TEXT(sample, text, NULL, "a text"),
    MFN__LIST(sample, texts, "", false, "texts"),
    {0},
};
/* clang-format on */

static const struct {
    const char *what;
    mfn_option option;
    const char *expected;
} rows[] = {
    {"a truth value", MFN__BOOL(sample, flag, "true", "help"),
     "{\"description\": \"help\", \"default\": true, \"anyOf\": [{\"type\": \"boolean\"}, "
     "{\"enum\": [0, 1]}, {\"type\": \"string\", \"pattern\": \"^([Tt][Rr][Uu][Ee]|"
     "[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]|[01])$\"}, " VARIABLE
     ", {\"type\": \"null\"}]}"},
    {"a whole number, which may stand in quotes", MFN__WHOLE(sample, whole, 1, 8, "4", "", "help"),
     "{\"description\": \"help\", \"default\": 4, \"anyOf\": [{\"type\": \"integer\", "
     "\"minimum\": 1, \"maximum\": 8}, {\"type\": \"string\", \"pattern\": \"^[0-9]+$\"}, " VARIABLE
     ", {\"type\": \"null\"}]}"},
    {"bytes with a suffix, without an upper bound",
     MFN__WHOLE(sample, whole, 0, 18446744073709549568.0, "2MiB", "bytes", "help"),
     "{\"description\": \"help [bytes]\", \"default\": \"2MiB\", \"anyOf\": [{\"type\": "
     "\"integer\", \"minimum\": 0}, {\"type\": \"string\", \"pattern\": "
     "\"^[0-9]+([KMG]i?B|B)?$\"}, " VARIABLE ", {\"type\": \"null\"}]}"},
    {"a time of whole seconds", MFN__WHOLE(sample, whole, 0, 60, "5", "s", "help"),
     "{\"description\": \"help [s]\", \"default\": 5, \"anyOf\": [{\"type\": \"integer\", "
     "\"minimum\": 0, \"maximum\": 60}, {\"type\": \"string\", \"pattern\": "
     "\"^[0-9]+[smh]?$\"}, " VARIABLE ", {\"type\": \"null\"}]}"},
    {"a number below an open bound", MFN__REAL_BELOW(sample, real, -0.5, 1, "0.25", "mV", "help"),
     "{\"description\": \"help [mV]\", \"default\": 0.25, \"anyOf\": [{\"type\": \"number\", "
     "\"minimum\": -0.5, \"exclusiveMaximum\": 1}, {\"type\": \"string\", \"pattern\": "
     "\"" REAL_PATTERN "$\"}, " VARIABLE ", {\"type\": \"null\"}]}"},
    {"a time that must be given, above an open bound, without end",
     {.name = "real",
      .type = MFN_OPTION_REAL,
      .min = 0,
      .min_open = true,
      .max = INFINITY,
      .unit = "s",
      .help = "help"},
     "{\"description\": \"help [s]\", \"anyOf\": [{\"type\": \"number\", \"exclusiveMinimum\": 0}, "
     "{\"type\": \"string\", \"pattern\": \"" REAL_PATTERN "(ms|[smh])?$\"}, " VARIABLE "]}"},
    {"a text, which YAML may take for a number", MFN__TEXT(sample, text, "x", "help"),
     "{\"description\": \"help\", \"default\": \"x\", \"anyOf\": [" TEXT
     ", {\"type\": \"null\"}]}"},
    {"a text of 5 to 8 bytes has at least 2 characters",
     {.name = "text",
      .type = MFN_OPTION_TEXT,
      .min = 5,
      .max = 8,
      .default_text = "hello",
      .unit = "",
      .help = "help"},
     "{\"description\": \"help\", \"default\": \"hello\", \"anyOf\": [{\"type\": [\"string\", "
     "\"number\", \"boolean\"], \"minLength\": 2, \"maxLength\": 8}, " VARIABLE
     ", {\"type\": \"null\"}]}"},
    {"a secret", MFN__SECRET(sample, text, NULL, "help"),
     "{\"description\": \"help\", \"writeOnly\": true, \"anyOf\": [" TEXT "]}"},
    {"digits", MFN__DIGITS(sample, text, "42", "help"),
     "{\"description\": \"help\", \"default\": 42, \"anyOf\": [{\"type\": \"integer\", "
     "\"minimum\": 0}, {\"type\": \"string\", \"pattern\": \"^[0-9]+$\"}, " VARIABLE
     ", {\"type\": \"null\"}]}"},
    {"a choice, one of which YAML takes for a number",
     MFN__CHOICE(sample, choice, choices, "none", "help"),
     "{\"description\": \"help\", \"default\": \"none\", \"anyOf\": [{\"enum\": [\"none\", "
     "\"1.1\", 1.1]}, " VARIABLE ", {\"type\": \"null\"}]}"},
    {"a list, of one without brackets", MFN__LIST(sample, texts, "", false, "help"),
     "{\"description\": \"help\", \"default\": [], \"anyOf\": [" TEXT
     ", {\"type\": \"array\", \"items\": " TEXT "}, {\"type\": \"null\"}]}"},
    {"a list that must be given", MFN__LIST(sample, texts, NULL, false, "help"),
     "{\"description\": \"help\", \"anyOf\": [" TEXT ", {\"type\": \"array\", \"items\": " TEXT
     ", \"minItems\": 1}]}"},
    {"a map", MFN__MAP(sample, texts, "", true, "help"),
     "{\"description\": \"help\", \"default\": {}, \"writeOnly\": true, \"anyOf\": [{\"type\": "
     "\"object\", \"additionalProperties\": " TEXT "}, {\"type\": \"null\"}]}"},
    {"a map that must be given", MFN__MAP(sample, texts, NULL, false, "help"),
     "{\"description\": \"help\", \"anyOf\": [{\"type\": \"object\", "
     "\"additionalProperties\": " TEXT ", \"minProperties\": 1}]}"},
};

START_TEST(each_sort_of_option_says_what_it_takes)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__buffer text;
        mfn__json_writer json;
        mfn__buffer_init(&text, TEXT_BYTES_MAX);
        mfn__json_start(&json, &text, 0);
        mfn__schema_write_option(&rows[i].option, &json);
        ck_assert_int_eq(text.status, MFN_OK);
        ck_assert_msg(strcmp(text.data, rows[i].expected) == 0, "%s:\n%s\n%s", rows[i].what,
                      text.data, rows[i].expected);
        mfn__buffer_deinit(&text);
    }
}
END_TEST

static const mfn__connector_ops one_connector = {
    .kind = "pond", .help = "jobs of a pond", .options = fake_table};
static const mfn__connector_ops other_connector = {
    .kind = "lake", .help = "jobs of a lake", .options = fake_table};
static const mfn__publisher_ops one_publisher = {
    .kind = "sea", .help = "results to the sea", .options = fake_table};
static const mfn__connector_ops *const connectors[] = {&one_connector, &other_connector, NULL};
static const mfn__publisher_ops *const publishers[] = {&one_publisher, NULL};
static const mfn__kinds kinds = {connectors, publishers};

static json_t *load_schema(void)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, TEXT_BYTES_MAX);
    mfn__json_start(&json, &text, 2);
    mfn__schema_write(&kinds, &json);
    ck_assert_int_eq(text.status, MFN_OK);
    json_error_t why;
    json_t *schema = json_loads(text.data, JSON_REJECT_DUPLICATES, &why);
    ck_assert_msg(schema != NULL, "%s at line %d", why.text, why.line);
    mfn__buffer_deinit(&text);
    return schema;
}

/* The member at a path of keys, and of indices of arrays, with slashes between them. */
static json_t *at(json_t *value, const char *path)
{
    char part[64];
    for (const char *rest = path; *rest != '\0'; rest += *rest == '/' ? 1 : 0) {
        size_t length = strcspn(rest, "/");
        ck_assert_uint_lt(length, sizeof part);
        memcpy(part, rest, length);
        part[length] = '\0';
        value = json_is_array(value) ? json_array_get(value, (size_t)(part[0] - '0'))
                                     : json_object_get(value, part);
        ck_assert_msg(value != NULL, "no '%s' of '%s'", part, path);
        rest += length;
    }
    return value;
}

static void expect(json_t *schema, const char *path, const char *expected)
{
    json_t *value = at(schema, path);
    char *got = json_dumps(value, JSON_ENCODE_ANY);
    ck_assert_msg(strcmp(got, expected) == 0, "%s: %s instead of %s", path, got, expected);
    free(got);
}

START_TEST(a_file_has_a_connector_publishers_and_sections_and_nothing_else)
{
    json_t *schema = load_schema();
    expect(schema, "$schema", "\"https://json-schema.org/draft/2020-12/schema\"");
    expect(schema, "required", "[\"connector\", \"publishers\"]");
    expect(schema, "additionalProperties", "false");
    expect(schema, "properties/publishers/minItems", "1");
    expect(schema, "properties/engine/additionalProperties", "false");
    expect(schema, "properties/engine/type", "[\"object\", \"null\"]");
    at(schema, "properties/engine/properties/queue_bytes/anyOf");
    at(schema, "properties/dead_letter/properties/directory/anyOf");
    at(schema, "properties/spool/properties/max_bytes/anyOf");
    at(schema, "properties/http/properties");
    at(schema, "properties/state/anyOf");
    json_decref(schema);
}
END_TEST

START_TEST(each_kind_has_its_own_keys_and_those_of_its_side)
{
    json_t *schema = load_schema();
    expect(schema, "properties/connector/required", "[\"kind\"]");
    expect(schema, "properties/connector/properties/kind",
           "{\"anyOf\": [{\"enum\": [\"pond\", \"lake\"]}, " VARIABLE "]}");
    expect(schema, "properties/connector/allOf/1/if",
           "{\"properties\": {\"kind\": {\"const\": \"lake\"}}, \"required\": [\"kind\"]}");
    expect(schema, "properties/connector/allOf/1/then/description", "\"jobs of a lake\"");
    expect(schema, "properties/connector/allOf/1/then/required", "[\"kind\", \"text\"]");
    expect(schema, "properties/connector/allOf/1/then/additionalProperties", "false");
    expect(schema, "properties/connector/allOf/1/then/properties/kind", "true");
    at(schema, "properties/connector/allOf/1/then/properties/texts/anyOf");
    expect(schema, "properties/publishers/items/allOf/0/if/properties/kind/const", "\"sea\"");
    expect(schema, "properties/publishers/items/allOf/0/then/properties/name",
           "{\"$ref\": \"#/$defs/common_name\"}");
    json_t *keys = at(schema, "properties/connector/allOf/0/then/properties");
    ck_assert_ptr_null(json_object_get(keys, "name"));
    json_decref(schema);
}
END_TEST

static size_t count_and_resolve(json_t *schema, json_t *value)
{
    size_t count = 0;
    const char *key = NULL;
    json_t *member = NULL;
    size_t index = 0;
    json_object_foreach(value, key, member)
    {
        if (strcmp(key, "$ref") == 0) {
            const char *target = json_string_value(member);
            ck_assert_msg(strncmp(target, "#/", 2) == 0, "%s", target);
            at(schema, target + 2);
            count++;
        }
        count += count_and_resolve(schema, member);
    }
    json_array_foreach(value, index, member)
    {
        count += count_and_resolve(schema, member);
    }
    return count;
}

START_TEST(every_reference_leads_to_a_definition)
{
    json_t *schema = load_schema();
    ck_assert_uint_gt(count_and_resolve(schema, schema), 10);
    json_decref(schema);
}
END_TEST

START_TEST(writing_survives_failure_of_every_allocation)
{
    for (int64_t i = 0;; i++) {
        mfn__buffer text;
        mfn__json_writer json;
        mfn__buffer_init(&text, TEXT_BYTES_MAX);
        mfn__json_start(&json, &text, 2);
        mfn__mem_fail_after(i);
        mfn__schema_write(&kinds, &json);
        mfn__mem_fail_after(-1);
        mfn_status status = text.status;
        mfn__buffer_deinit(&text);
        if (status == MFN_OK) {
            ck_assert_int_gt(i, 0);
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {each_sort_of_option_says_what_it_takes,
                            a_file_has_a_connector_publishers_and_sections_and_nothing_else,
                            each_kind_has_its_own_keys_and_those_of_its_side,
                            every_reference_leads_to_a_definition,
                            writing_survives_failure_of_every_allocation,
                            NULL};
    return mfn_test_run("schema", tests);
}
