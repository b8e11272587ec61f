/* SPDX-License-Identifier: MIT */
/* The pipeline between a scripted connector and a scripted publisher. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "folder.h"
#include "stream/pipeline.h"
#include "suite.h"

#define JOBS_MAX  5000
#define AT_ONCE   8 /* jobs of one fetch */
#define FOR_EVER  UINT64_MAX
#define BAD_EVERY 10

/* What the source and the destination do, and what was done to them. */
static struct script {
    uint64_t jobs;
    bool has_bad_jobs;  /* one of BAD_EVERY */
    bool is_incomplete; /* the source has nothing complete until somebody warned */
    uint64_t fetch_failures, publish_failures; /* the latter of the first publisher */
    mfn_status failure;
    mfn__trouble trouble;   /* advice with it */
    const char *refused_id; /* the publisher can never take this one */
    bool says_which;        /* and says which one it is */

    atomic_uint_fast64_t fetched;
    uint64_t fetched_at_success; /* when the publisher first succeeded */
    uint64_t published[JOBS_MAX], acknowledged[JOBS_MAX];
    uint64_t published_at_second[JOBS_MAX];
    uint64_t acknowledgements;
    size_t lag_count; /* partitions that the source tells of */
} script;

static atomic_uint_fast64_t warnings;

typedef struct fake_options {
    const char *directory;
} fake_options;

static const mfn_option fake_table[] = {
    MFN__TEXT(fake_options, directory, "somewhere", "folder"),
    {0},
};

static mfn_status open_fake(const void *options, const mfn__surroundings *surroundings,
                            void **ret_self, mfn_error *err)
{
    (void)options;
    (void)surroundings;
    *ret_self = mfn__mem_new(1, 1);
    return *ret_self != NULL ? MFN_OK : mfn__fail_memory(err);
}

static void close_fake(void *self)
{
    mfn__mem_free(self);
}

static mfn__message *make_job(uint64_t number)
{
    bool is_bad = script.has_bad_jobs && number % BAD_EVERY == 0;
    char text[96];
    snprintf(text, sizeof text, "{\"id\": \"%llu\", \"grid_size\": %d, \"steps\": 1}",
             (unsigned long long)number, is_bad ? 1 : 4);
    mfn__message *message = mfn__mem_new(1, sizeof *message);
    message->index = number;
    message->line = number + 1;
    message->origin = mfn__mem_copy_text("script");
    message->original = mfn__mem_copy_text(text);
    message->original_size = strlen(text);
    return message;
}

