/* SPDX-License-Identifier: MIT */
/* The pipeline at the command line: signals, progress, and the account at the end. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/interrupt.h"
#include "cli/load.h"
#include "cli/terminal.h"

#define COLUMN 28 /* where remarks begin */

typedef struct run_flags {
    bool once;
    uint32_t format;
} run_flags;

static const mfn_option table[] = {
    MFN__BOOL(run_flags, once, "false", "stop when the source is empty"),
    MFN__FORMAT_OPTION(run_flags),
    {0},
};

/* What the threads of a run say, and the line that their messages must not tear. */
struct screen {
    const atomic_bool *stop;
    pthread_mutex_t mutex;
    mfn__progress progress;
};

static void show_warning(void *context, const char *line)
{
    struct screen *self = context;
    pthread_mutex_lock(&self->mutex);
    mfn__progress_end(&self->progress);
    fprintf(stderr, "mfn run: %s\n", line);
    pthread_mutex_unlock(&self->mutex);
}

static void show_progress(void *context, const mfn__run_counts *counts, size_t waiting)
{
    struct screen *self = context;
    char note[96];
    uint64_t done = counts->published + counts->dead_lettered;
    snprintf(note, sizeof note, "%zu waiting, %" PRIu64 " failed%s", waiting, counts->dead_lettered,
             atomic_load(self->stop) ? ", finishing" : "");
    pthread_mutex_lock(&self->mutex);
    mfn__progress_show(&self->progress, done, 0, note);
    pthread_mutex_unlock(&self->mutex);
}

static void print_bytes(uint64_t bytes, char ret[32])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024.0;
        unit++;
    }
    snprintf(ret, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/* Results per second: jobs that failed took no time worth counting. */
static double rate(const mfn__run_summary *summary)
{
    return summary->seconds > 0.0 ? (double)summary->counts.computed / summary->seconds : 0.0;
}

static void print_text(const mfn__pipeline *pipeline, const mfn__run_summary *summary)
{
    const mfn__run_counts *counts = &summary->counts;
    char bytes_read[32];
    char bytes_published[32];
    print_bytes(counts->bytes_read, bytes_read);
    print_bytes(counts->bytes_published, bytes_published);
    printf("Jobs read      %10" PRIu64 "   %s from %" PRIu64 " file%s", counts->read, bytes_read,
           summary->files_read, summary->files_read == 1 ? "" : "s");
    if (summary->files_skipped > 0) {
        printf(", %" PRIu64 " more done before", summary->files_skipped);
    } else if (summary->files_read == 0) {
        printf(": none matched the pattern");
    }
    printf("\nComputed       %10" PRIu64 "   %.0f jobs/s over %.2f s\n", counts->computed,
           rate(summary), summary->seconds);
    printf("Published      %10" PRIu64 "   %s", counts->published, bytes_published);
    if (counts->duplicates > 0) {
        printf(", %" PRIu64 " of them known results", counts->duplicates);
    }
    putchar('\n');
    for (size_t i = 0; i < summary->publisher_count; i++) {
        char target[MFN__TARGET_MAX];
        mfn__pipeline_target(pipeline, i, target);
        printf("%*s%s %s\n", COLUMN, "", i == 0 ? "to" : "and", target);
    }
    printf("Failed         %10" PRIu64, counts->dead_lettered);
    if (counts->dead_lettered > 0) {
        printf("   reasons and originals in %s", summary->dead_letter_directory);
    }
    printf("\nRetried        %10" PRIu64 "\n", counts->retries);
    if (summary->is_unfinished) {
        printf("Unfinished     %10" PRIu64 "   they come again in the next run\n",
               counts->in_flight);
        if (summary->failure.status != MFN_OK) {
            printf("%*s%s\n", COLUMN, "", summary->failure.text);
        }
    }
}

static int print_json(const mfn__pipeline *pipeline, const mfn__run_summary *summary)
{
    const mfn__run_counts *counts = &summary->counts;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"jobs_read", counts->read},
        {"jobs_computed", counts->computed},
        {"jobs_published", counts->published},
        {"jobs_failed", counts->dead_lettered},
        {"jobs_in_flight", counts->in_flight},
        {"duplicates", counts->duplicates},
        {"retried", counts->retries},
        {"files_read", summary->files_read},
        {"files_skipped", summary->files_skipped},
        {"bytes_read", counts->bytes_read},
        {"bytes_published", counts->bytes_published},
    };
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        mfn__json_key(&json, numbers[i].key);
        mfn__json_u64(&json, numbers[i].value);
    }
    mfn__json_key(&json, "seconds");
    mfn__json_real(&json, summary->seconds);
    mfn__json_key(&json, "jobs_per_second");
    mfn__json_real(&json, rate(summary));
    mfn__json_key(&json, "finished");
    mfn__json_bool(&json, !summary->is_unfinished);
    mfn__json_key(&json, "failure");
    if (summary->failure.status != MFN_OK) {
        mfn__json_text(&json, summary->failure.text);
    } else {
        mfn__json_null(&json);
    }
    mfn__json_key(&json, "results");
    mfn__json_array_begin(&json);
    for (size_t i = 0; i < summary->publisher_count; i++) {
        char target[MFN__TARGET_MAX];
        mfn__pipeline_target(pipeline, i, target);
        mfn__json_text(&json, target);
    }
    mfn__json_array_end(&json);
    mfn__json_key(&json, "dead_letter_directory");
    mfn__json_text(&json, summary->dead_letter_directory);
    mfn__json_key(&json, "connector");
    mfn__metrics_write_json(&summary->connector, MFN__FETCHES, &json);
    mfn__json_key(&json, "publishers");
    mfn__json_array_begin(&json);
    for (size_t i = 0; i < summary->publisher_count; i++) {
        mfn__metrics_write_json(&summary->publishers[i], MFN__PUBLISHES, &json);
    }
    mfn__json_array_end(&json);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "run");
}

