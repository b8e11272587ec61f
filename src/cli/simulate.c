/* SPDX-License-Identifier: MIT */
/* One simulation at the command line. Features are gathered while stepping, and a wanted history
 * goes to its file frame by frame, so that memory does not grow with the number of steps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/film.h"
#include "cli/format.h"
#include "cli/history_file.h"
#include "cli/interrupt.h"
#include "cli/model_option.h"
#include "cli/terminal.h"
#include "cli/threads_option.h"
#include "codec/job.h"
#include "codec/result.h"
#include "codec/sha256.h"

#include "mfn/mfn.h"

#define PREVIEW_NS (100 * MFN__NS_PER_MS)
#define MODELS_MAX 16

typedef struct simulate_options {
    const char *model, *preset;
    const char *save_field, *save_history, *image;
    uint64_t scale;
    bool preview;
    const char *threads;
    uint32_t format;
} simulate_options;

/* clang-format off: one row per option */
static const mfn_option output_table[] = {
    MFN__TEXT(simulate_options, model, "mfn-v4.1", "model to run: 'mfn models' lists them"),
    MFN__TEXT(simulate_options, preset, NULL, "values to begin with, by a name of the model's"),
    MFN__TEXT(simulate_options, save_field, NULL,
              "write the final field in volts to this .npy file"),
    MFN__TEXT(simulate_options, save_history, NULL,
              "write the field after every step to this .npy file"),
    MFN__TEXT(simulate_options, image, NULL, "draw the final field into this .png file"),
    MFN__WHOLE(simulate_options, scale, 0, 64, "0", "pixels",
               "size of a cell in the picture; 0: automatic"),
    MFN__BOOL(simulate_options, preview, "false", "draw the field in the terminal while it runs"),
    MFN__TEXT(simulate_options, threads, "auto", "threads for large fields; auto: one per core"),
    MFN__FORMAT_OPTION(simulate_options),
    {0},
};
/* clang-format on */

/* Everything that one run needs; released as a whole. */
typedef struct run_state {
    simulate_options options;
    mfn__film_options film_options;
    mfn__film_plan film_plan;
    mfn_simulation_config config;
    mfn_simulation *sim;
    mfn_feature_meter *meter;
    mfn_threads *threads;
    uint32_t thread_count;
    mfn__history_file *history;
    mfn__film *film;
    mfn__progress progress;
    int64_t end_ns; /* of the stepping that began with `progress` */
    mfn__preview preview;
    int64_t preview_ns;
    const atomic_bool *stop;
    mfn_error err;
} run_state;

static void draw_preview(run_state *run, const mfn_simulation *sim)
{
    int64_t now_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    bool is_last = mfn_simulation_steps_computed(sim) == run->config.steps;
    if (run->preview.rows > 0 && !is_last && now_ns - run->preview_ns < PREVIEW_NS) {
        return;
    }
    mfn__preview_draw(&run->preview, mfn_simulation_field_v(sim), mfn_simulation_grid_size(sim),
                      mfn_simulation_steps_computed(sim));
    run->preview_ns = now_ns;
}

static mfn_status stopped(run_state *run, uint64_t steps)
{
    char written[64] = "nothing is written";
    if (run->film != NULL && run->film_plan.frames != NULL) {
        snprintf(written, sizeof written, "%llu frames are written, and nothing else",
                 (unsigned long long)mfn__film_frames(run->film));
    }
    return mfn__fail(&run->err, MFN_CANCELLED, NULL, "stopped after %llu of %llu steps; %s",
                     (unsigned long long)steps, (unsigned long long)run->config.steps, written);
}

/* Shows and keeps what is there after some steps. */
static mfn_status look(run_state *run)
{
    const double *field_v = mfn_simulation_field_v(run->sim);
    mfn_status status = MFN_OK;
    if (run->history != NULL) {
        status = mfn__history_file_append(run->history, field_v, &run->err);
    }
    if (status == MFN_OK && run->film != NULL) {
        status = mfn__film_look(run->film, run->sim, &run->err);
    }
    if (run->options.preview) {
        draw_preview(run, run->sim);
    } else {
        mfn__progress_show(&run->progress, mfn_simulation_steps_computed(run->sim),
                           run->config.steps, "");
    }
    if (status == MFN_OK && atomic_load(run->stop)) {
        status = stopped(run, mfn_simulation_steps_computed(run->sim));
    }
    return status;
}

