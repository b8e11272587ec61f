/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/threads_option.h"
#include "codec/gradients.h"

#include "mfn/krum.h"
#include "mfn/npy.h"

/* More than fits into most machines; what does not fit is an error of the allocation. */
#define TEXT_BYTES_MAX (UINT64_C(1) << 40)

#define INDENT         2
#define SHOWN_VALUES   8

typedef struct aggregate_options {
    const char *seed, *threads, *output;
    uint32_t format;
} aggregate_options;

/* clang-format off: one row per option */
static const mfn_option table[] = {
    MFN__DIGITS(aggregate_options, seed, "42", "seed of the random stream that deals the clusters"),
    MFN__TEXT(aggregate_options, threads, "auto", "threads that compute; auto: one per core"),
    MFN__TEXT(aggregate_options, output, NULL, "write the aggregated gradient to this .npy file"),
    MFN__FORMAT_OPTION(aggregate_options),
    {0},
};
/* clang-format on */

/* The gradients must not be overwritten by what comes of them. */
static mfn_status check_output(const char *input, const char *output, mfn_error *err)
{
    struct stat in;
    struct stat out;
    if (output != NULL && stat(input, &in) == 0 && stat(output, &out) == 0 &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
        return mfn__fail(err, MFN_INVALID, "output",
                         "output: '%s' is the file of the gradients: expected another one", output);
    }
    return MFN_OK;
}

static mfn_status write_output(const char *path, const mfn_aggregation *aggregation, mfn_error *err)
{
    double *values = mfn__mem_new((size_t)aggregation->dimension, sizeof *values);
    if (values == NULL) {
        return mfn__fail_memory(err);
    }
    for (size_t k = 0; k < aggregation->dimension; k++) {
        values[k] = (double)aggregation->values[k];
    }
    mfn_status status = mfn_npy_write(path, values, &aggregation->dimension, 1, err);
    mfn__mem_free(values);
    return status;
}

/* One for each cluster with gradients, and one between several clusters. */
static uint64_t selections_of(const mfn_aggregation *aggregation)
{
    return aggregation->clusters_used + (aggregation->clusters_used > 1);
}

static void write_report(const mfn_aggregation *aggregation, mfn__json_writer *json)
{
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {
        {"used_gradients", aggregation->used},
        {"non_finite_gradients", aggregation->non_finite},
        {"clusters", aggregation->clusters},
        {"clusters_used", aggregation->clusters_used},
        {"representatives", aggregation->representatives},
        {"chosen_gradient", aggregation->chosen},
        {"chosen_cluster", aggregation->chosen_cluster},
        {"selections", selections_of(aggregation)},
        {"unsound_selections", aggregation->unsound},
    };
    mfn__json_object_begin(json);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        mfn__json_key(json, counts[i].key);
        mfn__json_u64(json, counts[i].value);
    }
    mfn__json_key(json, "relative_margin");
    mfn__json_real(json, aggregation->relative_margin);
    mfn__json_object_end(json);
}

static int print_json(const mfn_aggregation *aggregation)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, SIZE_MAX);
    mfn__json_start(&json, &text, INDENT);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "aggregated_gradient");
    mfn__json_array_begin(&json);
    for (size_t k = 0; k < aggregation->dimension; k++) {
        mfn__json_real(&json, (double)aggregation->values[k]);
    }
    mfn__json_array_end(&json);
    mfn__json_key(&json, "num_input_gradients");
    mfn__json_u64(&json, aggregation->gradients);
    mfn__json_key(&json, "report");
    write_report(aggregation, &json);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "aggregate");
}

static void print_values(const mfn_aggregation *aggregation)
{
    double squares = 0.0;
    for (size_t k = 0; k < aggregation->dimension; k++) {
        squares += (double)aggregation->values[k] * (double)aggregation->values[k];
    }
    printf("  aggregated   length %.6g:", sqrt(squares));
    for (size_t k = 0; k < aggregation->dimension && k < SHOWN_VALUES; k++) {
        printf(" %.9g", (double)aggregation->values[k]);
    }
    printf(aggregation->dimension > SHOWN_VALUES ? " ...\n" : "\n");
}

