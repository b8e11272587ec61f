/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "shapes.h"
#include "suite.h"

#include "mfn/dimension.h"

#define SIDE 256

/* Each quarter of the field gets its part of the weight, and so on down to the cells. */
static const double parts[] = {0.1, 0.2, 0.3, 0.4};

static double *cascade(void)
{
    double *weights = calloc((size_t)SIDE * SIDE, sizeof *weights);
    for (uint32_t i = 0; i < SIDE; i++) {
        for (uint32_t j = 0; j < SIDE; j++) {
            double weight = 1.0;
            for (uint32_t bit = 1; bit < SIDE; bit *= 2) {
                weight *= parts[((i & bit) != 0) * 2 + ((j & bit) != 0)];
            }
            weights[i * SIDE + j] = weight;
        }
    }
    return weights;
}

static double exact_tau(double q)
{
    double sum = 0.0;
    for (int k = 0; k < 4; k++) {
        sum += pow(parts[k], q);
    }
    return -log2(sum);
}

static double exact_alpha(double q)
{
    double sum = 0.0;
    double logs = 0.0;
    for (int k = 0; k < 4; k++) {
        sum += pow(parts[k], q);
        logs += pow(parts[k], q) * log2(parts[k]);
    }
    return -logs / sum;
}

/* tau(q) = -log2 sum p^q, alpha its derivative, f = q alpha - tau. */
START_TEST(a_multiplicative_cascade_has_its_exact_spectrum)
{
    double *weights = cascade();
    mfn_dimension_config config;
    mfn_spectrum found;
    mfn_error err = {0};
    mfn_dimension_config_init(&config);
    config.grid_offsets = 1;
    ck_assert_msg(mfn_spectrum_of_measure(weights, SIDE, SIDE, &config, &found, &err) == MFN_OK,
                  "%s", err.text);
    ck_assert_uint_eq(found.moments, 21);
    for (uint32_t i = 0; i < found.moments; i++) {
        const mfn_moment *moment = &found.moment[i];
        double q = -5.0 + 0.5 * i;
        ck_assert_double_eq(moment->q, q);
        ck_assert_double_eq_tol(moment->tau, exact_tau(q), 1e-11);
        ck_assert_double_eq_tol(moment->alpha.value, exact_alpha(q), 1e-11);
        ck_assert_double_eq_tol(moment->f.value, q * exact_alpha(q) - exact_tau(q), 1e-11);
        ck_assert_double_gt(moment->d.r_squared, 0.999999);
    }
    /* D_1 = alpha(1) = f(1), the measure's own dimension. */
    ck_assert_double_eq_tol(found.moment[12].d.value, exact_alpha(1.0), 1e-11);
    ck_assert_double_eq_tol(found.moment[12].f.value, exact_alpha(1.0), 1e-11);
    free(weights);
}
END_TEST

START_TEST(a_plain_fractal_has_one_strength_alone)
{
    uint8_t *mask = shape_new(SIDE);
    shape_triangle(mask, SIDE);
    mfn_spectrum found;
    ck_assert_int_eq(mfn_spectrum_of_mask(mask, SIDE, SIDE, NULL, &found, NULL), MFN_OK);
    const double exact = log(3.0) / log(2.0);
    for (uint32_t i = 0; i < found.moments; i++) {
        ck_assert_double_eq_tol(found.moment[i].d.value, exact, 1e-12);
        ck_assert_double_eq_tol(found.moment[i].alpha.value, exact, 1e-12);
        ck_assert_double_eq_tol(found.moment[i].f.value, exact, 1e-12);
    }
    free(mask);
}
END_TEST

/* Binned by number or taken box by box, a mask is a measure of zeros and ones. */
START_TEST(a_mask_is_the_measure_of_its_cells)
{
    enum { WIDTH = 90, HEIGHT = 70 };
    uint8_t mask[WIDTH * HEIGHT];
    double weights[WIDTH * HEIGHT];
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        mask[i] = i * i % 7 == 2;
        weights[i] = mask[i] * 0.125;
    }
    mfn_spectrum a, b;
    ck_assert_int_eq(mfn_spectrum_of_mask(mask, WIDTH, HEIGHT, NULL, &a, NULL), MFN_OK);
    ck_assert_int_eq(mfn_spectrum_of_measure(weights, WIDTH, HEIGHT, NULL, &b, NULL), MFN_OK);
    ck_assert_uint_eq(a.scales, 4);
    ck_assert_uint_eq(a.moments, b.moments);
    for (uint32_t i = 0; i < a.moments; i++) {
        ck_assert_double_eq_tol(a.moment[i].d.value, b.moment[i].d.value, 1e-10);
        ck_assert_double_eq_tol(a.moment[i].f.value, b.moment[i].f.value, 1e-10);
    }
}
END_TEST

START_TEST(moments_are_those_asked_for)
{
    uint8_t *mask = shape_new(64);
    shape_square(mask, 64);
    mfn_dimension_config config;
    mfn_dimension_config_init(&config);
    config.q_max = 2.0;
    config.q_step = 0.05;
    mfn_spectrum found;
    ck_assert_int_eq(mfn_spectrum_of_mask(mask, 64, 64, &config, &found, NULL), MFN_OK);
    ck_assert_uint_eq(found.moments, 81);
    ck_assert_double_eq_tol(found.moment[80].q, 2.0, 1e-12);
    ck_assert_double_eq_tol(found.moment[60].d.value, 2.0, 1e-12); /* q = 1 */
    config.q_max = 0.0;
    ck_assert_int_eq(mfn_spectrum_of_mask(mask, 64, 64, &config, &found, NULL), MFN_OK);
    ck_assert_uint_eq(found.moments, 1);
    ck_assert_double_eq_tol(found.moment[0].d.value, 2.0, 1e-12);
    free(mask);
}
END_TEST

START_TEST(nothing_has_no_moments_and_bad_weights_are_told)
{
    double weights[64] = {0.0};
    mfn_spectrum found = {.moments = 7};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_spectrum_of_measure(weights, 8, 8, NULL, &found, NULL), MFN_OK);
    ck_assert_uint_eq(found.moments, 0);
    static const double bad[] = {-1e-300, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        weights[19] = bad[i];
        ck_assert_int_eq(mfn_spectrum_of_measure(weights, 8, 8, NULL, &found, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, "weights");
        ck_assert_ptr_nonnull(strstr(err.text, "row 2, column 3"));
    }
    weights[19] = weights[20] = 1e308;
    ck_assert_int_eq(mfn_spectrum_of_measure(weights, 8, 8, NULL, &found, &err), MFN_INVALID);
}
END_TEST

START_TEST(measuring_survives_failure_of_every_allocation)
{
    uint8_t *mask = shape_new(64);
    shape_triangle(mask, 64);
    mfn_spectrum found = {.moments = 7};
    int64_t successes = 0;
    for (;; successes++) {
        mfn__mem_fail_after(successes);
        mfn_status status = mfn_spectrum_of_mask(mask, 64, 64, NULL, &found, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_uint_eq(found.moments, 7);
    }
    ck_assert_int_ge(successes, 5);
    free(mask);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_multiplicative_cascade_has_its_exact_spectrum,
        a_plain_fractal_has_one_strength_alone,
        a_mask_is_the_measure_of_its_cells,
        moments_are_those_asked_for,
        nothing_has_no_moments_and_bad_weights_are_told,
        measuring_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("spectrum", tests);
}
