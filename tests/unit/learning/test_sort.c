/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "engine/learning/sort.h"
#include "suite.h"

#define KEYS_MAX 3000

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(keys_of_every_number_and_spread_come_out_ascending)
{
    static const size_t counts[] = {0, 1, 2, 39, 40, 41, 257, KEYS_MAX};
    static const uint64_t masks[] = {0,         1, 0xFF00, 0xFFFFFFFF, UINT64_C(0xFF00FF00FF000000),
                                     UINT64_MAX};
    static uint64_t keys[KEYS_MAX];
    static uint64_t expected[KEYS_MAX];
    static uint64_t scratch[KEYS_MAX];
    uint64_t state = 1;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++) {
            for (size_t i = 0; i < counts[c]; i++) {
                state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                keys[i] = expected[i] = (state ^ state >> 29) & masks[m];
            }
            qsort(expected, counts[c], sizeof *expected, by_value);
            mfn__sort_keys(keys, scratch, counts[c]);
            ck_assert_mem_eq(keys, expected, counts[c] * sizeof *keys);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {keys_of_every_number_and_spread_come_out_ascending, NULL};
    return mfn_test_run("sort", tests);
}