static mfn_status fetch_fake(void *self, int64_t deadline_ns, mfn__batch *ret,
                             mfn__advice *ret_advice, mfn_error *err)
{
    (void)self;
    (void)ret_advice;
    uint64_t fetched = atomic_load(&script.fetched);
    if (script.fetch_failures > 0) {
        script.fetch_failures -= script.fetch_failures == FOR_EVER ? 0 : 1;
        return mfn__fail(err, script.failure, NULL, "the source is away");
    }
    if (script.is_incomplete && atomic_load(&warnings) == 0) {
        return mfn__fail(err, MFN_TIMED_OUT, NULL, "something is half done");
    }
    ret->count = 0;
    while (fetched < script.jobs && ret->count < AT_ONCE) {
        ret->messages[ret->count++] = make_job(fetched++);
    }
    atomic_store(&script.fetched, fetched);
    if (ret->count == 0) {
        const struct timespec until = {.tv_sec = (time_t)(deadline_ns / MFN__NS_PER_S),
                                       .tv_nsec = (long)(deadline_ns % MFN__NS_PER_S)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    return ret->count > 0 ? MFN_OK : MFN_NOT_FOUND;
}

static mfn_status acknowledge_fake(void *self, const mfn__receipt *receipts, size_t count,
                                   mfn_error *err)
{
    (void)self;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        script.acknowledged[receipts[i].index]++;
        script.acknowledgements++;
    }
    return MFN_OK;
}

static void report_nothing(void *self, mfn__source_report *ret)
{
    (void)self;
    *ret =
        (mfn__source_report){.lag = script.lag_count > 0 ? 10 : -1, .lag_count = script.lag_count};
    for (size_t i = 0; i < script.lag_count; i++) {
        ret->lags[i] = (mfn__partition_lag){"jo\"bs", (int32_t)i, 4 + 2 * (int64_t)i};
    }
}

static void describe_fake(const void *options, char *ret, size_t size)
{
    const fake_options *given = options;
    snprintf(ret, size, "%s", given->directory);
}

static void identify_fake(const void *options, mfn__buffer *ret)
{
    const fake_options *given = options;
    mfn__buffer_append_text(ret, given->directory);
}

static size_t many(const void *options)
{
    (void)options;
    return 100;
}

static mfn__content line_content(const void *options)
{
    (void)options;
    return MFN__CONTENT_LINE;
}

static mfn_status publish_fake(void *self, mfn__parcel *parcels, size_t count,
                               mfn__advice *ret_advice, mfn_error *err)
{
    (void)self;
    if (script.publish_failures > 0) {
        script.publish_failures -= script.publish_failures == FOR_EVER ? 0 : 1;
        ret_advice->trouble = script.trouble;
        return mfn__fail(err, script.failure, NULL, "the destination is away");
    }
    for (size_t i = 0; i < count; i++) {
        if (script.refused_id == NULL || strcmp(parcels[i].simulation_id, script.refused_id) != 0 ||
            parcels[i].problem.status != MFN_OK) {
            continue;
        }
        mfn_error problem = {0};
        mfn__fail(&problem, MFN_INVALID, "id", "id: %s is not wanted here",
                  parcels[i].simulation_id);
        if (!script.says_which) {
            *err = problem;
            return MFN_INVALID;
        }
        parcels[i].problem = problem;
    }
    if (script.fetched_at_success == 0) {
        script.fetched_at_success = atomic_load(&script.fetched);
    }
    for (size_t i = 0; i < count; i++) {
        if (parcels[i].is_done || parcels[i].problem.status != MFN_OK) {
            continue;
        }
        ck_assert_ptr_nonnull(parcels[i].bytes);
        ck_assert_int_gt(parcels[i].wall_ns, 0);
        script.published[strtoul(parcels[i].simulation_id, NULL, 10)]++;
        parcels[i].is_done = true;
    }
    return MFN_OK;
}

/* A second destination, which is always there. */
static mfn_status publish_second(void *self, mfn__parcel *parcels, size_t count,
                                 mfn__advice *ret_advice, mfn_error *err)
{
    (void)self;
    (void)ret_advice;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        script.published_at_second[strtoul(parcels[i].simulation_id, NULL, 10)]++;
        parcels[i].is_done = true;
    }
    return MFN_OK;
}

static const mfn__connector_ops fake_connector = {
    .kind = "fake",
    .help = "jobs from a script",
    .options = fake_table,
    .options_size = sizeof(fake_options),
    .describe = describe_fake,
    .open = open_fake,
    .fetch = fetch_fake,
    .acknowledge = acknowledge_fake,
    .report = report_nothing,
    .close = close_fake,
};

static const mfn__publisher_ops fake_publisher = {
    .kind = "fake",
    .help = "results to nowhere",
    .options = fake_table,
    .options_size = sizeof(fake_options),
    .describe = describe_fake,
    .identify = identify_fake,
    .content = line_content,
    .capacity = many,
    .open = open_fake,
    .publish = publish_fake,
    .close = close_fake,
};

static const mfn__publisher_ops second_publisher = {
    .kind = "second",
    .help = "results to nowhere else",
    .options = fake_table,
    .options_size = sizeof(fake_options),
    .describe = describe_fake,
    .identify = identify_fake,
    .content = line_content,
    .capacity = many,
    .open = open_fake,
    .publish = publish_second,
    .close = close_fake,
};

static const mfn__connector_ops *const connectors[] = {&fake_connector, NULL};
static const mfn__publisher_ops *const publishers[] = {&fake_publisher, &second_publisher, NULL};
static const mfn__kinds kinds = {connectors, publishers};

static char folder[MFN_TEST_PATH_MAX];
static char dead_letters[MFN_TEST_PATH_MAX];

