/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/fractal.h"
#include "mfn/growth.h"

static mfn_percolation_config config_of(uint64_t grid_size, double probability, uint32_t keep)
{
    mfn_percolation_config config;
    mfn_percolation_config_init(&config);
    config.grid_size = grid_size;
    config.probability = probability;
    config.keep = keep;
    return config;
}

static mfn_percolation filled(const mfn_percolation_config *config, mfn_random *random,
                              uint8_t *mask)
{
    mfn_percolation found;
    mfn_error err = {0};
    ck_assert_msg(mfn_percolation_fill(config, random, mask, &found, &err) == MFN_OK, "%s",
                  err.text);
    return found;
}

static mfn_random *generator(const char *seed)
{
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    return random;
}

/* The largest cluster's mass grows like side^(91/48) at the critical probability (den Nijs, J.
 * Phys. A 12, 1979). Without edges that cut
 * clusters off, small sizes do already; one mass deviates by 20 %, so the slope by 0.007. */
START_TEST(the_largest_cluster_has_dimension_91_over_48)
{
    enum { SIZES = 5, TRIALS = 200 };
    static const double critical = 0.592746;
    uint8_t *mask = malloc(512 * 512);
    mfn_random *random = generator("7");
    double x[SIZES], y[SIZES];
    for (int k = 0; k < SIZES; k++) {
        mfn_percolation_config config = config_of(32u << k, critical, MFN_PERCOLATION_LARGEST);
        config.boundary = MFN_PERCOLATION_PERIODIC;
        double mass = 0.0;
        for (int trial = 0; trial < TRIALS; trial++) {
            mass += (double)filled(&config, random, mask).largest / TRIALS;
        }
        x[k] = log((double)config.grid_size);
        y[k] = log(mass);
    }
    mfn_slope slope;
    mfn_slope_fit(x, y, SIZES, &slope);
    ck_assert_msg(fabs(slope.value - 91.0 / 48.0) < 0.02, "slope %.4f", slope.value);
    mfn_random_free(random);
    free(mask);
}
END_TEST

