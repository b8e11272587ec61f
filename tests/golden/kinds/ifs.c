/* SPDX-License-Identifier: MIT */
/* ifs (the reference's function) and ifs_engine (its engine, with a configuration). */
#include <math.h>

#include "base/mem.h"
#include "kinds.h"
#include "kinds/options.h"

#include "mfn/fractal.h"

#define COEFFICIENTS 6

typedef struct ifs_run {
    mfn_random *random;
    mfn_ifs_transform *transforms;
    double *points_xy;
    size_t values; /* two per point */
    double lyapunov;
} ifs_run;

static void ifs_run_deinit(ifs_run *run)
{
    mfn_random_free(run->random);
    mfn__mem_free(run->transforms);
    mfn__mem_free(run->points_xy);
}

/* Draws and plays; `ret` must be released also when this fails. */
static mfn_status play(const char *seed, const mfn_ifs_config *config, ifs_run *ret, mfn_error *err)
{
    *ret = (ifs_run){.values = (size_t)(2 * config->num_points)};
    mfn_status status = mfn_ifs_config_check(config, err);
    if (status == MFN_OK) {
        status = mfn_random_new(seed, &ret->random, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    ret->points_xy = mfn__mem_new(ret->values, sizeof *ret->points_xy);
    ret->transforms = mfn__mem_new((size_t)config->num_transforms, sizeof *ret->transforms);
    if (ret->points_xy == NULL || ret->transforms == NULL) {
        return MFN_NO_MEMORY;
    }
    return mfn_ifs_generate(ret->random, config, ret->transforms, ret->points_xy, &ret->lyapunov,
                            err);
}

static void compare_points(const ifs_run *run, const json_t *out, comparison *cmp)
{
    compare_real(cmp, out, "lyapunov", run->lyapunov, TOLERANCE_OF_REALS);
    compare_first(cmp, out, "points_first", run->points_xy, run->values, TOLERANCE_OF_REALS);
    compare_last(cmp, out, "points_last", run->points_xy, run->values, TOLERANCE_OF_REALS);
}

static void compare_extent(const ifs_run *run, const json_t *out, comparison *cmp)
{
    static const char *const keys[2][2] = {{"x_min", "x_max"}, {"y_min", "y_max"}};
    double mean[2] = {0.0, 0.0};
    size_t points = run->values / 2;
    for (size_t axis = 0; axis < 2; axis++) {
        double min = INFINITY;
        double max = -INFINITY;
        for (size_t i = axis; i < run->values; i += 2) {
            min = fmin(min, run->points_xy[i]);
            max = fmax(max, run->points_xy[i]);
            mean[axis] += run->points_xy[i];
        }
        mean[axis] /= (double)points;
        compare_real(cmp, out, keys[axis][0], min, TOLERANCE_OF_REALS);
        compare_real(cmp, out, keys[axis][1], max, TOLERANCE_OF_REALS);
    }
    compare_first(cmp, out, "mean", mean, 2, TOLERANCE_OF_REALS);
}

void kind_ifs(const record *rec, comparison *cmp)
{
    mfn_ifs_config config;
    mfn_ifs_config_init(&config);
    config.num_points = (uint64_t)json_integer_value(json_object_get(rec->in, "num_points"));
    config.num_transforms =
        (uint64_t)json_integer_value(json_object_get(rec->in, "num_transforms"));
    ifs_run run;
    mfn_error err;
    mfn_status status =
        play(json_string_value(json_object_get(rec->in, "seed")), &config, &run, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_ifs_generate", status);
    } else if (compare_success(cmp, "mfn_ifs_generate", status, &err)) {
        compare_points(&run, rec->out, cmp);
        compare_extent(&run, rec->out, cmp);
        compare_real(cmp, rec->out, "next_random_after", mfn_random_uniform(run.random),
                     TOLERANCE_NONE);
    }
    ifs_run_deinit(&run);
}

static void compare_transforms(const ifs_run *run, const mfn_ifs_config *config, const json_t *out,
                               comparison *cmp)
{
    const json_t *list = json_object_get(out, "transforms");
    if (json_array_size(list) != config->num_transforms) {
        compare_malformed(cmp, "transforms", "as many transforms as configured");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const mfn_ifs_transform *t = &run->transforms[i];
        const double got[COEFFICIENTS] = {t->a, t->b, t->c, t->d, t->e, t->f};
        for (size_t j = 0; j < COEFFICIENTS; j++) {
            compare_real_value(cmp, "transform", json_array_get(json_array_get(list, i), j), got[j],
                               TOLERANCE_OF_REALS);
        }
    }
}

static bool all_contract(const ifs_run *run, const mfn_ifs_config *config)
{
    for (size_t i = 0; i < config->num_transforms; i++) {
        if (!(hypot(run->transforms[i].a, run->transforms[i].c) < 1.0)) {
            return false;
        }
    }
    return true;
}

static void compare_bounds(const ifs_run *run, const json_t *out, comparison *cmp)
{
    double farthest = 0.0;
    for (size_t i = 0; i < run->values; i++) {
        farthest = fmax(farthest, fabs(run->points_xy[i]));
    }
    compare_real(cmp, out, "max_point_distance", farthest, TOLERANCE_OF_REALS);
    compare_whole(cmp, out, "num_points", run->values / 2);
    compare_whole(cmp, out, "points_generated", run->values / 2);
    compare_bool(cmp, out, "is_contractive", run->lyapunov < 0.0);
    compare_bool(cmp, out, "points_bounded", true); /* otherwise ours would have refused */
}

/* The engine takes an argument of 0 as "as configured". */
static mfn_status configure(const record *rec, mfn_ifs_config *ret, const char **ret_seed,
                            mfn_error *err)
{
    json_t *options = json_copy(json_object_get(rec->in, "config"));
    const json_t *args = json_object_get(rec->in, "args");
    json_int_t points = json_integer_value(json_object_get(args, "num_points"));
    json_int_t transforms = json_integer_value(json_object_get(args, "num_transforms"));
    json_object_del(options, "random_seed");
    mfn_ifs_config_init(ret);
    mfn_status status = options_set_all(mfn_ifs_options(), ret, options, err);
    ret->num_points = points != 0 ? (uint64_t)points : ret->num_points;
    ret->num_transforms = transforms != 0 ? (uint64_t)transforms : ret->num_transforms;
    *ret_seed =
        json_string_value(json_object_get(json_object_get(rec->in, "config"), "random_seed"));
    json_decref(options);
    return status;
}

void kind_ifs_engine(const record *rec, comparison *cmp)
{
    mfn_ifs_config config;
    const char *seed;
    ifs_run run = {0};
    mfn_error err;
    mfn_status status = configure(rec, &config, &seed, &err);
    if (status == MFN_OK) {
        status = play(seed, &config, &run, &err);
    }
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_ifs_generate", status);
    } else if (compare_success(cmp, "mfn_ifs_generate", status, &err)) {
        compare_points(&run, rec->out, cmp);
        compare_transforms(&run, &config, rec->out, cmp);
        compare_bounds(&run, rec->out, cmp);
        compare_bool(cmp, rec->out, "validate_contraction", all_contract(&run, &config));
    }
    ifs_run_deinit(&run);
}
