/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/membrane.h"

#define TAU_S                           0.01
#define DT_S                            0.01
#define REST_V                          (-0.065)

#define RUN(rhs, context, steps, clamp) (&(mfn_membrane_run){(rhs), (context), (steps), (clamp)})

/* dv/dt = (E - v) / tau, whose solution is E + (v0 - E) exp(-t / tau). */
static void relax(void *context, const double *v, size_t count, double *ret)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        ret[i] = (REST_V - v[i]) / TAU_S;
    }
}

static double error_after(uint32_t scheme, double dt)
{
    mfn_membrane_config config;
    mfn_membrane_config_init(&config);
    config.integration_scheme = scheme;
    config.dt = dt;
    double v[1] = {0.0};
    uint64_t steps = (uint64_t)(TAU_S / dt + 0.5);
    ck_assert_int_eq(
        mfn_membrane_integrate(&config, RUN(relax, NULL, steps, false), v, 1, NULL, NULL), MFN_OK);
    return fabs(v[0] - (REST_V - REST_V * exp(-1.0)));
}

START_TEST(both_schemes_have_their_order)
{
    double euler = log2(error_after(MFN_EULER, 1e-3) / error_after(MFN_EULER, 5e-4));
    double rk4 = log2(error_after(MFN_RK4, 1e-3) / error_after(MFN_RK4, 5e-4));
    ck_assert_msg(fabs(euler - 1.0) < 0.1, "Euler's order is %g", euler);
    ck_assert_msg(fabs(rk4 - 4.0) < 0.1, "Runge-Kutta's order is %g", rk4);
}
END_TEST

static void rise(void *context, const double *v, size_t count, double *ret)
{
    (void)v;
    for (size_t i = 0; i < count; i++) {
        ret[i] = *(const double *)context;
    }
}

START_TEST(the_clamp_confines_and_counts)
{
    double slope = 1000.0; /* V/s: 0.1 V per step */
    double v[3] = {0.0, -0.15, 0.14};
    mfn_membrane_summary summary;
    ck_assert_int_eq(mfn_membrane_integrate(NULL, RUN(rise, &slope, 2, true), v, 3, &summary, NULL),
                     MFN_OK);
    ck_assert_uint_eq(summary.steps_computed, 2);
    ck_assert_uint_eq(summary.clamping_events, 3); /* the first in step 2, the third in both */
    ck_assert(v[0] == 0.15 && v[2] == 0.15 && summary.max_v == 0.15 && summary.min_v == v[1]);
    double free_v[1] = {0.0};
    ck_assert_int_eq(
        mfn_membrane_integrate(NULL, RUN(rise, &slope, 5, false), free_v, 1, &summary, NULL),
        MFN_OK);
    ck_assert(summary.clamping_events == 0 && free_v[0] > 0.4);
}
END_TEST

START_TEST(no_steps_leave_everything_as_it_was)
{
    double v[2] = {0.01, 0.03};
    mfn_membrane_summary summary;
    ck_assert_int_eq(mfn_membrane_integrate(NULL, RUN(relax, NULL, 0, true), v, 2, &summary, NULL),
                     MFN_OK);
    ck_assert(v[0] == 0.01 && v[1] == 0.03 && summary.mean_v == 0.02 && summary.std_v == 0.01);
}
END_TEST

START_TEST(what_blows_up_is_found_in_its_step)
{
    static const struct {
        const char *step;
        double slope;
        bool clamp;
    } cases[] = {{"step 1:", (double)INFINITY, true},
                 {"step 1:", (double)NAN, true},
                 {"step 102:", 0.99 * DBL_MAX, false}};
    mfn_membrane_config config;
    mfn_membrane_config_init(&config);
    config.dt = DT_S;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v[1] = {0.0};
        double slope = cases[i].slope;
        mfn_membrane_summary summary = {.steps_computed = 7};
        mfn_error err = {0};
        ck_assert_int_eq(mfn_membrane_integrate(&config, RUN(rise, &slope, 200, cases[i].clamp), v,
                                                1, &summary, &err),
                         MFN_UNSTABLE);
        ck_assert_msg(strstr(err.text, cases[i].step) != NULL, "%s", err.text);
        ck_assert_uint_eq(summary.steps_computed, 7);
    }
}
END_TEST

START_TEST(bad_configurations_and_potentials_are_refused)
{
    mfn_membrane_config config;
    double v[1] = {0.0};
    mfn_error err = {0};
    mfn_membrane_config_init(&config);
    config.dt = 1.0;
    ck_assert_int_eq(mfn_membrane_integrate(&config, RUN(relax, NULL, 1, true), v, 1, NULL, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "dt");
    mfn_membrane_config_init(&config);
    config.potential_min_v = 0.15;
    ck_assert_int_eq(mfn_membrane_config_check(&config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "potential_min_v");
    config.size = 3;
    ck_assert_int_eq(mfn_membrane_config_check(&config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
    ck_assert_int_eq(mfn_membrane_integrate(NULL, RUN(relax, NULL, 1, true), v, 0, NULL, &err),
                     MFN_INVALID);
    v[0] = (double)NAN;
    ck_assert_int_eq(mfn_membrane_integrate(NULL, RUN(relax, NULL, 1, true), v, 1, NULL, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "v");
    v[0] = 0.0;
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_membrane_integrate(NULL, RUN(relax, NULL, 1, true), v, 1, NULL, &err),
                     MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {both_schemes_have_their_order,
                            the_clamp_confines_and_counts,
                            no_steps_leave_everything_as_it_was,
                            what_blows_up_is_found_in_its_step,
                            bad_configurations_and_potentials_are_refused,
                            NULL};
    return mfn_test_run("membrane", tests);
}
