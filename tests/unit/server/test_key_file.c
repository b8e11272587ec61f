/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "folder.h"
#include "server/key_file.h"
#include "server/operations/operations.h"
#include "suite.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NIL "0000000000000000000000000000000000000000000000000000000000000000"

static mfn_status parse(const char *text, mfn__key_list *ret, mfn_error *err)
{
    return mfn__key_file_parse(text, strlen(text), "k.yaml", ret, err);
}

START_TEST(reads_every_field)
{
    mfn__key_list list = {0};
    mfn_error err = {0};
    const char *text =
        "keys:\n"
        "  - name: Full_name-1.x\n"
        "    sha256: BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\n"
        "    scopes: [meta, compute]\n"
        "    expires: 2027-01-31T12:00:00Z\n"
        "    requests_per_window: 500\n"
        "  - name: short\n"
        "    sha256: " NIL "\n";
    ck_assert_msg(parse(text, &list, &err) == MFN_OK, "%s", err.text);
    ck_assert_uint_eq(list.count, 2);
    const mfn__key_entry *entry = &list.items[0];
    char hash[MFN__SHA256_HEX_SIZE];
    mfn__hex(entry->sha256, sizeof entry->sha256, hash);
    ck_assert_str_eq(entry->name, "Full_name-1.x");
    ck_assert_str_eq(hash, ABC);
    ck_assert_uint_eq(entry->scopes,
                      mfn__key_scope_bit("meta", 4) | mfn__key_scope_bit("compute", 7));
    ck_assert_int_eq(entry->expires_ns, 1801396800 * MFN__NS_PER_S);
    ck_assert_uint_eq(entry->requests_per_window, 500);
    entry = &list.items[1];
    ck_assert_str_eq(entry->name, "short");
    ck_assert_uint_eq(entry->scopes, 0);
    ck_assert_int_eq(entry->expires_ns, MFN__KEY_NEVER_EXPIRES);
    ck_assert_uint_eq(entry->requests_per_window, 0);
    mfn__key_list_deinit(&list);
}
END_TEST

START_TEST(a_file_may_hold_no_keys)
{
    static const char *const texts[] = {"keys: []\n", "keys:\n", "{}\n", "# nothing yet\nkeys:\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        mfn__key_list list = {0};
        mfn_error err = {0};
        ck_assert_msg(parse(texts[i], &list, &err) == MFN_OK, "%s: %s", texts[i], err.text);
        ck_assert_uint_eq(list.count, 0);
        mfn__key_list_deinit(&list);
    }
}
END_TEST

START_TEST(says_what_is_wrong_where)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"keys:\n  - sha256: " ABC "\n", "k.yaml:2:5: keys[0]: 'name' is missing (who the key "
                                         "belongs to: shown in logs)"},
        {"keys:\n  - name: a\n", "k.yaml:2:5: keys[0]: 'sha256' is missing (SHA-256 of the key, 64 "
                                 "hexadecimal digits)"},
        {"keys:\n  - name: a\n    sha256: " ABC "\n    key: x\n",
         "k.yaml:4:5: unknown key 'keys[0].key'"},
        {"keys:\n  - name: 1a\n    sha256: " ABC "\n",
         "k.yaml:2:11: keys[0].name: expected 1 to 63 of the characters"},
        {"keys:\n  - name: env-1\n    sha256: " ABC "\n", "got 'env-1'"},
        {"keys:\n  - name: \"a\\nb\"\n    sha256: " ABC "\n", "got 'a?b'"},
        {"keys:\n  - name: a\n    sha256: " ABC "0\n", "k.yaml:3:13: keys[0].sha256: expected 64"},
        {"keys:\n  - name: a\n    sha256: [x]\n", "k.yaml:3:13: keys[0].sha256: expected"},
        {"keys:\n  - name: a\n    sha256: " ABC "\n    scopes: [jobs, job]\n",
         "k.yaml:4:13: keys[0].scopes: expected of compute, crypto, jobs, meta, got 'job'"},
        {"keys:\n  - name: a\n    sha256: " ABC "\n    scopes: []\n",
         "k.yaml:4:13: keys[0].scopes: expected at least one"},
        {"keys:\n  - name: a\n    sha256: " ABC "\n    expires: tomorrow\n",
         "k.yaml:4:14: keys[0].expires: expected a date such as 2027-01-31 or a time"},
        {"keys:\n  - name: a\n    sha256: " ABC "\n    requests_per_window: -1\n",
         "k.yaml:4:26: keys[0].requests_per_window: expected a whole number in [0, 1000000000]"},
        {"keys:\n  - {name: a, sha256: " ABC "}\n  - {name: a, sha256: " NIL "}\n",
         "k.yaml:3:12: keys[1].name: 'a' is the name of keys[0] already"},
        {"keys:\n  - {name: a, sha256: " ABC "}\n  - {name: b, sha256: " ABC "}\n",
         "keys[1].sha256: this is the key of keys[0] already"},
        {"keys: {a: b}\n", "k.yaml:1:7: keys: expected a list of entries"},
        {"keys: [a]\n", "k.yaml:1:8: keys[0]: expected a map of keys and values, got 'a'"},
        {"- a\n", "k.yaml:1:1: expected a map of keys and values, got a list"},
        {"key: []\n", "k.yaml:1:1: unknown key 'key'; did you mean 'keys'?"},
        {"keys: [\n", "k.yaml:2:1: "},
        {"keys:\n  - name: 1\n    sha256: 2\n",
         "without 'env-' in front, got '1' (and 1 more: 'mfn key check --file' shows all)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__key_list list = {0};
        mfn_error err = {0};
        ck_assert_msg(parse(cases[i].text, &list, &err) != MFN_OK, "%s", cases[i].text);
        ck_assert_msg(strstr(err.text, cases[i].message) != NULL, "%s\nexpected: %s\ngot: %s",
                      cases[i].text, cases[i].message, err.text);
        ck_assert_ptr_null(list.items);
    }
}
END_TEST

