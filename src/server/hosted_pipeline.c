/* SPDX-License-Identifier: MIT */
#include "server/hosted_pipeline.h"

#include <pthread.h>

#include "base/error.h"
#include "base/mem.h"

#define LOG "mfn.pipeline"

struct mfn__hosted_pipeline {
    mfn__pipeline *pipeline;
    mfn__logger *logger;
    atomic_bool stop;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* guards what follows */
    mfn__run_summary summary;
    bool has_ended;
    mfn_error failure; /* why it could not start */
};

static void warn(void *context, const char *line)
{
    mfn__hosted_pipeline *hosted = context;
    mfn__logger_say(hosted->logger, MFN__LOG_WARNING, LOG, "%s", line);
}

static void take_summary(void *context, const mfn__run_summary *so_far)
{
    mfn__hosted_pipeline *hosted = context;
    pthread_mutex_lock(&hosted->mutex);
    hosted->summary = *so_far;
    pthread_mutex_unlock(&hosted->mutex);
}

static void *run(void *argument)
{
    mfn__hosted_pipeline *hosted = argument;
    const mfn__run_options options = {.stop = &hosted->stop,
                                      .clock = mfn__clock_system(),
                                      .log = {warn, hosted},
                                      .progress = take_summary,
                                      .progress_context = hosted};
    mfn__run_summary summary = {0};
    mfn_error err = {0};
    mfn_status status = mfn__pipeline_run(hosted->pipeline, &options, &summary, &err);
    pthread_mutex_lock(&hosted->mutex);
    hosted->has_ended = true;
    if (status == MFN_OK) {
        hosted->summary = summary;
    } else {
        hosted->failure = err;
    }
    pthread_mutex_unlock(&hosted->mutex);
    if (status != MFN_OK) {
        mfn__logger_say(hosted->logger, MFN__LOG_CRITICAL, LOG, "the pipeline cannot run: %s",
                        err.text);
    } else if (summary.failure.status != MFN_OK) {
        mfn__logger_say(hosted->logger, MFN__LOG_ERROR, LOG, "the pipeline has ended: %s",
                        summary.failure.text);
    }
    return NULL;
}

mfn_status mfn__hosted_pipeline_start(mfn__pipeline *pipeline, mfn__logger *logger,
                                      mfn__hosted_pipeline **ret, mfn_error *err)
{
    mfn__hosted_pipeline *hosted = mfn__mem_new(1, sizeof *hosted);
    if (hosted == NULL) {
        return mfn__fail_memory(err);
    }
    hosted->pipeline = pipeline;
    hosted->logger = logger;
    hosted->summary.publisher_count = mfn__pipeline_component_count(pipeline) - 1;
    pthread_mutex_init(&hosted->mutex, NULL);
    int problem = pthread_create(&hosted->thread, NULL, run, hosted);
    if (problem != 0) {
        mfn__hosted_pipeline_free(hosted);
        return mfn__fail_errno(err, problem, NULL, "cannot start a thread");
    }
    hosted->has_thread = true;
    *ret = hosted;
    return MFN_OK;
}

void mfn__hosted_pipeline_ask_to_stop(mfn__hosted_pipeline *hosted)
{
    atomic_store(&hosted->stop, true);
}

bool mfn__hosted_pipeline_finish(mfn__hosted_pipeline *hosted)
{
    mfn__hosted_pipeline_ask_to_stop(hosted);
    if (hosted->has_thread) {
        pthread_join(hosted->thread, NULL);
        hosted->has_thread = false;
    }
    return hosted->failure.status == MFN_OK && !hosted->summary.is_unfinished;
}

void mfn__hosted_pipeline_free(mfn__hosted_pipeline *hosted)
{
    if (hosted == NULL) {
        return;
    }
    mfn__hosted_pipeline_finish(hosted);
    pthread_mutex_destroy(&hosted->mutex);
    mfn__mem_free(hosted);
}

void mfn__hosted_pipeline_write_metrics(mfn__hosted_pipeline *hosted, mfn__buffer *ret)
{
    pthread_mutex_lock(&hosted->mutex);
    mfn__run_summary_write_prometheus(hosted->pipeline, &hosted->summary, ret);
    pthread_mutex_unlock(&hosted->mutex);
}

/* The caller holds the mutex. */
static bool has_error(const mfn__run_summary *summary)
{
    const mfn__connector_report *connector = &summary->connector;
    bool is_wrong =
        mfn__report_state_of(&connector->metrics, connector->breaker) == MFN__REPORT_ERROR;
    for (size_t i = 0; i < summary->publisher_count; i++) {
        const mfn__publisher_report *publisher = &summary->publishers[i];
        is_wrong = is_wrong || mfn__report_state_of(&publisher->metrics, publisher->breaker) ==
                                   MFN__REPORT_ERROR;
    }
    return is_wrong;
}

bool mfn__hosted_pipeline_write_health(mfn__hosted_pipeline *hosted, mfn__json_writer *json)
{
    pthread_mutex_lock(&hosted->mutex);
    const mfn__run_summary *summary = &hosted->summary;
    const mfn_error *failure =
        hosted->failure.status != MFN_OK ? &hosted->failure : &summary->failure;
    bool is_well = !hosted->has_ended && !has_error(summary);
    mfn__json_key(json, "status");
    mfn__json_text(json, hosted->has_ended ? "ended" : is_well ? "ok" : "degraded");
    mfn__json_key(json, "failure");
    if (failure->status != MFN_OK) {
        mfn__json_text(json, failure->text);
    } else {
        mfn__json_null(json);
    }
    mfn__json_key(json, "connector");
    mfn__connector_report_write_json(hosted->pipeline, &summary->connector, json);
    mfn__json_key(json, "publishers");
    mfn__json_array_begin(json);
    for (size_t i = 0; i < summary->publisher_count; i++) {
        mfn__publisher_report_write_json(hosted->pipeline, i, &summary->publishers[i], json);
    }
    mfn__json_array_end(json);
    pthread_mutex_unlock(&hosted->mutex);
    return is_well;
}
