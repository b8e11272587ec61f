/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "shapes.h"
#include "suite.h"

#include "mfn/dimension.h"
#include "mfn/random.h"

static mfn_dimension_config ratio_of(uint64_t min, uint64_t ratio)
{
    mfn_dimension_config config;
    mfn_dimension_config_init(&config);
    config.scale_min = min;
    config.scale_ratio = ratio;
    return config;
}

static mfn_dimensions measured(const uint8_t *mask, uint32_t width, uint32_t height,
                               const mfn_dimension_config *config)
{
    mfn_dimensions found;
    mfn_error err = {0};
    ck_assert_msg(mfn_dimensions_of_mask(mask, width, height, config, &found, &err) == MFN_OK, "%s",
                  err.text);
    return found;
}

typedef struct known_shape {
    const char *name;
    void (*draw)(uint8_t *mask, uint32_t side);
    uint32_t side;
    uint64_t min, ratio;
    double exact, box, information, correlation; /* the last three: how far off at most */
} known_shape;

static void check(const char *name, const char *which, const mfn_slope *slope, double exact,
                  double tolerance)
{
    ck_assert_msg(fabs(slope->value - exact) <= tolerance, "%s, %s: expected %.4f +- %g, got %.4f",
                  name, which, exact, tolerance, slope->value);
    ck_assert_msg(slope->low <= slope->value && slope->value <= slope->high, "%s, %s", name, which);
}

/* Where the boxes are the set's own parts the dimension is exact; elsewhere the error is that of
 * docs/dimension.md. */
START_TEST(sets_of_known_dimension_have_it)
{
    const double triangle = log(3.0) / log(2.0);
    const double carpet = log(8.0) / log(3.0);
    const double koch = log(4.0) / log(3.0);
    const known_shape shapes[] = {
        {"square", shape_square, 512, 2, 2, 2.0, 1e-13, 1e-13, 1e-13},
        {"square that no box divides", shape_square, 777, 2, 2, 2.0, 0.06, 0.06, 1e-13},
        {"line", shape_line, 512, 2, 2, 1.0, 1e-13, 1e-13, 1e-13},
        {"triangle", shape_triangle, 1024, 2, 2, triangle, 1e-13, 1e-13, 0.01},
        {"carpet", shape_carpet, 729, 3, 3, carpet, 1e-13, 1e-13, 0.007},
        {"carpet, other boxes", shape_carpet, 729, 2, 2, carpet, 0.03, 0.03, 0.01},
        {"dust", shape_dust, 729, 3, 3, koch, 1e-13, 1e-13, 0.1},
        {"dust, other boxes", shape_dust, 729, 2, 2, koch, 0.01, 0.02, 0.04},
        {"Koch's curve", shape_koch, 1024, 2, 2, koch, 0.05, 0.05, 0.01},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const known_shape *shape = &shapes[i];
        uint8_t *mask = shape_new(shape->side);
        shape->draw(mask, shape->side);
        mfn_dimension_config config = ratio_of(shape->min, shape->ratio);
        mfn_dimensions found = measured(mask, shape->side, shape->side, &config);
        check(shape->name, "box", &found.box, shape->exact, shape->box);
        check(shape->name, "information", &found.information, shape->exact, shape->information);
        check(shape->name, "correlation", &found.correlation, shape->exact, shape->correlation);
        free(mask);
    }
}
END_TEST

/* Means over five surfaces of 512 x 512; lines of height 0 have dimension 2 - H. */
START_TEST(lines_of_height_on_brownian_surfaces_have_dimension_2_minus_h)
{
    static const double hursts[] = {0.2, 0.5, 0.8};
    enum { SIDE = 512, SURFACES = 5 };
    double *field = calloc((size_t)SIDE * SIDE, sizeof *field);
    uint8_t *mask = shape_new(SIDE);
    for (size_t h = 0; h < sizeof hursts / sizeof *hursts; h++) {
        double box = 0.0, correlation = 0.0;
        for (int i = 0; i < SURFACES; i++) {
            char seed[] = {(char)('1' + i), '\0'};
            ck_assert_int_eq(shape_brownian(field, SIDE, hursts[h], seed), 0);
            memset(mask, 0, (size_t)SIDE * SIDE);
            shape_crossing(mask, field, SIDE, 0.0);
            mfn_dimensions found = measured(mask, SIDE, SIDE, NULL);
            box += found.box.value / SURFACES;
            correlation += found.correlation.value / SURFACES;
        }
        ck_assert_msg(fabs(box - (2.0 - hursts[h])) < 0.1, "H %g: box %.4f", hursts[h], box);
        ck_assert_msg(fabs(correlation - (2.0 - hursts[h])) < 0.12, "H %g: correlation %.4f",
                      hursts[h], correlation);
    }
    free(mask);
    free(field);
}
END_TEST

