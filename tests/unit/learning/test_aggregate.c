/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "gradient_sets.h"

static mfn_aggregate_config with_clusters(uint64_t num_clusters)
{
    mfn_aggregate_config config;
    mfn_aggregate_config_init(&config);
    config.num_clusters = num_clusters;
    return config;
}

static mfn_aggregation aggregated(const float *values, size_t count, size_t dimension,
                                  const mfn_aggregate_config *config, const mfn_parallel *parallel)
{
    const mfn_gradients gradients = {values, count, dimension};
    mfn_aggregation aggregation;
    mfn_error err = {0};
    ck_assert_msg(mfn_aggregate(&gradients, config, NULL, parallel, &aggregation, &err) == MFN_OK,
                  "%s", err.text);
    return aggregation;
}

static mfn_status refused(const mfn_gradients *gradients, const mfn_aggregate_config *config,
                          mfn_error *err)
{
    mfn_aggregation aggregation = {.used = 77};
    mfn_status status = mfn_aggregate(gradients, config, NULL, NULL, &aggregation, err);
    ck_assert_int_ne(status, MFN_OK);
    ck_assert_uint_eq(aggregation.used, 77);
    ck_assert_ptr_null(aggregation.values);
    return status;
}

START_TEST(a_single_gradient_is_returned_unchanged)
{
    float *values = normal_gradients("1", 1, 1000, 0.0);
    mfn_aggregation aggregation = aggregated(values, 1, 1000, NULL, NULL);
    ck_assert_mem_eq(aggregation.values, values, 1000 * sizeof *values);
    ck_assert_uint_eq(aggregation.representatives, 1);
    mfn_aggregation_deinit(&aggregation);
    ck_assert_ptr_null(aggregation.values);
    mfn_aggregation_deinit(NULL);
    free(values);
}
END_TEST

START_TEST(one_cluster_returns_its_krum)
{
    float *values = normal_gradients("2", 40, 9, 0.0);
    mfn_aggregate_config config = with_clusters(1);
    config.strict = true; /* 40 are enough for 8, and there is no second selection */
    mfn_aggregation aggregation = aggregated(values, 40, 9, &config, NULL);
    ck_assert_uint_eq(aggregation.unsound, 0);
    mfn_krum_config krum;
    mfn_krum_config_init(&krum);
    krum.num_byzantine = 8;
    const mfn_gradients gradients = {values, 40, 9};
    mfn_krum_selection selection;
    ck_assert_int_eq(mfn_krum_select(&gradients, &krum, NULL, &selection, NULL), MFN_OK);
    ck_assert_uint_eq(aggregation.chosen, selection.index);
    ck_assert_mem_eq(aggregation.values, values + selection.index * 9, 9 * sizeof *values);
    mfn_aggregation_deinit(&aggregation);
    free(values);
}
END_TEST

START_TEST(the_outcome_is_seven_tenths_krum_and_three_tenths_lower_median)
{
    /* Clusters of one: seed 42 deals gradient 0 to cluster 0 and gradient 1 to cluster 1. */
    static const float values[] = {2.0F, -1.0F, 5.0F, -8.0F};
    mfn_aggregation aggregation = aggregated(values, 2, 2, NULL, NULL);
    ck_assert_uint_eq(aggregation.clusters, 2);
    ck_assert_uint_eq(aggregation.clusters_used, 2);
    ck_assert_uint_eq(aggregation.chosen, 0);
    float first = 0.7F * 2.0F + 0.3F * 2.0F;
    float second = 0.7F * -1.0F + 0.3F * -8.0F;
    ck_assert(aggregation.values[0] == first && aggregation.values[1] == second);
    mfn_aggregation_deinit(&aggregation);
}
END_TEST

typedef struct counted_source {
    const float *values;
    size_t dimension;
    unsigned reads[3000];
    uint64_t fails_at;
} counted_source;

static mfn_status read_counted(void *context, uint64_t index, float *ret, mfn_error *err)
{
    counted_source *source = context;
    if (index == source->fails_at) {
        return mfn__fail(err, MFN_IO, "gradient", "the disk is gone");
    }
    source->reads[index]++;
    memcpy(ret, source->values + index * source->dimension, source->dimension * sizeof *ret);
    return MFN_OK;
}