START_TEST(lists_all_problems_and_never_shows_what_stands_for_a_hash)
{
    const char *path = mfn_test_path(mfn_test_folder(), "keys.yaml");
    mfn_test_write(path, "keys:\n"
                         "  - name: a\n"
                         "    sha256: the-key-itself-by-mistake\n"
                         "    scopes: [all]\n"
                         "  - name: b\n"
                         "    expires: never\n");
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__key_list list = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn__key_file_load(path, &problems, &list, &err), MFN_INVALID);
    ck_assert_uint_eq(problems.count, 3);
    ck_assert_ptr_nonnull(strstr(problems.lines.data, "keys[0].sha256"));
    ck_assert_ptr_nonnull(strstr(problems.lines.data, "keys[0].scopes"));
    ck_assert_ptr_nonnull(strstr(problems.lines.data, "keys[1]: 'sha256' is missing"));
    ck_assert_ptr_null(strstr(problems.lines.data, "itself"));
    ck_assert_ptr_null(strstr(err.text, "itself"));
    mfn__problems_deinit(&problems);
}
END_TEST

START_TEST(expiry_is_a_date_or_a_time_with_an_offset)
{
    static const struct {
        const char *text;
        int64_t s, ns; /* s of -1: refused */
    } cases[] = {
        {"1970-01-01", 0, 0},
        {"2027-01-31", 1801353600, 0},
        {"2024-02-29", 1709164800, 0},
        {"2000-02-29", 951782400, 0},
        {"2261-12-31T23:59:59Z", 9214646399, 0},
        {"2027-01-31T12:00:00Z", 1801396800, 0},
        {"2027-01-31t12:00:00z", 1801396800, 0},
        {"2027-01-31 12:00:00Z", 1801396800, 0},
        {"2027-01-31T12:00:00+01:30", 1801391400, 0},
        {"2027-01-31T12:00:00-01:30", 1801402200, 0},
        {"2027-01-31T12:00:00.5Z", 1801396800, 500000000},
        {"2027-01-31T12:00:00.1234567891Z", 1801396800, 123456789},
        {"2016-12-31T23:59:60Z", 1483228800, 0},
        {"", -1, 0},
        {"2027", -1, 0},
        {"2027-1-31", -1, 0},
        {"2027-02-29", -1, 0},
        {"2100-02-29", -1, 0},
        {"2027-13-01", -1, 0},
        {"2027-00-01", -1, 0},
        {"2027-01-00", -1, 0},
        {"1969-12-31", -1, 0},
        {"2262-01-01", -1, 0},
        {"1970-01-01T00:00:00+01:00", -1, 0},
        {"2027-01-31T", -1, 0},
        {"2027-01-31T12:00:00", -1, 0},
        {"2027-01-31T12:00Z", -1, 0},
        {"2027-01-31T24:00:00Z", -1, 0},
        {"2027-01-31T12:60:00Z", -1, 0},
        {"2027-01-31T12:00:00.Z", -1, 0},
        {"2027-01-31T12:00:00+0130", -1, 0},
        {"2027-01-31T12:00:00+24:00", -1, 0},
        {"2027-01-31T12:00:00Zx", -1, 0},
        {"2027-01-31x12:00:00Z", -1, 0},
        {" 2027-01-31", -1, 0},
        {"never", -1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t got = -7;
        const bool is_fine = mfn__key_expiry_parse(cases[i].text, &got);
        const int64_t expected = cases[i].s < 0 ? -7 : cases[i].s * MFN__NS_PER_S + cases[i].ns;
        ck_assert_msg(is_fine == (cases[i].s >= 0) && got == expected, "'%s': %d, %lld",
                      cases[i].text, is_fine, (long long)got);
    }
}
END_TEST

static mfn__key_entry entry_named(const char *name, uint8_t first_byte)
{
    mfn__key_entry entry = {.expires_ns = MFN__KEY_NEVER_EXPIRES};
    snprintf(entry.name, sizeof entry.name, "%s", name);
    entry.sha256[0] = first_byte;
    return entry;
}

START_TEST(an_entry_reads_back_as_it_was_written)
{
    mfn__key_entry entry = entry_named("all", 0xab);
    entry.scopes = mfn__key_scope_bit("jobs", 4) | mfn__key_scope_bit("crypto", 6);
    entry.expires_ns = 1801396800 * MFN__NS_PER_S + 250 * MFN__NS_PER_MS;
    entry.requests_per_window = 1000000000;
    mfn__buffer text;
    mfn__buffer_init(&text, 4096);
    mfn__buffer_append_text(&text, "keys:\n");
    mfn__key_entry_write(&entry, 4, &text);
    mfn__key_list list = {0};
    mfn_error err = {0};
    ck_assert_msg(parse(text.data, &list, &err) == MFN_OK, "%s\n%s", err.text, text.data);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.items[0].name, entry.name);
    ck_assert_mem_eq(list.items[0].sha256, entry.sha256, sizeof entry.sha256);
    ck_assert_uint_eq(list.items[0].scopes, entry.scopes);
    ck_assert_int_eq(list.items[0].expires_ns, entry.expires_ns);
    ck_assert_uint_eq(list.items[0].requests_per_window, entry.requests_per_window);
    mfn__key_list_deinit(&list);
    mfn__buffer_deinit(&text);
}
END_TEST