/* A pipeline of the scripted kinds in the same folder as the one before. */
static mfn__pipeline *load_pipeline(const char *retry, const char *others, const char *more)
{
    snprintf(dead_letters, sizeof dead_letters, "%.200s/dead", folder);
    char text[2048];
    snprintf(text, sizeof text,
             "connector: {kind: fake, %s}\n"
             "publishers: [{kind: fake, %s}%s]\n"
             "dead_letter: {directory: %s}\n"
             "state: %s/state.db\n"
             "%s",
             retry, retry, others, dead_letters, folder, more);
    const char *path = mfn_test_path(folder, "pipeline.yaml");
    mfn_test_write(path, text);
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__pipeline *pipeline = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn__pipeline_load(path, &kinds, &problems, &pipeline, &err) == MFN_OK, "%s: %s",
                  err.text, problems.lines.data);
    mfn__problems_deinit(&problems);
    return pipeline;
}

/* A pipeline in a folder of its own: `retry` holds options of both ends, `more` further lines. */
static mfn__pipeline *make_pipeline(const char *retry, const char *more)
{
    snprintf(folder, sizeof folder, "%s", mfn_test_folder());
    return load_pipeline(retry, "", more);
}

#define FAST "initial_retry_delay: 1ms, max_retry_delay: 1ms, recovery_timeout: 1ms"

static atomic_bool stop;
static uint64_t stop_after = FOR_EVER; /* jobs done */
static void count_warning(void *context, const char *line)
{
    (void)context;
    ck_assert_ptr_null(strchr(line, '\n'));
    atomic_fetch_add(&warnings, 1);
}

static void stop_in_time(void *context, const mfn__run_summary *so_far)
{
    (void)context;
    const mfn__run_counts *counts = &so_far->counts;
    if (counts->published + counts->dead_lettered + counts->spooled >= stop_after &&
        so_far->publishers[0].backlog == 0) {
        atomic_store(&stop, true);
    }
}

static mfn_status try_run(mfn__pipeline *pipeline, bool once, mfn__run_summary *ret)
{
    const mfn__run_options options = {
        .once = once,
        .stop = &stop,
        .clock = mfn__clock_system(),
        .log = {count_warning, NULL},
        .progress = stop_in_time,
    };
    mfn_error err = {0};
    mfn_status status = mfn__pipeline_run(pipeline, &options, ret, &err);
    if (status != MFN_OK) {
        ck_assert_int_eq(err.status, status);
    }
    return status;
}

START_TEST(metrics_tell_each_partition_and_each_state_of_a_breaker)
{
    static const struct {
        const char *line;
        bool is_there;
    } cases[] = {
        {"\nmfn_connector_lag{kind=\"fake\"} 10\n", true},
        {"\nmfn_connector_partition_lag{kind=\"fake\",topic=\"jo\\\"bs\",partition=\"0\"} 4\n",
         true},
        {"\nmfn_connector_partition_lag{kind=\"fake\",topic=\"jo\\\"bs\",partition=\"1\"} 6\n",
         true},
        {"partition=\"2\"", false},
        {"\nmfn_connector_breaker_state{kind=\"fake\",state=\"closed\"} 1\n", true},
        {"\nmfn_connector_breaker_state{kind=\"fake\",state=\"half_open\"} 0\n", true},
        {"\nmfn_connector_breaker_state{kind=\"fake\",state=\"open\"} 0\n", true},
        {"\nmfn_publisher_breaker_state{kind=\"fake\",publisher=\"fake\",state=\"open\"} 0\n",
         true},
    };
    script = (struct script){.jobs = 10, .lag_count = 2};
    mfn__pipeline *pipeline = make_pipeline(FAST, "");
    mfn__run_summary summary;
    ck_assert_int_eq(try_run(pipeline, true, &summary), MFN_OK);
    mfn__buffer text;
    mfn__buffer_init(&text, (size_t)1 << 20);
    mfn__run_summary_write_prometheus(pipeline, &summary, &text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg((strstr(text.data, cases[i].line) != NULL) == cases[i].is_there,
                      "'%s' in:\n%s", cases[i].line, text.data);
    }
    mfn__buffer_deinit(&text);
    mfn__pipeline_free(pipeline);
}
END_TEST

/* Runs, and checks what is true of every run: the account of jobs is even, and a job is
 * acknowledged once if it is done, else never. */
