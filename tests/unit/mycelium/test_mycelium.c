/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/features.h"
#include "mfn/fractal.h"
#include "mfn/mycelium.h"

#define CELLS(side) ((size_t)(side) * (side))

static mfn_mycelium *started(const char *preset, const char *seed)
{
    mfn_mycelium_config config;
    mfn_mycelium *mycelium = NULL;
    mfn_error err = {0};
    mfn_mycelium_config_init(&config);
    config.seed = seed;
    ck_assert_msg(mfn_mycelium_config_preset(&config, preset, &err) == MFN_OK, "%s", err.text);
    ck_assert_msg(mfn_mycelium_new(&config, &mycelium, &err) == MFN_OK, "%s", err.text);
    return mycelium;
}

static mfn_mycelium_summary summary_of(const mfn_mycelium *mycelium)
{
    mfn_mycelium_summary summary;
    mfn_mycelium_summarize(mycelium, &summary);
    return summary;
}

START_TEST(what_was_given_is_in_the_medium_inside_built_or_respired)
{
    size_t count = 0;
    const mfn_mycelium_preset *presets = mfn_mycelium_presets(&count);
    ck_assert_uint_ge(count, 5);
    for (size_t i = 0; i < count; i++) {
        mfn_mycelium *mycelium = started(presets[i].name, "7");
        for (int part = 0; part < 8; part++) {
            mfn_mycelium_advance(mycelium, 100);
            mfn_mycelium_summary now = summary_of(mycelium);
            double found = now.medium + now.inside + now.length + now.respired;
            ck_assert_msg(fabs(found - now.given) < 1e-10 * now.given, "%s: %.15g of %.15g",
                          presets[i].name, found, now.given);
            ck_assert(now.medium >= 0.0 && now.inside >= 0.0 && now.respired > 0.0);
            ck_assert(now.active_length <= now.length * (1.0 + 1e-12));
        }
        ck_assert_msg(summary_of(mycelium).length > 700.0, "%s grew %g", presets[i].name,
                      summary_of(mycelium).length);
        mfn_mycelium_free(mycelium);
    }
}
END_TEST

START_TEST(a_colony_that_takes_nothing_up_builds_what_its_inoculum_pays)
{
    mfn_mycelium_config config;
    mfn_mycelium *mycelium = NULL;
    mfn_mycelium_config_init(&config);
    config.uptake = 0.0;
    config.maintenance = 0.0;
    config.inoculum = 80.0;
    ck_assert_int_eq(mfn_mycelium_new(&config, &mycelium, NULL), MFN_OK);
    double medium = summary_of(mycelium).medium;
    mfn_mycelium_advance(mycelium, 3000);
    mfn_mycelium_summary end = summary_of(mycelium);
    ck_assert_msg(fabs(end.length + end.inside - 80.0) < 1e-9, "%.15g", end.length + end.inside);
    ck_assert(end.length > 79.0 && fabs(end.medium - medium) < 1e-9 * medium);
    mfn_mycelium_free(mycelium);
}
END_TEST

START_TEST(hyphae_that_cannot_pay_become_inactive)
{
    mfn_mycelium_config config;
    mfn_mycelium *mycelium = NULL;
    mfn_mycelium_config_init(&config);
    config.nutrient = 0.0;
    config.maintenance = 0.01;
    ck_assert_int_eq(mfn_mycelium_new(&config, &mycelium, NULL), MFN_OK);
    mfn_mycelium_advance(mycelium, 10);
    ck_assert(summary_of(mycelium).active_length > 0.0);
    mfn_mycelium_advance(mycelium, 3000);
    mfn_mycelium_summary end = summary_of(mycelium);
    ck_assert(end.active_length == 0.0 && end.inside < 1e-6 && end.length > 10.0);
    ck_assert_msg(fabs(end.length + end.respired - 50.0) < 1e-6, "%g", end.length + end.respired);
    mfn_mycelium_free(mycelium);
}
END_TEST

