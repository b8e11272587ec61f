/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/result.h"
#include "suite.h"

typedef struct result_fixture {
    mfn__job job;
    mfn_simulation_summary summary;
    mfn_features features;
    double field_v[16];
} result_fixture;

static void set_up(result_fixture *ret)
{
    static const char text[] = "{\"id\": \"job-1\", \"grid_size\": 4, \"steps\": 3, \"seed\": "
                               "18446744073709551616}";
    *ret = (result_fixture){0};
    ck_assert_int_eq(mfn__job_parse(text, strlen(text), NULL, &ret->job, NULL), MFN_OK);
    ret->summary = (mfn_simulation_summary){.growth_events = 2,
                                            .turing_activations = 1,
                                            .clamping_events = 4294967296,
                                            .steps_computed = 3,
                                            .field_min_v = -0.095,
                                            .field_max_v = 0.1 + 0.2,
                                            .field_mean_v = -0.07,
                                            .field_std_v = 0.005,
                                            .activator_mean = 0.05,
                                            .inhibitor_mean = 1e-05};
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        ret->features.value[i] = i + (mfn_feature_is_integer((mfn_feature)i) ? 0.0 : 0.5);
    }
    for (int i = 0; i < 16; i++) {
        ret->field_v[i] = -0.07 + i * 0.001;
    }
}

static void write_result(const result_fixture *fixture, int indent, mfn__buffer *ret)
{
    mfn__buffer_init(ret, SIZE_MAX);
    const mfn__result result = {
        .job = &fixture->job,
        .summary = &fixture->summary,
        .features = &fixture->features,
        .field_v = fixture->field_v,
    };
    mfn__result_write(&result, indent, ret);
    ck_assert_int_eq(ret->status, MFN_OK);
}

START_TEST(a_result_has_its_members_in_order)
{
    static const char *const keys[] = {
        "event",           "simulation_id",    "result_id",      "fractal_dimension",
        "features",        "fractal_features", "growth_events",  "turing_activations",
        "clamping_events", "steps_computed",   "field_min_v",    "field_max_v",
        "field_mean_v",    "field_std_v",      "activator_mean", "inhibitor_mean",
        "field_sha256",    "config",
    };
    result_fixture fixture;
    mfn__buffer text;
    set_up(&fixture);
    write_result(&fixture, 0, &text);
    json_t *json = json_loadb(text.data, text.size, JSON_DECODE_INT_AS_REAL, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_uint_eq(json_object_size(json), sizeof keys / sizeof keys[0]);
    size_t i = 0;
    for (void *at = json_object_iter(json); at != NULL; at = json_object_iter_next(json, at)) {
        ck_assert_str_eq(json_object_iter_key(at), keys[i++]);
    }
    ck_assert_str_eq(json_string_value(json_object_get(json, "event")), "simulation_complete");
    ck_assert_str_eq(json_string_value(json_object_get(json, "simulation_id")), "job-1");
    ck_assert_str_eq(json_string_value(json_object_get(json, "result_id")), fixture.job.result_id);
    char hash[MFN__SHA256_HEX_SIZE];
    mfn__sha256_of_reals(fixture.field_v, 16, hash);
    ck_assert_str_eq(json_string_value(json_object_get(json, "field_sha256")), hash);
    json_decref(json);
    mfn__buffer_deinit(&text);
    mfn__job_deinit(&fixture.job);
}
END_TEST

START_TEST(features_stand_in_canonical_order_twice_and_counts_are_whole)
{
    static const char array[] =
        "\"features\": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10, 11.5, 12.5, 13, 14, "
        "15, 16, 17.5]";
    static const char object[] = "\"fractal_features\": {\"D_box\": 0.5, \"D_r2\": 1.5, ";
    static const char counts[] =
        "\"T_stable\": 10, \"E_trend\": 11.5, \"f_active\": 12.5, \"N_clusters_low\": 13, "
        "\"N_clusters_med\": 14, \"N_clusters_high\": 15, \"max_cluster_size\": 16, "
        "\"cluster_size_std\": 17.5}";
    result_fixture fixture;
    mfn__buffer text;
    set_up(&fixture);
    write_result(&fixture, 0, &text);
    ck_assert_msg(strstr(text.data, "\"fractal_dimension\": 0.5, ") != NULL, "%s", text.data);
    ck_assert_msg(strstr(text.data, array) != NULL, "%s", text.data);
    ck_assert_msg(strstr(text.data, object) != NULL, "%s", text.data);
    ck_assert_msg(strstr(text.data, counts) != NULL, "%s", text.data);
    mfn__buffer_deinit(&text);
    mfn__job_deinit(&fixture.job);
}
END_TEST

START_TEST(numbers_keep_every_bit)
{
    static const char *const parts[] = {
        "\"clamping_events\": 4294967296, ", "\"field_max_v\": 0.30000000000000004, ",
        "\"inhibitor_mean\": 1e-05, ", "\"seed\": 18446744073709551616}}"};
    result_fixture fixture;
    mfn__buffer text;
    set_up(&fixture);
    write_result(&fixture, 0, &text);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ck_assert_msg(strstr(text.data, parts[i]) != NULL, "%s in %s", parts[i], text.data);
    }
    mfn__buffer_deinit(&text);
    mfn__job_deinit(&fixture.job);
}
END_TEST

