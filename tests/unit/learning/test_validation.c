/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/validation.h"

static mfn_validation_config small(uint64_t seed)
{
    mfn_validation_config config;
    mfn_validation_config_init(&config);
    config.seed = seed;
    config.grid_size = 16;
    config.steps = 16;
    return config;
}

static mfn_validation_metrics validate(const mfn_validation_config *config)
{
    mfn_validation_metrics metrics;
    mfn_error err = {0};
    ck_assert_msg(mfn_validate(config, NULL, NULL, &metrics, &err) == MFN_OK, "%s", err.text);
    return metrics;
}

START_TEST(metrics_have_the_references_names_and_order)
{
    static const char *const names[] = {
        "loss_start",    "loss_final",          "loss_drop",         "pot_min_mV",
        "pot_max_mV",    "example_fractal_dim", "lyapunov_exponent", "lyapunov_mean",
        "growth_events", "nernst_symbolic_mV",  "nernst_numeric_mV", "nernst_rtfz_mV",
    };
    ck_assert_int_eq(MFN_VALIDATION_METRIC_COUNT, 12);
    for (size_t i = 0; i < MFN_VALIDATION_METRIC_COUNT; i++) {
        ck_assert_str_eq(mfn_validation_metric_name((mfn_validation_metric)i), names[i]);
        ck_assert_ptr_nonnull(mfn_validation_metric_meaning((mfn_validation_metric)i));
    }
    ck_assert_ptr_null(mfn_validation_metric_name(MFN_VALIDATION_METRIC_COUNT));
    ck_assert_ptr_null(mfn_validation_metric_meaning(MFN_VALIDATION_METRIC_COUNT));
}
END_TEST

/* The fields are compared with the reference's by its golden vectors; here is what it lacks. */
START_TEST(losses_have_the_same_bits_everywhere)
{
    mfn_validation_config config = small(42);
    mfn_validation_metrics metrics = validate(&config);
    ck_assert_double_eq(metrics.value[MFN_VALIDATION_loss_start], 0x1.43b00f887b7fep+1);
    ck_assert_double_eq(metrics.value[MFN_VALIDATION_loss_final], 0x1.1bfa60b58f20ep+1);
    ck_assert_double_eq(metrics.value[MFN_VALIDATION_loss_drop],
                        metrics.value[MFN_VALIDATION_loss_start] -
                            metrics.value[MFN_VALIDATION_loss_final]);
}
END_TEST

START_TEST(the_same_configuration_gives_the_same_bits)
{
    mfn_validation_config config = small(5);
    config.quantum_jitter = true;
    mfn_validation_metrics first = validate(&config);
    mfn_validation_metrics second = validate(&config);
    ck_assert_mem_eq(&first, &second, sizeof first);
    config.seed = 6;
    second = validate(&config);
    ck_assert_mem_ne(&first, &second, sizeof first);
}
END_TEST

START_TEST(losses_fall)
{
    static const struct {
        const char *what;
        uint64_t epochs, batch_size;
        bool turing, jitter, attends;
    } rows[] = {
        {"as configured by default", 1, 4, true, false, true},
        {"with noise", 1, 4, true, true, true},
        {"sample by sample", 1, 1, true, true, true},
        {"in one batch", 1, 64, true, false, true},
        {"in batches that do not divide sixteen", 2, 5, true, false, true},
        {"without attention", 1, 4, false, true, false},
        {"in three epochs", 3, 4, true, false, true},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (uint64_t seed = 0; seed < 40; seed++) {
            mfn_validation_config config = small(seed);
            config.grid_size = 8;
            config.epochs = rows[r].epochs;
            config.batch_size = rows[r].batch_size;
            config.turing_enabled = rows[r].turing;
            config.quantum_jitter = rows[r].jitter;
            config.use_sparse_attention = rows[r].attends;
            mfn_validation_metrics metrics = validate(&config);
            double start = metrics.value[MFN_VALIDATION_loss_start];
            double final = metrics.value[MFN_VALIDATION_loss_final];
            ck_assert_msg(final > 0.0 && final < start, "%s, seed %llu: %g to %g", rows[r].what,
                          (unsigned long long)seed, start, final);
        }
    }
}
END_TEST

/* Untrained, this network misses by 0.04: Adam's usual steps take it further away. */
START_TEST(training_that_overshoots_is_made_again_with_smaller_steps)
{
    mfn_validation_config config = small(35);
    config.grid_size = 24;
    config.steps = 20;
    config.quantum_jitter = true;
    mfn_validation_metrics metrics = validate(&config);
    ck_assert_double_eq_tol(metrics.value[MFN_VALIDATION_loss_start], 0.00154997, 1e-8);
    ck_assert_double_lt(metrics.value[MFN_VALIDATION_loss_final], 0.00155);
    ck_assert_double_gt(metrics.value[MFN_VALIDATION_loss_drop], 0.0);
}
END_TEST