START_TEST(tips_are_those_that_formed_less_those_that_ended)
{
    static const double probabilities[] = {0.0, 0.5, 1.0};
    for (size_t k = 0; k < 3; k++) {
        mfn_mycelium_config config;
        mfn_mycelium *mycelium = NULL;
        mfn_mycelium_config_init(&config);
        config.anastomosis = probabilities[k];
        config.grid_size = 128;
        ck_assert_int_eq(mfn_mycelium_new(&config, &mycelium, NULL), MFN_OK);
        for (int step = 0; step < 700; step++) {
            mfn_mycelium_advance(mycelium, 1);
            mfn_mycelium_summary now = summary_of(mycelium);
            ck_assert_uint_eq(now.tips + now.fusions + now.tips_left, 8 + now.branches);
        }
        mfn_mycelium_summary end = summary_of(mycelium);
        ck_assert(end.branches > 100 && end.tips_left > 5);
        ck_assert_msg((end.fusions == 0) == (k == 0), "%d", (int)end.fusions);
        ck_assert_msg((end.crossings == 0) == (k == 2), "%d", (int)end.crossings);
        double met = (double)(end.fusions + end.crossings);
        double share = (double)end.fusions / met;
        ck_assert_msg(fabs(share - probabilities[k]) <=
                          4.0 * sqrt(probabilities[k] * (1.0 - probabilities[k]) / met),
                      "%g of %g", share, met);
        mfn_mycelium_free(mycelium);
    }
}
END_TEST

START_TEST(whole_or_in_pieces_it_is_the_same_and_seeds_differ)
{
    mfn_mycelium *whole = started("solid", "5");
    mfn_mycelium *pieces = started("solid", "5");
    mfn_mycelium *other = started("solid", "6");
    mfn_mycelium_run(whole); /* 400 steps */
    for (int i = 0; i < 40; i++) {
        mfn_mycelium_advance(pieces, 10);
    }
    mfn_mycelium_advance(other, 400);
    static double shown[3][CELLS(256)];
    mfn_mycelium_display(whole, shown[0]);
    mfn_mycelium_display(pieces, shown[1]);
    mfn_mycelium_display(other, shown[2]);
    ck_assert(memcmp(shown[0], shown[1], sizeof shown[0]) == 0);
    ck_assert(memcmp(shown[0], shown[2], sizeof shown[0]) != 0);
    ck_assert_uint_eq(summary_of(whole).steps_computed, 400);
    mfn_mycelium_free(whole);
    mfn_mycelium_free(pieces);
    mfn_mycelium_free(other);
}
END_TEST

START_TEST(the_fields_agree_with_each_other)
{
    mfn_mycelium *mycelium = started("agar", "3");
    mfn_mycelium_advance(mycelium, 300);
    static double nutrient[CELLS(256)];
    static double substrate[CELLS(256)];
    static double shown[CELLS(256)];
    mfn_mycelium_nutrient(mycelium, nutrient);
    mfn_mycelium_substrate(mycelium, substrate);
    mfn_mycelium_display(mycelium, shown);
    const uint8_t *mask = mfn_mycelium_mask(mycelium);
    mfn_mycelium_summary now = summary_of(mycelium);
    uint64_t cells = 0;
    double medium = 0.0;
    for (size_t i = 0; i < CELLS(256); i++) {
        cells += mask[i];
        medium += nutrient[i];
        ck_assert(nutrient[i] >= 0.0 && nutrient[i] <= 0.3 && substrate[i] >= 0.0);
        ck_assert(mask[i] != 0 || substrate[i] == 0.0);
        ck_assert(mask[i] != 0 ? shown[i] >= 0.6 && shown[i] <= 1.0
                               : shown[i] >= 0.0 && shown[i] <= 0.25);
    }
    ck_assert_uint_eq(cells, now.cells);
    ck_assert_msg(fabs(medium - now.medium) < 1e-9 * medium, "%g %g", medium, now.medium);
    mfn_clusters clusters;
    ck_assert_int_eq(mfn_clusters_count(mask, 256, 256, 8, &clusters, NULL), MFN_OK);
    ck_assert_uint_eq(clusters.count, 1);
    mfn_mycelium_free(mycelium);
}
END_TEST

/* Adds up cells and hyphae between patches [0] and in them [1], within 80 cells of the inoculum. */
static void count_hyphae(const mfn_mycelium *mycelium, const double *nutrient, double cells[2],
                         double hyphae[2])
{
    const uint8_t *mask = mfn_mycelium_mask(mycelium);
    for (int i = 0; i < 256; i++) {
        for (int j = 0; j < 256; j++) {
            double here = nutrient[i * 256 + j];
            bool is_patch = here == 1.2;
            ck_assert_msg(is_patch || here == 1.2 * 0.25, "%g", here);
            if ((i - 128) * (i - 128) + (j - 128) * (j - 128) < 80 * 80) {
                cells[is_patch] += 1.0;
                hyphae[is_patch] += mask[i * 256 + j];
            }
        }
    }
}