static void print_text(const char *path, const char *output, const mfn_aggregation *aggregation)
{
    printf("%s: %llu gradients of %llu values\n", path, (unsigned long long)aggregation->gradients,
           (unsigned long long)aggregation->dimension);
    printf("  used         %llu, of which %llu not finite\n", (unsigned long long)aggregation->used,
           (unsigned long long)aggregation->non_finite);
    printf("  clusters     %llu, of which %llu got gradients and %llu sent one on\n",
           (unsigned long long)aggregation->clusters,
           (unsigned long long)aggregation->clusters_used,
           (unsigned long long)aggregation->representatives);
    printf("  chosen       gradient %llu of cluster %llu, %.3g %% ahead of the next\n",
           (unsigned long long)aggregation->chosen, (unsigned long long)aggregation->chosen_cluster,
           100.0 * aggregation->relative_margin);
    print_values(aggregation);
    if (output != NULL) {
        printf("  saved        %s\n", output);
    }
}

static void warn(const mfn_aggregation *aggregation)
{
    if (aggregation->unsound > 0) {
        fprintf(stderr,
                "mfn aggregate: warning: %llu of %llu selections are from fewer than 2 f + 3 "
                "gradients and cannot withstand f hostile ones: take fewer clusters or more "
                "gradients\n",
                (unsigned long long)aggregation->unsound,
                (unsigned long long)selections_of(aggregation));
    }
}

static mfn_status compute(const char *path, const mfn_aggregate_config *config, const char *seed,
                          uint32_t thread_count, mfn_aggregation *ret, mfn_error *err)
{
    mfn__gradients *gradients = NULL;
    mfn_random *random = NULL;
    mfn_threads *threads = NULL;
    mfn_status status = mfn_random_new(seed, &random, err);
    if (status == MFN_OK) {
        status = mfn_threads_new(thread_count, &threads, err);
    }
    if (status == MFN_OK) {
        const char *file = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
        status = mfn__gradients_open(file, TEXT_BYTES_MAX, &gradients, err);
    }
    if (status == MFN_OK) {
        status = mfn_aggregate_stream(mfn__gradients_source(gradients), config, random,
                                      mfn_threads_parallel(threads), ret, err);
    }
    mfn__gradients_free(gradients);
    mfn_threads_free(threads);
    mfn_random_free(random);
    return status;
}

static void print_help(const mfn__flags *groups)
{
    printf(
        "Usage: mfn aggregate FILE [flags]\n\n"
        "Combines the gradients of many clients into one that a minority of hostile ones cannot\n"
        "move far: Krum in random clusters, then Krum and a median over their choices.\n"
        "FILE is a NumPy array (n, d) of float32 or float64, read row by row, or JSON (- reads it\n"
        "from standard input):\n"
        "[[...], ...], {\"gradients\": [[...], ...]}, or a [...] or {\"gradient\": [...]} per "
        "line.\n\n"
        "Example: mfn aggregate gradients.npy --num-clusters 10 --output aggregated.npy\n");
    mfn__arguments_describe(stdout, groups);
}

int mfn__command_aggregate(int argc, char **argv)
{
    aggregate_options options = {0};
    mfn_aggregate_config config;
    mfn_options_set_defaults(table, &options);
    mfn_aggregate_config_init(&config);
    const mfn__flags groups[] = {
        {"Aggregation", mfn_aggregate_options(), &config},
        {"Computing and output", table, &options},
        {0},
    };
    mfn__arguments arguments;
    mfn_error err = {0};
    mfn_status status = mfn__arguments_parse(argc, argv, groups, "FILE", &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    if (status == MFN_OK) {
        status = mfn_aggregate_config_check(&config, &err);
    }
    uint32_t threads = 1;
    if (status == MFN_OK) {
        status = mfn__threads_count(options.threads, &threads, &err);
    }
    if (status == MFN_OK) {
        status = check_output(arguments.positional, options.output, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("aggregate", &err, MFN__EXIT_USAGE);
    }
    mfn_aggregation aggregation = {0};
    status = compute(arguments.positional, &config, options.seed, threads, &aggregation, &err);
    if (status == MFN_OK && options.output != NULL) {
        status = write_output(options.output, &aggregation, &err);
    }
    int code = MFN__EXIT_OK;
    if (status != MFN_OK) {
        code = mfn__command_fail("aggregate", &err, MFN__EXIT_FAILED);
    } else {
        warn(&aggregation);
        if (options.format == MFN__FORMAT_JSON) {
            code = print_json(&aggregation);
        } else {
            print_text(arguments.positional, options.output, &aggregation);
        }
    }
    mfn_aggregation_deinit(&aggregation);
    return code;
}
