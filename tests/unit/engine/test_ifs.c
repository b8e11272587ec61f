/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/fractal.h"

#define TRANSFORMS_MAX 8

static mfn_random *seeded(const char *seed)
{
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    return random;
}

static mfn_ifs_config points_and_transforms(uint64_t points, uint64_t transforms)
{
    mfn_ifs_config config;
    mfn_ifs_config_init(&config);
    config.num_points = points;
    config.num_transforms = transforms;
    return config;
}

START_TEST(the_default_game_of_seed_42_is_the_references)
{
    mfn_random *random = seeded("42");
    double *points = malloc(2 * 10000 * sizeof *points);
    ck_assert_ptr_nonnull(points);
    double lyapunov = 0.0;
    ck_assert_int_eq(mfn_ifs_generate(random, NULL, NULL, points, &lyapunov, NULL), MFN_OK);
    ck_assert_double_eq_tol(points[0], 0x1.6f344b09bb684p-1, 1e-15);
    ck_assert_double_eq_tol(points[1], 0x1.9435b070b0044p-2, 1e-15);
    ck_assert_double_eq_tol(points[19998], 0x1.3997f8ac20f88p-1, 1e-15);
    ck_assert_double_eq_tol(points[19999], 0x1.3fea7af78cd6fp-1, 1e-15);
    ck_assert_double_eq_tol(lyapunov, -0x1.2bd83e0dcec02p+1, 1e-12);
    ck_assert_double_eq(mfn_random_uniform(random), 0x1.0359d651b6b8bp-1);
    free(points);
    mfn_random_free(random);
}
END_TEST

