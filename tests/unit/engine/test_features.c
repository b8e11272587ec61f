/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernels/kernels.h"
#include "suite.h"

#include "mfn/features.h"
#include "mfn/random.h"

static double *new_history(uint64_t frames, uint32_t side, double value_v)
{
    size_t count = (size_t)frames * side * side;
    double *history = malloc(count * sizeof *history);
    ck_assert_ptr_nonnull(history);
    for (size_t i = 0; i < count; i++) {
        history[i] = value_v;
    }
    return history;
}

/* Cells around -60 mV, so that the thresholds part them. */
static double *random_history(uint64_t frames, uint32_t side, const char *seed)
{
    double *history = new_history(frames, side, 0.0);
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    mfn_random_fill_normal(random, -0.06, 0.01, history, (size_t)frames * side * side);
    mfn_random_free(random);
    return history;
}

static mfn_features computed(const double *history, uint64_t frames, uint32_t side,
                             const mfn_feature_config *config)
{
    mfn_features features;
    mfn_error err = {0};
    ck_assert_msg(mfn_features_compute(history, frames, side, config, &features, &err) == MFN_OK,
                  "%s", err.text);
    return features;
}

static mfn_feature_meter *created(uint32_t side)
{
    mfn_feature_meter *meter = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_feature_meter_new(side, NULL, &meter, &err) == MFN_OK, "%s", err.text);
    return meter;
}

static void push_all(mfn_feature_meter *meter, const double *history, uint64_t frames,
                     uint32_t side)
{
    for (uint64_t t = 0; t < frames; t++) {
        ck_assert_int_eq(mfn_feature_meter_push(meter, history + t * side * side, NULL), MFN_OK);
    }
}

static mfn_features finished(mfn_feature_meter *meter)
{
    mfn_features features;
    ck_assert_int_eq(mfn_feature_meter_finish(meter, &features, NULL), MFN_OK);
    return features;
}

START_TEST(features_are_named_in_canonical_order)
{
    ck_assert_int_eq(MFN_FEATURE_COUNT, 18);
    ck_assert_str_eq(mfn_feature_name(MFN_FEATURE_D_box), "D_box");
    ck_assert_str_eq(mfn_feature_name(MFN_FEATURE_dV_mean), "dV_mean");
    ck_assert_str_eq(mfn_feature_name((mfn_feature)17), "cluster_size_std");
    ck_assert_str_eq(mfn_feature_unit(MFN_FEATURE_E_trend), "mV^2/step");
    ck_assert_str_eq(mfn_feature_meaning(MFN_FEATURE_V_min), "minimum of the last frame");
    ck_assert_ptr_null(mfn_feature_name(MFN_FEATURE_COUNT));
    ck_assert_ptr_null(mfn_feature_unit((mfn_feature)-1));
    ck_assert_ptr_null(mfn_feature_meaning(MFN_FEATURE_COUNT));
    int integers = 0;
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        integers += mfn_feature_is_integer((mfn_feature)i);
    }
    ck_assert_int_eq(integers, 5);
    ck_assert(mfn_feature_is_integer(MFN_FEATURE_T_stable));
    ck_assert(!mfn_feature_is_integer(MFN_FEATURE_cluster_size_std));
}
END_TEST

/* -70 and -50 mV in equal parts: mean -60, deviation 10, a two-point distribution's kurtosis. */
START_TEST(a_field_of_two_levels_has_the_features_that_one_can_work_out)
{
    static const char picture[] = "##.."
                                  "#..#"
                                  "...#"
                                  "##.#";
    double field_v[16];
    for (size_t i = 0; i < 16; i++) {
        field_v[i] = picture[i] == '#' ? -0.05 : -0.07;
    }
    static const struct {
        mfn_feature feature;
        double expected;
    } cases[] = {
        {MFN_FEATURE_V_min, -70.0},
        {MFN_FEATURE_V_max, -50.0},
        {MFN_FEATURE_V_mean, -60.0},
        {MFN_FEATURE_V_std, 10.0},
        {MFN_FEATURE_V_skew, 0.0},
        {MFN_FEATURE_V_kurt, -2.0},
        {MFN_FEATURE_dV_mean, 0.0},
        {MFN_FEATURE_dV_max, 0.0},
        {MFN_FEATURE_T_stable, 0.0},
        {MFN_FEATURE_E_trend, 0.0},
        {MFN_FEATURE_f_active, 0.5},
        {MFN_FEATURE_N_clusters_low, 3.0},
        {MFN_FEATURE_N_clusters_med, 0.0},
        {MFN_FEATURE_N_clusters_high, 0.0},
        {MFN_FEATURE_max_cluster_size, 3.0},
        {MFN_FEATURE_cluster_size_std, 0.47140452079103168},
        {MFN_FEATURE_D_box, 0.0},
        {MFN_FEATURE_D_r2, 0.0},
    };
    ck_assert_uint_eq(sizeof cases / sizeof cases[0], MFN_FEATURE_COUNT);
    mfn_features features = computed(field_v, 1, 4, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double actual = features.value[cases[i].feature];
        ck_assert_msg(fabs(actual - cases[i].expected) <= 1e-12, "%s: %.17g",
                      mfn_feature_name(cases[i].feature), actual);
    }
}
END_TEST

