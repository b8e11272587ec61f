/* SPDX-License-Identifier: MIT */
/* A mycelium at the command line: what grew, where its nutrient is, and how it looks. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "codec/options_writer.h"
#include "codec/sha256.h"

#include "mfn/mfn.h"

#define FILM_FRAMES 100 /* when nothing is said */

typedef struct grow_options {
    const char *preset, *image, *gif;
    double radius;
    uint64_t scale, frame_every, frame_delay;
    uint32_t format;
} grow_options;

/* clang-format off: one row per option */
static const mfn_option output_table[] = {
    MFN__TEXT(grow_options, preset, "agar",
              "agar, rich, poor, solid, patchy, explorer or tree; other flags change it"),
    MFN__REAL(grow_options, radius, 0, 2048, "0.0", "cells",
              "end when the colony has this radius; 0: after the steps"),
    MFN__TEXT(grow_options, image, NULL, "draw the colony into this .png file"),
    MFN__TEXT(grow_options, gif, NULL, "film its growth into this .gif file"),
    MFN__WHOLE(grow_options, scale, 0, 64, "0", "pixels",
               "size of a cell in the picture; 0: automatic"),
    MFN__WHOLE(grow_options, frame_every, 0, 2147483647.0, "0", "steps",
               "steps from frame to frame of the film; 0: so that there are about 100"),
    MFN__WHOLE(grow_options, frame_delay, 20, 60000, "50", "ms",
               "how long a frame of the film is seen"),
    MFN__FORMAT_OPTION(grow_options),
    {0},
};
/* clang-format on */

/* Everything that one colony needs; released as a whole. */
typedef struct growth {
    grow_options options;
    mfn_mycelium_config config;
    mfn_image_options look;
    mfn_mycelium *mycelium;
    mfn_animation *film;
    double *field_v;
    mfn_mycelium_summary summary;
    mfn_box_counting box;
    mfn__progress progress;
    const atomic_bool *stop;
    mfn_error err;
} growth;

static mfn_status film_frame(growth *run)
{
    mfn_mycelium_field_v(run->mycelium, run->field_v);
    return mfn_animation_add(run->film, run->field_v, &run->err);
}

static mfn_status begin(growth *run)
{
    mfn_error *err = &run->err;
    size_t side = (size_t)run->config.grid_size;
    mfn_image_options_init(&run->look);
    run->look.scale = (uint32_t)run->options.scale;
    run->look.colour_bar = false;
    run->look.min_v = MFN_MYCELIUM_LOWEST_V;
    run->look.max_v = MFN_MYCELIUM_HIGHEST_V;
    mfn_status status = mfn_mycelium_new(&run->config, &run->mycelium, err);
    if (status == MFN_OK) {
        run->field_v = mfn__mem_new(side * side, sizeof *run->field_v);
        status = run->field_v != NULL ? MFN_OK : mfn__fail_memory(err);
    }
    if (status == MFN_OK && run->options.gif != NULL) {
        status = mfn_animation_new(run->options.gif, (uint32_t)side, &run->look,
                                   (uint32_t)run->options.frame_delay, &run->film, err);
    }
    return status == MFN_OK && run->film != NULL ? film_frame(run) : status;
}

static bool is_grown(const growth *run)
{
    return run->summary.steps_computed >= run->config.steps ||
           (run->options.radius > 0.0 && run->summary.radius >= run->options.radius);
}

static mfn_status grow(growth *run)
{
    uint64_t frame_every = run->options.frame_every > 0 ? run->options.frame_every
                                                        : 1 + run->config.steps / FILM_FRAMES;
    mfn_status status = MFN_OK;
    mfn__progress_start(&run->progress, "steps");
    while (status == MFN_OK && !is_grown(run)) {
        mfn_mycelium_advance(run->mycelium, 1);
        mfn_mycelium_summarize(run->mycelium, &run->summary);
        bool is_frame = run->summary.steps_computed % frame_every == 0 || is_grown(run);
        if (run->film != NULL && is_frame) {
            status = film_frame(run);
        }
        mfn__progress_show(&run->progress, run->summary.steps_computed, run->config.steps, "");
        if (status == MFN_OK && atomic_load(run->stop)) {
            status = mfn__fail(&run->err, MFN_CANCELLED, NULL,
                               "stopped after %llu of %llu steps; nothing is written",
                               (unsigned long long)run->summary.steps_computed,
                               (unsigned long long)run->config.steps);
        }
    }
    mfn__progress_end(&run->progress);
    return status;
}

static mfn_status finish(growth *run)
{
    mfn_error *err = &run->err;
    uint32_t side = mfn_mycelium_grid_size(run->mycelium);
    mfn_mycelium_summarize(run->mycelium, &run->summary);
    mfn_mycelium_field_v(run->mycelium, run->field_v);
    mfn_status status = mfn_box_count(mfn_mycelium_mask(run->mycelium), side, NULL, &run->box, err);
    if (status == MFN_OK && run->options.image != NULL) {
        status = mfn_image_write_png(run->options.image, run->field_v, side, &run->look, err);
    }
    if (status == MFN_OK && run->film != NULL) {
        status = mfn_animation_finish(run->film, err);
    }
    return status;
}