START_TEST(add_makes_the_file_for_its_owner_and_extends_it)
{
    const char *folder = mfn_test_folder();
    const char *path = mfn_test_path(folder, "keys.yaml");
    const char *link = mfn_test_path(folder, "link.yaml");
    mfn_error err = {0};
    mfn__key_entry entry = entry_named("a", 1);
    ck_assert_msg(mfn__key_file_add(path, &entry, &err) == MFN_OK, "%s", err.text);
    struct stat found;
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_int_eq(found.st_mode & 07777, 0600);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(symlink(path, link), 0);
    entry = entry_named("b", 2);
    ck_assert_msg(mfn__key_file_add(link, &entry, &err) == MFN_OK, "%s", err.text);
    ck_assert_int_eq(lstat(link, &found), 0);
    ck_assert(S_ISLNK(found.st_mode));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_int_eq(found.st_mode & 07777, 0640);
    char text[1024];
    mfn_test_read(path, text, sizeof text);
    ck_assert_str_eq(text, "# API keys of the service: hashes, not the keys.\n"
                           "keys:\n"
                           "  - name: a\n"
                           "    sha256: 01000000000000000000000000000000"
                           "00000000000000000000000000000000\n"
                           "  - name: b\n"
                           "    sha256: 02000000000000000000000000000000"
                           "00000000000000000000000000000000\n");
    ck_assert_uint_eq(mfn_test_count(folder), 2);
}
END_TEST

START_TEST(add_keeps_what_stands_in_the_file_and_its_layout)
{
    static const struct {
        const char *why, *before, *behind; /* NULL: refused */
    } cases[] = {
        {"no indent", "keys:\n- {name: x, sha256: " NIL "} # of x\n", "- name: new\n  sha256: "},
        {"more indent, no line break", "keys:\n     - name: x\n       sha256: " NIL,
         "\n     - name: new\n       sha256: "},
        {"no keys yet", "# later\nkeys:\n", "  - name: new\n    sha256: "},
        {"an empty list in brackets", "keys: []\n", NULL},
        {"a list in brackets", "keys: [{name: x, sha256: " NIL "}]\n", NULL},
        {"the name is there", "keys:\n- {name: new, sha256: " NIL "}\n", NULL},
        {"the key is there",
         "keys:\n- {name: x, sha256: 07"
         "00000000000000000000000000000000"
         "000000000000000000000000000000}\n",
         NULL},
        {"not valid before", "keys:\n- {name: x}\n", NULL},
        {"an end that is not the list's", "keys:\n- {name: x, sha256: " NIL "}\n...\n", NULL},
    };
    const char *path = mfn_test_path(mfn_test_folder(), "keys.yaml");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_test_write(path, cases[i].before);
        const mfn__key_entry entry = entry_named("new", 7);
        mfn_error err = {0};
        const mfn_status status = mfn__key_file_add(path, &entry, &err);
        char text[1024];
        mfn_test_read(path, text, sizeof text);
        const size_t size = strlen(cases[i].before);
        ck_assert_msg((status == MFN_OK) == (cases[i].behind != NULL), "%s: %s", cases[i].why,
                      err.text);
        ck_assert_msg(strncmp(text, cases[i].before, size) == 0, "%s: %s", cases[i].why, text);
        const char *behind = cases[i].behind != NULL ? cases[i].behind : "";
        ck_assert_msg(strncmp(text + size, behind, strlen(behind)) == 0, "%s: %s", cases[i].why,
                      text);
        ck_assert(cases[i].behind != NULL || text[size] == '\0');
    }
}
END_TEST