START_TEST(hyphae_are_denser_where_the_nutrient_is)
{
    static const char *const seeds[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    static double nutrient[CELLS(256)];
    double cells[2] = {0.0, 0.0};
    double hyphae[2] = {0.0, 0.0};
    for (size_t i = 0; i < 8; i++) {
        mfn_mycelium *mycelium = started("patchy", seeds[i]);
        mfn_mycelium_nutrient(mycelium, nutrient); /* before growth */
        mfn_mycelium_advance(mycelium, 600);
        count_hyphae(mycelium, nutrient, cells, hyphae);
        mfn_mycelium_free(mycelium);
    }
    double between = hyphae[0] / cells[0];
    double inside = hyphae[1] / cells[1];
    ck_assert_msg(inside > 1.5 * between && between > 0.05, "%g inside, %g between", inside,
                  between);
}
END_TEST

START_TEST(the_features_see_the_mask)
{
    mfn_mycelium *mycelium = started("rich", "3");
    mfn_mycelium_advance(mycelium, 150);
    static double field_v[CELLS(256)];
    mfn_mycelium_field_v(mycelium, field_v);
    mfn_features features;
    mfn_box_counting box;
    ck_assert_int_eq(mfn_features_compute(field_v, 1, 256, NULL, &features, NULL), MFN_OK);
    ck_assert_int_eq(mfn_box_count(mfn_mycelium_mask(mycelium), 256, NULL, &box, NULL), MFN_OK);
    ck_assert(box.dimension > 1.0 && features.value[MFN_FEATURE_D_box] == box.dimension);
    ck_assert(features.value[MFN_FEATURE_f_active] * CELLS(256) ==
              (double)summary_of(mycelium).cells);
    ck_assert(features.value[MFN_FEATURE_V_max] == 1e3 * MFN_MYCELIUM_HIGHEST_V);
    mfn_mycelium_free(mycelium);
}
END_TEST

/* Mean of the box dimension over seeds when the colony has a radius of 100 cells. */
static double dimension_with(double nutrient)
{
    static const char *const seeds[] = {"1", "2", "3", "4"};
    const mfn_box_config boxes = {sizeof boxes, 2, 32, 5};
    double sum = 0.0;
    for (size_t i = 0; i < 4; i++) {
        mfn_mycelium_config config;
        mfn_mycelium *mycelium = NULL;
        mfn_box_counting box;
        mfn_mycelium_config_init(&config);
        config.seed = seeds[i];
        config.nutrient = nutrient;
        ck_assert_int_eq(mfn_mycelium_new(&config, &mycelium, NULL), MFN_OK);
        while (summary_of(mycelium).radius < 100.0) {
            ck_assert_uint_lt(summary_of(mycelium).steps_computed, 4000);
            mfn_mycelium_advance(mycelium, 1);
        }
        ck_assert_int_eq(mfn_box_count(mfn_mycelium_mask(mycelium), 256, &boxes, &box, NULL),
                         MFN_OK);
        sum += box.dimension / 4.0;
        mfn_mycelium_free(mycelium);
    }
    return sum;
}

START_TEST(the_dimension_rises_with_the_nutrient)
{
    static const double nutrients[] = {0.1, 0.5, 1.0};
    double last = 1.2;
    for (size_t i = 0; i < 3; i++) {
        double dimension = dimension_with(nutrients[i]);
        ck_assert_msg(dimension > last && dimension < 1.9, "%g units: %g after %g", nutrients[i],
                      dimension, last);
        last = dimension + 0.02;
    }
}
END_TEST

/* Mean length after 13 hours, in cells of the default's size, over seeds. */
static double length_with(double step, double cell)
{
    static const char *const seeds[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
    double sum = 0.0;
    for (size_t i = 0; i < 10; i++) {
        mfn_mycelium_config config;
        mfn_mycelium *mycelium = NULL;
        mfn_mycelium_config_init(&config);
        config.seed = seeds[i];
        config.grid_size = (uint64_t)(288.0 / cell);
        config.steps = (uint64_t)(400.0 / step);
        config.nutrient *= cell;
        config.nutrient_diffusion = 300.0 * step / (cell * cell);
        config.uptake *= step / cell;
        config.maintenance *= step;
        config.internal_diffusion *= step / (cell * cell);
        config.extension *= step / cell;
        config.branching *= step * cell;
        config.wobble *= sqrt(cell);
        config.autotropism /= cell;
        config.inoculum /= cell;
        ck_assert_int_eq(mfn_mycelium_new(&config, &mycelium, NULL), MFN_OK);
        mfn_mycelium_run(mycelium);
        sum += summary_of(mycelium).length * cell / 10.0;
        mfn_mycelium_free(mycelium);
    }
    return sum;
}

START_TEST(shorter_steps_and_smaller_cells_grow_the_same_colony)
{
    double length = length_with(1.0, 1.0);
    double half_step = length_with(0.5, 1.0);
    double half_cell = length_with(0.5, 0.5);
    ck_assert_msg(length > 3000.0 && fabs(half_step - length) < 0.06 * length, "%g, %g", length,
                  half_step);
    ck_assert_msg(fabs(half_cell - length) < 0.06 * length, "%g, %g", length, half_cell);
}
END_TEST

START_TEST(bad_configurations_are_refused_by_name)
{
    static const struct {
        const char *name, *text;
    } cases[] = {{"grid_size", "15"},
                 {"grid_size", "1025"},
                 {"tips", "0"},
                 {"tips", "65"},
                 {"inoculum", "0.5"},
                 {"nutrient", "-0.1"},
                 {"nutrient_diffusion", "1001"},
                 {"extension", "1.1"},
                 {"half_saturation", "0"},
                 {"anastomosis", "1.5"},
                 {"branching", "nan"},
                 {"seed", "-1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_mycelium_config config;
        mfn_error err = {0};
        mfn_mycelium_config_init(&config);
        const mfn_option *option = mfn_option_find(mfn_mycelium_options(), cases[i].name);
        ck_assert_ptr_nonnull(option);
        ck_assert_int_eq(mfn_option_set_text(option, &config, cases[i].text, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].name);
    }
    mfn_mycelium_config config;
    mfn_mycelium *mycelium = NULL;
    mfn_error err = {0};
    mfn_mycelium_config_init(&config);
    config.extension = 2.0; /* a tip would jump over a cell */
    ck_assert_int_eq(mfn_mycelium_new(&config, &mycelium, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "extension");
    ck_assert_ptr_null(mycelium);
    ck_assert_int_eq(mfn_mycelium_config_preset(&config, "ritch", &err), MFN_INVALID);
    ck_assert_msg(strstr(err.text, "rich") != NULL, "%s", err.text);
}
END_TEST

START_TEST(the_limits_of_the_options_can_be_run)
{
    static const bool highest[] = {false, true};
    for (size_t k = 0; k < 2; k++) {
        mfn_mycelium_config config;
        mfn_mycelium *mycelium = NULL;
        mfn_error err = {0};
        mfn_mycelium_config_init(&config);
        for (const mfn_option *option = mfn_mycelium_options(); option->name != NULL; option++) {
            if (option->type == MFN_OPTION_REAL) {
                double value = highest[k] ? option->max : option->min;
                memcpy((char *)&config + option->offset, &value, sizeof value);
            }
        }
        config.grid_size = 64;
        ck_assert_msg(mfn_mycelium_new(&config, &mycelium, &err) == MFN_OK, "%s", err.text);
        mfn_mycelium_advance(mycelium, 300);
        mfn_mycelium_summary now = summary_of(mycelium);
        double found = now.medium + now.inside + now.length + now.respired;
        ck_assert_msg(fabs(found - now.given) < 1e-9 * now.given, "%.15g of %.15g", found,
                      now.given);
        mfn_mycelium_free(mycelium);
    }
}
END_TEST

START_TEST(new_survives_failure_of_every_allocation)
{
    mfn_mycelium_config config;
    mfn_mycelium_config_init(&config);
    config.grid_size = 16;
    int64_t successes = 0;
    for (;; successes++) {
        mfn_mycelium *mycelium = NULL;
        mfn__mem_fail_after(successes);
        mfn_status status = mfn_mycelium_new(&config, &mycelium, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            mfn_mycelium_free(mycelium);
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(mycelium);
    }
    ck_assert_int_ge(successes, 7);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {what_was_given_is_in_the_medium_inside_built_or_respired,
                                  a_colony_that_takes_nothing_up_builds_what_its_inoculum_pays,
                                  hyphae_that_cannot_pay_become_inactive,
                                  tips_are_those_that_formed_less_those_that_ended,
                                  whole_or_in_pieces_it_is_the_same_and_seeds_differ,
                                  the_fields_agree_with_each_other,
                                  hyphae_are_denser_where_the_nutrient_is,
                                  the_features_see_the_mask,
                                  the_dimension_rises_with_the_nutrient,
                                  shorter_steps_and_smaller_cells_grow_the_same_colony,
                                  bad_configurations_are_refused_by_name,
                                  the_limits_of_the_options_can_be_run,
                                  new_survives_failure_of_every_allocation,
                                  NULL};
    return mfn_test_run("mycelium_colony", tests);
}
