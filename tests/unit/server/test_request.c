/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/option_table.h"
#include "server/request.h"
#include "suite.h"

#define REQUEST sample

typedef struct sample {
    const char *seed, *secret, *note;
    uint64_t count;
    double ratio, level;
    bool is_on;
    uint32_t kind;
} sample;

static const char *const kinds[] = {"ECDH", "Ed25519", NULL};

static const mfn_option fields[] = {
    MFN__DIGITS(REQUEST, seed, "42", ""),
    MFN__WHOLE(REQUEST, count, 8, 256, "64", "", ""),
    MFN__REAL(REQUEST, ratio, 0, 1, "0.25", "", ""),
    {.name = "level",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(sample, level),
     .max = 1e300,
     .min_open = true,
     .unit = "",
     .help = ""},
    MFN__BOOL(REQUEST, is_on, "true", ""),
    {.name = "secret",
     .type = MFN_OPTION_TEXT,
     .offset = offsetof(sample, secret),
     .min = 1,
     .max = 4,
     .default_text = "none",
     .unit = "",
     .help = "",
     .is_secret = true},
    {.name = "note",
     .type = MFN_OPTION_TEXT,
     .offset = offsetof(sample, note),
     .max = 64,
     .default_text = "",
     .unit = "",
     .help = ""},
    MFN__CHOICE(REQUEST, kind, kinds, "Ed25519", ""),
    {0},
};

/* Reads a body; releases with json_decref(*ret_document). */
static mfn_status read_body(const char *text, bool is_strict, sample *ret, json_t **ret_document,
                            mfn__faults *faults)
{
    *faults = (mfn__faults){0};
    *ret_document = NULL;
    mfn_status status = mfn__request_parse(text, strlen(text), fields, ret_document, faults);
    return status == MFN_OK ? mfn__request_read(*ret_document, fields, NULL, is_strict, ret, faults)
                            : status;
}

START_TEST(values_may_be_written_in_other_ways)
{
    static const char *const bodies[] = {
        "{\"level\": 2, \"count\": 8, \"ratio\": 1, \"is_on\": true, \"seed\": 7}",
        "{\"level\": 2.0, \"count\": 8.0, \"ratio\": true, \"is_on\": 1, \"seed\": 7.0}",
        "{\"level\": \"2\", \"count\": \"8\", \"ratio\": \" 1.0 \", \"is_on\": \"YES\", "
        "\"seed\": \"7\"}",
        "{\"level\": \"+2e0\", \"count\": \"8.0\", \"ratio\": \"1\", \"is_on\": 1.0, "
        "\"seed\": 7, \"unknown\": [1]}",
        "\xef\xbb\xbf{\"level\": 2, \"count\": 8, \"ratio\": 1, \"is_on\": \"t\", \"seed\": 7, "
        "\"note\": null}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        sample got;
        json_t *document;
        mfn__faults faults;
        ck_assert_msg(read_body(bodies[i], false, &got, &document, &faults) == MFN_OK, "%s: %s",
                      bodies[i], faults.items[0].message);
        ck_assert_uint_eq(got.count, 8);
        ck_assert(got.level == 2.0 && got.ratio == 1.0 && got.is_on);
        ck_assert_str_eq(got.seed, "7");
        ck_assert_str_eq(got.secret, "none");
        ck_assert_uint_eq(got.kind, 1);
        json_decref(document);
    }
}
END_TEST

START_TEST(seeds_may_have_any_length)
{
    sample got;
    json_t *document;
    mfn__faults faults;
    ck_assert_int_eq(read_body("{\"level\": 1, \"seed\": 1180591620717411303424}", false, &got,
                               &document, &faults),
                     MFN_OK);
    ck_assert_str_eq(got.seed, "1180591620717411303424");
    json_decref(document);
}
END_TEST