static uint8_t *random_mask(uint32_t width, uint32_t height, double density)
{
    uint8_t *mask = calloc((size_t)width * height, 1);
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("3", &random, NULL), MFN_OK);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        mask[i] = mfn_random_uniform(random) < density ? 7 : 0;
    }
    mfn_random_free(random);
    return mask;
}

typedef struct grid_count {
    uint64_t boxes;
    double entropy;
} grid_count;

/* Box by box, the boxes of a grid that begins `top` and `left` before the mask. */
static grid_count naive_grid(const uint8_t *mask, int width, int height, int size, int top,
                             int left)
{
    grid_count found = {0, 0.0};
    int total = 0;
    for (int k = 0; k < width * height; k++) {
        total += mask[k] != 0;
    }
    for (int i = -top; i < height; i += size) {
        for (int j = -left; j < width; j += size) {
            int held = 0;
            for (int k = 0; k < size * size; k++) {
                int row = i + k / size;
                int column = j + k % size;
                held += row >= 0 && row < height && column >= 0 && column < width &&
                        mask[row * width + column] != 0;
            }
            found.boxes += held > 0;
            if (held > 0) {
                found.entropy -= (double)held / total * log((double)held / total);
            }
        }
    }
    return found;
}

START_TEST(the_least_over_all_grid_positions_agrees_with_a_count_box_by_box)
{
    static const struct {
        int width, height;
        double density;
    } cases[] = {{37, 37, 0.03}, {64, 48, 0.3}, {29, 70, 0.002}, {33, 40, 0.9}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int width = cases[c].width;
        int height = cases[c].height;
        uint8_t *mask = random_mask((uint32_t)width, (uint32_t)height, cases[c].density);
        mfn_dimension_config config = ratio_of(1, 2);
        config.grid_offsets = 64;
        config.scale_max = 16;
        mfn_dimensions found = measured(mask, (uint32_t)width, (uint32_t)height, &config);
        ck_assert_uint_eq(found.scales, 5);
        for (uint32_t k = 0; k < found.scales; k++) {
            int size = (int)found.sizes[k];
            grid_count best = {UINT64_MAX, INFINITY};
            for (int at = 0; at < size * size; at++) {
                grid_count grid = naive_grid(mask, width, height, size, at / size, at % size);
                best.boxes = grid.boxes < best.boxes ? grid.boxes : best.boxes;
                best.entropy = grid.entropy < best.entropy ? grid.entropy : best.entropy;
            }
            ck_assert_uint_eq(found.boxes[k], best.boxes);
            ck_assert_double_eq_tol(found.entropy[k], best.entropy, 1e-11);
        }
        free(mask);
    }
}
END_TEST

START_TEST(one_position_is_the_plain_grid)
{
    uint8_t *mask = random_mask(50, 41, 0.1);
    mfn_dimension_config config = ratio_of(3, 2);
    config.grid_offsets = 1;
    mfn_dimensions found = measured(mask, 50, 41, &config);
    ck_assert_uint_eq(found.scales, 2);
    for (uint32_t k = 0; k < found.scales; k++) {
        ck_assert_uint_eq(found.boxes[k],
                          naive_grid(mask, 50, 41, (int)found.sizes[k], 0, 0).boxes);
    }
    free(mask);
}
END_TEST

START_TEST(neighbours_agree_with_a_count_of_pairs)
{
    enum { SIDE = 40 };
    uint8_t *mask = random_mask(SIDE, SIDE, 0.2);
    mfn_dimensions found = measured(mask, SIDE, SIDE, NULL);
    static const uint32_t windows[] = {3, 5, 9};
    ck_assert_uint_eq(found.window_count, 3);
    const int inset = 4;
    for (uint32_t k = 0; k < 3; k++) {
        ck_assert_uint_eq(found.windows[k], windows[k]);
        int reach = (int)windows[k] / 2;
        uint64_t centres = 0, pairs = 0;
        for (int a = 0; a < SIDE * SIDE; a++) {
            int i = a / SIDE, j = a % SIDE;
            if (mask[a] == 0 || i < inset || j < inset || i >= SIDE - inset || j >= SIDE - inset) {
                continue;
            }
            centres++;
            for (int b = 0; b < SIDE * SIDE; b++) {
                pairs += mask[b] != 0 && abs(b / SIDE - i) <= reach && abs(b % SIDE - j) <= reach;
            }
        }
        ck_assert_uint_eq(found.centres, centres);
        ck_assert_double_eq_tol(found.neighbours[k], (double)pairs / (double)centres, 1e-12);
    }
    free(mask);
}
END_TEST

