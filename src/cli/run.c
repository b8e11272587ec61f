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

static uint64_t backlog_of(const mfn__run_summary *summary)
{
    uint64_t backlog = 0;
    for (size_t i = 0; i < summary->publisher_count; i++) {
        backlog += summary->publishers[i].backlog;
    }
    return backlog;
}

static void show_warning(void *context, const char *line)
{
    struct screen *self = context;
    pthread_mutex_lock(&self->mutex);
    mfn__progress_end(&self->progress);
    fprintf(stderr, "mfn run: %s\n", line);
    pthread_mutex_unlock(&self->mutex);
}

static void show_progress(void *context, const mfn__run_summary *so_far)
{
    struct screen *self = context;
    const mfn__run_counts *counts = &so_far->counts;
    char note[128];
    uint64_t done = counts->published + counts->dead_lettered + counts->spooled;
    int used = snprintf(note, sizeof note, "%zu waiting, %" PRIu64 " failed", so_far->jobs_waiting,
                        counts->dead_lettered);
    if (counts->spooled > 0 && used > 0) {
        used += snprintf(note + used, sizeof note - (size_t)used, ", %" PRIu64 " in the spool",
                         backlog_of(so_far));
    }
    if (atomic_load(self->stop) && used > 0) {
        snprintf(note + used, sizeof note - (size_t)used, ", finishing");
    }
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

static void print_source(const mfn__run_summary *summary)
{
    const mfn__source_report *source = &summary->connector.source;
    if (source->text[0] != '\0') {
        printf(" from %s", source->text);
    }
    if (source->files_skipped > 0) {
        printf(", %" PRIu64 " more done before", source->files_skipped);
    } else if (source->known_skipped > 0) {
        printf(", %" PRIu64 " more known before", source->known_skipped);
    } else if (summary->counts.read == 0 && source->files_read == 0 && source->requests == 0) {
        printf(": nothing to read there");
    }
}

static void print_publisher(const mfn__pipeline *pipeline, const mfn__run_summary *summary,
                            size_t index)
{
    const mfn__publisher_report *report = &summary->publishers[index];
    char target[MFN__TARGET_MAX];
    mfn__pipeline_target(pipeline, index, target);
    printf("%*s%s %s", COLUMN, "", index == 0 ? "to" : "and", target);
    if (report->metrics.failed > 0) {
        printf(", %" PRIu64 " refused", report->metrics.failed);
    }
    if (report->from_spool > 0) {
        printf(", %" PRIu64 " from the spool", report->from_spool);
    }
    if (report->backlog > 0) {
        printf(", %" PRIu64 " wait in the spool", report->backlog);
    }
    if (report->breaker != MFN__BREAKER_CLOSED) {
        printf(" (breaker %s)", mfn__breaker_state_name(report->breaker));
    }
    putchar('\n');
}

static void print_text(const mfn__pipeline *pipeline, const mfn__run_summary *summary)
{
    const mfn__run_counts *counts = &summary->counts;
    char bytes_read[32];
    char bytes_published[32];
    print_bytes(counts->bytes_read, bytes_read);
    print_bytes(counts->bytes_published, bytes_published);
    printf("Jobs read      %10" PRIu64 "   %s", counts->read, bytes_read);
    print_source(summary);
    printf("\nComputed       %10" PRIu64 "   %.0f jobs/s over %.2f s\n", counts->computed,
           rate(summary), summary->seconds);
    printf("Published      %10" PRIu64 "   %s", counts->published, bytes_published);
    if (counts->duplicates > 0) {
        printf(", %" PRIu64 " of them known results", counts->duplicates);
    }
    putchar('\n');
    for (size_t i = 0; i < summary->publisher_count; i++) {
        print_publisher(pipeline, summary, i);
    }
    if (counts->spooled > 0) {
        printf("Spooled        %10" PRIu64 "   safe, and still owed to a publisher\n",
               counts->spooled);
    }
    printf("Failed         %10" PRIu64, counts->dead_lettered);
    if (counts->dead_lettered > 0) {
        printf("   reasons and originals in %s", summary->dead_letter_directory);
    }
    printf("\nRetried        %10" PRIu64 "\n", counts->retries);
    if (counts->handed_back > 0) {
        printf("Handed back    %10" PRIu64 "   done by whoever has their partition now\n",
               counts->handed_back);
    }
    if (counts->in_flight > 0 || summary->failure.status != MFN_OK) {
        printf("Unfinished     %10" PRIu64 "   %s\n", counts->in_flight,
               counts->in_flight > 0 ? "they come again in the next run"
                                     : "but the run was given up:");
        if (summary->failure.status != MFN_OK) {
            printf("%*s%s\n", COLUMN, "", summary->failure.text);
        }
    }
}

static void write_numbers(const mfn__run_summary *summary, mfn__json_writer *json)
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
        {"jobs_spooled", counts->spooled},
        {"jobs_in_flight", counts->in_flight},
        {"jobs_handed_back", counts->handed_back},
        {"duplicates", counts->duplicates},
        {"retried", counts->retries},
        {"files_read", summary->connector.source.files_read},
        {"files_skipped", summary->connector.source.files_skipped},
        {"bytes_read", counts->bytes_read},
        {"bytes_published", counts->bytes_published},
        {"spool_bytes", summary->spool_bytes},
        {"http_requests", summary->http.requests},
        {"http_connections_opened", summary->http.connections_opened},
        {"http_connections_reused", summary->http.connections_reused},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        mfn__json_key(json, numbers[i].key);
        mfn__json_u64(json, numbers[i].value);
    }
    mfn__json_key(json, "jobs_unaccounted");
    mfn__json_i64(json, counts->unaccounted);
}

static int print_json(const mfn__pipeline *pipeline, const mfn__run_summary *summary)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    write_numbers(summary, &json);
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
    mfn__json_key(&json, "dead_letter_directory");
    mfn__json_text(&json, summary->dead_letter_directory);
    mfn__json_key(&json, "connector");
    mfn__connector_report_write_json(pipeline, &summary->connector, &json);
    mfn__json_key(&json, "publishers");
    mfn__json_array_begin(&json);
    for (size_t i = 0; i < summary->publisher_count; i++) {
        mfn__publisher_report_write_json(pipeline, i, &summary->publishers[i], &json);
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
    printf(
        "Usage: mfn run PIPELINE.yaml [flags]\n\n"
        "Takes jobs from a connector, computes them, one per core, and gives the results to "
        "every\npublisher. Nothing is lost: a job counts as done when all publishers have its "
        "result,\nor when it can never have one and is kept as a dead letter. After a crash, "
        "run again.\n\n"
        "SIGINT or SIGTERM: nothing more is taken in, what is under way is finished; another one, "
        "a\nsecond or more later, ends at once. Exit code 0 also with dead letters; 1 when "
        "something is\nunfinished, failed, or waits in the spool for a publisher.\n\n"
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