START_TEST(the_configuration_decides_thresholds_boxes_and_neighbours)
{
    double field_v[64];
    for (size_t i = 0; i < 64; i++) {
        field_v[i] = (i / 8 + i % 8) % 2 == 0 ? -0.055 : -0.07;
    }
    mfn_feature_config config;
    mfn_feature_config_init(&config);
    mfn_features features = computed(field_v, 1, 8, &config);
    ck_assert(features.value[MFN_FEATURE_N_clusters_low] == 32.0);
    ck_assert(features.value[MFN_FEATURE_N_clusters_med] == 0.0);
    config.connectivity = 1;
    features = computed(field_v, 1, 8, &config);
    ck_assert(features.value[MFN_FEATURE_N_clusters_low] == 1.0);
    ck_assert(features.value[MFN_FEATURE_max_cluster_size] == 32.0);
    config.threshold_med_mv = -55.5;
    config.threshold_high_mv = -80.0;
    features = computed(field_v, 1, 8, &config);
    ck_assert(features.value[MFN_FEATURE_N_clusters_med] == 1.0);
    ck_assert(features.value[MFN_FEATURE_N_clusters_high] == 1.0);
    config.threshold_low_mv = -55.0;
    features = computed(field_v, 1, 8, &config);
    ck_assert_msg(features.value[MFN_FEATURE_f_active] == 0.0, "a threshold must be passed");
    config.threshold_low_mv = -90.0;
    config.min_box_size = 1;
    config.max_box_size = 4;
    config.num_scales = 3;
    features = computed(field_v, 1, 8, &config);
    ck_assert(features.value[MFN_FEATURE_f_active] == 1.0);
    ck_assert_double_eq_tol(features.value[MFN_FEATURE_D_box], 2.0, 1e-14);
}
END_TEST

START_TEST(a_flat_field_has_no_shape)
{
    double *field_v = new_history(1, 8, -0.0612345);
    mfn_features features = computed(field_v, 1, 8, NULL);
    ck_assert(features.value[MFN_FEATURE_V_skew] == 0.0);
    ck_assert(features.value[MFN_FEATURE_V_kurt] == 0.0);
    ck_assert(features.value[MFN_FEATURE_V_min] == features.value[MFN_FEATURE_V_max]);
    free(field_v);
}
END_TEST

START_TEST(pushing_frames_gives_the_bits_of_the_whole_history)
{
    static const uint32_t sides[] = {1, 2, 5, 8, 33, 64};
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        double *history = random_history(20, sides[s], "7");
        for (uint64_t frames = 1; frames <= 20; frames++) {
            mfn_features whole = computed(history, frames, sides[s], NULL);
            mfn_feature_meter *meter = created(sides[s]);
            push_all(meter, history, frames, sides[s]);
            mfn_features streamed = finished(meter);
            ck_assert_mem_eq(&whole, &streamed, sizeof whole);
            mfn_feature_meter_free(meter);
        }
        free(history);
    }
}
END_TEST

START_TEST(finishing_does_not_end_the_history)
{
    double *history = random_history(12, 16, "8");
    mfn_feature_meter *meter = created(16);
    push_all(meter, history, 5, 16);
    mfn_features first = finished(meter);
    mfn_features again = finished(meter);
    ck_assert_mem_eq(&first, &again, sizeof first);
    push_all(meter, history + 5 * 256, 7, 16);
    mfn_features all = finished(meter);
    mfn_features expected = computed(history, 12, 16, NULL);
    ck_assert_mem_eq(&all, &expected, sizeof all);
    mfn_feature_meter_free(meter);
    free(history);
}
END_TEST