START_TEST(programs_that_add_at_a_time_lose_no_entry)
{
    enum { PROGRAMS = 8 };
    const char *path = mfn_test_path(mfn_test_folder(), "keys.yaml");
    pid_t programs[PROGRAMS];
    for (unsigned i = 0; i < PROGRAMS; i++) {
        programs[i] = fork();
        ck_assert_int_ge(programs[i], 0);
        if (programs[i] == 0) {
            char name[16];
            snprintf(name, sizeof name, "p%u", i);
            const mfn__key_entry entry = entry_named(name, (uint8_t)i);
            _exit(mfn__key_file_add(path, &entry, NULL) == MFN_OK ? 0 : 1);
        }
    }
    for (int i = 0; i < PROGRAMS; i++) {
        int result = -1;
        ck_assert_int_eq(waitpid(programs[i], &result, 0), programs[i]);
        ck_assert_int_eq(result, 0);
    }
    mfn__key_list list = {0};
    ck_assert_int_eq(mfn__key_file_load(path, NULL, &list, NULL), MFN_OK);
    ck_assert_uint_eq(list.count, PROGRAMS);
    mfn__key_list_deinit(&list);
}
END_TEST

START_TEST(every_tag_of_an_operation_is_a_scope)
{
    static const char *const tags[] = {MFN__TAG_COMPUTE, MFN__TAG_CRYPTO, MFN__TAG_JOBS,
                                       MFN__TAG_META};
    uint32_t seen = 0;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const uint32_t bit = mfn__key_scope_bit(tags[i], strlen(tags[i]));
        ck_assert_msg(bit != 0 && (seen & bit) == 0, "%s", tags[i]);
        seen |= bit;
    }
    ck_assert_uint_eq(mfn__key_scope_bit("", 0), 0);
    ck_assert_uint_eq(mfn__key_scope_bit("jobs", 3), 0);
}
END_TEST

START_TEST(add_says_what_it_cannot_do)
{
    const char *folder = mfn_test_folder();
    const char *path = mfn_test_path(folder, "keys.yaml");
    mfn_error err = {0};
    mfn__key_entry entry = entry_named("new", 7);
    ck_assert_int_eq(mfn__key_file_add(path, &entry, &err), MFN_OK);
    entry.sha256[0] = 8;
    ck_assert_int_eq(mfn__key_file_add(path, &entry, &err), MFN_EXISTS);
    ck_assert_str_eq(err.field, "name");
    ck_assert_ptr_nonnull(strstr(err.text, "has a key named 'new' already"));
    entry = entry_named("other", 7);
    ck_assert_int_eq(mfn__key_file_add(path, &entry, &err), MFN_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.text, "has this key already, named 'new'"));
    const char *nowhere = mfn_test_path(mfn_test_path(folder, "none"), "keys.yaml");
    ck_assert_int_eq(mfn__key_file_add(nowhere, &entry, &err), MFN_NOT_FOUND);
}
END_TEST

START_TEST(parse_survives_failure_of_every_allocation)
{
    const char *text = "keys:\n- {name: x, sha256: " NIL ", scopes: [jobs], expires: 2027-01-31}\n";
    mfn__key_list list = {0};
    int64_t allocations = 0;
    for (;; allocations++) {
        mfn_error err = {0};
        mfn__mem_fail_after(allocations);
        mfn_status status = parse(text, &list, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
    }
    ck_assert_int_gt(allocations, 5);
    mfn__key_list_deinit(&list);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {reads_every_field,
                            a_file_may_hold_no_keys,
                            says_what_is_wrong_where,
                            lists_all_problems_and_never_shows_what_stands_for_a_hash,
                            expiry_is_a_date_or_a_time_with_an_offset,
                            an_entry_reads_back_as_it_was_written,
                            add_makes_the_file_for_its_owner_and_extends_it,
                            add_keeps_what_stands_in_the_file_and_its_layout,
                            programs_that_add_at_a_time_lose_no_entry,
                            every_tag_of_an_operation_is_a_scope,
                            add_says_what_it_cannot_do,
                            parse_survives_failure_of_every_allocation,
                            NULL};
    return mfn_test_run("key_file", tests);
}