/* Step by step only where every step is looked at; else in slices, which end at a film's frames. */
static mfn_status step(run_state *run)
{
    bool sees_all = run->history != NULL || run->options.preview;
    uint64_t slice = sees_all ? 1 : mfn_simulation_slice(run->sim);
    uint64_t left = run->config.steps;
    mfn_status status = MFN_OK;
    while (left > 0 && status == MFN_OK) {
        uint64_t now = left < slice ? left : slice;
        if (run->film != NULL) {
            uint64_t to_frame = mfn__film_plan_to_frame(&run->film_plan, run->config.steps - left);
            now = now < to_frame ? now : to_frame;
        }
        status = mfn_feature_meter_advance(run->meter, run->sim, now, &run->err);
        if (status == MFN_OK) {
            status = look(run);
        }
        left -= now;
    }
    return status;
}

/* Finds out before the work, not after it, that an output cannot be written. */
static mfn_status check_output(const char *path, mfn_error *err)
{
    if (path == NULL) {
        return MFN_OK;
    }
    char *folder = mfn__path_folder(path);
    if (folder == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    struct stat about;
    if (access(folder, W_OK | X_OK) != 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot write '%s'", path);
    } else if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        status = mfn__fail_errno(err, EISDIR, NULL, "cannot write '%s'", path);
    }
    mfn__mem_free(folder);
    return status;
}

/* Opens the film and takes its first picture. */
static mfn_status begin_film(run_state *run)
{
    mfn_error *err = &run->err;
    mfn__film_plan *plan = &run->film_plan;
    mfn_status status = mfn__film_plan_find_range(plan, run->sim, &run->config, run->stop, err);
    if (status == MFN_OK) {
        status = mfn__film_new(plan, (uint32_t)run->config.grid_size, &run->film, err);
    }
    return status == MFN_OK ? mfn__film_look(run->film, run->sim, err) : status;
}

/* Steps the simulation to its end; `features` are those of the whole history, or of the initial
 * field when there are no steps. */
static mfn_status compute(run_state *run, mfn_features *features)
{
    mfn_error *err = &run->err;
    uint32_t side = (uint32_t)run->config.grid_size;
    const char *const outputs[] = {run->options.save_field, run->options.save_history,
                                   run->options.image, run->film_options.gif};
    mfn_status status = MFN_OK;
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0] && status == MFN_OK; i++) {
        status = check_output(outputs[i], err);
    }
    if (status == MFN_OK) {
        status = mfn_simulation_new(&run->config, &run->sim, err);
    }
    if (status == MFN_OK) {
        status = mfn_feature_meter_new(side, NULL, &run->meter, err);
    }
    if (status == MFN_OK) {
        status = mfn_threads_new(run->thread_count, &run->threads, err);
    }
    if (status == MFN_OK) {
        mfn_simulation_set_threads(run->sim, mfn_threads_parallel(run->threads), run->thread_count);
    }
    if (status == MFN_OK && run->options.save_history != NULL) {
        status = mfn__history_file_new(run->options.save_history, side, run->config.steps,
                                       &run->history, err);
    }
    if (status == MFN_OK && run->film_plan.is_wanted) {
        status = begin_film(run);
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn__progress_start(&run->progress, "steps");
    status = step(run);
    run->end_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    mfn__progress_end(&run->progress);
    if (status == MFN_OK && mfn_simulation_steps_computed(run->sim) == 0) {
        return mfn_features_compute(mfn_simulation_field_v(run->sim), 1, side, NULL, features, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    return mfn_feature_meter_finish(run->meter, features, err);
}

static mfn_status save(run_state *run)
{
    mfn_error *err = &run->err;
    const simulate_options *options = &run->options;
    const double *field_v = mfn_simulation_field_v(run->sim);
    uint32_t side = mfn_simulation_grid_size(run->sim);
    mfn_status status = MFN_OK;
    if (run->history != NULL) {
        status = mfn__history_file_commit(run->history, err);
    }
    if (status == MFN_OK && options->save_field != NULL) {
        const uint64_t shape[] = {side, side};
        status = mfn_npy_write(options->save_field, field_v, shape, 2, err);
    }
    if (status == MFN_OK && options->image != NULL) {
        mfn_image_options image;
        mfn_image_options_init(&image);
        image.scale = (uint32_t)options->scale;
        if (run->film_options.colour_range != NULL) {
            image = run->film_plan.image;
        }
        status = mfn_image_write_png(options->image, field_v, side, &image, err);
    }
    if (status == MFN_OK && run->film != NULL) {
        status = mfn__film_finish(run->film, err);
    }
    return status;
}

static int print_json(const run_state *run, const mfn_simulation_summary *summary,
                      const mfn_features *features, const char *field_sha256)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "config");
    mfn__config_write_json(&run->config, &json);
    mfn__summary_write_json(summary, &json);
    mfn__json_key(&json, "field_sha256");
    mfn__json_text(&json, field_sha256);
    mfn__json_key(&json, "fractal_dimension");
    mfn__json_real(&json, features->value[MFN_FEATURE_D_box]);
    mfn__json_key(&json, "features");
    mfn__features_write_json(features, &json);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "simulate");
}

