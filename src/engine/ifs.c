/* SPDX-License-Identifier: MIT */
/* Random iterated function systems by the chaos game (Barnsley, Fractals Everywhere, 1988): each
 * transform is a rotation by a random angle with a random contraction, followed by a random shift.
 * Draws: contraction, angle, two shifts for each transform, then one choice for each point.
 * The Lyapunov exponent is the mean of ln |a d - b c| over the transforms that were played; those
 * that contract to nothing count as 0, as in the reference. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/option_table.h"
#include "engine/exact_math.h"

#include "mfn/fractal.h"

#define CONFIG         mfn_ifs_config
#define POINTS_MAX     1e9
#define TRANSFORMS_MAX 8
#define TWO_PI         6.283185307179586
#define AREA_MIN       1e-10
#define COORDINATE_MAX 100.0

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, num_points, 1, POINTS_MAX, "10000", "", "points to play"),
    MFN__WHOLE(CONFIG, num_transforms, 1, TRANSFORMS_MAX, "4", "", "transforms to draw"),
    {.name = "scale_min",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(CONFIG, scale_min),
     .max = 1,
     .min_open = true,
     .max_open = true,
     .default_text = "0.2",
     .unit = "",
     .help = "strongest contraction"},
    {.name = "scale_max",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(CONFIG, scale_max),
     .max = 1,
     .min_open = true,
     .max_open = true,
     .default_text = "0.5",
     .unit = "",
     .help = "weakest contraction"},
    MFN__REAL(CONFIG, translation_range, 0, 2, "1.0", "", "largest shift along each axis"),
    {0},
};
/* clang-format on */

const mfn_option *mfn_ifs_options(void)
{
    return options;
}

void mfn_ifs_config_init(mfn_ifs_config *config)
{
    *config = (mfn_ifs_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_ifs_config_check(const mfn_ifs_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_ifs_config_init",
                         sizeof *config, config->size);
    }
    mfn_status status = mfn_options_check(options, config, err);
    if (status == MFN_OK && config->scale_min > config->scale_max) {
        status = mfn__fail(err, MFN_INVALID, "scale_min",
                           "scale_min: expected at most scale_max (%.17g), got %.17g",
                           config->scale_max, config->scale_min);
    }
    return status;
}

static mfn_ifs_transform draw_transform(mfn_random *random, const mfn_ifs_config *config)
{
    double range = config->translation_range;
    double scale = mfn_random_uniform_between(random, config->scale_min, config->scale_max);
    double angle = mfn_random_uniform_between(random, 0.0, TWO_PI);
    double across = scale * mfn__cos(angle);
    double turned = scale * mfn__sin(angle);
    double e = mfn_random_uniform_between(random, -range, range);
    double f = mfn_random_uniform_between(random, -range, range);
    return (mfn_ifs_transform){across, -turned, turned, across, e, f};
}

/* Area contraction of one transform as a logarithm. */
static double log_area(const mfn_ifs_transform *transform)
{
    double area = fabs(transform->a * transform->d - transform->b * transform->c);
    return area > AREA_MIN ? mfn__log(area) : 0.0;
}

static mfn_status play(mfn_random *random, const mfn_ifs_config *config,
                       const mfn_ifs_transform *transforms, double *ret_points_xy,
                       double *ret_log_sum, mfn_error *err)
{
    double log_areas[TRANSFORMS_MAX];
    for (uint64_t i = 0; i < config->num_transforms; i++) {
        log_areas[i] = log_area(&transforms[i]);
    }
    double x = 0.0;
    double y = 0.0;
    double log_sum = 0.0;
    for (uint64_t i = 0; i < config->num_points; i++) {
        size_t chosen = (size_t)mfn_random_integer(random, 0, (int64_t)config->num_transforms);
        const mfn_ifs_transform *t = &transforms[chosen];
        double next_x = t->a * x + t->b * y + t->e;
        double next_y = t->c * x + t->d * y + t->f;
        x = next_x;
        y = next_y;
        if (fabs(x) >= COORDINATE_MAX || fabs(y) >= COORDINATE_MAX) {
            return mfn__fail(err, MFN_UNSTABLE, "points",
                             "points: point %llu is (%g, %g), expected coordinates below %g: "
                             "choose a smaller scale_max or translation_range",
                             (unsigned long long)i, x, y, COORDINATE_MAX);
        }
        log_sum += log_areas[chosen];
        if (ret_points_xy != NULL) {
            ret_points_xy[2 * i] = x;
            ret_points_xy[2 * i + 1] = y;
        }
    }
    *ret_log_sum = log_sum;
    return MFN_OK;
}

mfn_status mfn_ifs_generate(mfn_random *random, const mfn_ifs_config *config,
                            mfn_ifs_transform *ret_transforms, double *ret_points_xy,
                            double *ret_lyapunov, mfn_error *err)
{
    mfn_ifs_config defaults;
    if (config == NULL) {
        mfn_ifs_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_ifs_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_ifs_transform transforms[TRANSFORMS_MAX];
    for (uint64_t i = 0; i < config->num_transforms; i++) {
        transforms[i] = draw_transform(random, config);
    }
    double log_sum = 0.0;
    status = play(random, config, transforms, ret_points_xy, &log_sum, err);
    if (status != MFN_OK) {
        return status;
    }
    if (ret_transforms != NULL) {
        memcpy(ret_transforms, transforms, config->num_transforms * sizeof *transforms);
    }
    if (ret_lyapunov != NULL) {
        *ret_lyapunov = log_sum / (double)config->num_points;
    }
    return MFN_OK;
}