START_TEST(streaming_gives_the_same_bits_and_reads_each_used_gradient_once)
{
    static const size_t counts[] = {1, 7, 200, 1000, 2500};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        float *values = normal_gradients("9", counts[c], 33, 0.1);
        mfn_aggregate_config config = with_clusters(10);
        mfn_aggregation expected = aggregated(values, counts[c], 33, &config, NULL);
        counted_source rows = {.values = values, .dimension = 33, .fails_at = UINT64_MAX};
        const mfn_gradient_source source = {&rows, read_counted, counts[c], 33};
        mfn_aggregation got;
        ck_assert_int_eq(mfn_aggregate_stream(&source, &config, NULL, NULL, &got, NULL), MFN_OK);
        ck_assert_mem_eq(got.values, expected.values, 33 * sizeof *values);
        ck_assert_uint_eq(got.used, counts[c] > 1000 ? counts[c] / 10 : counts[c]);
        uint64_t reads = 0;
        for (size_t i = 0; i < counts[c]; i++) {
            ck_assert_uint_le(rows.reads[i], 1);
            reads += rows.reads[i];
        }
        ck_assert_uint_eq(reads, got.used);
        mfn_aggregation_deinit(&got);
        mfn_aggregation_deinit(&expected);
        free(values);
    }
}
END_TEST

START_TEST(a_source_that_fails_fails_the_aggregation)
{
    float *values = normal_gradients("9", 20, 3, 0.1);
    counted_source rows = {.values = values, .dimension = 3, .fails_at = 13};
    const mfn_gradient_source source = {&rows, read_counted, 20, 3};
    mfn_aggregation aggregation = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_aggregate_stream(&source, NULL, NULL, NULL, &aggregation, &err), MFN_IO);
    ck_assert_str_eq(err.text, "the disk is gone");
    ck_assert_ptr_null(aggregation.values);
    free(values);
}
END_TEST

START_TEST(no_number_of_threads_changes_a_bit)
{
    float *values = normal_gradients("12", 900, 500, 0.0);
    mfn_aggregate_config config = with_clusters(3);
    mfn_aggregation expected = aggregated(values, 900, 500, &config, NULL);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        mfn_threads *pool = NULL;
        ck_assert_int_eq(mfn_threads_new(threads, &pool, NULL), MFN_OK);
        mfn_aggregation got = aggregated(values, 900, 500, &config, mfn_threads_parallel(pool));
        ck_assert_mem_eq(got.values, expected.values, 500 * sizeof *values);
        mfn_aggregation_deinit(&got);
        mfn_threads_free(pool);
    }
    mfn_aggregation_deinit(&expected);
    free(values);
}
END_TEST

START_TEST(a_fifth_of_hostile_gradients_does_not_move_the_outcome_far)
{
    enum { COUNT = 500, DIMENSION = 20 };
    static const float attacks[] = {1e6F, -1e30F, NAN, INFINITY};
    for (size_t a = 0; a < sizeof attacks / sizeof attacks[0]; a++) {
        float *values = normal_gradients("6", COUNT, DIMENSION, 2.0);
        for (size_t i = 0; i < COUNT; i += 10) { /* a tenth: no cluster gets more than its f */
            set_gradient(values, DIMENSION, i, attacks[a]);
        }
        mfn_aggregate_config config = with_clusters(5);
        config.strict = true;
        mfn_aggregation aggregation = {0};
        const mfn_gradients gradients = {values, COUNT, DIMENSION};
        mfn_error err = {0};
        config.byzantine_fraction = 0.2;
        config.min_byzantine = 1;
        mfn_status status = mfn_aggregate(&gradients, &config, NULL, NULL, &aggregation, &err);
        ck_assert_msg(status == MFN_OK, "%s", err.text);
        ck_assert_uint_ne(aggregation.chosen % 10, 0);
        ck_assert_uint_eq(aggregation.non_finite, isfinite(attacks[a]) ? 0 : COUNT / 10);
        ck_assert_uint_eq(aggregation.unsound, 0);
        for (size_t k = 0; k < DIMENSION; k++) {
            ck_assert_msg(fabsf(aggregation.values[k] - 2.0F) < 5.0F, "%g",
                          (double)aggregation.values[k]);
        }
        mfn_aggregation_deinit(&aggregation);
        free(values);
    }
}
END_TEST