static int run_pipeline(mfn__pipeline *pipeline, const run_flags *flags)
{
    struct screen watched = {
        .stop = mfn__interrupt_catch("mfn run: stopped at once; unfinished jobs come again\n"),
        .mutex = PTHREAD_MUTEX_INITIALIZER,
    };
    mfn__progress_start(&watched.progress, "jobs");
    const mfn__run_options options = {
        .once = flags->once,
        .stop = watched.stop,
        .clock = mfn__clock_system(),
        .log = {show_warning, &watched},
        .progress = show_progress,
        .progress_context = &watched,
    };
    mfn__run_summary summary;
    mfn_error err = {0};
    mfn_status status = mfn__pipeline_run(pipeline, &options, &summary, &err);
    mfn__progress_end(&watched.progress);
    if (status != MFN_OK) {
        return mfn__command_fail("run", &err, MFN__EXIT_FAILED);
    }
    int code = MFN__EXIT_OK;
    if (flags->format == MFN__FORMAT_JSON) {
        code = print_json(pipeline, &summary);
    } else {
        print_text(pipeline, &summary);
    }
    return summary.is_unfinished ? MFN__EXIT_FAILED : code;
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn run PIPELINE.yaml [flags]\n\n"
           "Takes jobs from a connector, computes them, one per core, and gives the results to "
           "every\npublisher. Nothing is lost: a job counts as done when all publishers have its "
           "result,\nor when it can never have one and is kept as a dead letter. After a crash, "
           "run again.\n\n"
           "SIGINT or SIGTERM finishes what is under way and ends; a second one ends at once.\n"
           "Exit code 0 also with dead letters; 1 when something is unfinished.\n\n"
           "Example: mfn run examples/quickstart/pipeline.yaml --once\n");
    mfn__arguments_describe(stdout, groups);
}

int mfn__command_run(int argc, char **argv)
{
    run_flags flags;
    mfn_options_set_defaults(table, &flags);
    const mfn__flags groups[] = {{"Flags", table, &flags}, {0}};
    mfn__arguments arguments;
    mfn_error err = {0};
    if (mfn__arguments_parse(argc, argv, groups, "PIPELINE.yaml", &arguments, &err) != MFN_OK) {
        return mfn__command_fail("run", &err, MFN__EXIT_USAGE);
    }
    if (arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    mfn__pipeline *pipeline = NULL;
    if (!mfn__load_pipeline("run", arguments.positional, &pipeline)) {
        return MFN__EXIT_USAGE;
    }
    int code = run_pipeline(pipeline, &flags);
    mfn__pipeline_free(pipeline);
    return code;
}