START_TEST(a_reset_meter_is_as_good_as_a_new_one)
{
    static const uint32_t sides[] = {40, 7, 40, 65, 1};
    mfn_feature_meter *meter = created(12);
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        double *history = random_history(13, sides[s], "21");
        ck_assert_int_eq(mfn_feature_meter_reset(meter, sides[s], NULL, NULL), MFN_OK);
        push_all(meter, history, 13, sides[s]);
        mfn_features reused = finished(meter);
        mfn_features expected = computed(history, 13, sides[s], NULL);
        ck_assert_mem_eq(&reused, &expected, sizeof reused);
        free(history);
    }
    mfn_feature_meter_free(meter);
}
END_TEST

START_TEST(a_reset_meter_counts_the_boxes_of_its_new_configuration)
{
    double *history = random_history(3, 64, "22");
    mfn_feature_meter *meter = created(64);
    static const uint64_t min_box_sizes[] = {2, 3, 2};
    for (size_t i = 0; i < sizeof min_box_sizes / sizeof min_box_sizes[0]; i++) {
        mfn_feature_config config;
        mfn_feature_config_init(&config);
        config.min_box_size = min_box_sizes[i];
        ck_assert_int_eq(mfn_feature_meter_reset(meter, 64, &config, NULL), MFN_OK);
        push_all(meter, history, 3, 64);
        mfn_features reused = finished(meter);
        mfn_features expected = computed(history, 3, 64, &config);
        ck_assert_mem_eq(&reused, &expected, sizeof reused);
    }
    mfn_feature_meter_free(meter);
    free(history);
}
END_TEST

START_TEST(every_kernel_variant_gives_the_same_bits)
{
    double *history = random_history(6, 61, "3");
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    ck_assert_int_eq(mfn__kernels_select("scalar", NULL), MFN_OK);
    mfn_features expected = computed(history, 6, 61, NULL);
    for (size_t i = 0; i < count; i++) {
        if (variants[i]->is_supported()) {
            ck_assert_int_eq(mfn__kernels_select(variants[i]->name, NULL), MFN_OK);
            mfn_features actual = computed(history, 6, 61, NULL);
            ck_assert_mem_eq(&actual, &expected, sizeof actual);
        }
    }
    free(history);
}
END_TEST

START_TEST(a_static_history_has_no_trend_and_is_stable_from_its_first_step)
{
    double *history = new_history(15, 6, 0.0);
    for (size_t i = 0; i < 15 * 36; i++) {
        history[i] = -0.06 + 0.001 * sin((double)(i % 36));
    }
    mfn_features features = computed(history, 15, 6, NULL);
    ck_assert(features.value[MFN_FEATURE_E_trend] == 0.0);
    ck_assert(features.value[MFN_FEATURE_dV_mean] == 0.0);
    ck_assert(features.value[MFN_FEATURE_dV_max] == 0.0);
    ck_assert(features.value[MFN_FEATURE_T_stable] == 1.0);
    free(history);
}
END_TEST

