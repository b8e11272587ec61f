/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "shapes.h"
#include "suite.h"

#include "mfn/extended.h"

/* -30 mV in the mask, -70 mV elsewhere. */
static double *field_of(const uint8_t *mask, uint32_t side)
{
    double *field_v = calloc((size_t)side * side, sizeof *field_v);
    for (size_t i = 0; i < (size_t)side * side; i++) {
        field_v[i] = mask[i] != 0 ? -0.03 : -0.07;
    }
    return field_v;
}

static mfn_extended measured(const double *field_v, uint32_t side,
                             const mfn_feature_config *features)
{
    mfn_extended found;
    mfn_error err = {0};
    ck_assert_msg(mfn_extended_compute(field_v, side, features, NULL, &found, &err) == MFN_OK, "%s",
                  err.text);
    return found;
}

START_TEST(features_are_those_of_the_single_functions)
{
    enum { SIDE = 128 };
    uint8_t *mask = shape_new(SIDE);
    shape_triangle(mask, SIDE);
    double *field_v = field_of(mask, SIDE);
    mfn_extended found = measured(field_v, SIDE, NULL);
    mfn_dimensions dimensions;
    mfn_lacunarity lacunarity;
    mfn_minkowski minkowski;
    mfn_wave wave;
    double contour = 0.0;
    ck_assert_int_eq(mfn_dimensions_of_mask(mask, SIDE, SIDE, NULL, &dimensions, NULL), MFN_OK);
    ck_assert_int_eq(mfn_lacunarity_of_mask(mask, SIDE, SIDE, NULL, &lacunarity, NULL), MFN_OK);
    ck_assert_int_eq(mfn_minkowski_of_mask(mask, SIDE, SIDE, 4, &minkowski, NULL), MFN_OK);
    ck_assert_int_eq(mfn_wave_of_field(field_v, SIDE, &wave, NULL), MFN_OK);
    ck_assert_int_eq(mfn_contour_length(field_v, SIDE, SIDE, -0.06, &contour, NULL), MFN_OK);
    const struct {
        mfn_extended_feature feature;
        double expected;
    } cases[] = {
        {MFN_EXTENDED_D_0, dimensions.box.value},
        {MFN_EXTENDED_D_1_low, dimensions.information.low},
        {MFN_EXTENDED_D_corr_high, dimensions.correlation.high},
        {MFN_EXTENDED_range_min, 2.0},
        {MFN_EXTENDED_range_max, 32.0},
        {MFN_EXTENDED_lacunarity, lacunarity.value[0]},
        {MFN_EXTENDED_area, 2187.0},
        {MFN_EXTENDED_perimeter, (double)minkowski.perimeter},
        {MFN_EXTENDED_euler, (double)minkowski.euler},
        {MFN_EXTENDED_contour, contour},
        {MFN_EXTENDED_wavelength, wave.wavelength},
        {MFN_EXTENDED_orientation, wave.orientation},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(found.value[cases[i].feature] == cases[i].expected,
                      "%s: expected %.17g, got %.17g", mfn_extended_name(cases[i].feature),
                      cases[i].expected, found.value[cases[i].feature]);
    }
    double share = 2187.0 / (SIDE * SIDE);
    ck_assert_double_eq_tol(found.value[MFN_EXTENDED_H_field],
                            -share * log2(share) - (1.0 - share) * log2(1.0 - share), 1e-12);
    ck_assert_double_eq_tol(found.value[MFN_EXTENDED_alpha_width], 0.0, 1e-12);
    ck_assert_uint_eq(found.spectrum.moments, 21);
    free(field_v);
    free(mask);
}
END_TEST

