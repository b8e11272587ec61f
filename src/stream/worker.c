/* SPDX-License-Identifier: MIT */
#include "stream/worker.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/image.h"
#include "codec/npy.h"
#include "codec/result.h"

#include "mfn/features.h"

#define PAYLOAD_BYTES_MAX ((size_t)1 << 30)
#define INDENT            2

struct mfn__worker {
    mfn__worker_options options;
    mfn_simulation *sim;      /* made by the first job */
    mfn_feature_meter *meter; /* likewise */
};

mfn_status mfn__worker_new(const mfn__worker_options *options, mfn__worker **ret, mfn_error *err)
{
    mfn__worker *worker = mfn__mem_new(1, sizeof *worker);
    if (worker == NULL) {
        return mfn__fail_memory(err);
    }
    worker->options = *options;
    *ret = worker;
    return MFN_OK;
}

void mfn__worker_free(mfn__worker *worker)
{
    if (worker == NULL) {
        return;
    }
    mfn_simulation_free(worker->sim);
    mfn_feature_meter_free(worker->meter);
    mfn__mem_free(worker);
}

static mfn_status prepare(mfn__worker *worker, const mfn_simulation_config *config, mfn_error *err)
{
    uint32_t side = (uint32_t)config->grid_size;
    mfn_status status = worker->sim != NULL ? mfn_simulation_reset(worker->sim, config, err)
                                            : mfn_simulation_new(config, &worker->sim, err);
    if (status != MFN_OK) {
        return status;
    }
    return worker->meter != NULL ? mfn_feature_meter_reset(worker->meter, side, NULL, err)
                                 : mfn_feature_meter_new(side, NULL, &worker->meter, err);
}

/* In slices, between which a job can be abandoned. */
static mfn_status step(mfn__worker *worker, uint64_t steps, mfn_error *err)
{
    mfn_status status = MFN_OK;
    while (steps > 0 && status == MFN_OK) {
        if (atomic_load_explicit(worker->options.abandon, memory_order_relaxed)) {
            return mfn__fail(err, MFN_CANCELLED, NULL, "the run was stopped after step %llu",
                             (unsigned long long)mfn_simulation_steps_computed(worker->sim));
        }
        uint64_t slice = mfn_simulation_slice(worker->sim);
        uint64_t now = steps < slice ? steps : slice;
        status = mfn_feature_meter_advance(worker->meter, worker->sim, now, err);
        steps -= now;
    }
    return status;
}

static mfn_status simulate(mfn__worker *worker, const mfn__job *job, mfn_features *ret_features,
                           mfn_error *err)
{
    mfn_status status = prepare(worker, &job->config, err);
    if (status == MFN_OK && job->config.steps == 0) {
        status = mfn_feature_meter_push(worker->meter, mfn_simulation_field_v(worker->sim), err);
    } else if (status == MFN_OK) {
        status = step(worker, job->config.steps, err);
    }
    return status == MFN_OK ? mfn_feature_meter_finish(worker->meter, ret_features, err) : status;
}

static mfn_status encode_one(const mfn__result *result, mfn__content content, mfn__buffer *bytes,
                             mfn_error *err)
{
    uint32_t side = (uint32_t)result->job->config.grid_size;
    switch (content) {
    case MFN__CONTENT_RESULT:
        mfn__result_write(result, INDENT, bytes);
        mfn__buffer_append_char(bytes, '\n');
        return mfn__buffer_check(bytes, "the result", err);
    case MFN__CONTENT_LINE:
        mfn__result_write(result, 0, bytes);
        return mfn__buffer_check(bytes, "the result", err);
    case MFN__CONTENT_IMAGE:
        return mfn__image_encode_png(result->field_v, side, NULL, bytes, err);
    case MFN__CONTENT_FIELD: {
        const uint64_t shape[] = {side, side};
        return mfn__npy_encode(result->field_v, shape, 2, bytes, err);
    }
    case MFN__CONTENT_COUNT:
        break;
    }
    return mfn__fail(err, MFN_INTERNAL, "content", "content %d is unknown", (int)content);
}

static mfn_status encode(const mfn__worker *worker, const mfn__result *result,
                         mfn__payload payloads[MFN__CONTENT_COUNT], mfn_error *err)
{
    for (int i = 0; i < MFN__CONTENT_COUNT; i++) {
        if (!worker->options.wants[i]) {
            continue;
        }
        mfn__buffer bytes;
        mfn__buffer_init(&bytes, PAYLOAD_BYTES_MAX);
        mfn_status status = encode_one(result, (mfn__content)i, &bytes, err);
        if (status != MFN_OK) {
            mfn__buffer_deinit(&bytes);
            return status;
        }
        payloads[i].bytes = mfn__buffer_take(&bytes, &payloads[i].size);
    }
    return MFN_OK;
}

static mfn_status compute_result(mfn__worker *worker, const mfn__job *job, mfn__message *message,
                                 mfn_error *err)
{
    mfn_features features;
    mfn_extended extended;
    mfn_simulation_summary summary;
    mfn_status status = simulate(worker, job, &features, err);
    if (status == MFN_OK && job->is_extended) {
        status = mfn_extended_compute(mfn_simulation_field_v(worker->sim),
                                      (uint32_t)job->config.grid_size, NULL, NULL, &extended, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn_simulation_summarize(worker->sim, &summary);
    const mfn__result result = {
        .job = job,
        .summary = &summary,
        .features = &features,
        .extended = job->is_extended ? &extended : NULL,
        .field_v = mfn_simulation_field_v(worker->sim),
    };
    mfn__payload payloads[MFN__CONTENT_COUNT] = {0};
    char *id = mfn__mem_copy_text(job->id);
    char *result_id = mfn__mem_copy_text(job->result_id);
    status = id != NULL && result_id != NULL ? encode(worker, &result, payloads, err)
                                             : mfn__fail_memory(err);
    if (status != MFN_OK) {
        for (size_t i = 0; i < MFN__CONTENT_COUNT; i++) {
            mfn__mem_free(payloads[i].bytes);
        }
        mfn__mem_free(id);
        mfn__mem_free(result_id);
        return status;
    }
    memcpy(message->payloads, payloads, sizeof payloads);
    message->id = id;
    message->result_id = result_id;
    return MFN_OK;
}

mfn_status mfn__worker_compute(mfn__worker *worker, mfn__message *message, mfn_error *err)
{
    if (message->problem.status != MFN_OK) {
        return MFN_OK;
    }
    mfn__job job = {0};
    mfn_error problem = {0};
    const char *text = message->job != NULL ? message->job : message->original;
    size_t size = message->job != NULL ? message->job_size : message->original_size;
    message->attempts++;
    mfn_status status = mfn__job_parse(text, size, &worker->options.limits, &job, &problem);
    if (status == MFN_OK) {
        status = compute_result(worker, &job, message, &problem);
        mfn__job_deinit(&job);
    }
    if (status == MFN_OK) {
        return MFN_OK;
    }
    if (status == MFN_CANCELLED || mfn_status_is_transient(status)) {
        if (err != NULL) {
            *err = problem;
        }
        return status;
    }
    message->problem = problem;
    return MFN_OK;
}
