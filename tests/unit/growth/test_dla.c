/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/fractal.h"
#include "mfn/growth.h"

#define GOLDEN_RADIUS    0x1.3fb6d86891836p+6
#define GOLDEN_DIMENSION 0x1.cc960e1c412d4p+0

static mfn_dla_config config_of(uint64_t grid_size, uint64_t particles, uint32_t lattice)
{
    mfn_dla_config config;
    mfn_dla_config_init(&config);
    config.grid_size = grid_size;
    config.particles = particles;
    config.lattice = lattice;
    return config;
}

static mfn_dla_growth grown(const mfn_dla_config *config, const char *seed, uint8_t *mask)
{
    mfn_random *random = NULL;
    mfn_dla_growth growth;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    ck_assert_msg(mfn_dla_grow(config, random, mask, &growth, &err) == MFN_OK, "%s", err.text);
    mfn_random_free(random);
    return growth;
}

/* Tolman and Meakin (Phys. Rev. A 40, 1989): 1.715 +- 0.004 for discs in the plane. The mean over
 * 40 clusters of 8192 deviates by 0.009. */
START_TEST(the_mass_dimension_is_1_71_over_seeds)
{
    const mfn_dla_config config = config_of(1024, 8192, MFN_DLA_NO_LATTICE);
    double mean = 0.0;
    for (int seed = 1; seed <= 40; seed++) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", seed);
        mfn_dla_growth growth = grown(&config, digits, NULL);
        ck_assert(!growth.reached_edge);
        ck_assert_uint_eq(growth.particles, 8192);
        ck_assert_uint_eq(growth.records, 15);
        ck_assert_uint_eq(growth.mass[14], 8192);
        mean += growth.dimension.value / 40.0;
    }
    ck_assert_msg(fabs(mean - 1.71) <= 0.02, "mean over 40 seeds: %.4f", mean);
}
END_TEST

START_TEST(the_mask_is_one_cluster_of_the_particles)
{
    static const uint32_t lattices[] = {MFN_DLA_NO_LATTICE, MFN_DLA_SQUARE};
    uint8_t *mask = malloc(256 * 256);
    for (size_t k = 0; k < 2; k++) {
        const mfn_dla_config config = config_of(256, 3000, lattices[k]);
        mfn_dla_growth growth = grown(&config, "5", mask);
        mfn_clusters clusters;
        ck_assert_int_eq(mfn_clusters_count(mask, 256, 256, k == 0 ? 8 : 4, &clusters, NULL),
                         MFN_OK);
        ck_assert_uint_eq(growth.particles, 3000);
        ck_assert_uint_eq(clusters.count, 1);
        ck_assert_uint_le(clusters.largest, 3000);
        ck_assert_uint_ge(clusters.largest, k == 0 ? 2700 : 3000);
        ck_assert_uint_eq(mask[128 * 256 + 128], 1);
        ck_assert_double_gt(growth.radius, growth.gyration_radius[growth.records - 1]);
    }
    free(mask);
}
END_TEST

START_TEST(growth_ends_at_the_edge)
{
    uint8_t mask[32 * 32];
    const mfn_dla_config config = config_of(32, 100000, MFN_DLA_NO_LATTICE);
    mfn_dla_growth growth = grown(&config, "1", mask);
    ck_assert(growth.reached_edge);
    ck_assert_double_gt(growth.radius, 11.0);
    ck_assert_double_lt(growth.radius, 14.0);
    for (int i = 0; i < 32; i++) {
        ck_assert(mask[i] == 0 && mask[31 * 32 + i] == 0 && mask[i * 32] == 0);
    }
}
END_TEST

