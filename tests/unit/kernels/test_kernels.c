/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "suite.h"

START_TEST(every_supported_variant_can_be_selected_by_name)
{
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    ck_assert_uint_ge(count, 1);
    ck_assert_str_eq(variants[0]->name, "scalar");
    ck_assert(variants[0]->is_supported());
    for (size_t i = 0; i < count; i++) {
        mfn_status expected = variants[i]->is_supported() ? MFN_OK : MFN_UNSUPPORTED;
        ck_assert_int_eq(mfn__kernels_select(variants[i]->name, NULL), expected);
        if (expected == MFN_OK) {
            ck_assert_str_eq(mfn__kernels()->name, variants[i]->name);
        }
    }
}
END_TEST

START_TEST(auto_picks_the_last_supported_variant)
{
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    const mfn__kernels_table *best = variants[0];
    for (size_t i = 0; i < count; i++) {
        best = variants[i]->is_supported() ? variants[i] : best;
    }
    ck_assert_int_eq(mfn__kernels_select("scalar", NULL), MFN_OK);
    ck_assert_int_eq(mfn__kernels_select("auto", NULL), MFN_OK);
    ck_assert_ptr_eq(mfn__kernels(), best);
}
END_TEST

START_TEST(an_unknown_variant_is_refused_with_the_names_that_exist)
{
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kernels_select("mmx", &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "simd");
    ck_assert_ptr_nonnull(strstr(err.text, "auto, scalar"));
    ck_assert_ptr_nonnull(strstr(err.text, "'mmx'"));
}
END_TEST

#define COLUMNS_MAX 40

START_TEST(frame_changes_have_the_same_bits_in_every_variant)
{
    double before_v[COLUMNS_MAX];
    double now_v[COLUMNS_MAX];
    for (size_t j = 0; j < COLUMNS_MAX; j++) {
        before_v[j] = -0.07 + 0.001 * sin((double)j);
        now_v[j] = -0.07 + 0.003 * cos(1.7 * (double)j);
    }
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    for (size_t columns = 1; columns <= COLUMNS_MAX; columns++) {
        mfn__change_sums expected = {0};
        variants[0]->frame_change(before_v, now_v, columns, &expected);
        variants[0]->frame_change(now_v, before_v, columns, &expected);
        for (size_t i = 1; i < count; i++) {
            if (variants[i]->is_supported()) {
                mfn__change_sums actual = {0};
                variants[i]->frame_change(before_v, now_v, columns, &actual);
                variants[i]->frame_change(now_v, before_v, columns, &actual);
                ck_assert_mem_eq(&actual, &expected, sizeof actual);
            }
        }
    }
}
END_TEST

#define PADDED (COLUMNS_MAX + 24)

/* Three rows of cells that all have one value do not diffuse: what comes out is the clip alone. */
static double clipped(mfn__step_kernel kernel, double potential_v, mfn__step_counts *counts)
{
    double rows[3 * PADDED];
    double out[PADDED] = {0.0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i] = potential_v;
    }
    mfn__step_rows step = {
        .rows = 1,
        .columns = 1,
        .stride = PADDED,
        .potential = {&rows[PADDED + 8], &out[8]},
        .boundary = MFN_PERIODIC,
        .counts = counts,
    };
    const mfn__step_coefficients coefficients = {.alpha = 0.2};
    kernel(&step, &coefficients);
    ck_assert(out[9] == out[8] || isnan(out[8])); /* the halo */
    ck_assert(out[10] == 0.0);                    /* not written */
    return out[8];
}

START_TEST(the_potential_is_clamped_counted_and_nan_survives_to_be_seen)
{
    static const struct {
        double potential_v, expected_v;
        uint64_t clamped;
    } cases[] = {
        {-0.07, -0.07, 0}, {-0.095, -0.095, 0}, {0.040, 0.040, 0},
        {-0.2, -0.095, 1}, {0.05, 0.040, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__step_counts counts = {0};
        ck_assert(clipped(mfn__kernels()->diffuse, cases[i].potential_v, &counts) ==
                  cases[i].expected_v);
        ck_assert_uint_eq(counts.clamped, cases[i].clamped);
        ck_assert_uint_eq(counts.nan_cells, 0);
    }
    mfn__step_counts counts = {0};
    ck_assert(isnan(clipped(mfn__kernels()->diffuse, NAN, &counts)));
    ck_assert_uint_eq(counts.nan_cells, 1);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_supported_variant_can_be_selected_by_name,
        auto_picks_the_last_supported_variant,
        an_unknown_variant_is_refused_with_the_names_that_exist,
        frame_changes_have_the_same_bits_in_every_variant,
        the_potential_is_clamped_counted_and_nan_survives_to_be_seen,
        NULL,
    };
    return mfn_test_run("kernels", tests);
}