static mfn__run_summary run(mfn__pipeline *pipeline, bool once)
{
    mfn__run_summary summary;
    ck_assert_int_eq(try_run(pipeline, once, &summary), MFN_OK);
    const mfn__run_counts *counts = &summary.counts;
    uint64_t fetched = atomic_load(&script.fetched);
    if (atomic_load(&stop) || summary.failure.status != MFN_OK) {
        ck_assert_uint_le(counts->read, fetched); /* the fetch that the end overtakes is dropped */
        ck_assert_uint_le(fetched - counts->read, AT_ONCE);
    } else {
        ck_assert_uint_eq(counts->read, fetched);
    }
    ck_assert_int_eq(counts->unaccounted, 0);
    uint64_t settled = counts->published + counts->dead_lettered + counts->spooled;
    ck_assert_uint_eq(counts->read, settled + counts->in_flight);
    for (size_t i = 0; i < summary.publisher_count; i++) {
        const mfn__publisher_report *report = &summary.publishers[i];
        ck_assert_uint_eq(report->handed + report->from_spool,
                          report->metrics.total + report->into_spool + report->returned);
    }
    ck_assert_uint_eq(script.acknowledgements, settled);
    ck_assert_int_eq(summary.is_unfinished, counts->in_flight > 0 || summary.failure.status != 0 ||
                                                summary.publishers[0].backlog > 0);
    for (size_t i = 0; i < JOBS_MAX; i++) {
        ck_assert_uint_le(script.acknowledged[i], 1);
    }
    mfn__pipeline_free(pipeline);
    return summary;
}

START_TEST(every_job_becomes_a_result_or_a_dead_letter)
{
    script = (struct script){.jobs = 200, .has_bad_jobs = true};
    mfn__run_summary summary = run(make_pipeline(FAST, ""), true);
    ck_assert_uint_eq(summary.counts.read, 200);
    ck_assert_uint_eq(summary.counts.computed, 180);
    ck_assert_uint_eq(summary.counts.published, 180);
    ck_assert_uint_eq(summary.counts.dead_lettered, 20);
    ck_assert_uint_eq(summary.publishers[0].metrics.successful, 180);
    ck_assert_uint_eq(summary.connector.metrics.successful, 200 / AT_ONCE);
    ck_assert_uint_eq(mfn_test_count(dead_letters), 20);
    for (size_t i = 0; i < 200; i++) {
        ck_assert_uint_eq(script.published[i], i % BAD_EVERY == 0 ? 0 : 1);
    }
}
END_TEST

START_TEST(a_destination_that_comes_back_costs_retries_and_nothing_else)
{
    script = (struct script){.jobs = 50, .publish_failures = 2, .failure = MFN_NO_SPACE};
    mfn__run_summary summary = run(make_pipeline("max_retries: 3, " FAST, ""), true);
    ck_assert_uint_eq(summary.counts.published, 50);
    ck_assert_uint_eq(summary.counts.retries, 2);
    ck_assert_uint_eq(summary.publishers[0].metrics.retries, 2);
    ck_assert_uint_eq(summary.publishers[0].metrics.total, 50);
    ck_assert_uint_eq(summary.publishers[0].metrics.failed, 0);
    ck_assert_str_eq(summary.publishers[0].metrics.last_error, "the destination is away");
    ck_assert_uint_eq(atomic_load(&warnings), 2);
}
END_TEST