/* For people only: what depends on time and machine stays out of standard output. */
static void print_speed(const run_state *run, const mfn_simulation_summary *summary)
{
    if (!run->progress.is_on) {
        return;
    }
    fflush(stdout);
    double seconds = (double)(run->end_ns - run->progress.start_ns) / (double)MFN__NS_PER_S;
    double cells = (double)run->config.grid_size * (double)run->config.grid_size;
    fprintf(stderr, "\nComputed in %.3f s, %.1f million cell-steps/s\n", seconds,
            seconds > 0.0 ? 1e-6 * cells * (double)summary->steps_computed / seconds : 0.0);
}

static void print_saved(const run_state *run)
{
    const simulate_options *options = &run->options;
    const struct {
        const char *what, *path;
    } rows[] = {
        {"field", options->save_field},       {"history", options->save_history},
        {"picture", options->image},          {"film", run->film_options.gif},
        {"frames", run->film_options.frames},
    };
    const char *title = "Saved";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].path != NULL) {
            printf("%-11s %-8s %s\n", title, rows[i].what, rows[i].path);
            title = "";
        }
    }
}

static void print_film(const run_state *run)
{
    if (run->film == NULL) {
        return;
    }
    const mfn__film_plan *plan = &run->film_plan;
    char apart[40] = "one every step";
    if (plan->frame_every > 1) {
        snprintf(apart, sizeof apart, "one every %llu steps",
                 (unsigned long long)plan->frame_every);
    }
    printf("Frames      %llu, %s, colours from %.4f to %.4f mV\n",
           (unsigned long long)mfn__film_frames(run->film), apart, 1e3 * plan->image.min_v,
           1e3 * plan->image.max_v);
}

static void print_text(const run_state *run, const mfn_simulation_summary *summary,
                       const mfn_features *features, const char *field_sha256)
{
    const mfn_simulation_config *config = &run->config;
    printf("%s, %llu x %llu cells, %llu steps, seed %s\n", run->options.model,
           (unsigned long long)config->grid_size, (unsigned long long)config->grid_size,
           (unsigned long long)summary->steps_computed, config->seed);
    printf("\nPotential   %.4f to %.4f mV, mean %.4f mV, deviation %.4f mV\n",
           1e3 * summary->field_min_v, 1e3 * summary->field_max_v, 1e3 * summary->field_mean_v,
           1e3 * summary->field_std_v);
    const mfn_model *model = &mfn_models(NULL)[config->model];
    printf("%-11s %s mean %.6f, %s mean %.6f\n", model->presets == NULL ? "Morphogens" : "Species",
           model->species[0], summary->activator_mean, model->species[1], summary->inhibitor_mean);
    printf("Events      %llu growth, %llu Turing activations, %llu clamped cells\n",
           (unsigned long long)summary->growth_events,
           (unsigned long long)summary->turing_activations,
           (unsigned long long)summary->clamping_events);
    printf("Field       SHA-256 %s\n", field_sha256);
    print_saved(run);
    print_film(run);
    printf("\nFeatures\n");
    mfn__format_print_features(features);
    print_speed(run, summary);
}

