/* SPDX-License-Identifier: MIT */
#include "mfn/features.h"

#include <stdio.h>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "codec/options_writer.h"
#include "codec/result.h"

#include "mfn/npy.h"

/* More than fits into most machines; what does not fit is an error of the allocation. */
#define ARRAY_BYTES_MAX (UINT64_C(1) << 40)

#define SHAPE_TEXT_MAX  (24 * MFN_NPY_DIMENSIONS_MAX)

typedef struct features_options {
    uint32_t format;
} features_options;

static const mfn_option output_table[] = {MFN__FORMAT_OPTION(features_options), {0}};

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

static mfn_status compute(const mfn_npy_array *array, const mfn_feature_config *config,
                          mfn_features *ret, mfn_error *err)
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
    uint64_t frames = d == 3 ? shape[0] : 1;
    return mfn_features_compute(array->values, frames, (uint32_t)shape[d - 1], config, ret, err);
}

static int print_json(const char *path, const mfn_npy_array *array,
                      const mfn_feature_config *config, const mfn_features *features)
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
    mfn__json_object_begin(&json);
    mfn__options_write_json(mfn_feature_options(), config, &json);
    mfn__json_object_end(&json);
    mfn__json_key(&json, "features");
    mfn__features_write_json(features, &json);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "features");
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn features FILE.npy [flags]\n\n"
           "Prints the 18 features of a field (N, N) or of a history (T, N, N) in volts: a NumPy\n"
           "file of float64 or float32 in C order.\n\n"
           "Example: mfn simulate --save-history h.npy && mfn features h.npy\n");
    mfn__arguments_describe(stdout, groups);
}

int mfn__command_features(int argc, char **argv)
{
    features_options options;
    mfn_feature_config config;
    mfn_options_set_defaults(output_table, &options);
    mfn_feature_config_init(&config);
    const mfn__flags groups[] = {
        {"Features", mfn_feature_options(), &config},
        {"Output", output_table, &options},
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
        status = mfn_feature_config_check(&config, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("features", &err, MFN__EXIT_USAGE);
    }
    mfn_npy_array array = {0};
    mfn_features features;
    status = mfn_npy_read(arguments.positional, ARRAY_BYTES_MAX, &array, &err);
    if (status == MFN_OK) {
        status = compute(&array, &config, &features, &err);
    }
    int code = MFN__EXIT_OK;
    if (status != MFN_OK) {
        code = mfn__command_fail("features", &err, MFN__EXIT_FAILED);
    } else if (options.format == MFN__FORMAT_JSON) {
        code = print_json(arguments.positional, &array, &config, &features);
    } else {
        printf("%s\n", arguments.positional);
        mfn__format_print_features(&features);
    }
    mfn_npy_free(&array);
    return code;
}