START_TEST(a_result_is_one_line_unless_it_is_indented)
{
    result_fixture fixture;
    mfn__buffer line;
    mfn__buffer indented;
    set_up(&fixture);
    write_result(&fixture, 0, &line);
    write_result(&fixture, 2, &indented);
    ck_assert_ptr_null(strchr(line.data, '\n'));
    ck_assert_ptr_eq(strstr(indented.data, "{\n  \"event\": \"simulation_complete\",\n"),
                     indented.data);
    json_t *first = json_loads(line.data, JSON_DECODE_INT_AS_REAL, NULL);
    json_t *second = json_loads(indented.data, JSON_DECODE_INT_AS_REAL, NULL);
    ck_assert(json_equal(first, second));
    json_decref(first);
    json_decref(second);
    mfn__buffer_deinit(&line);
    mfn__buffer_deinit(&indented);
    mfn__job_deinit(&fixture.job);
}
END_TEST

START_TEST(a_count_that_is_no_count_does_no_harm)
{
    result_fixture fixture;
    mfn__buffer text;
    set_up(&fixture);
    fixture.features.value[MFN_FEATURE_T_stable] = NAN;
    fixture.features.value[MFN_FEATURE_N_clusters_low] = -1;
    fixture.features.value[MFN_FEATURE_max_cluster_size] = INFINITY;
    write_result(&fixture, 0, &text);
    ck_assert_msg(strstr(text.data, "\"T_stable\": null, ") != NULL, "%s", text.data);
    ck_assert_msg(strstr(text.data, "\"N_clusters_low\": -1.0, ") != NULL, "%s", text.data);
    ck_assert_msg(strstr(text.data, "\"max_cluster_size\": null, ") != NULL, "%s", text.data);
    mfn__buffer_deinit(&text);
    mfn__job_deinit(&fixture.job);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_keeps_the_failure)
{
    result_fixture fixture;
    mfn__buffer text;
    set_up(&fixture);
    mfn__buffer_init(&text, 100);
    const mfn__result result = {.job = &fixture.job,
                                .summary = &fixture.summary,
                                .features = &fixture.features,
                                .field_v = fixture.field_v};
    mfn__result_write(&result, 0, &text);
    ck_assert_int_eq(mfn__buffer_check(&text, "the result", NULL), MFN_TOO_LARGE);
    mfn__buffer_deinit(&text);
    mfn__job_deinit(&fixture.job);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_result_has_its_members_in_order,
                            features_stand_in_canonical_order_twice_and_counts_are_whole,
                            numbers_keep_every_bit,
                            a_result_is_one_line_unless_it_is_indented,
                            a_count_that_is_no_count_does_no_harm,
                            a_buffer_that_is_too_small_keeps_the_failure,
                            NULL};
    return mfn_test_run("result", tests);
}