/* The area is the number of cells that f_active counts, whatever the threshold. */
START_TEST(the_set_is_that_of_the_features)
{
    enum { SIDE = 40 };
    double field_v[SIDE * SIDE];
    mfn_feature_config config;
    mfn_feature_config_init(&config);
    for (int i = 0; i < SIDE * SIDE; i++) {
        field_v[i] = -0.001 * (i * 7 % 90); /* many lie on a threshold */
    }
    for (int mv = -89; mv < 0; mv += 4) {
        config.threshold_low_mv = mv;
        mfn_features features;
        ck_assert_int_eq(mfn_features_compute(field_v, 1, SIDE, &config, &features, NULL), MFN_OK);
        mfn_extended found = measured(field_v, SIDE, &config);
        ck_assert_double_eq(found.value[MFN_EXTENDED_area] / (SIDE * SIDE),
                            features.value[MFN_FEATURE_f_active]);
    }
    for (int i = 0; i < SIDE * SIDE; i++) { /* a checkerboard: corners decide */
        field_v[i] = (i + i / SIDE) % 2 != 0 ? -0.03 : -0.07;
    }
    config.threshold_low_mv = -50.0;
    ck_assert_double_eq(measured(field_v, SIDE, &config).value[MFN_EXTENDED_euler], 800.0);
    config.connectivity = 1;
    ck_assert_double_lt(measured(field_v, SIDE, &config).value[MFN_EXTENDED_euler], 0.0);
}
END_TEST

START_TEST(a_field_at_rest_has_zeros)
{
    double field_v[16 * 16];
    for (int i = 0; i < 16 * 16; i++) {
        field_v[i] = -0.07;
    }
    mfn_extended found = measured(field_v, 16, NULL);
    for (int i = 0; i < MFN_EXTENDED_COUNT; i++) {
        ck_assert_msg(found.value[i] == 0.0, "%s is %g", mfn_extended_name((mfn_extended_feature)i),
                      found.value[i]);
    }
    ck_assert_uint_eq(found.spectrum.moments, 0);
}
END_TEST

START_TEST(names_are_unique_and_told_with_unit_and_meaning)
{
    for (int i = 0; i < MFN_EXTENDED_COUNT; i++) {
        mfn_extended_feature feature = (mfn_extended_feature)i;
        ck_assert_ptr_nonnull(mfn_extended_unit(feature));
        ck_assert_uint_gt(strlen(mfn_extended_meaning(feature)), 4);
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(mfn_extended_name(feature),
                             mfn_extended_name((mfn_extended_feature)k));
        }
        for (int k = 0; k < MFN_FEATURE_COUNT; k++) {
            ck_assert_str_ne(mfn_extended_name(feature), mfn_feature_name((mfn_feature)k));
        }
    }
    ck_assert(mfn_extended_is_integer(MFN_EXTENDED_euler));
    ck_assert(!mfn_extended_is_integer(MFN_EXTENDED_D_0));
    ck_assert_ptr_null(mfn_extended_name(MFN_EXTENDED_COUNT));
}
END_TEST

START_TEST(failures_leave_the_outcome_alone)
{
    double field_v[64] = {0.0};
    static mfn_extended found;
    mfn_error err = {0};
    found.value[0] = 77.0;
    ck_assert_int_eq(mfn_extended_compute(field_v, 0, NULL, NULL, &found, &err), MFN_INVALID);
    ck_assert_int_eq(mfn_extended_compute(field_v, 1, NULL, NULL, &found, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "side");
    field_v[19] = (double)NAN;
    ck_assert_int_eq(mfn_extended_compute(field_v, 8, NULL, NULL, &found, &err), MFN_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "row 2, column 3"));
    field_v[19] = 1.0;
    const mfn_dimension_config config = {0};
    ck_assert_int_eq(mfn_extended_compute(field_v, 8, NULL, &config, &found, &err), MFN_INVALID);
    int64_t successes = 0;
    for (;; successes++) {
        mfn__mem_fail_after(successes);
        ck_assert_double_eq(found.value[0], 77.0);
        mfn_status status = mfn_extended_compute(field_v, 8, NULL, NULL, &found, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
    }
    ck_assert_int_gt(successes, 10);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        features_are_those_of_the_single_functions,
        the_set_is_that_of_the_features,
        a_field_at_rest_has_zeros,
        names_are_unique_and_told_with_unit_and_meaning,
        failures_leave_the_outcome_alone,
        NULL,
    };
    return mfn_test_run("extended", tests);
}
