/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "kernels/kernels.h"
#include "suite.h"

#define DEPTH_MAX     300
#define PANEL_DOUBLES (MFN__PANEL_VECTORS * DEPTH_MAX)

static _Alignas(64) double rows[PANEL_DOUBLES];
static _Alignas(64) double columns[PANEL_DOUBLES];

/* Floats of many sizes and both signs, zeros and numbers next to nothing among them. */
static void fill(double *panel, uint32_t state)
{
    for (size_t i = 0; i < PANEL_DOUBLES; i++) {
        state = state * 1664525U + 1013904223U;
        float mantissa = (float)((int32_t)state >> 8) * 0x1p-23F;
        float scale = i % 7 == 0 ? 0x1p-130F : i % 5 == 0 ? 0x1p20F : 1.0F;
        panel[i] = i % 11 == 0 ? -0.0 : (double)(mantissa * scale);
    }
}

static void by_definition(size_t depth, bool products, double *ret)
{
    for (size_t i = 0; i < MFN__PANEL_VECTORS; i++) {
        for (size_t j = 0; j < MFN__PANEL_VECTORS; j++) {
            double sum = ret[i * MFN__PANEL_VECTORS + j];
            for (size_t k = 0; k < depth; k++) {
                double x = rows[MFN__PANEL_VECTORS * k + i];
                double y = columns[MFN__PANEL_VECTORS * k + j];
                double difference = x - y;
                sum += products ? x * y : difference * difference;
            }
            ret[i * MFN__PANEL_VECTORS + j] = sum;
        }
    }
}

START_TEST(every_variant_has_the_bits_of_the_plain_sum)
{
    static const size_t depths[] = {0, 1, 2, 3, 17, 256, DEPTH_MAX};
    fill(rows, 1);
    fill(columns, 2);
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    for (size_t v = 0; v < count; v++) {
        for (size_t d = 0; variants[v]->is_supported() && d < sizeof depths / sizeof depths[0];
             d++) {
            for (int products = 0; products < 2; products++) {
                _Alignas(64) double got[MFN__PANEL_PAIRS] = {0.0};
                double expected[MFN__PANEL_PAIRS] = {0.0};
                mfn__pair_sums_kernel kernel =
                    products ? variants[v]->pair_products : variants[v]->pair_differences;
                kernel(rows, columns, depths[d], got);
                by_definition(depths[d], products != 0, expected);
                ck_assert_msg(memcmp(got, expected, sizeof got) == 0,
                              "%s differs at depth %zu, products %d", variants[v]->name, depths[d],
                              products);
            }
        }
    }
}
END_TEST

START_TEST(a_sum_in_pieces_has_the_same_bits)
{
    fill(rows, 3);
    fill(columns, 4);
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    for (size_t v = 0; v < count; v++) {
        if (!variants[v]->is_supported()) {
            continue;
        }
        _Alignas(64) double whole[MFN__PANEL_PAIRS] = {0.0};
        _Alignas(64) double pieces[MFN__PANEL_PAIRS] = {0.0};
        variants[v]->pair_products(rows, columns, DEPTH_MAX, whole);
        size_t first = 101;
        size_t offset = MFN__PANEL_VECTORS * first;
        variants[v]->pair_products(rows, columns, first, pieces);
        variants[v]->pair_products(rows + offset, columns + offset, DEPTH_MAX - first, pieces);
        ck_assert_mem_eq(pieces, whole, sizeof whole);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_variant_has_the_bits_of_the_plain_sum,
        a_sum_in_pieces_has_the_same_bits,
        NULL,
    };
    return mfn_test_run("pair_sums", tests);
}
