/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "codec/options_writer.h"

#include "mfn/validation.h"

typedef struct validate_options {
    uint32_t mode, format;
} validate_options;

static const char *const mode_names[] = {"validate", NULL};

/* clang-format off: one row per option */
static const mfn_option output_table[] = {
    MFN__CHOICE(validate_options, mode, mode_names, "validate",
                "accepted for scripts that called the reference"),
    MFN__FORMAT_OPTION(validate_options),
    {0},
};
/* clang-format on */

typedef struct watching {
    mfn__progress progress;
    const atomic_bool *stop;
} watching;

static bool after_unit(void *context, uint64_t done, uint64_t total)
{
    watching *watch = context;
    mfn__progress_show(&watch->progress, done, total, "");
    return !atomic_load(watch->stop);
}

static int print_json(const mfn_validation_config *config, const mfn_validation_metrics *metrics)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "config");
    mfn__json_object_begin(&json);
    mfn__options_write_json(mfn_validation_options(), config, &json);
    mfn__json_object_end(&json);
    mfn__json_key(&json, "metrics");
    mfn__json_object_begin(&json);
    for (size_t i = 0; i < MFN_VALIDATION_METRIC_COUNT; i++) {
        mfn__json_key(&json, mfn_validation_metric_name((mfn_validation_metric)i));
        mfn__json_real(&json, metrics->value[i]);
    }
    mfn__json_object_end(&json);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "validate");
}

/* The reference's lines, for programs that read them. */
static void print_text(const mfn_validation_metrics *metrics)
{
    printf("=== MyceliumFractalNet v4.1 :: validation ===\n");
    for (size_t i = 0; i < MFN_VALIDATION_METRIC_COUNT; i++) {
        printf("%-24s: % .6f\n", mfn_validation_metric_name((mfn_validation_metric)i),
               metrics->value[i]);
    }
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn validate [flags]\n\n"
           "Simulates sixteen fields, lets the small network learn a number from each, and prints\n"
           "what came out as the reference prints it. All numbers but the losses are the\n"
           "reference's; the losses are over all samples, before and after learning.\n\n"
           "Example: mfn validate --seed 42 --epochs 5\n");
    mfn__arguments_describe(stdout, groups);
}

int mfn__command_validate(int argc, char **argv)
{
    validate_options options = {0};
    mfn_validation_config config;
    mfn_options_set_defaults(output_table, &options);
    mfn_validation_config_init(&config);
    const mfn__flags groups[] = {
        {"Validation", mfn_validation_options(), &config},
        {"Output", output_table, &options},
        {0},
    };
    mfn__arguments arguments;
    mfn_error err = {0};
    mfn_status status = mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    if (status == MFN_OK) {
        status = mfn_validation_config_check(&config, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("validate", &err, MFN__EXIT_USAGE);
    }
    watching watch = {.stop = mfn__interrupt_catch("mfn validate: stopped at once\n")};
    mfn_validation_metrics metrics;
    mfn__progress_start(&watch.progress, "steps");
    status = mfn_validate(&config, after_unit, &watch, &metrics, &err);
    mfn__progress_end(&watch.progress);
    if (status != MFN_OK) {
        return mfn__command_fail("validate", &err, MFN__EXIT_FAILED);
    }
    if (options.format == MFN__FORMAT_JSON) {
        return print_json(&config, &metrics);
    }
    print_text(&metrics);
    return MFN__EXIT_OK;
}