START_TEST(more_epochs_learn_more)
{
    mfn_validation_config config = small(42);
    double before = INFINITY;
    static const uint64_t epochs[] = {1, 10, 100};
    for (size_t i = 0; i < 3; i++) {
        config.epochs = epochs[i];
        double loss = validate(&config).value[MFN_VALIDATION_loss_final];
        ck_assert_double_lt(loss, before / 2.0);
        before = loss;
    }
}
END_TEST

typedef struct counting {
    uint64_t calls, stop_after, last_done, last_total;
} counting;

static bool count(void *context, uint64_t done, uint64_t total)
{
    counting *counted = context;
    counted->calls++;
    ck_assert_uint_le(done, total);
    counted->last_done = done;
    counted->last_total = total;
    return counted->calls != counted->stop_after;
}

START_TEST(the_observer_sees_every_unit_of_work)
{
    mfn_validation_config config = small(1);
    counting counted = {0};
    mfn_validation_metrics metrics;
    config.epochs = 3;
    ck_assert_int_eq(mfn_validate(&config, count, &counted, &metrics, NULL), MFN_OK);
    ck_assert_uint_eq(counted.calls, 17 * 16 + 3);
    ck_assert_uint_eq(counted.last_done, counted.last_total);
}
END_TEST

START_TEST(the_observer_can_stop_the_run)
{
    static const struct {
        uint64_t stop_after;
        const char *what;
    } rows[] = {
        {1, "in the first field"},
        {100, "in another field"},
        {17 * 16, "at the end of the example"},
        {17 * 16 + 2, "while learning"},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        mfn_validation_config config = small(1);
        counting counted = {.stop_after = rows[r].stop_after};
        mfn_validation_metrics metrics = {.value = {7.0}};
        mfn_error err;
        config.epochs = 3;
        ck_assert_int_eq(mfn_validate(&config, count, &counted, &metrics, &err), MFN_CANCELLED);
        ck_assert_uint_eq(counted.calls, rows[r].stop_after);
        ck_assert_double_eq(metrics.value[0], 7.0);
        ck_assert_ptr_nonnull(strstr(err.text, "of 275 steps and epochs"));
    }
}
END_TEST

START_TEST(a_wrong_configuration_is_refused_by_name)
{
    static const struct {
        const char *field;
        mfn_validation_config config;
    } rows[] = {
        {"size", {7, 42, 1, 4, 64, 64, true, false, true}},
        {"seed", {sizeof(mfn_validation_config), UINT64_C(1) << 32, 1, 4, 64, 64, 1, 0, 1}},
        {"epochs", {sizeof(mfn_validation_config), 42, 0, 4, 64, 64, true, false, true}},
        {"epochs", {sizeof(mfn_validation_config), 42, 101, 4, 64, 64, true, false, true}},
        {"batch_size", {sizeof(mfn_validation_config), 42, 1, 0, 64, 64, true, false, true}},
        {"batch_size", {sizeof(mfn_validation_config), 42, 1, 65, 64, 64, true, false, true}},
        {"grid_size", {sizeof(mfn_validation_config), 42, 1, 4, 7, 64, true, false, true}},
        {"grid_size", {sizeof(mfn_validation_config), 42, 1, 4, 257, 64, true, false, true}},
        {"steps", {sizeof(mfn_validation_config), 42, 1, 4, 64, 0, true, false, true}},
        {"steps", {sizeof(mfn_validation_config), 42, 1, 4, 64, 1001, true, false, true}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        mfn_validation_metrics metrics = {.value = {7.0}};
        mfn_error err;
        ck_assert_int_eq(mfn_validate(&rows[r].config, NULL, NULL, &metrics, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, rows[r].field);
        ck_assert_double_eq(metrics.value[0], 7.0);
    }
}
END_TEST

START_TEST(it_survives_failure_of_every_allocation)
{
    mfn_validation_config config = small(2);
    mfn_validation_metrics metrics;
    mfn_error err;
    int failures = 0;
    config.steps = 1;
    for (;;) {
        mfn__mem_fail_after(failures);
        mfn_status status = mfn_validate(&config, NULL, NULL, &metrics, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        failures++;
    }
    ck_assert_int_ge(failures, 7);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {metrics_have_the_references_names_and_order,
                            losses_have_the_same_bits_everywhere,
                            the_same_configuration_gives_the_same_bits,
                            losses_fall,
                            training_that_overshoots_is_made_again_with_smaller_steps,
                            more_epochs_learn_more,
                            the_observer_sees_every_unit_of_work,
                            the_observer_can_stop_the_run,
                            a_wrong_configuration_is_refused_by_name,
                            it_survives_failure_of_every_allocation,
                            NULL};
    return mfn_test_run("validation", tests);
}