/* One cell of four changes by 4 mV in each of the first `moving` steps; then nothing moves. */
START_TEST(stability_begins_with_the_first_calm_window)
{
    static const struct {
        const char *why;
        uint64_t frames, moving, window;
        double expected;
    } cases[] = {
        {"no history", 1, 0, 10, 0.0},
        {"exactly enough calm steps", 11, 0, 10, 1.0},
        {"one step too few", 10, 0, 10, 10.0},
        {"calm after three steps", 20, 3, 10, 4.0},
        {"just enough calm steps at the end", 14, 3, 10, 4.0},
        {"one frame less and it is not seen", 13, 3, 10, 13.0},
        {"a window of one", 5, 2, 1, 3.0},
        {"always moving", 30, 30, 4, 30.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double *history = new_history(cases[i].frames, 2, -0.07);
        for (uint64_t t = 0; t < cases[i].frames; t++) {
            uint64_t steps = t < cases[i].moving ? t : cases[i].moving;
            history[t * 4] += 0.004 * (double)steps;
        }
        mfn_feature_config config;
        mfn_feature_config_init(&config);
        config.stability_window = cases[i].window;
        mfn_features features = computed(history, cases[i].frames, 2, &config);
        ck_assert_msg(features.value[MFN_FEATURE_T_stable] == cases[i].expected, "%s: %g",
                      cases[i].why, features.value[MFN_FEATURE_T_stable]);
        free(history);
    }
}
END_TEST

START_TEST(a_broken_calm_starts_counting_again)
{
    double *history = new_history(12, 2, -0.07);
    for (uint64_t t = 4; t < 12; t++) {
        history[t * 4 + 1] += 0.01;
    }
    mfn_feature_config config;
    mfn_feature_config_init(&config);
    config.stability_window = 4;
    mfn_features features = computed(history, 12, 2, &config);
    ck_assert(features.value[MFN_FEATURE_T_stable] == 5.0);
    config.stability_window = 3;
    features = computed(history, 12, 2, &config);
    ck_assert(features.value[MFN_FEATURE_T_stable] == 1.0);
    config.stability_threshold_mv = 0.0;
    features = computed(history, 12, 2, &config);
    ck_assert_msg(features.value[MFN_FEATURE_T_stable] == 12.0, "nothing is below 0");
    free(history);
}
END_TEST

START_TEST(changes_and_energy_trend_are_those_of_a_known_history)
{
    const uint32_t side = 9;
    const uint64_t frames = 40;
    double *history = new_history(frames, side, 0.0);
    for (uint64_t t = 0; t < frames; t++) {
        for (uint32_t i = 0; i < side * side; i++) {
            history[t * side * side + i] = -sqrt(4900.0 + 3.0 * (double)t) / 1000.0;
        }
    }
    mfn_features features = computed(history, frames, side, NULL);
    double first = sqrt(4903.0) - 70.0;
    double total = sqrt(4900.0 + 3.0 * 39.0) - 70.0;
    ck_assert_double_eq_tol(features.value[MFN_FEATURE_E_trend], 3.0 * 81.0, 1e-8);
    ck_assert_double_eq_tol(features.value[MFN_FEATURE_dV_max], first, 1e-12);
    ck_assert_double_eq_tol(features.value[MFN_FEATURE_dV_mean], total / 39.0, 1e-12);
    ck_assert_msg(features.value[MFN_FEATURE_T_stable] == 1.0, "a uniform change is calm");
    free(history);
}
END_TEST

START_TEST(nan_and_infinity_are_refused_with_their_position)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    static const char *const names[] = {"nan", "inf", "-inf"};
    double *history = random_history(3, 10, "4");
    mfn_features good = computed(history, 2, 10, NULL);
    for (size_t i = 0; i < 3; i++) {
        mfn_feature_meter *meter = created(10);
        mfn_error err = {0};
        double *frame_v = history + 200;
        push_all(meter, history, 2, 10);
        frame_v[57] = bad[i];
        ck_assert_int_eq(mfn_feature_meter_push(meter, frame_v, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, "field");
        ck_assert_ptr_nonnull(strstr(err.text, names[i]));
        ck_assert_ptr_nonnull(strstr(err.text, "frame 2, row 5, column 7"));
        mfn_features after = finished(meter);
        ck_assert_mem_eq(&after, &good, sizeof good);
        mfn_feature_meter_free(meter);
        ck_assert_int_eq(mfn_features_compute(history, 3, 10, NULL, &after, NULL), MFN_INVALID);
        ck_assert_mem_eq(&after, &good, sizeof good);
    }
    free(history);
}
END_TEST

START_TEST(features_beyond_the_range_of_a_double_are_refused)
{
    static const struct {
        double value_v;
        mfn_status status;
        const char *field;
    } cases[] = {
        {1e160, MFN_INVALID, "field"},
        {1e110, MFN_UNSTABLE, "V_skew"},
        {1e60, MFN_OK, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double *field_v = new_history(1, 4, -0.07);
        field_v[6] = cases[i].value_v;
        mfn_features features;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_features_compute(field_v, 1, 4, NULL, &features, &err),
                         cases[i].status);
        ck_assert_str_eq(err.field, cases[i].field);
        free(field_v);
    }
}
END_TEST

START_TEST(bad_sizes_and_options_are_refused_by_name)
{
    const double field_v[4] = {0.0};
    mfn_features features;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_features_compute(field_v, 0, 2, NULL, &features, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "frames");
    ck_assert_int_eq(mfn_features_compute(field_v, 1, 0, NULL, &features, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "side");
    ck_assert_int_eq(mfn_features_compute(field_v, 1, 65536, NULL, &features, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "side");

    static const struct {
        const char *option, *bad;
    } cases[] = {
        {"min_box_size", "0"},        {"min_box_size", "65536"},
        {"max_box_size", "65536"},    {"num_scales", "1"},
        {"num_scales", "65"},         {"threshold_low_mv", "1e7"},
        {"threshold_med_mv", "-1e7"}, {"stability_threshold_mv", "-0.1"},
        {"stability_window", "0"},    {"connectivity", "6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_feature_config config;
        mfn_feature_config_init(&config);
        const mfn_option *option = mfn_option_find(mfn_feature_options(), cases[i].option);
        ck_assert_ptr_nonnull(option);
        ck_assert_msg(mfn_option_set_text(option, &config, cases[i].bad, NULL) == MFN_INVALID,
                      "%s = %s", cases[i].option, cases[i].bad);
    }
    mfn_feature_config config;
    mfn_feature_config_init(&config);
    ck_assert_int_eq(mfn_feature_config_check(&config, NULL), MFN_OK);
    config.threshold_high_mv = NAN;
    ck_assert_int_eq(mfn_features_compute(field_v, 1, 2, &config, &features, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "threshold_high_mv");
    config.size = 3;
    ck_assert_int_eq(mfn_feature_config_check(&config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
}
END_TEST

START_TEST(feature_meter_new_survives_failure_of_every_allocation)
{
    mfn_status status = MFN_NO_MEMORY;
    int64_t failing = 0;
    for (; status != MFN_OK; failing++) {
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        mfn_feature_meter *meter = NULL;
        mfn__mem_fail_after(failing);
        status = mfn_feature_meter_new(20, NULL, &meter, NULL);
        mfn__mem_fail_after(-1);
        ck_assert((meter != NULL) == (status == MFN_OK));
        mfn_feature_meter_free(meter);
    }
    ck_assert_int_ge(failing, 4);
    mfn_feature_meter_free(NULL);
}
END_TEST

START_TEST(a_failed_reset_keeps_the_frames)
{
    double *history = random_history(4, 10, "4");
    mfn_feature_meter *meter = created(10);
    push_all(meter, history, 4, 10);
    mfn_features before = finished(meter);
    for (int64_t failing = 0; failing < 2; failing++) {
        mfn__mem_fail_after(failing);
        ck_assert_int_eq(mfn_feature_meter_reset(meter, 100, NULL, NULL), MFN_NO_MEMORY);
        mfn__mem_fail_after(-1);
        mfn_features after = finished(meter);
        ck_assert_mem_eq(&before, &after, sizeof before);
    }
    ck_assert_int_eq(mfn_feature_meter_reset(meter, 0, NULL, NULL), MFN_INVALID);
    mfn_features after = finished(meter);
    ck_assert_mem_eq(&before, &after, sizeof before);
    mfn_feature_meter_free(meter);
    free(history);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        features_are_named_in_canonical_order,
        a_field_of_two_levels_has_the_features_that_one_can_work_out,
        the_configuration_decides_thresholds_boxes_and_neighbours,
        a_flat_field_has_no_shape,
        pushing_frames_gives_the_bits_of_the_whole_history,
        finishing_does_not_end_the_history,
        a_reset_meter_is_as_good_as_a_new_one,
        a_reset_meter_counts_the_boxes_of_its_new_configuration,
        every_kernel_variant_gives_the_same_bits,
        a_static_history_has_no_trend_and_is_stable_from_its_first_step,
        stability_begins_with_the_first_calm_window,
        a_broken_calm_starts_counting_again,
        changes_and_energy_trend_are_those_of_a_known_history,
        nan_and_infinity_are_refused_with_their_position,
        features_beyond_the_range_of_a_double_are_refused,
        bad_sizes_and_options_are_refused_by_name,
        feature_meter_new_survives_failure_of_every_allocation,
        a_failed_reset_keeps_the_frames,
        NULL,
    };
    return mfn_test_run("features", tests);
}
