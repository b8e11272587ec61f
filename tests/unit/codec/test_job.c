/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/job.h"
#include "codec/json_writer.h"
#include "suite.h"

#include "mfn/version.h"

static mfn__job parse(const char *text)
{
    mfn__job job;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__job_parse(text, strlen(text), NULL, &job, &err);
    ck_assert_msg(status == MFN_OK, "%s: %s", text, err.text);
    return job;
}

START_TEST(an_empty_job_asks_for_the_defaults)
{
    mfn__job job = parse("{}");
    ck_assert_uint_eq(job.config.model, MFN_MODEL_V4_1);
    ck_assert_uint_eq(job.config.grid_size, 64);
    ck_assert_uint_eq(job.config.steps, 64);
    ck_assert_double_eq(job.config.alpha, 0.18);
    ck_assert_str_eq(job.config.seed, "42");
    ck_assert_ptr_eq(job.config.seed, job.seed);
    ck_assert_uint_eq(strlen(job.result_id), MFN__SHA256_HEX_SIZE - 1);
    char expected[32];
    snprintf(expected, sizeof expected, "job-%.16s", job.result_id);
    ck_assert_str_eq(job.id, expected);
    mfn__job_deinit(&job);
    mfn__job_deinit(&job);
    mfn__job_deinit(NULL);
}
END_TEST

START_TEST(every_field_is_read)
{
    mfn__job job = parse(
        "{\"id\": \"job-1\", \"model\": \"mfn-v4.1\", \"grid_size\": 32, \"steps\": 7, \"alpha\": "
        "0.2, \"spike_probability\": 0.5, \"turing_enabled\": false, \"turing_threshold\": 0.6, "
        "\"quantum_jitter\": true, \"jitter_var\": 0.001, \"boundary_condition\": \"neumann\", "
        "\"d_activator\": 0.11, \"d_inhibitor\": 0.06, \"r_activator\": 0.02, \"r_inhibitor\": "
        "0.03, \"seed\": 18446744073709551616}");
    ck_assert_str_eq(job.id, "job-1");
    ck_assert_uint_eq(job.config.grid_size, 32);
    ck_assert_uint_eq(job.config.steps, 7);
    ck_assert_double_eq(job.config.alpha, 0.2);
    ck_assert_double_eq(job.config.spike_probability, 0.5);
    ck_assert(!job.config.turing_enabled);
    ck_assert_double_eq(job.config.turing_threshold, 0.6);
    ck_assert(job.config.quantum_jitter);
    ck_assert_double_eq(job.config.jitter_var, 0.001);
    ck_assert_uint_eq(job.config.boundary_condition, MFN_NEUMANN);
    ck_assert_double_eq(job.config.d_activator, 0.11);
    ck_assert_double_eq(job.config.r_inhibitor, 0.03);
    ck_assert_str_eq(job.config.seed, "18446744073709551616");
    mfn__job_deinit(&job);
}
END_TEST

START_TEST(the_model_chooses_the_fields_and_bounds)
{
    mfn__job job = parse("{\"alpha\": 0.9, \"steps\": 0, \"model\": \"mfn-v4.1-field\"}");
    ck_assert_uint_eq(job.config.model, MFN_MODEL_V4_1_FIELD);
    ck_assert_double_eq(job.config.alpha, 0.9);
    mfn__job_deinit(&job);
}
END_TEST

START_TEST(equal_jobs_written_differently_have_one_result_id)
{
    static const char *const texts[] = {
        "{\"id\": \"7\", \"grid_size\": 64, \"seed\": 42}",
        "{\"seed\": 42, \"grid_size\": 64, \"id\": \"7\"}",
        "{\"id\":7,\"grid_size\":64.0}",
        "{\"id\": 7}",
        "{\"id\": \"7\", \"seed\": null}",
        "{\"id\": \"\\u0037\", \"seed\": \"42\", \"alpha\": 1.8e-1}",
        "{\"id\": \"7\", \"seed\": \"00042\"}",
        "{\"id\": \"7\", \"seed\": 42.0, \"model\": \"mfn-v4.1\", \"turing_enabled\": true}",
        "\n {\"id\": \"7\", \"alpha\": 0.18000000000000000001}\n",
    };
    mfn__job first = parse(texts[0]);
    for (size_t i = 1; i < sizeof texts / sizeof texts[0]; i++) {
        mfn__job job = parse(texts[i]);
        ck_assert_msg(strcmp(job.result_id, first.result_id) == 0, "%s", texts[i]);
        ck_assert_str_eq(job.id, "7");
        mfn__job_deinit(&job);
    }
    mfn__job_deinit(&first);
}
END_TEST