static int report(const run_state *run, const mfn_features *features)
{
    mfn_simulation_summary summary;
    mfn_simulation_summarize(run->sim, &summary);
    size_t side = mfn_simulation_grid_size(run->sim);
    char field_sha256[MFN__SHA256_HEX_SIZE];
    mfn__sha256_of_reals(mfn_simulation_field_v(run->sim), side * side, field_sha256);
    if (run->options.format == MFN__FORMAT_JSON) {
        return print_json(run, &summary, features, field_sha256);
    }
    print_text(run, &summary, features, field_sha256);
    return MFN__EXIT_OK;
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn simulate [flags]\n\n"
           "Runs one simulation and prints counters, statistics and the 18 features of its "
           "history.\nThe outcome depends on the flags alone, never on time or machine.\n\n"
           "Example: mfn simulate --grid-size 128 --steps 300 --seed 7 --image field.png\n");
    mfn__arguments_describe(stdout, groups);
}

static int execute(run_state *run)
{
    mfn_features features;
    mfn_status status = compute(run, &features);
    if (status == MFN_OK) {
        status = save(run);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("simulate", &run->err, MFN__EXIT_FAILED);
    }
    return report(run, &features);
}

int mfn__command_simulate(int argc, char **argv)
{
    run_state run = {0};
    mfn_model_id model = MFN_MODEL_V4_1;
    const char *named = mfn__arguments_peek(argc, argv, "model");
    mfn_options_set_defaults(output_table, &run.options);
    mfn_options_set_defaults(mfn__film_table, &run.film_options);
    if (named != NULL && mfn__model_find(named, &model, &run.err) != MFN_OK) {
        return mfn__command_fail("simulate", &run.err, MFN__EXIT_USAGE);
    }
    mfn_simulation_config_init(&run.config, model);
    const char *preset = mfn__arguments_peek(argc, argv, "preset");
    if (preset != NULL && mfn_simulation_config_preset(&run.config, preset, &run.err) != MFN_OK) {
        return mfn__command_fail("simulate", &run.err, MFN__EXIT_USAGE);
    }
    const mfn__flags groups[] = {
        {"Simulation", mfn_models(NULL)[model].options, &run.config},
        {"Output", output_table, &run.options},
        {"Moving pictures", mfn__film_table, &run.film_options},
        {0},
    };
    mfn__arguments arguments;
    mfn_status status = mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &run.err);
    if (status == MFN_OK && !arguments.wants_help) {
        status = mfn_simulation_config_check(&run.config, &run.err);
    }
    if (status == MFN_OK) {
        status = mfn__threads_count(run.options.threads, &run.thread_count, &run.err);
    }
    if (status == MFN_OK && !arguments.wants_help) {
        status = mfn__film_plan_make(&run.film_options, run.config.steps,
                                     (uint32_t)run.options.scale, &run.film_plan, &run.err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("simulate", &run.err, MFN__EXIT_USAGE);
    }
    if (arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    if (run.options.preview && !mfn__preview_is_possible()) {
        fputs("mfn simulate: no preview, because standard output is no colour terminal\n", stderr);
        run.options.preview = false;
    }
    mfn__preview_start(&run.preview);
    run.stop = mfn__interrupt_catch("mfn simulate: stopped at once\n");
    int code = execute(&run);
    mfn__film_free(run.film);
    mfn__history_file_free(run.history);
    mfn_feature_meter_free(run.meter);
    mfn_simulation_free(run.sim);
    mfn_threads_free(run.threads);
    return code;
}
