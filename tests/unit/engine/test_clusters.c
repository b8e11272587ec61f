/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/clusters.h"
#include "suite.h"

#include "mfn/fractal.h"

/* Text pictures: '#' is set, rows are separated by '/'. */
static uint8_t *mask_of(const char *picture, uint32_t *ret_width, uint32_t *ret_height)
{
    uint32_t width = (uint32_t)strcspn(picture, "/");
    uint32_t height = 1;
    uint8_t *mask = calloc(strlen(picture) + 1, 1);
    ck_assert_ptr_nonnull(mask);
    size_t cell = 0;
    for (const char *at = picture; *at != '\0'; at++) {
        if (*at == '/') {
            height++;
        } else {
            mask[cell++] = *at == '#';
        }
    }
    *ret_width = width;
    *ret_height = height;
    return mask;
}

static mfn_clusters clusters_of(const uint8_t *mask, uint32_t width, uint32_t height,
                                uint32_t connectivity)
{
    mfn_clusters clusters;
    mfn_error err = {0};
    ck_assert_msg(mfn_clusters_count(mask, width, height, connectivity, &clusters, &err) == MFN_OK,
                  "%s", err.text);
    return clusters;
}

START_TEST(pictures_have_the_clusters_that_one_sees)
{
    static const struct {
        const char *what, *picture;
        uint64_t count_4, largest_4, count_8, largest_8;
        double std_4;
    } cases[] = {
        {"nothing", "....", 0, 0, 0, 0, 0.0},
        {"one cell", "#", 1, 1, 1, 1, 0.0},
        {"a full square", "##/##", 1, 4, 1, 4, 0.0},
        {"a checkerboard", "#.#/.#./#.#", 5, 1, 1, 5, 0.0},
        {"corners touch on both sides", ".#./#.#", 3, 1, 1, 3, 0.0},
        {"no wrap-around", "#..#/...#", 2, 2, 2, 2, 0.5},
        {"a comb whose teeth meet at the bottom", "#.#.#/#.#.#/#####", 1, 11, 1, 11, 0.0},
        {"a comb that is upside down", "#####/#.#.#/#.#.#", 1, 11, 1, 11, 0.0},
        {"a ring around a dot", "#####/#...#/#.#.#/#...#/#####", 2, 16, 2, 16, 7.5},
        {"a spiral", "#####/....#/###.#/#...#/#####", 1, 17, 1, 17, 0.0},
        {"a cluster that ends early", "##.../...../...##/...##", 2, 4, 2, 4, 1.0},
        {"late diagonal contact of long runs", "###..../...####", 2, 4, 1, 7, 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t width = 0;
        uint32_t height = 0;
        uint8_t *mask = mask_of(cases[i].picture, &width, &height);
        mfn_clusters four = clusters_of(mask, width, height, 4);
        mfn_clusters eight = clusters_of(mask, width, height, 8);
        const char *what = cases[i].what;
        ck_assert_msg(four.count == cases[i].count_4, "%s: %d by 4", what, (int)four.count);
        ck_assert_msg(four.largest == cases[i].largest_4, "%s: %d cells", what, (int)four.largest);
        ck_assert_msg(four.size_std == cases[i].std_4, "%s: std %.17g", what, four.size_std);
        ck_assert_msg(eight.count == cases[i].count_8, "%s: %d by 8", what, (int)eight.count);
        ck_assert_msg(eight.largest == cases[i].largest_8, "%s: %d cells by 8", what,
                      (int)eight.largest);
        free(mask);
    }
}
END_TEST

typedef struct flood {
    uint8_t *mask;
    uint32_t width, height, connectivity;
    uint32_t *stack;
} flood;

/* Empties the cluster of one cell and returns its size. */
static uint64_t drain(flood *of, uint32_t start)
{
    uint64_t cells = 0;
    size_t depth = 0;
    of->stack[depth++] = start;
    of->mask[start] = 0;
    while (depth > 0) {
        uint32_t cell = of->stack[--depth];
        cells++;
        for (int step = 0; step < 9; step++) {
            int64_t dy = step / 3 - 1;
            int64_t dx = step % 3 - 1;
            int64_t y = cell / of->width + dy;
            int64_t x = cell % of->width + dx;
            bool is_neighbour = of->connectivity == 8 || dy == 0 || dx == 0;
            if (is_neighbour && y >= 0 && y < of->height && x >= 0 && x < of->width) {
                uint32_t next = (uint32_t)(y * of->width + x);
                if (of->mask[next] != 0) {
                    of->mask[next] = 0;
                    of->stack[depth++] = next;
                }
            }
        }
    }
    return cells;
}

static mfn_clusters flood_filled(const uint8_t *mask, uint32_t width, uint32_t height,
                                 uint32_t connectivity)
{
    size_t cells = (size_t)width * height;
    flood of = {malloc(cells), width, height, connectivity, malloc(cells * sizeof(uint32_t))};
    ck_assert(of.mask != NULL && of.stack != NULL);
    memcpy(of.mask, mask, cells);
    mfn_clusters found = {0};
    long double sum = 0.0L;
    long double squares = 0.0L;
    for (uint32_t i = 0; i < cells; i++) {
        if (of.mask[i] != 0) {
            uint64_t size = drain(&of, i);
            found.count++;
            found.largest = size > found.largest ? size : found.largest;
            sum += (long double)size;
            squares += (long double)size * (long double)size;
        }
    }
    if (found.count >= 2) {
        long double mean = sum / (long double)found.count;
        found.size_std = (double)sqrtl(squares / (long double)found.count - mean * mean);
    }
    free(of.mask);
    free(of.stack);
    return found;
}

START_TEST(random_masks_agree_with_a_flood_fill)
{
    static const uint32_t widths[] = {1, 2, 5, 63, 64, 65, 130};
    static const double densities[] = {0.1, 0.41, 0.5, 0.593, 0.8, 1.0};
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("2024", &random, NULL), MFN_OK);
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        for (size_t d = 0; d < sizeof densities / sizeof densities[0]; d++) {
            uint32_t width = widths[w];
            uint32_t height = (uint32_t)mfn_random_integer(random, 1, 90);
            size_t cells = (size_t)width * height;
            uint8_t *mask = malloc(cells);
            ck_assert_ptr_nonnull(mask);
            for (size_t i = 0; i < cells; i++) {
                mask[i] = mfn_random_uniform(random) < densities[d] ? 255 : 0;
            }
            for (uint32_t connectivity = 4; connectivity <= 8; connectivity += 4) {
                mfn_clusters expected = flood_filled(mask, width, height, connectivity);
                mfn_clusters actual = clusters_of(mask, width, height, connectivity);
                ck_assert_uint_eq(actual.count, expected.count);
                ck_assert_uint_eq(actual.largest, expected.largest);
                ck_assert_double_eq_tol(actual.size_std, expected.size_std,
                                        1e-9 * expected.size_std + 1e-9);
            }
            free(mask);
        }
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(a_transposed_mask_has_the_same_clusters)
{
    const uint32_t side = 97;
    uint8_t *mask = malloc((size_t)side * side);
    uint8_t *turned = malloc((size_t)side * side);
    ck_assert(mask != NULL && turned != NULL);
    for (uint32_t i = 0; i < side * side; i++) {
        mask[i] = (i * 2654435761U >> 16) % 100 < 58;
        turned[i % side * side + i / side] = mask[i];
    }
    for (uint32_t connectivity = 4; connectivity <= 8; connectivity += 4) {
        mfn_clusters a = clusters_of(mask, side, side, connectivity);
        mfn_clusters b = clusters_of(turned, side, side, connectivity);
        ck_assert_uint_gt(a.count, 1);
        ck_assert_mem_eq(&a, &b, sizeof a);
    }
    free(mask);
    free(turned);
}
END_TEST

/* Feeding the scan row by row needs no mask: the largest one that is allowed would take 4 GiB. */
START_TEST(the_largest_full_mask_does_not_overflow)
{
    static uint64_t row[1024];
    const uint32_t side = 65535;
    memset(row, 0xff, sizeof row);
    row[1023] >>= 1;
    uint64_t *scratch = malloc(mfn__cluster_scan_words(side) * sizeof *scratch);
    ck_assert_ptr_nonnull(scratch);
    mfn__cluster_scan scan;
    mfn__cluster_scan_init(&scan, side, 4, scratch);
    for (uint32_t i = 0; i < side; i++) {
        if (i == 1) {
            memset(row, 0, sizeof row);
        } else if (i == 2) {
            memset(row, 0xff, sizeof row);
            row[1023] >>= 1;
        }
        mfn__cluster_scan_row(&scan, row);
    }
    mfn_clusters clusters;
    mfn__cluster_scan_end(&scan, &clusters);
    double rest = 65535.0 * 65533.0;
    ck_assert_uint_eq(clusters.count, 2);
    ck_assert_uint_eq(clusters.largest, (uint64_t)rest);
    ck_assert_double_eq(clusters.size_std, (rest - 65535.0) / 2.0);
    free(scratch);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    static const struct {
        const char *field;
        uint32_t width, height, connectivity;
    } cases[] = {
        {"mask", 0, 4, 4},     {"mask", 4, 0, 4},         {"mask", 65536, 1, 4},
        {"mask", 1, 65536, 4}, {"connectivity", 2, 2, 0}, {"connectivity", 2, 2, 6},
    };
    const uint8_t mask[4] = {1, 1, 1, 1};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_clusters clusters = {.count = 77};
        mfn_error err = {0};
        ck_assert_int_eq(mfn_clusters_count(mask, cases[i].width, cases[i].height,
                                            cases[i].connectivity, &clusters, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_uint_eq(clusters.count, 77);
    }
}
END_TEST

START_TEST(counting_survives_failure_of_its_allocation)
{
    const uint8_t mask[4] = {1, 1, 1, 1};
    mfn_clusters clusters = {.count = 77};
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_clusters_count(mask, 2, 2, 4, &clusters, NULL), MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
    ck_assert_uint_eq(clusters.count, 77);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        pictures_have_the_clusters_that_one_sees,
        random_masks_agree_with_a_flood_fill,
        a_transposed_mask_has_the_same_clusters,
        the_largest_full_mask_does_not_overflow,
        bad_values_are_refused_by_name,
        counting_survives_failure_of_its_allocation,
        NULL,
    };
    return mfn_test_run("clusters", tests);
}