START_TEST(different_jobs_have_different_result_ids)
{
    static const char *const texts[] = {
        "{}",
        "{\"id\": \"a\"}",
        "{\"id\": \"null\"}",
        "{\"seed\": 43}",
        "{\"seed\": 0}",
        "{\"grid_size\": 63}",
        "{\"alpha\": 0.18000000000000002}",
        "{\"turing_enabled\": false}",
        "{\"boundary_condition\": \"dirichlet\"}",
        "{\"model\": \"mfn-v4.1-field\"}",
        "{\"extended\": true}",
    };
    enum { COUNT = sizeof texts / sizeof texts[0] };
    mfn__job jobs[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        jobs[i] = parse(texts[i]);
        for (size_t k = 0; k < i; k++) {
            ck_assert_msg(strcmp(jobs[i].result_id, jobs[k].result_id) != 0, "%s and %s", texts[i],
                          texts[k]);
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        mfn__job_deinit(&jobs[i]);
    }
}
END_TEST

START_TEST(the_result_id_is_the_hash_of_the_canonical_job)
{
    char canonical[1024];
    snprintf(canonical, sizeof canonical,
             "{\"numeric_version\": \"%s\", \"id\": \"a\", \"config\": {\"model\": "
             "\"mfn-v4.1-field\", \"grid_size\": 8, \"steps\": 64, \"alpha\": 0.18, "
             "\"spike_probability\": 0.25, \"turing_enabled\": true, \"turing_threshold\": 0.75, "
             "\"quantum_jitter\": false, \"jitter_var\": 0.0005, \"seed\": "
             "10000000000000000000000000000000000000000}}",
             mfn_numeric_version());
    char expected[MFN__SHA256_HEX_SIZE];
    mfn__sha256_hex(canonical, strlen(canonical), expected);
    mfn__job job = parse("{\"id\": \"a\", \"model\": \"mfn-v4.1-field\", \"grid_size\": 8, "
                         "\"seed\": 10000000000000000000000000000000000000000}");
    ck_assert_str_eq(job.result_id, expected);
    mfn__job_deinit(&job);
}
END_TEST

/* Not asking is no different from asking for nothing: ids from before stay what they were. */
START_TEST(extended_counts_only_where_it_is_asked_for)
{
    mfn__job plain = parse("{\"id\": \"a\"}");
    mfn__job declined = parse("{\"id\": \"a\", \"extended\": false}");
    mfn__job asked = parse("{\"id\": \"a\", \"extended\": true}");
    ck_assert(!plain.is_extended && !declined.is_extended && asked.is_extended);
    ck_assert_str_eq(plain.result_id, declined.result_id);
    ck_assert_str_ne(plain.result_id, asked.result_id);
    mfn__job_deinit(&plain);
    mfn__job_deinit(&declined);
    mfn__job_deinit(&asked);
}
END_TEST

START_TEST(ids_of_all_allowed_kinds_are_kept)
{
    char long_id[300] = "{\"id\": \"";
    memset(long_id + 8, 'x', 256);
    memcpy(long_id + 264, "\"}", 3);
    long_id[8] = '\xC3';
    long_id[9] = '\xA9';
    const struct {
        const char *text, *id;
    } cases[] = {
        {"{\"id\": 0}", "0"},
        {"{\"id\": -5}", "-5"},
        {"{\"id\": 100000000000000000000}", "100000000000000000000"},
        {"{\"id\": \"../../etc/x\"}", "../../etc/x"},
        {"{\"id\": \"\\ud83c\\udf44 \\u00a0\"}", "\xF0\x9F\x8D\x84 \xC2\xA0"},
        {long_id, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__job job = parse(cases[i].text);
        if (cases[i].id != NULL) {
            ck_assert_str_eq(job.id, cases[i].id);
        } else {
            ck_assert_uint_eq(strlen(job.id), 256);
        }
        mfn__job_deinit(&job);
    }
}
END_TEST

START_TEST(a_bad_job_is_refused_with_the_reason)
{
    static const struct {
        const char *text;
        mfn_status status;
        const char *field, *expected;
    } cases[] = {
        {"", MFN_FORMAT, "", "line 1, column 0: "},
        {"[]", MFN_FORMAT, "", "expected one JSON object"},
        {"{\"steps\": 1,}", MFN_FORMAT, "", "line 1, column 13: "},
        {"{\"steps\": 1, \"steps\": 2}", MFN_FORMAT, "", "line 1, column 20: duplicate object key"},
        {"{\"grid_siz\": 1}", MFN_INVALID, "grid_siz",
         "unknown field 'grid_siz'; did you mean 'grid_size'?"},
        {"{\"modell\": 1}", MFN_INVALID, "modell", "unknown field 'modell'; did you mean 'model'?"},
        {"{\"config\": {}}", MFN_INVALID, "config", "unknown field 'config'; known fields: id, "},
        {"{\"grid_size\": 3}", MFN_INVALID, "grid_size",
         "grid_size: expected a whole number in [4, 1024], got 3"},
        {"{\"alpha\": 0.25}", MFN_INVALID, "alpha",
         "alpha: expected a number in [0.05, 0.25), got 0.25"},
        {"{\"turing_enabled\": 1}", MFN_INVALID, "turing_enabled",
         "turing_enabled: expected true or false, got 1"},
        {"{\"seed\": -1}", MFN_INVALID, "seed", "seed: expected "},
        {"{\"seed\": \"\"}", MFN_INVALID, "seed", "seed: expected "},
        {"{\"steps\": null}", MFN_INVALID, "steps", "steps: expected "},
        {"{\"model\": \"mfn-v4.2\"}", MFN_INVALID, "model",
         "model: expected one of mfn-v4.1, mfn-v4.1-field, gray-scott, gierer-meinhardt, "
         "schnakenberg, fitzhugh-nagumo, logistic-inhibitor, got 'mfn-v4.2'; did you mean "
         "'mfn-v4.1'?"},
        {"{\"preset\": \"coral\"}", MFN_INVALID, "preset",
         "preset: the model 'mfn-v4.1' has none, got 'coral'"},
        {"{\"model\": \"gray-scott\", \"preset\": 1}", MFN_INVALID, "preset",
         "preset: expected the name of a preset"},
        {"{\"model\": \"gray-scott\", \"alpha\": 0.1}", MFN_INVALID, "alpha", "unknown field"},
        {"{\"extended\": 1}", MFN_INVALID, "extended", "extended: expected true or false"},
        {"{\"extended\": null}", MFN_INVALID, "extended", "extended: expected true or false"},
        {"{\"model\": 4}", MFN_INVALID, "model", "model: expected the name of a model: mfn-v4.1"},
        {"{\"model\": \"mfn-v4.1-field\", \"d_activator\": 0.1}", MFN_INVALID, "d_activator",
         "unknown field 'd_activator'"},
        {"{\"id\": \"\"}", MFN_INVALID, "id", "id: expected 1 to 256 bytes of text, got 0 bytes"},
        {"{\"id\": \"a\\nb\"}", MFN_INVALID, "id",
         "id: control characters are not allowed, got 'a?b'"},
        {"{\"id\": \"a\\u0085b\"}", MFN_INVALID, "id", "id: control characters"},
        {"{\"id\": \"\\u007f\"}", MFN_INVALID, "id", "id: control characters"},
        {"{\"id\": 1.5}", MFN_INVALID, "id", "id: expected a text or a whole number"},
        {"{\"id\": null}", MFN_INVALID, "id", "id: expected a text or a whole number"},
        {"{\"id\": [\"a\"]}", MFN_INVALID, "id", "id: expected a text or a whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__job job = {.id = NULL};
        mfn_error err = {.status = MFN_OK};
        mfn_status status = mfn__job_parse(cases[i].text, strlen(cases[i].text), NULL, &job, &err);
        ck_assert_msg(status == cases[i].status, "%s: %s", cases[i].text, mfn_status_name(status));
        ck_assert_msg(strcmp(err.field, cases[i].field) == 0, "%s: %s", cases[i].text, err.field);
        ck_assert_msg(strncmp(err.text, cases[i].expected, strlen(cases[i].expected)) == 0,
                      "%s: %s", cases[i].text, err.text);
        ck_assert_ptr_null(job.id);
    }
}
END_TEST

START_TEST(an_id_of_257_bytes_is_too_long)
{
    char text[300] = "{\"id\": \"";
    memset(text + 8, 'x', 257);
    memcpy(text + 265, "\"}", 3);
    mfn__job job;
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__job_parse(text, strlen(text), NULL, &job, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "id: expected 1 to 256 bytes of text, got 257 bytes");
}
END_TEST

START_TEST(the_cost_limit_names_steps_and_both_numbers)
{
    static const char text[] = "{\"grid_size\": 100, \"steps\": 1000}";
    mfn__job_limits limits = {.max_cell_steps = 10000000};
    mfn__job job;
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__job_parse(text, strlen(text), &limits, &job, &err), MFN_OK);
    mfn__job_deinit(&job);
    limits.max_cell_steps = 9999999;
    ck_assert_int_eq(mfn__job_parse(text, strlen(text), &limits, &job, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "steps");
    ck_assert_str_eq(err.text, "steps: 100 x 100 cells x 1000 steps are 10000000 cell updates, "
                               "more than the limit of 9999999");
    limits.max_cell_steps = 0;
    ck_assert_int_eq(mfn__job_parse(text, strlen(text), &limits, &job, &err), MFN_OK);
    mfn__job_deinit(&job);
}
END_TEST

START_TEST(parsing_survives_failure_of_every_allocation)
{
    static const char text[] = "{\"id\": \"a\", \"seed\": 100000000000000000000}";
    for (int64_t i = 0;; i++) {
        mfn__job job;
        mfn_error err = {.status = MFN_OK};
        mfn__mem_fail_after(i);
        mfn_status status = mfn__job_parse(text, strlen(text), NULL, &job, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            ck_assert_int_ge(i, 5);
            mfn__job_deinit(&job);
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_int_eq(err.status, MFN_NO_MEMORY);
    }
}
END_TEST

/* A configuration written as JSON is a job again, and the same one. */
START_TEST(the_written_configuration_reads_back)
{
    mfn__job job = parse("{\"seed\": 123456789012345678901234567890, \"alpha\": 0.1234567890123, "
                         "\"boundary_condition\": \"dirichlet\", \"quantum_jitter\": true}");
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, SIZE_MAX);
    mfn__json_start(&json, &text, 2);
    mfn__config_write_json(&job.config, &json);
    mfn__job again = parse(text.data);
    ck_assert_str_eq(again.result_id, job.result_id);
    mfn__job_deinit(&again);
    mfn__job_deinit(&job);
    mfn__buffer_deinit(&text);
}
END_TEST

START_TEST(damaged_jobs_never_crash)
{
    static const char seed_text[] = "{\"id\": \"a\\u00e9b\", \"grid_size\": 32, \"alpha\": 0.2, "
                                    "\"seed\": 12345678901234567890, \"turing_enabled\": true}";
    static const char bytes[] = "{}[]:,\"\\ \n09-+.eEtfn\xc3\xa9\xff";
    uint32_t state = 3;
    for (int round = 0; round < 4000; round++) {
        char text[sizeof seed_text];
        memcpy(text, seed_text, sizeof text);
        for (int change = 0; change < 1 + round % 4; change++) {
            state = state * 1664525U + 1013904223U;
            text[(state >> 8) % (sizeof text - 1)] = bytes[(state >> 20) % sizeof bytes];
        }
        mfn__job job;
        mfn_error err = {.status = MFN_OK};
        if (mfn__job_parse(text, sizeof text - 1, NULL, &job, &err) == MFN_OK) {
            ck_assert_int_eq(mfn_simulation_config_check(&job.config, NULL), MFN_OK);
            mfn__job_deinit(&job);
        } else {
            ck_assert_int_ne(err.text[0], '\0');
        }
    }
}
END_TEST

START_TEST(a_preset_gives_the_values_that_the_job_does_not)
{
    static const char preset[] =
        "{\"model\": \"gray-scott\", \"preset\": \"mitosis\", \"steps\": 10}";
    static const char spelled_out[] =
        "{\"model\": \"gray-scott\", \"feed\": 0.0367, \"kill\": 0.0649, \"steps\": 10}";
    mfn__job one, other;
    ck_assert_int_eq(mfn__job_parse(preset, strlen(preset), NULL, &one, NULL), MFN_OK);
    ck_assert_int_eq(mfn__job_parse(spelled_out, strlen(spelled_out), NULL, &other, NULL), MFN_OK);
    ck_assert_uint_eq(one.config.steps, 10);
    ck_assert_str_eq(one.result_id, other.result_id);
    mfn__job_deinit(&one);
    mfn__job_deinit(&other);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {an_empty_job_asks_for_the_defaults,
                            every_field_is_read,
                            the_model_chooses_the_fields_and_bounds,
                            equal_jobs_written_differently_have_one_result_id,
                            different_jobs_have_different_result_ids,
                            the_result_id_is_the_hash_of_the_canonical_job,
                            extended_counts_only_where_it_is_asked_for,
                            ids_of_all_allowed_kinds_are_kept,
                            a_bad_job_is_refused_with_the_reason,
                            an_id_of_257_bytes_is_too_long,
                            the_cost_limit_names_steps_and_both_numbers,
                            parsing_survives_failure_of_every_allocation,
                            the_written_configuration_reads_back,
                            damaged_jobs_never_crash,
                            a_preset_gives_the_values_that_the_job_does_not,
                            NULL};
    return mfn_test_run("job", tests);
}