START_TEST(a_run_that_shall_end_gives_up_when_retries_are_used_up)
{
    static const struct {
        const char *retry;
        uint64_t retries;
    } cases[] = {
        {"max_retries: 2, " FAST, 2},
        {"max_retries: 0, " FAST, 0},
        {"retry_strategy: no_retry", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        script = (struct script){.jobs = 50, .publish_failures = FOR_EVER, .failure = MFN_ACCESS};
        mfn__run_summary summary = run(make_pipeline(cases[i].retry, ""), true);
        ck_assert_uint_eq(summary.counts.published, 0);
        ck_assert_uint_eq(summary.counts.in_flight, summary.counts.read);
        ck_assert_uint_eq(summary.counts.retries, cases[i].retries);
        ck_assert_int_eq(summary.failure.status, MFN_ACCESS);
    }
}
END_TEST

START_TEST(a_run_without_end_waits_for_better_times)
{
    script = (struct script){.jobs = 50, .publish_failures = 20, .failure = MFN_NO_SPACE};
    stop_after = 50;
    mfn__run_summary summary = run(make_pipeline("max_retries: 1, " FAST, ""), false);
    ck_assert_uint_eq(summary.counts.published, 50);
    ck_assert_uint_eq(summary.counts.retries, 20);
    ck_assert(!summary.is_unfinished);
}
END_TEST

START_TEST(intake_stands_still_while_delivery_does)
{
    script = (struct script){.jobs = JOBS_MAX, .publish_failures = 100, .failure = MFN_IO};
    stop_after = JOBS_MAX;
    mfn__run_summary summary = run(
        make_pipeline("max_retries: 1, " FAST, "engine: {workers: 1, queue_items: 4}\n"), false);
    ck_assert_uint_eq(summary.counts.published, JOBS_MAX);
    /* At most: delivered together, in both queues, in the worker, in the fetch. */
    ck_assert_uint_le(script.fetched_at_success, 4 + 4 + 4 + 1 + AT_ONCE + AT_ONCE);
}
END_TEST

START_TEST(only_the_result_that_is_refused_becomes_a_dead_letter)
{
    script = (struct script){.jobs = 50, .refused_id = "7"};
    mfn__run_summary summary = run(make_pipeline(FAST, ""), true);
    ck_assert_uint_eq(summary.counts.published, 49);
    ck_assert_uint_eq(summary.counts.dead_lettered, 1);
    ck_assert_uint_eq(summary.publishers[0].metrics.total, 50);
    ck_assert_uint_eq(summary.publishers[0].metrics.failed, 1);
    ck_assert_uint_eq(summary.publishers[0].metrics.successful, 49);
    ck_assert_uint_eq(mfn_test_count(dead_letters), 1);
}
END_TEST

START_TEST(a_publisher_that_says_which_result_it_refuses_is_asked_once)
{
    script = (struct script){.jobs = 50, .refused_id = "7", .says_which = true};
    mfn__run_summary summary = run(make_pipeline(FAST, ""), true);
    ck_assert_uint_eq(summary.counts.published, 49);
    ck_assert_uint_eq(summary.counts.dead_lettered, 1);
    ck_assert_uint_eq(summary.publishers[0].metrics.failed, 1);
    ck_assert_uint_eq(mfn_test_count(dead_letters), 1);
}
END_TEST

START_TEST(a_destination_that_is_down_holds_up_no_other)
{
    static const struct {
        mfn_status failure;
        mfn__trouble trouble;
    } cases[] = {
        {MFN_IO, MFN__TROUBLE_BY_STATUS},
        {MFN_ACCESS, MFN__TROUBLE_PAUSED},
        {MFN_NOT_FOUND, MFN__TROUBLE_GONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        script = (struct script){.jobs = 300,
                                 .has_bad_jobs = true,
                                 .publish_failures = FOR_EVER,
                                 .failure = cases[i].failure,
                                 .trouble = cases[i].trouble};
        snprintf(folder, sizeof folder, "%s", mfn_test_folder());
        mfn__run_summary summary = run(load_pipeline("max_retries: 1, initial_retry_delay: 1ms",
                                                     ", {kind: second, directory: b}", ""),
                                       true);
        ck_assert_uint_eq(summary.counts.dead_lettered, 30);
        ck_assert_uint_eq(summary.counts.spooled, 270);
        ck_assert_uint_eq(summary.counts.published, 0);
        ck_assert_uint_eq(summary.publishers[0].backlog, 270);
        ck_assert_int_eq(summary.publishers[0].breaker, MFN__BREAKER_OPEN);
        ck_assert_uint_eq(summary.publishers[1].metrics.successful, 270);
        ck_assert(summary.is_unfinished);
        /* The next run has no new job, and brings what the spool holds; the second one has it. */
        script.publish_failures = 0;
        script.acknowledgements = 0;
        uint64_t fetched = atomic_exchange(&script.fetched, 0);
        script.jobs = 0;
        mfn__run_summary next =
            run(load_pipeline(FAST, ", {kind: second, directory: b}", ""), true);
        ck_assert_uint_eq(next.publishers[0].from_spool, 270);
        ck_assert_uint_eq(next.counts.published, 0); /* they were counted by the run before */
        ck_assert_uint_eq(next.publishers[0].backlog, 0);
        ck_assert_uint_eq(next.spool_bytes, 0);
        ck_assert(!next.is_unfinished);
        for (size_t k = 0; k < fetched; k++) {
            uint64_t expected = k % BAD_EVERY == 0 ? 0 : 1;
            ck_assert_uint_eq(script.published[k], expected);
            ck_assert_uint_eq(script.published_at_second[k], expected);
        }
    }
}
END_TEST

START_TEST(a_destination_that_comes_back_during_the_run_gets_what_the_spool_holds)
{
    script = (struct script){.jobs = 2000, .publish_failures = 30, .failure = MFN_IO};
    stop_after = 2000;
    snprintf(folder, sizeof folder, "%s", mfn_test_folder());
    mfn__pipeline *pipeline = load_pipeline("max_retries: 0, recovery_timeout: 1ms",
                                            ", {kind: second, directory: b}", "");
    mfn__run_summary summary = run(pipeline, false);
    ck_assert_uint_eq(summary.publishers[0].backlog, 0);
    ck_assert_uint_gt(summary.publishers[0].from_spool, 0);
    ck_assert_uint_eq(summary.counts.spooled, 0);
    ck_assert_uint_eq(summary.counts.published, 2000);
    ck_assert(!summary.is_unfinished);
    for (size_t k = 0; k < 2000; k++) {
        ck_assert_uint_eq(script.published[k], 1);
        ck_assert_uint_eq(script.published_at_second[k], 1);
    }
}
END_TEST

START_TEST(a_spooled_job_whose_result_is_refused_later_is_a_dead_letter)
{
    script = (struct script){.jobs = 40,
                             .publish_failures = 5,
                             .failure = MFN_IO,
                             .refused_id = "7",
                             .says_which = true};
    stop_after = 40;
    snprintf(folder, sizeof folder, "%s", mfn_test_folder());
    mfn__run_summary summary =
        run(load_pipeline("max_retries: 0, recovery_timeout: 1ms", ", {kind: second, directory: b}",
                          "engine: {queue_items: 50}\n"),
            false);
    ck_assert_uint_eq(summary.counts.spooled, 0);
    ck_assert_uint_eq(summary.counts.published, 39);
    ck_assert_uint_eq(summary.counts.dead_lettered, 1);
    ck_assert_uint_eq(mfn_test_count(dead_letters), 1);
}
END_TEST

START_TEST(a_full_spool_stops_intake_and_loses_nothing)
{
    script = (struct script){.jobs = JOBS_MAX, .publish_failures = FOR_EVER, .failure = MFN_IO};
    snprintf(folder, sizeof folder, "%s", mfn_test_folder());
    mfn__run_summary summary =
        run(load_pipeline("max_retries: 0, recovery_timeout: 1h", ", {kind: second, directory: b}",
                          "spool: {max_bytes: 1MiB}\nengine: {queue_items: 20}\n"),
            true);
    ck_assert(summary.is_unfinished);
    ck_assert_int_eq(summary.failure.status, MFN_NO_SPACE);
    ck_assert_uint_le(summary.spool_bytes, 1048576);
    ck_assert_uint_gt(summary.counts.spooled, 100);
    ck_assert_uint_lt(summary.counts.read, JOBS_MAX);
}
END_TEST

START_TEST(a_full_spool_is_emptied_when_its_destination_comes_back)
{
    script = (struct script){.jobs = 3000, .publish_failures = 50, .failure = MFN_IO};
    stop_after = 3000;
    snprintf(folder, sizeof folder, "%s", mfn_test_folder());
    mfn__run_summary summary = run(
        load_pipeline("max_retries: 0, recovery_timeout: 20ms", ", {kind: second, directory: b}",
                      "spool: {max_bytes: 1MiB}\nengine: {queue_items: 20}\n"),
        false);
    ck_assert_uint_eq(summary.publishers[0].backlog, 0);
    ck_assert_uint_eq(summary.spool_bytes, 0);
    ck_assert_uint_eq(summary.counts.published, 3000);
    for (size_t k = 0; k < 3000; k++) {
        ck_assert_uint_eq(script.published[k], 1);
        ck_assert_uint_eq(script.published_at_second[k], 1);
    }
}
END_TEST

START_TEST(a_gone_destination_that_is_the_only_one_ends_the_run)
{
    script = (struct script){.jobs = 50,
                             .publish_failures = FOR_EVER,
                             .failure = MFN_NOT_FOUND,
                             .trouble = MFN__TROUBLE_GONE};
    mfn__run_summary summary = run(make_pipeline(FAST, ""), false);
    ck_assert_uint_eq(summary.counts.published, 0);
    ck_assert_int_eq(summary.failure.status, MFN_NOT_FOUND);
}
END_TEST

START_TEST(a_stop_finishes_what_was_taken_in)
{
    script = (struct script){.jobs = JOBS_MAX};
    stop_after = 1;
    mfn__run_summary summary = run(make_pipeline(FAST, "engine: {queue_items: 10}\n"), false);
    ck_assert_uint_gt(summary.counts.read, 0);
    ck_assert_uint_eq(summary.counts.in_flight, 0);
    ck_assert(!summary.is_unfinished);
}
END_TEST

START_TEST(after_the_grace_time_the_rest_is_left_for_the_next_run)
{
    script = (struct script){.jobs = 50, .publish_failures = FOR_EVER, .failure = MFN_IO};
    stop_after = 0;
    mfn__run_summary summary =
        run(make_pipeline("max_retries: 1000000, " FAST, "grace_time: 0\n"), false);
    ck_assert_uint_eq(summary.counts.published, 0);
    ck_assert_uint_eq(script.acknowledgements, 0);
}
END_TEST

START_TEST(a_source_that_comes_back_is_read_on)
{
    script = (struct script){.jobs = 20, .fetch_failures = 2, .failure = MFN_IO};
    mfn__run_summary summary = run(make_pipeline("max_retries: 2, " FAST, ""), true);
    ck_assert_uint_eq(summary.counts.published, 20);
    ck_assert_uint_eq(summary.connector.metrics.retries, 2);
    ck_assert_uint_eq(summary.connector.metrics.failed, 0);
    ck_assert_uint_eq(summary.connector.metrics.total, summary.connector.metrics.successful);
}
END_TEST

START_TEST(a_source_that_stays_away_is_a_failure_of_the_run)
{
    script = (struct script){.jobs = 20, .fetch_failures = FOR_EVER, .failure = MFN_IO};
    mfn__run_summary summary = run(make_pipeline("max_retries: 2, " FAST, ""), true);
    ck_assert_int_eq(summary.failure.status, MFN_IO);
    ck_assert_uint_eq(summary.connector.metrics.retries, 2);
    ck_assert_uint_eq(summary.connector.metrics.failed, 1);
    ck_assert_uint_eq(summary.connector.metrics.total, 1);
}
END_TEST

START_TEST(a_run_that_shall_end_says_that_it_waits_for_input)
{
    script = (struct script){.jobs = 5, .is_incomplete = true};
    mfn__run_summary summary = run(make_pipeline(FAST, ""), true);
    ck_assert_uint_eq(summary.counts.published, 5);
    ck_assert_uint_eq(atomic_load(&warnings), 1);
}
END_TEST

START_TEST(dead_letters_that_cannot_be_written_are_not_acknowledged)
{
    script = (struct script){.jobs = 10, .has_bad_jobs = true};
    mfn__pipeline *pipeline = make_pipeline("max_retries: 1, " FAST, "");
    mfn_test_write(dead_letters, "in the way");
    mfn__run_summary summary = run(pipeline, true);
    ck_assert(summary.is_unfinished);
    ck_assert_uint_eq(script.acknowledged[0], 0);
}
END_TEST

START_TEST(a_run_survives_failure_of_every_allocation_of_its_main_thread)
{
    bool has_failed = true;
    for (int64_t successes = 0; has_failed; successes++) {
        script = (struct script){.jobs = 3, .has_bad_jobs = true};
        mfn__pipeline *pipeline = make_pipeline("max_retries: 3, " FAST, "");
        mfn__run_summary summary;
        atomic_store(&warnings, 0);
        mfn__mem_fail_after(successes);
        mfn_status status = try_run(pipeline, true, &summary);
        mfn__mem_fail_after(-1);
        has_failed = status != MFN_OK || atomic_load(&warnings) > 0;
        if (status == MFN_OK) {
            ck_assert_uint_eq(summary.counts.published, 2);
            ck_assert_uint_eq(summary.counts.dead_lettered, 1);
        } else {
            ck_assert_int_eq(status, MFN_NO_MEMORY);
        }
        mfn__pipeline_free(pipeline);
    }
}
END_TEST

START_TEST(the_values_in_effect_read_back_as_themselves)
{
    mfn__pipeline *pipeline = make_pipeline("max_retries: 7, directory: 'a \"$$b\\'",
                                            "engine: {workers: 3}\ngrace_time: 90\n");
    mfn__buffer text[2];
    for (int i = 0; i < 2; i++) {
        mfn__buffer_init(&text[i], 1 << 20);
        mfn__pipeline_write_effective(pipeline, &text[i]);
        ck_assert_int_eq(mfn__buffer_check(&text[i], "the values", NULL), MFN_OK);
        mfn__pipeline_free(pipeline);
        const char *path = mfn_test_path(folder, "effective.yaml");
        mfn_test_write(path, text[i].data);
        mfn__problems problems;
        mfn__problems_init(&problems);
        ck_assert_msg(mfn__pipeline_load(path, &kinds, &problems, &pipeline, NULL) == MFN_OK, "%s",
                      problems.lines.data);
        mfn__problems_deinit(&problems);
    }
    mfn__pipeline_free(pipeline);
    ck_assert_str_eq(text[0].data, text[1].data);
    ck_assert_ptr_nonnull(strstr(text[0].data, "max_retries: 7"));
    mfn__buffer_deinit(&text[0]);
    mfn__buffer_deinit(&text[1]);
}
END_TEST

START_TEST(everything_wrong_with_a_pipeline_file_is_told_at_once)
{
    const char *path = mfn_test_path(mfn_test_folder(), "pipeline.yaml");
    mfn_test_write(
        path, "connector: {kind: fak, max_retries: -1}\n"
              "publishers: [{kind: fake, enabled: false}, {kind: fake, failure_threshold: 0}]\n"
              "engine: {workers: none}\n"
              "grace_tim: 3\n");
    static const char *const expected[] = {
        ":1:",        "did you mean 'fake'", "publishers[1].failure_threshold", "engine.workers",
        "grace_time",
    };
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__pipeline *pipeline = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__pipeline_load(path, &kinds, &problems, &pipeline, &err), MFN_INVALID);
    ck_assert_ptr_null(pipeline);
    ck_assert_uint_eq(problems.count, 4);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_msg(strstr(problems.lines.data, expected[i]) != NULL, "'%s' is not in:\n%s",
                      expected[i], problems.lines.data);
    }
    mfn__problems_deinit(&problems);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_job_becomes_a_result_or_a_dead_letter,
        a_destination_that_comes_back_costs_retries_and_nothing_else,
        a_run_that_shall_end_gives_up_when_retries_are_used_up,
        a_run_without_end_waits_for_better_times,
        intake_stands_still_while_delivery_does,
        only_the_result_that_is_refused_becomes_a_dead_letter,
        a_publisher_that_says_which_result_it_refuses_is_asked_once,
        a_destination_that_is_down_holds_up_no_other,
        a_destination_that_comes_back_during_the_run_gets_what_the_spool_holds,
        a_spooled_job_whose_result_is_refused_later_is_a_dead_letter,
        a_full_spool_stops_intake_and_loses_nothing,
        a_full_spool_is_emptied_when_its_destination_comes_back,
        a_gone_destination_that_is_the_only_one_ends_the_run,
        a_stop_finishes_what_was_taken_in,
        after_the_grace_time_the_rest_is_left_for_the_next_run,
        a_source_that_comes_back_is_read_on,
        a_source_that_stays_away_is_a_failure_of_the_run,
        a_run_that_shall_end_says_that_it_waits_for_input,
        dead_letters_that_cannot_be_written_are_not_acknowledged,
        a_run_survives_failure_of_every_allocation_of_its_main_thread,
        the_values_in_effect_read_back_as_themselves,
        metrics_tell_each_partition_and_each_state_of_a_breaker,
        everything_wrong_with_a_pipeline_file_is_told_at_once,
        NULL,
    };
    return mfn_test_run("pipeline", tests);
}
