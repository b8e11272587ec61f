/* SPDX-License-Identifier: MIT */
/* The pipeline between a scripted connector and a scripted publisher. */
#include <stdio.h>
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
    bool has_bad_jobs; /* one of BAD_EVERY */
    uint64_t fetch_failures, publish_failures;
    mfn_status failure;
    const char *refused_id; /* the publisher can never take this one */

    atomic_uint_fast64_t fetched;
    uint64_t fetched_at_success; /* when the publisher first succeeded */
    uint64_t published[JOBS_MAX], acknowledged[JOBS_MAX];
    uint64_t acknowledgements;
} script;

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

static mfn_status fetch_fake(void *self, int64_t deadline_ns, mfn__batch *ret, mfn_error *err)
{
    (void)self;
    uint64_t fetched = atomic_load(&script.fetched);
    if (script.fetch_failures > 0) {
        script.fetch_failures -= script.fetch_failures == FOR_EVER ? 0 : 1;
        return mfn__fail(err, script.failure, NULL, "the source is away");
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

static bool has_no_news(void *self)
{
    (void)self;
    return false;
}

static void do_nothing(void *self)
{
    (void)self;
}

static void count_nothing(void *self, uint64_t *ret_read, uint64_t *ret_skipped)
{
    (void)self;
    *ret_read = 0;
    *ret_skipped = 0;
}

static mfn__content line_content(const void *options)
{
    (void)options;
    return MFN__CONTENT_LINE;
}

static mfn_status publish_fake(void *self, mfn__message *const *messages, size_t count,
                               uint64_t *ret_duplicates, mfn_error *err)
{
    (void)self;
    (void)ret_duplicates;
    if (script.publish_failures > 0) {
        script.publish_failures -= script.publish_failures == FOR_EVER ? 0 : 1;
        return mfn__fail(err, script.failure, NULL, "the destination is away");
    }
    for (size_t i = 0; i < count; i++) {
        if (script.refused_id != NULL && strcmp(messages[i]->id, script.refused_id) == 0) {
            return mfn__fail(err, MFN_INVALID, "id", "id: %s is not wanted here", messages[i]->id);
        }
    }
    if (script.fetched_at_success == 0) {
        script.fetched_at_success = atomic_load(&script.fetched);
    }
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(messages[i]->payloads[MFN__CONTENT_LINE].bytes);
        script.published[messages[i]->index]++;
    }
    return MFN_OK;
}

static const mfn__connector_ops fake_connector = {
    .kind = "fake",
    .help = "jobs from a script",
    .options = fake_table,
    .options_size = sizeof(fake_options),
    .open = open_fake,
    .fetch = fetch_fake,
    .acknowledge = acknowledge_fake,
    .has_news = has_no_news,
    .settled = do_nothing,
    .count_sources = count_nothing,
    .close = close_fake,
};

static const mfn__publisher_ops fake_publisher = {
    .kind = "fake",
    .help = "results to nowhere",
    .options = fake_table,
    .options_size = sizeof(fake_options),
    .target = "directory",
    .content = line_content,
    .open = open_fake,
    .publish = publish_fake,
    .close = close_fake,
};

static const mfn__connector_ops *const connectors[] = {&fake_connector, NULL};
static const mfn__publisher_ops *const publishers[] = {&fake_publisher, NULL};
static const mfn__kinds kinds = {connectors, publishers};

static char folder[MFN_TEST_PATH_MAX];
static char dead_letters[MFN_TEST_PATH_MAX];

/* A pipeline of the scripted kinds; `retry` and `more` are lines of YAML. */
static mfn__pipeline *make_pipeline(const char *retry, const char *more)
{
    snprintf(folder, sizeof folder, "%s", mfn_test_folder());
    snprintf(dead_letters, sizeof dead_letters, "%.200s/dead", folder);
    char text[2048];
    snprintf(text, sizeof text,
             "connector:\n  kind: fake\n%spublishers:\n  - kind: fake\n%s"
             "dead_letter:\n  directory: %s\nstate: %s/state.db\n%s",
             retry, "", dead_letters, folder, more);
    char with_retry[4096];
    const char *at = strstr(text, "  - kind: fake\n");
    ck_assert_ptr_nonnull(at);
    size_t head = (size_t)(at - text) + strlen("  - kind: fake\n");
    snprintf(with_retry, sizeof with_retry, "%.*s", (int)head, text);
    for (const char *line = retry; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t used = strlen(with_retry);
        snprintf(with_retry + used, sizeof with_retry - used, "  %.*s",
                 (int)(strchr(line, '\n') + 1 - line), line);
    }
    size_t used = strlen(with_retry);
    snprintf(with_retry + used, sizeof with_retry - used, "%s", text + head);
    const char *path = mfn_test_path(folder, "pipeline.yaml");
    mfn_test_write(path, with_retry);
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__pipeline *pipeline = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn__pipeline_load(path, &kinds, &problems, &pipeline, &err) == MFN_OK, "%s: %s",
                  err.text, problems.lines.data);
    mfn__problems_deinit(&problems);
    return pipeline;
}