START_TEST(the_same_seed_grows_the_same_cluster_and_fewer_particles_its_beginning)
{
    static uint8_t a[128 * 128], b[128 * 128];
    mfn_dla_config config = config_of(128, 800, MFN_DLA_NO_LATTICE);
    mfn_dla_growth first = grown(&config, "9", a);
    mfn_dla_growth second = grown(&config, "9", b);
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert(first.radius == second.radius);
    config.particles = 400;
    mfn_dla_growth half = grown(&config, "9", b);
    for (size_t i = 0; i < sizeof a; i++) {
        ck_assert(b[i] == 0 || a[i] != 0);
    }
    ck_assert_uint_eq(half.records, 6);
    ck_assert_mem_eq(half.gyration_radius, first.gyration_radius, 6 * sizeof(double));
    grown(&config, "10", a);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

START_TEST(growing_in_parts_gives_the_cluster_of_growing_at_once)
{
    static uint8_t at_once[128 * 128], in_parts[128 * 128];
    const mfn_dla_config config = config_of(128, 700, MFN_DLA_NO_LATTICE);
    mfn_dla_growth expected = grown(&config, "4", at_once);
    mfn_random *random = NULL;
    mfn_dla *dla = NULL;
    ck_assert_int_eq(mfn_random_new("4", &random, NULL), MFN_OK);
    ck_assert_int_eq(mfn_dla_new(&config, &dla, NULL), MFN_OK);
    mfn_dla_draw(dla, in_parts);
    ck_assert_uint_eq(in_parts[64 * 128 + 64], 1);
    ck_assert_ptr_eq(memchr(in_parts, 1, sizeof in_parts), &in_parts[64 * 128 + 64]);
    static const uint64_t parts[] = {0, 1, 99, 250, 300};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ck_assert_uint_eq(mfn_dla_advance(dla, random, parts[i]), parts[i]);
    }
    ck_assert_uint_eq(mfn_dla_advance(dla, random, 100), 49); /* the seed is one of the 700 */
    ck_assert_uint_eq(mfn_dla_advance(dla, random, 100), 0);
    mfn_dla_growth growth;
    mfn_dla_measure(dla, &growth);
    mfn_dla_draw(dla, in_parts);
    ck_assert_mem_eq(at_once, in_parts, sizeof at_once);
    ck_assert_uint_eq(growth.particles, 700);
    ck_assert_double_eq(growth.dimension.value, expected.dimension.value);
    mfn_dla_free(dla);
    mfn_dla_free(NULL);
    mfn_random_free(random);
}
END_TEST

/* The bits of one cluster, so that no machine or compiler grows another. */
START_TEST(a_cluster_has_its_bits)
{
    const mfn_dla_config config = config_of(256, 2000, MFN_DLA_NO_LATTICE);
    mfn_dla_growth growth = grown(&config, "42", NULL);
    ck_assert_msg(growth.radius == GOLDEN_RADIUS, "radius %a", growth.radius);
    ck_assert_msg(growth.dimension.value == GOLDEN_DIMENSION, "dimension %a",
                  growth.dimension.value);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    static const struct {
        const char *field;
        mfn_dla_config config;
    } cases[] = {
        {"size", {0, 64, 100, 0}},
        {"grid_size", {sizeof(mfn_dla_config), 15, 100, 0}},
        {"grid_size", {sizeof(mfn_dla_config), 8193, 100, 0}},
        {"particles", {sizeof(mfn_dla_config), 64, 0, 0}},
        {"lattice", {sizeof(mfn_dla_config), 64, 100, 2}},
    };
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("1", &random, NULL), MFN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_error err = {0};
        mfn_dla_growth growth = {.particles = 77};
        ck_assert_int_eq(mfn_dla_grow(&cases[i].config, random, NULL, &growth, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_uint_eq(growth.particles, 77);
    }
    for (int64_t successes = 0; successes < 12; successes++) {
        mfn__mem_fail_after(successes);
        ck_assert_int_eq(mfn_dla_grow(NULL, random, NULL, NULL, NULL), MFN_NO_MEMORY);
        mfn__mem_fail_after(-1);
    }
    mfn_random_free(random);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_mass_dimension_is_1_71_over_seeds,
        the_mask_is_one_cluster_of_the_particles,
        growth_ends_at_the_edge,
        the_same_seed_grows_the_same_cluster_and_fewer_particles_its_beginning,
        growing_in_parts_gives_the_cluster_of_growing_at_once,
        a_cluster_has_its_bits,
        bad_values_are_refused_by_name,
        NULL,
    };
    return mfn_test_run("dla", tests);
}
