/* SPDX-License-Identifier: MIT */
/* What the service says about itself. */
#include "server/hosted_pipeline.h"
#include "server/operations/operations.h"

#include "mfn/version.h"

static mfn_status run_health(mfn__call *call, mfn_error *err)
{
    (void)err;
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_text(&json, "status", "healthy");
    mfn__answer_text(&json, "version", MFN__API_VERSION);
    mfn__answer_end(&json);
    return MFN_OK;
}

const mfn__operation mfn__operation_health = {
    .name = "health",
    .method = "GET",
    .path = "/health",
    .tag = MFN__TAG_META,
    .summary = "Whether the service is there; its API's version",
    .answer_schema = "{\"type\": \"object\", \"required\": [\"status\", \"version\"], "
                     "\"properties\": {\"status\": {\"const\": \"healthy\"}, "
                     "\"version\": {\"type\": \"string\"}}}",
    .is_public = true,
    .run = run_health,
};

static mfn_status run_livez(mfn__call *call, mfn_error *err)
{
    (void)err;
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_text(&json, "status", "alive");
    mfn__answer_end(&json);
    return MFN_OK;
}

static mfn_status run_health_connectors(mfn__call *call, mfn_error *err)
{
    (void)err;
    mfn__hosted_pipeline *pipeline = call->service->pipeline;
    if (pipeline == NULL) {
        return mfn__call_refuse(call, 404, "no_pipeline",
                                "No pipeline runs here: the service was started without pipeline "
                                "(MFN_PIPELINE)");
    }
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    call->status = mfn__hosted_pipeline_write_health(pipeline, &json) ? 200 : 503;
    mfn__answer_end(&json);
    return MFN_OK;
}

const mfn__operation mfn__operation_health_connectors = {
    .name = "health_connectors",
    .method = "GET",
    .path = "/health/connectors",
    .tag = MFN__TAG_META,
    .summary = "The state of the pipeline that runs beside the API and of each of its components: "
               "503 while one of them fails",
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"status\": {\"enum\": [\"ok\", "
                     "\"degraded\", \"ended\"]}, \"failure\": {\"type\": [\"string\", "
                     "\"null\"]}, \"connector\": {\"type\": \"object\"}, \"publishers\": "
                     "{\"type\": \"array\", \"items\": {\"type\": \"object\"}}}}",
    .run = run_health_connectors,
};

const mfn__operation mfn__operation_livez = {
    .name = "livez",
    .method = "GET",
    .path = "/livez",
    .tag = MFN__TAG_META,
    .summary = "Answers as long as the process does: for liveness probes",
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"status\": {\"const\": \"alive\"}}}",
    .is_public = true,
    .run = run_livez,
};

static mfn_status run_readyz(mfn__call *call, mfn_error *err)
{
    (void)err;
    mfn__admission_state state;
    mfn__admission_look(call->service->admission, &state);
    bool is_ready = !atomic_load(&call->service->is_stopping);
    call->status = is_ready ? 200 : 503;
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_text(&json, "status", is_ready ? "ready" : "stopping");
    mfn__answer_u64(&json, "waiting", state.waiting);
    mfn__answer_u64(&json, "running", state.running);
    mfn__answer_u64(&json, "pending_cell_steps", state.pending_cost);
    mfn__answer_u64(&json, "turned_away", state.turned_away);
    mfn__answer_real(&json, "cell_steps_per_s", state.cost_per_s);
    mfn__answer_end(&json);
    return MFN_OK;
}

const mfn__operation mfn__operation_readyz = {
    .name = "readyz",
    .method = "GET",
    .path = "/readyz",
    .tag = MFN__TAG_META,
    .summary = "Whether new work is taken, and how much is waiting: 503 while the service ends",
    .answer_schema = "{\"type\": \"object\", \"properties\": {"
                     "\"status\": {\"enum\": [\"ready\", \"stopping\"]}, "
                     "\"waiting\": {\"type\": \"integer\"}, \"running\": {\"type\": \"integer\"}, "
                     "\"pending_cell_steps\": {\"type\": \"integer\"}, \"turned_away\": {\"type\": "
                     "\"integer\"}, \"cell_steps_per_s\": {\"type\": \"number\"}}}",
    .is_public = true,
    .run = run_readyz,
};

static mfn_status run_version(mfn__call *call, mfn_error *err)
{
    (void)err;
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_text(&json, "version", mfn_version());
    mfn__answer_text(&json, "numeric_version", mfn_numeric_version());
    mfn__answer_text(&json, "api_version", MFN__API_VERSION);
    mfn__answer_text(&json, "simd", mfn_simd_name());
    mfn__answer_text(&json, "compiler", __VERSION__);
    mfn__answer_end(&json);
    return MFN_OK;
}

const mfn__operation mfn__operation_version = {
    .name = "version",
    .method = "GET",
    .path = "/version",
    .tag = MFN__TAG_META,
    .summary = "The program's own version, its numbers' version and how it was built",
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"version\": {\"type\": \"string\"}, "
                     "\"numeric_version\": {\"type\": \"string\"}, \"api_version\": {\"type\": "
                     "\"string\"}, \"simd\": {\"type\": \"string\"}, \"compiler\": {\"type\": "
                     "\"string\"}}}",
    .run = run_version,
};

static mfn_status run_metrics(mfn__call *call, mfn_error *err)
{
    (void)err;
    call->content_type = "text/plain; version=0.0.4; charset=utf-8";
    mfn__service_write_metrics(call->service, &call->answer);
    return MFN_OK;
}

const mfn__operation mfn__operation_metrics = {
    .name = "metrics",
    .method = "GET",
    .path = "/metrics",
    .tag = MFN__TAG_META,
    .summary = "Numbers for Prometheus, in its text format",
    .is_public = true,
    .run = run_metrics,
};
