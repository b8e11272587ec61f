/* SPDX-License-Identifier: MIT */
/* What the pair of activator and inhibitor does by itself, which docs/validation.md explains: at
 * the defaults it flattens and dies out, and a pattern stands where the inhibitor diffuses much
 * faster than the activator. */
#include <math.h>
#include <string.h>

#include "suite.h"

#include "mfn/simulation.h"

#define CELLS ((size_t)64 * 64)

static mfn_simulation *pair(double d_activator, double d_inhibitor)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.d_activator = d_activator;
    config.d_inhibitor = d_inhibitor;
    config.turing_threshold = 0.5;
    config.seed = "42";
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_new(&config, &sim, &err) == MFN_OK, "%s", err.text);
    ck_assert_uint_eq(mfn_simulation_grid_size(sim), 64);
    return sim;
}

static void advance(mfn_simulation *sim, uint64_t steps)
{
    ck_assert_int_eq(mfn_simulation_advance(sim, steps, NULL, NULL, NULL), MFN_OK);
}

static mfn_simulation_summary summary_of(const mfn_simulation *sim)
{
    mfn_simulation_summary summary;
    mfn_simulation_summarize(sim, &summary);
    return summary;
}

static double correlation(const double *a, const double *b)
{
    double mean_a = 0.0, mean_b = 0.0;
    for (size_t i = 0; i < CELLS; i++) {
        mean_a += a[i] / CELLS;
        mean_b += b[i] / CELLS;
    }
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (size_t i = 0; i < CELLS; i++) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return ab / sqrt(aa * bb);
}

/* Standard deviation over mean. */
static double unevenness(const double *field)
{
    double mean = 0.0, square = 0.0;
    for (size_t i = 0; i < CELLS; i++) {
        mean += field[i] / CELLS;
        square += field[i] * field[i] / CELLS;
    }
    return sqrt(square - mean * mean) / mean;
}

START_TEST(at_the_defaults_the_activator_dies_out_like_one_over_time)
{
    static const uint64_t steps[] = {100, 300, 1000, 3000};
    mfn_simulation *sim = pair(0.1, 0.05);
    double start = summary_of(sim).activator_mean;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        advance(sim, steps[i] - mfn_simulation_steps_computed(sim));
        /* r_a r_h / (r_h - r_a) = 0.02 */
        double expected = start / (1.0 + 0.02 * start * (double)steps[i]);
        double got = summary_of(sim).activator_mean;
        ck_assert_msg(fabs(got / expected - 1.0) < 0.04, "%llu steps: expected %g, got %g",
                      (unsigned long long)steps[i], expected, got);
    }
    ck_assert_double_lt(unevenness(mfn_simulation_activator(sim)), 0.01);
    ck_assert_uint_eq(summary_of(sim).turing_activations, 0);
    mfn_simulation_free(sim);
}
END_TEST

START_TEST(a_fast_inhibitor_makes_a_pattern_stand_below_every_threshold)
{
    mfn_simulation *sim = pair(0.01, 0.24);
    advance(sim, 3000);
    double before[CELLS];
    memcpy(before, mfn_simulation_activator(sim), sizeof before);
    advance(sim, 1000);
    const double *after = mfn_simulation_activator(sim);
    ck_assert_double_gt(unevenness(after), 1.0);
    ck_assert_double_gt(correlation(before, after), 0.99);
    ck_assert_uint_eq(summary_of(sim).turing_activations, 0);
    mfn_simulation_free(sim);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {at_the_defaults_the_activator_dies_out_like_one_over_time,
                            a_fast_inhibitor_makes_a_pattern_stand_below_every_threshold, NULL};
    return mfn_test_run("patterns", tests);
}
