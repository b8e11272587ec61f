/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/dimension/angle.h"
#include "engine/dimension/fourier.h"
#include "suite.h"

#include "mfn/morphology.h"
#include "mfn/random.h"

#define PI 3.141592653589793

START_TEST(transforms_agree_with_the_sum_they_stand_for)
{
    static const uint32_t lengths[] = {1, 2, 3, 4, 12, 13, 30, 49, 64, 97, 210};
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("5", &random, NULL), MFN_OK);
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        uint32_t n = lengths[l];
        mfn__complex before[210], after[420];
        for (uint32_t j = 0; j < n; j++) {
            before[j].re = mfn_random_normal(random, 0.0, 1.0);
            before[j].im = mfn_random_normal(random, 0.0, 1.0);
            after[2 * j] = before[j];
        }
        mfn__fourier fourier;
        ck_assert_int_eq(mfn__fourier_init(&fourier, n, NULL), MFN_OK);
        mfn__fourier_transform(&fourier, after, 2);
        for (uint32_t k = 0; k < n; k++) {
            double re = 0.0, im = 0.0;
            for (uint32_t j = 0; j < n; j++) {
                double angle = -2.0 * PI * (double)(j * k % n) / n;
                re += before[j].re * cos(angle) - before[j].im * sin(angle);
                im += before[j].re * sin(angle) + before[j].im * cos(angle);
            }
            ck_assert_double_eq_tol(after[2 * k].re, re, 1e-12);
            ck_assert_double_eq_tol(after[2 * k].im, im, 1e-12);
        }
        mfn__fourier_deinit(&fourier);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(angles_agree_with_libm_all_around)
{
    for (int i = 0; i < 720; i++) {
        double angle = i * PI / 360.0;
        double x = 3.7 * cos(angle);
        double y = 3.7 * sin(angle);
        double expected = atan2(y, x) < 0.0 ? atan2(y, x) + 2.0 * PI : atan2(y, x);
        ck_assert_double_eq_tol(mfn__angle(y, x), expected, 2e-15);
    }
    ck_assert_double_eq(mfn__angle(0.0, 1.0), 0.0);
    ck_assert_double_eq(mfn__angle(0.0, -1.0), PI);
    ck_assert_double_eq_tol(mfn__angle(1e-300, 1e300), 0.0, 1e-300);
}
END_TEST

static double *plane_wave(uint32_t side, double waves_x, double waves_y)
{
    double *field = calloc((size_t)side * side, sizeof *field);
    for (uint32_t i = 0; i < side * side; i++) {
        uint32_t row = i / side;
        uint32_t column = i % side;
        double phase = (waves_x * column + waves_y * row) / side;
        field[i] = -0.07 + 0.003 * cos(2.0 * PI * phase + 0.4);
    }
    return field;
}

static mfn_wave wave_of(const double *field, uint32_t side)
{
    mfn_wave wave;
    mfn_error err = {0};
    ck_assert_msg(mfn_wave_of_field(field, side, &wave, &err) == MFN_OK, "%s", err.text);
    return wave;
}

START_TEST(a_plane_wave_has_its_length_and_direction)
{
    static const struct {
        uint32_t side;
        double x, y;
    } cases[] = {{64, 4, 0}, {64, 0, 4}, {100, 6, 6}, {97, -5, 3}, {160, 3, 11}, {64, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double *field = plane_wave(cases[i].side, cases[i].x, cases[i].y);
        mfn_wave wave = wave_of(field, cases[i].side);
        double length = cases[i].side / hypot(cases[i].x, cases[i].y);
        double angle = atan2(cases[i].y, cases[i].x) * 180.0 / PI;
        angle = angle < 0.0 ? angle + 180.0 : angle;
        ck_assert_double_eq_tol(wave.wavelength, length, 1e-9);
        ck_assert_double_eq_tol(wave.orientation, angle, 1e-9);
        ck_assert_double_eq_tol(wave.anisotropy, 1.0, 1e-9);
        ck_assert_double_eq_tol(wave.power_share, 1.0, 1e-9);
        free(field);
    }
}
END_TEST

/* What does not close at the edges leaks into neighbouring modes, and comes out within 5 %. */
START_TEST(a_wave_between_two_modes_is_found_between_them)
{
    double *field = plane_wave(128, 8.4, 5.3);
    mfn_wave wave = wave_of(field, 128);
    ck_assert_double_eq_tol(wave.wavelength / (128.0 / hypot(8.4, 5.3)), 1.0, 0.05);
    ck_assert_double_eq_tol(wave.orientation, atan2(5.3, 8.4) * 180.0 / PI, 4.0);
    ck_assert_double_gt(wave.anisotropy, 0.8);
    free(field);
}
END_TEST

START_TEST(crossed_waves_have_a_length_and_no_direction)
{
    double *a = plane_wave(96, 7, 0);
    double *b = plane_wave(96, 0, 7);
    for (int i = 0; i < 96 * 96; i++) {
        a[i] += b[i];
    }
    mfn_wave wave = wave_of(a, 96);
    ck_assert_double_eq_tol(wave.wavelength, 96.0 / 7.0, 1e-9);
    ck_assert_double_lt(wave.anisotropy, 1e-9);
    ck_assert_double_eq(wave.orientation, 0.0);
    free(a);
    free(b);
}
END_TEST

START_TEST(a_flat_field_has_no_wave_and_units_do_not_matter)
{
    double *field = plane_wave(32, 3, 1);
    mfn_wave before = wave_of(field, 32);
    for (int i = 0; i < 32 * 32; i++) {
        field[i] *= 0x1p1010;
    }
    mfn_wave after = wave_of(field, 32);
    ck_assert_double_eq(before.wavelength, after.wavelength);
    for (int i = 0; i < 32 * 32; i++) {
        field[i] = -0.07;
    }
    mfn_wave none = wave_of(field, 32);
    ck_assert(none.wavelength == 0.0 && none.orientation == 0.0 && none.power_share == 0.0);
    free(field);
}
END_TEST

START_TEST(failures_leave_the_outcome_alone)
{
    double *field = plane_wave(32, 3, 1);
    mfn_wave wave = {.wavelength = -1.0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_wave_of_field(field, 1, &wave, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "side");
    int64_t successes = 0;
    for (;; successes++) {
        mfn__mem_fail_after(successes);
        mfn_status status = mfn_wave_of_field(field, 32, &wave, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_double_eq(wave.wavelength, -1.0);
    }
    ck_assert_int_eq(successes, 3);
    free(field);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        transforms_agree_with_the_sum_they_stand_for,
        angles_agree_with_libm_all_around,
        a_plane_wave_has_its_length_and_direction,
        a_wave_between_two_modes_is_found_between_them,
        crossed_waves_have_a_length_and_no_direction,
        a_flat_field_has_no_wave_and_units_do_not_matter,
        failures_leave_the_outcome_alone,
        NULL,
    };
    return mfn_test_run("wave", tests);
}