START_TEST(transforms_contract_by_a_ratio_in_the_range)
{
    mfn_ifs_config config = points_and_transforms(1, TRANSFORMS_MAX);
    config.scale_min = 0.3;
    config.scale_max = 0.4;
    config.translation_range = 0.25;
    mfn_ifs_transform t[TRANSFORMS_MAX];
    mfn_random *random = seeded("6");
    for (int repeat = 0; repeat < 50; repeat++) {
        ck_assert_int_eq(mfn_ifs_generate(random, &config, t, NULL, NULL, NULL), MFN_OK);
        for (size_t i = 0; i < TRANSFORMS_MAX; i++) {
            double ratio = sqrt(t[i].a * t[i].d - t[i].b * t[i].c);
            ck_assert(ratio > 0.3 - 1e-15 && ratio < 0.4 + 1e-15);
            ck_assert(t[i].a == t[i].d && t[i].b == -t[i].c);
            ck_assert(fabs(t[i].e) <= 0.25 && fabs(t[i].f) <= 0.25);
        }
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(each_point_is_the_image_of_the_one_before)
{
    enum { POINTS = 500, TRANSFORMS = 3 };
    mfn_ifs_config config = points_and_transforms(POINTS, TRANSFORMS);
    mfn_ifs_transform transforms[TRANSFORMS];
    double points[2 * POINTS];
    mfn_random *random = seeded("1234");
    ck_assert_int_eq(mfn_ifs_generate(random, &config, transforms, points, NULL, NULL), MFN_OK);
    double x = 0.0;
    double y = 0.0;
    size_t used[TRANSFORMS] = {0};
    for (size_t i = 0; i < POINTS; i++) {
        size_t matches = 0;
        for (size_t k = 0; k < TRANSFORMS; k++) {
            const mfn_ifs_transform *t = &transforms[k];
            bool hit = points[2 * i] == t->a * x + t->b * y + t->e &&
                       points[2 * i + 1] == t->c * x + t->d * y + t->f;
            matches += hit;
            used[k] += hit;
        }
        ck_assert_uint_eq(matches, 1);
        x = points[2 * i];
        y = points[2 * i + 1];
    }
    ck_assert(used[0] > 100 && used[1] > 100 && used[2] > 100);
    mfn_random_free(random);
}
END_TEST

START_TEST(one_transform_leads_to_its_fixed_point_with_its_own_exponent)
{
    enum { POINTS = 200 };
    mfn_ifs_config config = points_and_transforms(POINTS, 1);
    mfn_ifs_transform t;
    double points[2 * POINTS];
    double lyapunov = 0.0;
    mfn_random *random = seeded("77");
    ck_assert_int_eq(mfn_ifs_generate(random, &config, &t, points, &lyapunov, NULL), MFN_OK);
    double area = t.a * t.d - t.b * t.c;
    double determinant = (1.0 - t.a) * (1.0 - t.d) - t.b * t.c;
    double x = ((1.0 - t.d) * t.e + t.b * t.f) / determinant;
    double y = (t.c * t.e + (1.0 - t.a) * t.f) / determinant;
    ck_assert_double_eq_tol(points[2 * POINTS - 2], x, 1e-14);
    ck_assert_double_eq_tol(points[2 * POINTS - 1], y, 1e-14);
    ck_assert_double_eq_tol(lyapunov, log(area), 1e-12);
    mfn_random_free(random);
}
END_TEST

START_TEST(transforms_that_contract_to_nothing_count_as_zero)
{
    mfn_ifs_config config = points_and_transforms(20, 2);
    config.scale_min = 1e-6;
    config.scale_max = 1e-6;
    double lyapunov = 1.0;
    mfn_random *random = seeded("1");
    ck_assert_int_eq(mfn_ifs_generate(random, &config, NULL, NULL, &lyapunov, NULL), MFN_OK);
    ck_assert(lyapunov == 0.0);
    mfn_random_free(random);
}
END_TEST

START_TEST(what_is_asked_for_does_not_change_the_game)
{
    mfn_ifs_config config = points_and_transforms(100, 4);
    double points[200];
    double with_points = 0.0;
    double alone = 1.0;
    mfn_random *a = seeded("9");
    mfn_random *b = seeded("9");
    ck_assert_int_eq(mfn_ifs_generate(a, &config, NULL, points, &with_points, NULL), MFN_OK);
    ck_assert_int_eq(mfn_ifs_generate(b, &config, NULL, NULL, &alone, NULL), MFN_OK);
    ck_assert(with_points == alone);
    ck_assert(mfn_random_uniform(a) == mfn_random_uniform(b));
    mfn_random_free(a);
    mfn_random_free(b);
}
END_TEST

/* One transform that hardly contracts walks to |shift| / |1 - ratio e^(i angle)|: some seeds give
 * an angle so small that this is far away. */
START_TEST(a_game_that_leaves_the_plane_is_refused)
{
    mfn_ifs_config config = points_and_transforms(5000, 1);
    config.scale_min = 0.9999;
    config.scale_max = 0.9999;
    config.translation_range = 2.0;
    mfn_random *random = seeded("0");
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
        mfn_ifs_transform transform = {.a = 77.0};
        double lyapunov = 77.0;
        mfn_error err = {0};
        mfn_status status = mfn_ifs_generate(random, &config, &transform, NULL, &lyapunov, &err);
        if (status != MFN_OK) {
            ck_assert_int_eq(status, MFN_UNSTABLE);
            ck_assert_str_eq(err.field, "points");
            ck_assert(transform.a == 77.0 && lyapunov == 77.0);
            refused++;
        }
    }
    ck_assert_msg(refused > 0 && refused < 100, "%d of 1000 were refused", refused);
    mfn_random_free(random);
}
END_TEST

START_TEST(bad_options_are_refused_by_name)
{
    static const struct {
        const char *field;
        uint64_t points, transforms;
        double scale_min, scale_max, range;
    } cases[] = {
        {"num_points", 0, 4, 0.2, 0.5, 1.0},          {"num_points", 1000000001, 4, 0.2, 0.5, 1.0},
        {"num_transforms", 10, 0, 0.2, 0.5, 1.0},     {"num_transforms", 10, 9, 0.2, 0.5, 1.0},
        {"scale_min", 10, 4, 0.0, 0.5, 1.0},          {"scale_min", 10, 4, NAN, 0.5, 1.0},
        {"scale_min", 10, 4, 0.6, 0.5, 1.0},          {"scale_max", 10, 4, 0.2, 1.0, 1.0},
        {"translation_range", 10, 4, 0.2, 0.5, -0.1}, {"translation_range", 10, 4, 0.2, 0.5, 2.1},
    };
    mfn_random *random = seeded("9");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_ifs_config config = points_and_transforms(cases[i].points, cases[i].transforms);
        config.scale_min = cases[i].scale_min;
        config.scale_max = cases[i].scale_max;
        config.translation_range = cases[i].range;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_ifs_generate(random, &config, NULL, NULL, NULL, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
    }
    mfn_ifs_config config = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_ifs_config_check(&config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
    mfn_random_free(random);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_default_game_of_seed_42_is_the_references,
        transforms_contract_by_a_ratio_in_the_range,
        each_point_is_the_image_of_the_one_before,
        one_transform_leads_to_its_fixed_point_with_its_own_exponent,
        transforms_that_contract_to_nothing_count_as_zero,
        what_is_asked_for_does_not_change_the_game,
        a_game_that_leaves_the_plane_is_refused,
        bad_options_are_refused_by_name,
        NULL,
    };
    return mfn_test_run("ifs", tests);
}