START_TEST(faults_are_named_as_clients_know_them)
{
    static const struct {
        const char *body, *type, *where, *message, *input, *context;
    } cases[] = {
        {"", "missing", "", "Field required", "null", ""},
        {"{}", "missing", "level", "Field required", "{}", ""},
        {"null", "model_attributes_type", "",
         "Input should be a valid dictionary or object to extract fields from", "null", ""},
        {"[]", "model_attributes_type", "",
         "Input should be a valid dictionary or object to extract fields from", "[]", ""},
        {"{\"level\": 0}", "greater_than", "level", "Input should be greater than 0", "0",
         "{\"gt\": 0.0}"},
        {"{\"level\": 1, \"count\": 7}", "greater_than_equal", "count",
         "Input should be greater than or equal to 8", "7", "{\"ge\": 8}"},
        {"{\"level\": 1, \"count\": -7}", "greater_than_equal", "count",
         "Input should be greater than or equal to 8", "-7", "{\"ge\": 8}"},
        {"{\"level\": 1, \"count\": 257}", "less_than_equal", "count",
         "Input should be less than or equal to 256", "257", "{\"le\": 256}"},
        {"{\"level\": 1, \"ratio\": 1.5}", "less_than_equal", "ratio",
         "Input should be less than or equal to 1", "1.5", "{\"le\": 1.0}"},
        {"{\"level\": 1, \"count\": 8.5}", "int_from_float", "count",
         "Input should be a valid integer, got a number with a fractional part", "8.5", ""},
        {"{\"level\": 1, \"count\": \"x\"}", "int_parsing", "count",
         "Input should be a valid integer, unable to parse string as an integer", "\"x\"", ""},
        {"{\"level\": 1, \"count\": [8]}", "int_type", "count", "Input should be a valid integer",
         "[8]", ""},
        {"{\"level\": null}", "float_type", "level", "Input should be a valid number", "null", ""},
        {"{\"level\": \"nan\"}", "float_parsing", "level",
         "Input should be a valid number, unable to parse string as a number", "\"nan\"", ""},
        {"{\"level\": 1, \"is_on\": 2}", "bool_parsing", "is_on",
         "Input should be a valid boolean, unable to interpret input", "2", ""},
        {"{\"level\": 1, \"is_on\": null}", "bool_type", "is_on", "Input should be a valid boolean",
         "null", ""},
        {"{\"level\": 1, \"seed\": -1}", "greater_than_equal", "seed",
         "Input should be greater than or equal to 0", "-1", "{\"ge\": 0}"},
        {"{\"level\": 1, \"secret\": 5}", "string_type", "secret", "Input should be a valid string",
         "", ""},
        {"{\"level\": 1, \"secret\": \"\"}", "string_too_short", "secret",
         "String should have at least 1 character", "", "{\"min_length\": 1}"},
        {"{\"level\": 1, \"secret\": \"12345\"}", "string_too_long", "secret",
         "String should have at most 4 characters", "", "{\"max_length\": 4}"},
        {"{\"level\": 1, \"kind\": \"RSA\"}", "string_pattern_mismatch", "kind",
         "String should match pattern '^(ECDH|Ed25519)$'", "\"RSA\"",
         "{\"pattern\": \"^(ECDH|Ed25519)$\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample got;
        json_t *document;
        mfn__faults faults;
        mfn_status status = read_body(cases[i].body, false, &got, &document, &faults);
        ck_assert_msg(status != MFN_OK && faults.count == 1, "%s: %zu faults", cases[i].body,
                      faults.count);
        const mfn__fault *fault = &faults.items[0];
        ck_assert_str_eq(fault->type, cases[i].type);
        ck_assert_str_eq(fault->where, cases[i].where);
        ck_assert_str_eq(fault->message, cases[i].message);
        ck_assert_str_eq(fault->input, cases[i].input);
        ck_assert_str_eq(fault->context, cases[i].context);
        json_decref(document);
    }
}
END_TEST

START_TEST(text_that_is_no_json_is_refused_with_its_place)
{
    static const struct {
        const char *body;
        int64_t at;
    } cases[] = {
        {"{", 1},
        {"{\"level\":1,\n\"level\":2}", 19},
        {"{\"level\": NaN}", 10},
        {"{\"level\": 1} x", 13},
        {"{\"level\": \"\xff\"}", 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample got;
        json_t *document;
        mfn__faults faults;
        ck_assert_int_eq(read_body(cases[i].body, false, &got, &document, &faults), MFN_FORMAT);
        ck_assert_str_eq(faults.items[0].type, "json_invalid");
        int64_t off = faults.items[0].index[0] - cases[i].at;
        ck_assert_msg(off >= -1 && off <= 4, "%s: expected about %lld, got %lld", cases[i].body,
                      (long long)cases[i].at, (long long)faults.items[0].index[0]);
        ck_assert_ptr_null(document);
    }
}
END_TEST

START_TEST(all_faults_are_found_at_once)
{
    sample got;
    json_t *document;
    mfn__faults faults;
    ck_assert_int_eq(read_body("{\"count\": 1, \"ratio\": 2, \"is_on\": 7, \"levl\": 1}", true,
                               &got, &document, &faults),
                     MFN_INVALID);
    ck_assert_uint_eq(faults.count, 5);
    ck_assert_str_eq(faults.items[4].type, "extra_forbidden");
    ck_assert_str_eq(faults.items[4].message,
                     "Extra inputs are not permitted; did you mean 'level'?");
    json_decref(document);
}
END_TEST

START_TEST(more_faults_than_there_is_room_for_do_no_harm)
{
    mfn__faults faults = {0};
    for (size_t i = 0; i < 2 * MFN__FAULTS_MAX; i++) {
        mfn__faults_add(&faults, "missing", "field");
    }
    ck_assert_uint_eq(faults.count, MFN__FAULTS_MAX);
}
END_TEST

static mfn_status read_matrix(const char *text, mfn__matrix *ret, mfn__faults *faults)
{
    *faults = (mfn__faults){0};
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(value);
    mfn_status status = mfn__request_read_matrix(value, "gradients", 6, ret, faults);
    json_decref(value);
    return status;
}

START_TEST(lists_of_lists_become_one_block)
{
    mfn__matrix got;
    mfn__faults faults;
    ck_assert_int_eq(read_matrix("[[1, 2.5, \"3\"], [true, -1e3, 0]]", &got, &faults), MFN_OK);
    ck_assert(got.rows == 2 && got.columns == 3 && got.ragged_row == UINT64_MAX);
    const double expected[] = {1, 2.5, 3, 1, -1000, 0};
    ck_assert_mem_eq(got.values, expected, sizeof expected);
    mfn__mem_free(got.values);

    ck_assert_int_eq(read_matrix("[[1, 2], [3]]", &got, &faults), MFN_OK);
    ck_assert_uint_eq(got.ragged_row, 1);
    ck_assert_ptr_null(got.values);

    ck_assert_int_eq(read_matrix("[[], []]", &got, &faults), MFN_OK);
    ck_assert(got.rows == 2 && got.columns == 0 && got.values == NULL);
    ck_assert_int_eq(read_matrix("[[1, 2, 3, 4], [1, 2, 3, 4]]", &got, &faults), MFN_TOO_LARGE);
}
END_TEST

START_TEST(faults_of_lists_name_their_place)
{
    static const struct {
        const char *text, *type;
        int64_t row, column;
    } cases[] = {
        {"\"x\"", "list_type", -1, -1},
        {"[[1], 2]", "list_type", 1, -1},
        {"[[1, \"a\"]]", "float_parsing", 0, 1},
        {"[[1], [null]]", "float_type", 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__matrix got;
        mfn__faults faults;
        ck_assert_int_eq(read_matrix(cases[i].text, &got, &faults), MFN_INVALID);
        ck_assert_uint_eq(faults.count, 1);
        ck_assert_str_eq(faults.items[0].type, cases[i].type);
        ck_assert_int_eq(faults.items[0].index[0], cases[i].row);
        ck_assert_int_eq(faults.items[0].index[1], cases[i].column);
        ck_assert_ptr_null(got.values);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {values_may_be_written_in_other_ways,
                            seeds_may_have_any_length,
                            faults_are_named_as_clients_know_them,
                            text_that_is_no_json_is_refused_with_its_place,
                            all_faults_are_found_at_once,
                            more_faults_than_there_is_room_for_do_no_harm,
                            lists_of_lists_become_one_block,
                            faults_of_lists_name_their_place,
                            NULL};
    return mfn_test_run("request", tests);
}
