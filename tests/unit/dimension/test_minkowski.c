/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapes.h"
#include "suite.h"

#include "mfn/fractal.h"
#include "mfn/morphology.h"

static mfn_minkowski measured(const uint8_t *mask, uint32_t width, uint32_t height,
                              uint32_t connectivity)
{
    mfn_minkowski found;
    mfn_error err = {0};
    ck_assert_msg(mfn_minkowski_of_mask(mask, width, height, connectivity, &found, &err) == MFN_OK,
                  "%s", err.text);
    return found;
}

START_TEST(small_shapes_have_their_area_perimeter_and_euler_number)
{
    static const struct {
        const char *what, *cells; /* five rows of six */
        uint64_t area, perimeter;
        int64_t euler_4, euler_8;
    } cases[] = {
        {"nothing", "...... ...... ...... ...... ......", 0, 0, 0, 0},
        {"one cell", "...... ..#... ...... ...... ......", 1, 4, 1, 1},
        {"a corner cell", "#..... ...... ...... ...... ......", 1, 4, 1, 1},
        {"everything", "###### ###### ###### ###### ######", 30, 22, 1, 1},
        {"a ring", ".###.. .#.#.. .###.. ...... ......", 8, 16, 0, 0},
        {"a diagonal", "#..... .#.... ..#... ...... ......", 3, 12, 3, 1},
        {"a diamond", "..#... .#.#.. ..#... ...... ......", 4, 16, 4, 0},
        {"two rings", ".##### .#.#.# .##### ...... ......", 13, 24, -1, -1},
        {"two parts", "##..## ##..## ...... ...... ###...", 11, 24, 3, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t mask[30];
        for (size_t k = 0; k < 30; k++) {
            mask[k] = cases[i].cells[k / 6 * 7 + k % 6] == '#' ? 9 : 0;
        }
        mfn_minkowski four = measured(mask, 6, 5, 4);
        mfn_minkowski eight = measured(mask, 6, 5, 8);
        ck_assert_msg(four.area == cases[i].area && four.perimeter == cases[i].perimeter &&
                          four.euler == cases[i].euler_4 && eight.euler == cases[i].euler_8,
                      "%s: area %llu, perimeter %llu, Euler number %lld and %lld", cases[i].what,
                      (unsigned long long)four.area, (unsigned long long)four.perimeter,
                      (long long)four.euler, (long long)eight.euler);
    }
}
END_TEST

/* The carpet of side 3^n has 8^(k-1) holes of side 3^(n-k), which stand apart. */
START_TEST(the_carpet_has_its_holes)
{
    const uint32_t side = 243;
    uint8_t *mask = shape_new(side);
    shape_carpet(mask, side);
    uint64_t holes = 0, edges = 4 * (uint64_t)side;
    uint64_t of_this_size = 1;
    for (uint32_t hole_side = side / 3; hole_side >= 1; hole_side /= 3) {
        holes += of_this_size;
        edges += of_this_size * 4 * hole_side;
        of_this_size *= 8;
    }
    mfn_minkowski found = measured(mask, side, side, 4);
    ck_assert_uint_eq(found.area, 32768);
    ck_assert_uint_eq(found.perimeter, edges);
    ck_assert_int_eq(found.euler, 1 - (int64_t)holes);
    free(mask);
}
END_TEST

/* Clusters minus holes, both counted by the union of neighbours; the outside is one hole too many,
 * and holes are connected the other way. */
START_TEST(the_euler_number_is_clusters_minus_holes)
{
    enum { WIDTH = 61, HEIGHT = 47 };
    uint8_t mask[WIDTH * HEIGHT];
    uint8_t outside[(WIDTH + 2) * (HEIGHT + 2)];
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("8", &random, NULL), MFN_OK);
    for (int trial = 0; trial < 20; trial++) {
        memset(outside, 1, sizeof outside);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            mask[i] = mfn_random_uniform(random) < 0.04 * (trial + 2);
            outside[(i / WIDTH + 1) * (WIDTH + 2) + i % WIDTH + 1] = mask[i] == 0;
        }
        for (uint32_t connectivity = 4; connectivity <= 8; connectivity += 4) {
            mfn_clusters inside, holes;
            ck_assert_int_eq(mfn_clusters_count(mask, WIDTH, HEIGHT, connectivity, &inside, NULL),
                             MFN_OK);
            ck_assert_int_eq(
                mfn_clusters_count(outside, WIDTH + 2, HEIGHT + 2, 12 - connectivity, &holes, NULL),
                MFN_OK);
            mfn_minkowski found = measured(mask, WIDTH, HEIGHT, connectivity);
            ck_assert_int_eq(found.euler, (int64_t)inside.count - (int64_t)(holes.count - 1));
        }
    }
    mfn_random_free(random);
}
END_TEST

