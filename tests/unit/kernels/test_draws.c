/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "engine/ziggurat_tables.h"
#include "kernels/kernels.h"
#include "suite.h"

#define DRAWS_MAX ((size_t)200)

static const mfn__pcg64 start = {
    .state = (mfn__uint128)UINT64_C(0xfedcba9876543210) << 64 | UINT64_C(0xffffffffffffffff),
    .increment = (mfn__uint128)UINT64_MAX << 64 | UINT64_MAX,
};

static void fill(uint64_t *ret, size_t count)
{
    mfn__pcg64 generator = start;
    for (size_t i = 0; i < count; i++) {
        ret[i] = mfn__pcg64_next(&generator);
    }
}

START_TEST(a_block_of_draws_is_what_single_draws_are)
{
    size_t variants_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variants_count);
    for (size_t v = 0; v < variants_count; v++) {
        for (size_t count = 0; count <= DRAWS_MAX && variants[v]->is_supported(); count++) {
            uint64_t block[DRAWS_MAX] = {0};
            mfn__pcg64 together = start;
            variants[v]->pcg64_fill(&together, block, count);
            mfn__pcg64 single = start;
            for (size_t i = 0; i < count; i++) {
                uint64_t draw = mfn__pcg64_next(&single);
                ck_assert_msg(block[i] == draw, "%s: draw %zu of %zu: expected %llx, got %llx",
                              variants[v]->name, i, count, (unsigned long long)draw,
                              (unsigned long long)block[i]);
            }
            ck_assert_msg(together.state == single.state && together.increment == single.increment,
                          "%s: other state after %zu draws", variants[v]->name, count);
        }
    }
}
END_TEST

START_TEST(uniforms_have_the_same_bits_in_every_variant)
{
    uint64_t bits[DRAWS_MAX] = {UINT64_MAX, 0, 1, (UINT64_C(1) << 11) - 1, UINT64_C(1) << 11};
    fill(bits + 5, DRAWS_MAX - 5);
    size_t variants_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variants_count);
    for (size_t v = 0; v < variants_count; v++) {
        for (size_t count = 0; count <= DRAWS_MAX && variants[v]->is_supported(); count++) {
            double actual[DRAWS_MAX + 1] = {0};
            variants[v]->uniforms(bits, count, -0.3, 1.7, actual);
            for (size_t i = 0; i < count; i++) {
                double unit = (double)(bits[i] >> 11) * 0x1p-53;
                double expected = -0.3 + 1.7 * unit;
                ck_assert_msg(actual[i] == expected, "%s: expected %a, got %a", variants[v]->name,
                              expected, actual[i]);
            }
            ck_assert(actual[count] == 0.0);
        }
    }
}
END_TEST

static bool is_doubtful(uint64_t draw)
{
    return (draw >> 9 & UINT64_C(0xfffffffffffff)) >= ziggurat_inside[draw & 0xff];
}

static double normal(const mfn__normals *normals, uint64_t draw)
{
    double x = (double)(draw >> 9 & UINT64_C(0xfffffffffffff)) * ziggurat_width[draw & 0xff];
    return normals->mean + normals->deviation * ((draw >> 8 & 1) != 0 ? -x : x);
}

START_TEST(normals_of_one_draw_have_the_same_bits_in_every_variant_and_end_before_the_first_doubt)
{
    const mfn__normals normals = {ziggurat_inside, ziggurat_width, -0.07, 0.005};
    /* The largest fractions that are not in doubt, the smallest that are, and 0 with both signs. */
    uint64_t bits[DRAWS_MAX] = {0,
                                1 << 8,
                                0xff,
                                0x1ff,
                                (ziggurat_inside[7] - 1) << 9 | 7,
                                (ziggurat_inside[8] - 1) << 9 | 0x108,
                                ziggurat_inside[7] << 9 | 7};
    fill(bits + 7, DRAWS_MAX - 7);
    size_t doubts = 0;
    size_t variants_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variants_count);
    for (size_t v = 0; v < variants_count; v++) {
        for (size_t first = 0; first < DRAWS_MAX && variants[v]->is_supported(); first++) {
            size_t count = DRAWS_MAX - first;
            double actual[DRAWS_MAX];
            size_t taken = variants[v]->normals(&normals, bits + first, count, actual);
            ck_assert_uint_le(taken, count);
            for (size_t i = 0; i < taken; i++) {
                double expected = normal(&normals, bits[first + i]);
                ck_assert(!is_doubtful(bits[first + i]));
                ck_assert_msg(actual[i] == expected, "%s: expected %a, got %a", variants[v]->name,
                              expected, actual[i]);
            }
            ck_assert(taken == count || is_doubtful(bits[first + taken]));
            doubts += taken < count;
        }
    }
    ck_assert_uint_gt(doubts, 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_block_of_draws_is_what_single_draws_are,
        uniforms_have_the_same_bits_in_every_variant,
        normals_of_one_draw_have_the_same_bits_in_every_variant_and_end_before_the_first_doubt,
        NULL,
    };
    return mfn_test_run("draws", tests);
}
