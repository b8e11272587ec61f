/* SPDX-License-Identifier: MIT */
/* What models there are, and what one of them takes and foretells. */
#include <stdio.h>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/model_option.h"

#include "mfn/mfn.h"

typedef struct models_flags {
    const char *preset;
    uint32_t format;
} models_flags;

/* clang-format off: one row per option */
static const mfn_option table[] = {
    MFN__TEXT(models_flags, preset, NULL, "values to look at, by a name of the model's"),
    MFN__FORMAT_OPTION(models_flags),
    {0},
};
/* clang-format on */

static void print_list(void)
{
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    for (size_t i = 0; i < count; i++) {
        printf("%s%-20s %s\n%20s (%s)\n", i > 0 ? "\n" : "", models[i].name, models[i].title, "",
               models[i].source);
        const char *title = "presets:";
        for (const mfn_preset *at = models[i].presets; at != NULL && at->name != NULL; at++) {
            printf("%20s %-9s%-10s %s\n", "", title, at->name, at->title);
            title = "";
        }
    }
    printf("\n'mfn models NAME' shows what one of them takes; run it with\n"
           "'mfn simulate --model NAME --preset PRESET --image field.png'.\n");
}

static void write_texts(mfn__json_writer *json, const mfn_model *model)
{
    const char *const texts[][2] = {{"name", model->name},
                                    {"title", model->title},
                                    {"source", model->source},
                                    {"shown", model->shown}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        mfn__json_key(json, texts[i][0]);
        mfn__json_text(json, texts[i][1]);
    }
}

static void write_model(mfn__json_writer *json, const mfn_model *model)
{
    mfn__json_object_begin(json);
    write_texts(json, model);
    mfn__json_key(json, "options");
    mfn__json_array_begin(json);
    for (const mfn_option *option = model->options; option->name != NULL; option++) {
        mfn__json_text(json, option->name);
    }
    mfn__json_array_end(json);
    mfn__json_key(json, "presets");
    mfn__json_object_begin(json);
    for (const mfn_preset *at = model->presets; at != NULL && at->name != NULL; at++) {
        mfn__json_key(json, at->name);
        mfn__json_object_begin(json);
        for (const char *const *setting = at->settings; *setting != NULL; setting += 2) {
            mfn__json_key(json, setting[0]);
            mfn__json_text(json, setting[1]);
        }
        mfn__json_object_end(json);
    }
    mfn__json_object_end(json);
    mfn__json_object_end(json);
}

static int print_json(const mfn_model *only)
{
    mfn__buffer text;
    mfn__json_writer json;
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    mfn__format_json_begin(&text, &json);
    mfn__json_array_begin(&json);
    for (size_t i = 0; i < count; i++) {
        if (only == NULL || only == &models[i]) {
            write_model(&json, &models[i]);
        }
    }
    mfn__json_array_end(&json);
    return mfn__format_json_end(&text, "models");
}

static void print_stability(const mfn_simulation_config *config)
{
    mfn_linear_stability found;
    if (mfn_pattern_stability(config, &found, NULL) != MFN_OK) {
        return;
    }
    printf("\nUniform state  u = %.6g, v = %.6g: a uniform deviation grows like exp(%.4g t)\n",
           found.u, found.v, found.uniform_rate);
    if (found.wavelength_cells > 0.0) {
        printf("Fastest wave   %.4g cells long, like exp(%.4g t)%s\n", found.wavelength_cells,
               found.fastest_rate, found.has_turing_patterns ? ": a Turing pattern" : "");
    } else {
        printf("Fastest wave   none grows faster\n");
    }
}

static int print_one(mfn_simulation_config *config)
{
    const mfn_model *model = &mfn_models(NULL)[config->model];
    printf("%s: %s\nSource         %s\nShown          %s\n\n", model->name, model->title,
           model->source, model->shown);
    const mfn__flags groups[] = {{"Flags of mfn simulate", model->options, config}, {0}};
    mfn__arguments_describe(stdout, groups);
    for (const mfn_preset *at = model->presets; at != NULL && at->name != NULL; at++) {
        printf("%s--preset %-12s %s\n", at == model->presets ? "\nPresets\n  " : "  ", at->name,
               at->title);
    }
    print_stability(config);
    return MFN__EXIT_OK;
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn models [NAME] [flags]\n\n"
           "Lists the models that can be simulated; with a name, what that model takes and what\n"
           "its equations foretell.\n\n"
           "Example: mfn models gray-scott --preset coral\n");
    mfn__arguments_describe(stdout, groups);
}

int mfn__command_models(int argc, char **argv)
{
    models_flags flags = {0};
    mfn_options_set_defaults(table, &flags);
    const mfn__flags groups[] = {{"Output", table, &flags}, {0}};
    mfn__arguments arguments;
    mfn_error err = {0};
    mfn_simulation_config config;
    mfn_model_id model = MFN_MODEL_V4_1;
    mfn_status status = mfn__arguments_parse_list(argc, argv, groups, &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    const char *name = status == MFN_OK && arguments.list_count > 0 ? arguments.list[0] : NULL;
    if (status == MFN_OK && arguments.list_count > 1) {
        status =
            mfn__fail(&err, MFN_INVALID, NULL, "expected one model, got %zu", arguments.list_count);
    } else if (name != NULL) {
        status = mfn__model_find(name, &model, &err);
    }
    if (status == MFN_OK) {
        mfn_simulation_config_init(&config, model);
        status = flags.preset != NULL ? mfn_simulation_config_preset(&config, flags.preset, &err)
                                      : MFN_OK;
    }
    if (status != MFN_OK) {
        return mfn__command_fail("models", &err, MFN__EXIT_USAGE);
    }
    if (flags.format == MFN__FORMAT_JSON) {
        return print_json(name != NULL ? &mfn_models(NULL)[model] : NULL);
    }
    if (name == NULL) {
        print_list();
        return MFN__EXIT_OK;
    }
    return print_one(&config);
}