static double contour(const double *field, uint32_t width, uint32_t height, double level)
{
    double length = -1.0;
    ck_assert_int_eq(mfn_contour_length(field, width, height, level, &length, NULL), MFN_OK);
    return length;
}

/* Chords are shorter than arcs by a share that falls with the square of the radius, while the
 * cells' sides would give 8 r. */
START_TEST(the_line_around_a_cone_is_a_circle)
{
    enum { SIDE = 128 };
    double *field = calloc((size_t)SIDE * SIDE, sizeof *field);
    for (int i = 0; i < SIDE * SIDE; i++) {
        int row = i / SIDE;
        int column = i % SIDE;
        field[i] = -hypot(row - 63.3, column - 62.8);
    }
    static const double radii[] = {5.0, 20.0, 55.5};
    for (size_t k = 0; k < sizeof radii / sizeof *radii; k++) {
        double length = contour(field, SIDE, SIDE, -radii[k]);
        double exact = 2.0 * 3.141592653589793 * radii[k];
        ck_assert_msg(fabs(length / exact - 1.0) < 0.1 / (radii[k] * radii[k]),
                      "radius %g: %g instead of %g", radii[k], length, exact);
    }
    ck_assert_double_eq(contour(field, SIDE, SIDE, -1000.0), 0.0);
    free(field);
}
END_TEST

START_TEST(a_slanted_edge_is_as_long_as_it_is)
{
    enum { WIDTH = 40, HEIGHT = 30 };
    double field[WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int row = i / WIDTH;
        int column = i % WIDTH;
        field[i] = column - 0.5 * row;
    }
    /* From row 0 to row 29: 29 down and 14.5 across. */
    ck_assert_double_eq_tol(contour(field, WIDTH, HEIGHT, 10.25), hypot(29.0, 14.5), 1e-12);
}
END_TEST

/* Two of the four corners, on a diagonal, are above: the mean decides which two are joined. */
START_TEST(a_saddle_is_decided_by_its_middle)
{
    const double high[] = {1.0, 0.0, 0.0, 1.0};
    double half = sqrt(0.5);
    ck_assert_double_eq_tol(contour(high, 2, 2, 0.5), 2.0 * half, 1e-12);
    /* Level 0.25 < mean: the corners above are joined, the others cut off at 3/4 of the side. */
    ck_assert_double_eq_tol(contour(high, 2, 2, 0.25), 2.0 * sqrt(2.0) * 0.25, 1e-12);
    ck_assert_double_eq_tol(contour(high, 2, 2, 0.75), 2.0 * sqrt(2.0) * 0.25, 1e-12);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    const uint8_t mask[4] = {1, 0, 0, 1};
    const double field[4] = {0.0};
    mfn_minkowski found = {.area = 77};
    double length = -1.0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_minkowski_of_mask(mask, 2, 2, 6, &found, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "connectivity");
    ck_assert_int_eq(mfn_minkowski_of_mask(mask, 2, 0, 4, &found, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "mask");
    ck_assert_uint_eq(found.area, 77);
    ck_assert_int_eq(mfn_contour_length(field, 65536, 2, 0.0, &length, &err), MFN_INVALID);
    ck_assert_double_eq(length, -1.0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        small_shapes_have_their_area_perimeter_and_euler_number,
        the_carpet_has_its_holes,
        the_euler_number_is_clusters_minus_holes,
        the_line_around_a_cone_is_a_circle,
        a_slanted_edge_is_as_long_as_it_is,
        a_saddle_is_decided_by_its_middle,
        bad_values_are_refused_by_name,
        NULL,
    };
    return mfn_test_run("minkowski", tests);
}