static void write_summary(const mfn_mycelium_summary *summary, mfn__json_writer *json)
{
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"steps_computed", summary->steps_computed},
                  {"tips", summary->tips},
                  {"branches", summary->branches},
                  {"fusions", summary->fusions},
                  {"crossings", summary->crossings},
                  {"tips_left", summary->tips_left},
                  {"cells", summary->cells}};
    const struct {
        const char *key;
        double value;
    } reals[] = {{"length", summary->length},    {"active_length", summary->active_length},
                 {"radius", summary->radius},    {"given", summary->given},
                 {"medium", summary->medium},    {"inside", summary->inside},
                 {"respired", summary->respired}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        mfn__json_key(json, counts[i].key);
        mfn__json_u64(json, counts[i].value);
    }
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        mfn__json_key(json, reals[i].key);
        mfn__json_real(json, reals[i].value);
    }
}

static int print_json(const growth *run, const char *field_sha256)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "config");
    mfn__json_object_begin(&json);
    mfn__options_write_json(mfn_mycelium_options(), &run->config, &json);
    mfn__json_object_end(&json);
    write_summary(&run->summary, &json);
    mfn__json_key(&json, "field_sha256");
    mfn__json_text(&json, field_sha256);
    mfn__json_key(&json, "fractal_dimension");
    mfn__json_real(&json, run->box.dimension);
    mfn__json_key(&json, "r_squared");
    mfn__json_real(&json, run->box.r_squared);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "grow");
}

static int print_text(const growth *run, const char *field_sha256)
{
    const mfn_mycelium_summary *summary = &run->summary;
    const mfn_box_counting *box = &run->box;
    printf("mycelium, preset %s, %llu x %llu cells, %llu steps, seed %s\n\n", run->options.preset,
           (unsigned long long)run->config.grid_size, (unsigned long long)run->config.grid_size,
           (unsigned long long)summary->steps_computed, run->config.seed);
    printf("Colony      radius %.2f cells, %.2f cells of hypha, %.2f of them active\n",
           summary->radius, summary->length, summary->active_length);
    printf("Tips        %llu growing: %llu branches, %llu fusions, %llu crossings, %llu left the "
           "grid\n",
           (unsigned long long)summary->tips, (unsigned long long)summary->branches,
           (unsigned long long)summary->fusions, (unsigned long long)summary->crossings,
           (unsigned long long)summary->tips_left);
    printf("Nutrient    %.2f units: %.2f in the medium, %.2f inside, %.2f built, %.2f respired\n",
           summary->given, summary->medium, summary->inside, summary->length, summary->respired);
    if (box->scales >= 2) {
        printf("Dimension   %.4f (R^2 %.4f), boxes of %u to %u cells\n", box->dimension,
               box->r_squared, (unsigned)box->sizes[0], (unsigned)box->sizes[box->scales - 1]);
    }
    printf("Field       SHA-256 %s\n", field_sha256);
    if (run->options.image != NULL) {
        printf("Saved       picture  %s\n", run->options.image);
    }
    if (run->options.gif != NULL) {
        printf("Saved       film     %s\n", run->options.gif);
    }
    return MFN__EXIT_OK;
}

static int execute(growth *run)
{
    mfn_status status = begin(run);
    if (status == MFN_OK) {
        status = grow(run);
    }
    if (status == MFN_OK) {
        status = finish(run);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("grow", &run->err, MFN__EXIT_FAILED);
    }
    size_t side = mfn_mycelium_grid_size(run->mycelium);
    char field_sha256[MFN__SHA256_HEX_SIZE];
    mfn__sha256_of_reals(run->field_v, side * side, field_sha256);
    return run->options.format == MFN__FORMAT_JSON ? print_json(run, field_sha256)
                                                   : print_text(run, field_sha256);
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn grow [flags]\n\n"
           "Grows a mycelium: tips that extend, branch and fuse on a medium that they deplete. "
           "Prints\nwhat grew, where the nutrient is, and the box dimension of the colony. "
           "docs/mycelium.md has\nthe model. The outcome depends on the flags alone.\n\n"
           "Example: mfn grow --preset solid --grid-size 384 --steps 500 --image colony.png\n");
    mfn__arguments_describe(stdout, groups);
}

int mfn__command_grow(int argc, char **argv)
{
    growth run = {0};
    const char *preset = mfn__arguments_peek(argc, argv, "preset");
    mfn_options_set_defaults(output_table, &run.options);
    mfn_mycelium_config_init(&run.config);
    const mfn__flags groups[] = {
        {"Growth", mfn_mycelium_options(), &run.config},
        {"Output", output_table, &run.options},
        {0},
    };
    mfn__arguments arguments;
    mfn_status status =
        mfn_mycelium_config_preset(&run.config, preset != NULL ? preset : "agar", &run.err);
    if (status == MFN_OK) {
        status = mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &run.err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("grow", &run.err, MFN__EXIT_USAGE);
    }
    if (arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    run.stop = mfn__interrupt_catch("mfn grow: stopped at once\n");
    int code = execute(&run);
    mfn_animation_free(run.film);
    mfn_mycelium_free(run.mycelium);
    mfn__mem_free(run.field_v);
    return code;
}
