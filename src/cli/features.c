/* SPDX-License-Identifier: MIT */
#include "mfn/features.h"

#include <stdio.h>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/extended.h"
#include "cli/format.h"
#include "codec/extended_json.h"
#include "codec/options_writer.h"
#include "codec/result.h"

#include "mfn/npy.h"

/* More than fits into most machines; what does not fit is an error of the allocation. */
#define ARRAY_BYTES_MAX (UINT64_C(1) << 40)

#define SHAPE_TEXT_MAX  (24 * MFN_NPY_DIMENSIONS_MAX)

typedef struct features_options {
    uint32_t format;
    bool extended;
} features_options;

static const mfn_option output_table[] = {
    MFN__FORMAT_OPTION(features_options),
    MFN__BOOL(features_options, extended, "false",
              "add dimensions, spectrum, shape and waves of the last frame"),
    {0},
};

/* What was asked for and what came out. */
typedef struct features_run {
    features_options options;
    mfn_feature_config config;
    mfn_dimension_config dimension;
    mfn_features features;
    mfn_extended extended;
} features_run;

/* "(3, 4)" as Python writes it. */
static void shape_to_text(const mfn_npy_array *array, char *ret, size_t size)
{
    size_t used = (size_t)snprintf(ret, size, "(");
    for (uint32_t i = 0; i < array->dimensions && used < size; i++) {
        used += (size_t)snprintf(ret + used, size - used, "%s%llu", i > 0 ? ", " : "",
                                 (unsigned long long)array->shape[i]);
    }
    if (used < size) {
        snprintf(ret + used, size - used, array->dimensions == 1 ? ",)" : ")");
    }
}

static mfn_status check_shape(const mfn_npy_array *array, mfn_error *err)
{
    const uint64_t *shape = array->shape;
    uint32_t d = array->dimensions;
    if (d != 2 && d != 3) {
        char shown[SHAPE_TEXT_MAX];
        shape_to_text(array, shown, sizeof shown);
        return mfn__fail(err, MFN_INVALID, "shape",
                         "expected the shape (N, N) or (T, N, N), got %s", shown);
    }
    if (shape[d - 1] != shape[d - 2] || shape[d - 1] > UINT32_MAX) {
        return mfn__fail(err, MFN_INVALID, "shape", "Field must be square, got shape (%llu, %llu)",
                         (unsigned long long)shape[d - 2], (unsigned long long)shape[d - 1]);
    }
    return MFN_OK;
}

static mfn_status compute(const mfn_npy_array *array, features_run *run, mfn_error *err)
{
    mfn_status status = check_shape(array, err);
    if (status != MFN_OK) {
        return status;
    }
    uint64_t frames = array->dimensions == 3 ? array->shape[0] : 1;
    uint32_t side = (uint32_t)array->shape[array->dimensions - 1];
    status = mfn_features_compute(array->values, frames, side, &run->config, &run->features, err);
    if (status == MFN_OK && run->options.extended) {
        const double *last_frame_v = array->values + (size_t)(frames - 1) * side * side;
        status = mfn_extended_compute(last_frame_v, side, &run->config, &run->dimension,
                                      &run->extended, err);
    }
    return status;
}

static void write_config(const features_run *run, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    mfn__options_write_json(mfn_feature_options(), &run->config, json);
    if (run->options.extended) {
        mfn__options_write_json(mfn_dimension_options(), &run->dimension, json);
    }
    mfn__json_object_end(json);
}

static int print_json(const char *path, const mfn_npy_array *array, const features_run *run)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "file");
    mfn__json_text(&json, path);
    mfn__json_key(&json, "shape");
    mfn__json_array_begin(&json);
    for (uint32_t i = 0; i < array->dimensions; i++) {
        mfn__json_u64(&json, array->shape[i]);
    }
    mfn__json_array_end(&json);
    mfn__json_key(&json, "config");
    write_config(run, &json);
    mfn__json_key(&json, "features");
    mfn__features_write_json(&run->features, &json);
    if (run->options.extended) {
        mfn__json_key(&json, "extended");
        mfn__extended_write_json(&run->extended, &json);
    }
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "features");
}

static int print(const char *path, const mfn_npy_array *array, const features_run *run)
{
    if (run->options.format == MFN__FORMAT_JSON) {
        return print_json(path, array, run);
    }
    printf("%s\n", path);
    mfn__format_print_features(&run->features);
    if (run->options.extended) {
        mfn__extended_print(&run->extended);
    }
    return MFN__EXIT_OK;
}

static void print_help(const mfn__flags *groups)
{
    printf(
        "Usage: mfn features FILE.npy [flags]\n\n"
        "Prints the 18 features of a field (N, N) or of a history (T, N, N) in volts: a NumPy\n"
        "file of float64 or float32 in C order. --extended adds what docs/dimension.md defines.\n\n"
        "Example: mfn simulate --save-history h.npy && mfn features h.npy\n");
    mfn__arguments_describe(stdout, groups);
}

static mfn_status check_config(const features_run *run, mfn_error *err)
{
    mfn_status status = mfn_feature_config_check(&run->config, err);
    return status == MFN_OK ? mfn_dimension_config_check(&run->dimension, err) : status;
}

int mfn__command_features(int argc, char **argv)
{
    features_run run;
    mfn_options_set_defaults(output_table, &run.options);
    mfn_feature_config_init(&run.config);
    mfn_dimension_config_init(&run.dimension);
    const mfn__flags groups[] = {
        {"Features", mfn_feature_options(), &run.config},
        {"Extended set", mfn_dimension_options(), &run.dimension},
        {"Output", output_table, &run.options},
        {0},
    };
    mfn__arguments arguments;
    mfn_error err = {0};
    mfn_status status = mfn__arguments_parse(argc, argv, groups, "FILE.npy", &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    if (status == MFN_OK) {
        status = check_config(&run, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("features", &err, MFN__EXIT_USAGE);
    }
    mfn_npy_array array = {0};
    status = mfn_npy_read(arguments.positional, ARRAY_BYTES_MAX, &array, &err);
    if (status == MFN_OK) {
        status = compute(&array, &run, &err);
    }
    int code = status == MFN_OK ? print(arguments.positional, &array, &run)
                                : mfn__command_fail("features", &err, MFN__EXIT_FAILED);
    mfn_npy_free(&array);
    return code;
}