/* Across a square, at the critical probability, one half (Cardy, J. Phys. A 25, 1992). */
START_TEST(half_of_all_squares_are_crossed_at_the_critical_probability)
{
    static const struct {
        double probability, least, most;
    } cases[] = {{0.50, 0.0, 0.01}, {0.592746, 0.42, 0.58}, {0.68, 0.99, 1.0}};
    enum { TRIALS = 300 };
    uint8_t mask[64 * 64];
    mfn_random *random = generator("2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const mfn_percolation_config config =
            config_of(64, cases[i].probability, MFN_PERCOLATION_ALL);
        double crossed = 0.0;
        for (int trial = 0; trial < TRIALS; trial++) {
            crossed += filled(&config, random, mask).spans ? 1.0 / TRIALS : 0.0;
        }
        ck_assert_msg(crossed >= cases[i].least && crossed <= cases[i].most + 1e-9,
                      "probability %g: %g crossed", cases[i].probability, crossed);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(clusters_agree_with_the_count_of_the_features)
{
    uint8_t mask[97 * 97];
    mfn_random *random = generator("3");
    for (int trial = 1; trial < 20; trial++) {
        const mfn_percolation_config config = config_of(97, 0.05 * trial, MFN_PERCOLATION_ALL);
        mfn_percolation found = filled(&config, random, mask);
        mfn_clusters clusters;
        ck_assert_int_eq(mfn_clusters_count(mask, 97, 97, 4, &clusters, NULL), MFN_OK);
        ck_assert_uint_eq(found.clusters, clusters.count);
        ck_assert_uint_eq(found.largest, clusters.largest);
        uint64_t occupied = 0;
        for (int i = 0; i < 97 * 97; i++) {
            occupied += mask[i];
        }
        ck_assert_uint_eq(found.occupied, occupied);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(what_is_kept_is_that_cluster_alone)
{
    uint8_t all[80 * 80], kept[80 * 80];
    int spanning = 0;
    for (int trial = 0; trial < 10; trial++) {
        const char seed[] = {(char)('0' + trial), '\0'};
        mfn_percolation_config config = config_of(80, 0.6, MFN_PERCOLATION_ALL);
        mfn_random *random = generator(seed);
        mfn_random_state state;
        mfn_random_get_state(random, &state);
        mfn_percolation found = filled(&config, random, all);
        config.keep = MFN_PERCOLATION_LARGEST;
        mfn_random_set_state(random, &state);
        mfn_percolation largest = filled(&config, random, kept);
        mfn_clusters clusters;
        ck_assert_uint_eq(largest.occupied, found.occupied);
        ck_assert_int_eq(mfn_clusters_count(kept, 80, 80, 4, &clusters, NULL), MFN_OK);
        ck_assert_uint_eq(clusters.count, 1);
        ck_assert_uint_eq(clusters.largest, found.largest);
        config.keep = MFN_PERCOLATION_SPANNING;
        mfn_random_set_state(random, &state);
        filled(&config, random, kept);
        uint64_t in_first = 0, in_last = 0;
        for (int i = 0; i < 80 * 80; i++) {
            ck_assert(kept[i] == 0 || all[i] != 0);
            in_first += i < 80 && kept[i] != 0;
            in_last += i >= 79 * 80 && kept[i] != 0;
        }
        ck_assert((in_first > 0) == found.spans && (in_last > 0) == found.spans);
        spanning += found.spans;
        mfn_random_free(random);
    }
    ck_assert(spanning > 0 && spanning < 10);
}
END_TEST

/* The same cells: clusters that meet across an edge become one. Three by three copies of the field
 * have each of them whole, once or more, in the copy amid the others: at this density no cluster is
 * as wide as the field. */
START_TEST(a_periodic_field_joins_what_meets_across_its_edges)
{
    enum { SIDE = 20 };
    uint8_t mask[SIDE * SIDE], tiled[9 * SIDE * SIDE];
    mfn_random *random = generator("6");
    int changed = 0;
    for (int trial = 0; trial < 20; trial++) {
        mfn_percolation_config config = config_of(SIDE, 0.3, MFN_PERCOLATION_ALL);
        mfn_random_state state;
        mfn_random_get_state(random, &state);
        mfn_percolation open = filled(&config, random, mask);
        config.boundary = MFN_PERCOLATION_PERIODIC;
        mfn_random_set_state(random, &state);
        mfn_percolation periodic = filled(&config, random, mask);
        for (int i = 0; i < 9 * SIDE * SIDE; i++) {
            tiled[i] = mask[i / (3 * SIDE) % SIDE * SIDE + i % SIDE];
        }
        mfn_clusters clusters;
        ck_assert_int_eq(mfn_clusters_count(tiled, 3 * SIDE, 3 * SIDE, 4, &clusters, NULL), MFN_OK);
        ck_assert_uint_eq(periodic.largest, clusters.largest);
        ck_assert_uint_eq(periodic.occupied, open.occupied);
        ck_assert_uint_le(periodic.clusters, open.clusters);
        changed += periodic.clusters < open.clusters;
    }
    ck_assert_int_gt(changed, 10);
    mfn_random_free(random);
}
END_TEST

START_TEST(certain_probabilities_fill_everything_or_nothing)
{
    uint8_t mask[9 * 9];
    mfn_random *random = generator("1");
    mfn_percolation_config config = config_of(9, 1.0, MFN_PERCOLATION_LARGEST);
    mfn_percolation found = filled(&config, random, mask);
    ck_assert(found.occupied == 81 && found.clusters == 1 && found.largest == 81 && found.spans);
    config.probability = 0.0;
    found = filled(&config, random, mask);
    ck_assert(found.occupied == 0 && found.clusters == 0 && found.largest == 0 && !found.spans);
    ck_assert_uint_eq(mask[40], 0);
    config = config_of(1, 1.0, MFN_PERCOLATION_SPANNING);
    found = filled(&config, random, mask);
    ck_assert(found.spans && mask[0] == 1);
    mfn_random_free(random);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    static const struct {
        const char *field;
        mfn_percolation_config config;
    } cases[] = {
        {"size", {0, 64, 0.5, 0, 0}},
        {"grid_size", {sizeof(mfn_percolation_config), 0, 0.5, 0, 0}},
        {"grid_size", {sizeof(mfn_percolation_config), 16385, 0.5, 0, 0}},
        {"probability", {sizeof(mfn_percolation_config), 64, 1.01, 0, 0}},
        {"probability", {sizeof(mfn_percolation_config), 64, (double)NAN, 0, 0}},
        {"boundary", {sizeof(mfn_percolation_config), 64, 0.5, 2, 0}},
        {"keep", {sizeof(mfn_percolation_config), 64, 0.5, 0, 3}},
    };
    uint8_t mask[64 * 64];
    mfn_random *random = generator("1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_error err = {0};
        ck_assert_int_eq(mfn_percolation_fill(&cases[i].config, random, mask, NULL, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
    }
    const mfn_percolation_config config = config_of(64, 0.5, 0);
    for (int64_t successes = 0; successes < 2; successes++) {
        mfn__mem_fail_after(successes);
        ck_assert_int_eq(mfn_percolation_fill(&config, random, mask, NULL, NULL), MFN_NO_MEMORY);
        mfn__mem_fail_after(-1);
    }
    mfn_random_free(random);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_largest_cluster_has_dimension_91_over_48,
        half_of_all_squares_are_crossed_at_the_critical_probability,
        clusters_agree_with_the_count_of_the_features,
        what_is_kept_is_that_cluster_alone,
        a_periodic_field_joins_what_meets_across_its_edges,
        certain_probabilities_fill_everything_or_nothing,
        bad_values_are_refused_by_name,
        NULL,
    };
    return mfn_test_run("percolation", tests);
}