START_TEST(a_cluster_without_a_finite_gradient_sends_none)
{
    float values[8] = {1.0F, 2.0F, 3.0F, NAN, 5.0F, 6.0F, NAN, 8.0F};
    mfn_aggregate_config config = with_clusters(8);
    mfn_aggregation aggregation = aggregated(values, 8, 1, &config, NULL);
    ck_assert_uint_eq(aggregation.non_finite, 2);
    ck_assert_uint_le(aggregation.representatives, aggregation.clusters_used);
    ck_assert(isfinite(aggregation.values[0]));
    mfn_aggregation_deinit(&aggregation);
    for (size_t i = 0; i < 8; i++) {
        values[i] = INFINITY;
    }
    const mfn_gradients gradients = {values, 8, 1};
    mfn_error err = {0};
    ck_assert_int_eq(refused(&gradients, &config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "gradients");
}
END_TEST

START_TEST(strict_refuses_what_cannot_withstand_and_says_what_would)
{
    float *values = normal_gradients("6", 20, 2, 0.0);
    const mfn_gradients gradients = {values, 20, 2};
    mfn_aggregate_config config = with_clusters(10);
    mfn_aggregation aggregation = aggregated(values, 20, 2, &config, NULL);
    ck_assert_uint_gt(aggregation.unsound, 0);
    mfn_aggregation_deinit(&aggregation);
    config.strict = true;
    mfn_error err = {0};
    ck_assert_int_eq(refused(&gradients, &config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "num_clusters");
    ck_assert_ptr_nonnull(strstr(err.text, "f = 1 hostile needs 2 f + 3 = 5"));
    ck_assert_ptr_nonnull(strstr(err.text, "fewer clusters"));
    free(values);
}
END_TEST

START_TEST(no_hostile_gradients_can_be_expected_only_on_request)
{
    float *values = normal_gradients("6", 50, 2, 0.0);
    mfn_aggregate_config config = with_clusters(1);
    config.byzantine_fraction = 0.0;
    mfn_aggregation one = aggregated(values, 50, 2, &config, NULL);
    config.min_byzantine = 0;
    mfn_aggregation none = aggregated(values, 50, 2, &config, NULL);
    mfn_krum_config krum;
    mfn_krum_config_init(&krum);
    const mfn_gradients gradients = {values, 50, 2};
    for (uint64_t f = 0; f < 2; f++) {
        mfn_krum_selection selection;
        krum.num_byzantine = f;
        ck_assert_int_eq(mfn_krum_select(&gradients, &krum, NULL, &selection, NULL), MFN_OK);
        ck_assert_uint_eq(selection.index, f == 0 ? none.chosen : one.chosen);
        ck_assert_uint_eq(selection.neighbours, 48 - f);
    }
    mfn_aggregation_deinit(&one);
    mfn_aggregation_deinit(&none);
    free(values);
}
END_TEST

START_TEST(the_largest_floats_do_not_overflow)
{
    static const float values[] = {3.4028235e38F, 3.4028235e38F, 3.4028235e38F};
    mfn_aggregation aggregation = aggregated(values, 3, 1, NULL, NULL);
    ck_assert(isfinite(aggregation.values[0]));
    mfn_aggregation_deinit(&aggregation);
}
END_TEST

START_TEST(bad_arguments_are_refused_by_name)
{
    static const float values[] = {1.0F, 2.0F};
    static const struct {
        const char *field;
        uint64_t count, dimension, clusters;
        double byzantine, sample;
    } cases[] = {
        {"gradients", 0, 1, 10, 0.2, 0.1},
        {"dimension", 2, 0, 10, 0.2, 0.1},
        {"num_clusters", 2, 1, 0, 0.2, 0.1},
        {"byzantine_fraction", 2, 1, 10, 0.5, 0.1},
        {"byzantine_fraction", 2, 1, 10, -0.1, 0.1},
        {"byzantine_fraction", 2, 1, 10, (double)NAN, 0.1},
        {"sample_fraction", 2, 1, 10, 0.2, 0.0},
        {"sample_fraction", 2, 1, 10, 0.2, 1.1},
        {"sample_fraction", 1001, 1, 10, 0.2, 0.0005},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_aggregate_config config = with_clusters(cases[i].clusters);
        config.byzantine_fraction = cases[i].byzantine;
        config.sample_fraction = cases[i].sample;
        const mfn_gradients gradients = {values, cases[i].count, cases[i].dimension};
        mfn_error err = {0};
        ck_assert_int_eq(refused(&gradients, &config, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
    }
}
END_TEST

START_TEST(aggregate_survives_failure_of_every_allocation)
{
    float *values = normal_gradients("6", 1100, 2, 0.0);
    const mfn_gradients gradients = {values, 1100, 2};
    int64_t failures = 0;
    for (;; failures++) {
        mfn_aggregation aggregation = {0};
        mfn__mem_fail_after(failures);
        mfn_status status = mfn_aggregate(&gradients, NULL, NULL, NULL, &aggregation, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            mfn_aggregation_deinit(&aggregation);
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(aggregation.values);
    }
    ck_assert_int_ge(failures, 20);
    free(values);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_single_gradient_is_returned_unchanged,
        one_cluster_returns_its_krum,
        the_outcome_is_seven_tenths_krum_and_three_tenths_lower_median,
        streaming_gives_the_same_bits_and_reads_each_used_gradient_once,
        a_source_that_fails_fails_the_aggregation,
        no_number_of_threads_changes_a_bit,
        a_fifth_of_hostile_gradients_does_not_move_the_outcome_far,
        a_cluster_without_a_finite_gradient_sends_none,
        strict_refuses_what_cannot_withstand_and_says_what_would,
        no_hostile_gradients_can_be_expected_only_on_request,
        the_largest_floats_do_not_overflow,
        bad_arguments_are_refused_by_name,
        aggregate_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("aggregate", tests);
}