START_TEST(the_scaling_range_is_what_was_asked_for)
{
    static const struct {
        uint64_t min, max, ratio;
        uint32_t side, count, last;
    } cases[] = {
        {2, 0, 2, 64, 4, 16},   {2, 0, 2, 63, 3, 8}, {1, 64, 2, 64, 7, 64}, {1, 100, 2, 64, 7, 64},
        {3, 81, 3, 243, 4, 81}, {2, 0, 2, 7, 0, 0},  {5, 5, 16, 64, 1, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *mask = shape_new(cases[i].side);
        shape_square(mask, cases[i].side);
        mfn_dimension_config config = ratio_of(cases[i].min, cases[i].ratio);
        config.scale_max = cases[i].max;
        mfn_dimensions found = measured(mask, cases[i].side, cases[i].side, &config);
        ck_assert_uint_eq(found.scales, cases[i].count);
        if (cases[i].count > 0) {
            ck_assert_uint_eq(found.sizes[0], cases[i].min);
            ck_assert_uint_eq(found.sizes[found.scales - 1], cases[i].last);
        }
        free(mask);
    }
}
END_TEST

START_TEST(what_cannot_be_measured_is_zero)
{
    uint8_t *mask = shape_new(64);
    mfn_dimensions found = measured(mask, 64, 64, NULL);
    ck_assert_uint_eq(found.scales, 0);
    ck_assert(found.box.value == 0.0 && found.box.points == 0);
    mask[0] = 1; /* a corner is a set of dimension 0 and no centre of a window */
    found = measured(mask, 64, 64, NULL);
    ck_assert(found.box.value == 0.0 && found.information.value == 0.0);
    ck_assert_uint_eq(found.box.points, 4);
    ck_assert_uint_eq(found.correlation.points, 0);
    free(mask);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    static const struct {
        const char *field;
        mfn_dimension_config config;
    } cases[] = {
        {"size", {0, 2, 0, 2, 8, 5, 0.5}},
        {"scale_min", {sizeof(mfn_dimension_config), 0, 0, 2, 8, 5, 0.5}},
        {"scale_max", {sizeof(mfn_dimension_config), 2, 65536, 2, 8, 5, 0.5}},
        {"scale_max", {sizeof(mfn_dimension_config), 8, 4, 2, 8, 5, 0.5}},
        {"scale_ratio", {sizeof(mfn_dimension_config), 2, 0, 1, 8, 5, 0.5}},
        {"grid_offsets", {sizeof(mfn_dimension_config), 2, 0, 2, 0, 5, 0.5}},
        {"q_max", {sizeof(mfn_dimension_config), 2, 0, 2, 8, 21, 1}},
        {"q_step", {sizeof(mfn_dimension_config), 2, 0, 2, 8, 5, 0}},
        {"q_step", {sizeof(mfn_dimension_config), 2, 0, 2, 8, 5, 0.12}},
        {"q_step", {sizeof(mfn_dimension_config), 2, 0, 2, 8, 5, (double)NAN}},
    };
    const uint8_t mask[64] = {1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_dimensions found = {.scales = 77};
        mfn_error err = {0};
        ck_assert_int_eq(mfn_dimensions_of_mask(mask, 8, 8, &cases[i].config, &found, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_uint_eq(found.scales, 77);
    }
    mfn_dimensions found;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_dimensions_of_mask(mask, 0, 8, NULL, &found, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "mask");
    ck_assert_int_eq(mfn_dimensions_of_mask(mask, 8, 65536, NULL, &found, &err), MFN_INVALID);
}
END_TEST

START_TEST(measuring_survives_failure_of_every_allocation)
{
    uint8_t *mask = random_mask(64, 64, 0.2);
    mfn_dimensions found = {.scales = 77};
    int64_t successes = 0;
    for (;; successes++) {
        mfn__mem_fail_after(successes);
        mfn_status status = mfn_dimensions_of_mask(mask, 64, 64, NULL, &found, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_uint_eq(found.scales, 77);
    }
    ck_assert_int_ge(successes, 4);
    free(mask);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        sets_of_known_dimension_have_it,
        lines_of_height_on_brownian_surfaces_have_dimension_2_minus_h,
        the_least_over_all_grid_positions_agrees_with_a_count_box_by_box,
        one_position_is_the_plain_grid,
        neighbours_agree_with_a_count_of_pairs,
        the_scaling_range_is_what_was_asked_for,
        what_cannot_be_measured_is_zero,
        bad_values_are_refused_by_name,
        measuring_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("dimensions", tests);
}
