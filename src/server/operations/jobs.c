/* SPDX-License-Identifier: MIT */
/* POST /jobs and GET /jobs/{id}: work too long for one request, accepted durably and computed
 * later. A job's id follows from what it asks for, so that asking again, after a timeout say, finds
 * the same job and its result. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/job.h"
#include "codec/json_options.h"
#include "server/jobs/job_runner.h"
#include "server/operations/operations.h"

#define JOB_ID_SIZE    33 /* with the NUL: the first digits of the result's id */
#define GIVEN_ID_MAX   128
#define JOB_TEXT_MAX   ((size_t)64 << 10)
#define STORE_COST     1000 /* of a look into the store, in cell steps: a fraction of a millisecond */
#define RETRY_AFTER_S  10.0
#define LOCATION_START "/jobs/"

typedef struct job_request {
    mfn_simulation_config config; /* first: the table's offsets are in it */
    const char *id;
    bool is_extended;
} job_request;

static const mfn_option *config_fields(void)
{
    size_t count = 0;
    return mfn_models(&count)[MFN_MODEL_V4_1].options;
}

/* Beside the fields of the default model: those of the others, which their own tables check. */
static const char *const others[] = {
    "id",      "model",       "extended",         "preset",    "feed",     "kill",   "production",
    "decay_u", "decay_v",     "basal_production", "supply_u",  "supply_v", "rate_v", "bias",
    "growth",  "diffusion_u", "diffusion_v",      "time_step", NULL};

#define PARAMETERS_FROM 3 /* what comes before is there for every model */

#define PARAMETER       "{\"type\": \"number\", \"description\": \"of models that have it\"}"

static const char *const other_schemas[] = {
    "{\"type\": \"string\", \"maxLength\": 128, \"description\": \"the client's name for it, "
    "simulation_id of the result\"}",
    "{\"enum\": [\"mfn-v4.1\", \"mfn-v4.1-field\", \"gray-scott\", \"gierer-meinhardt\", "
    "\"schnakenberg\", \"fitzhugh-nagumo\", \"logistic-inhibitor\"], \"default\": \"mfn-v4.1\"}",
    "{\"type\": \"boolean\", \"default\": false, \"description\": \"whether the result has the "
    "extended features, too\"}",
    "{\"type\": \"string\", \"description\": \"values to begin with, by a name of the model's\"}",
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER,
    PARAMETER};

static mfn_status complain(mfn__faults *faults, const char *field, const char *problem)
{
    mfn__fault *fault = mfn__faults_add(faults, "value_error", field);
    snprintf(fault->message, sizeof fault->message, "%.150s", problem);
    return MFN_INVALID;
}

static mfn_status read_id(const json_t *value, job_request *wanted, mfn__faults *faults)
{
    if (value == NULL || json_is_null(value)) {
        return MFN_OK;
    }
    wanted->id = json_string_value(value);
    return wanted->id != NULL && wanted->id[0] != '\0' && strlen(wanted->id) <= GIVEN_ID_MAX
               ? MFN_OK
               : complain(faults, "id", "Input should be a text of 1 to 128 bytes");
}

static mfn_status read_model(const json_t *value, job_request *wanted, mfn__faults *faults)
{
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    const char *name = json_string_value(value);
    wanted->config.model = MFN_MODEL_V4_1;
    if (value == NULL || json_is_null(value)) {
        return MFN_OK;
    }
    for (size_t i = 0; name != NULL && i < count; i++) {
        if (strcmp(name, models[i].name) == 0) {
            wanted->config.model = (uint32_t)i;
            return MFN_OK;
        }
    }
    char problem[160];
    int used = snprintf(problem, sizeof problem, "Input should be a model:");
    for (size_t i = 0; i < count && used > 0 && (size_t)used < sizeof problem; i++) {
        used += snprintf(problem + used, sizeof problem - (size_t)used, "%s %s", i > 0 ? "," : "",
                         models[i].name);
    }
    return complain(faults, "model", problem);
}

/* Another model than the default one: what the body says in the words of that model's table. */
static mfn_status read_parameters(json_t *body, job_request *wanted, mfn__faults *faults)
{
    static const char *const not_options[] = {"id", "model", "extended", "preset", NULL};
    mfn_error err = {0};
    const char *seed = wanted->config.seed;
    mfn_simulation_config_init(&wanted->config, (mfn_model_id)wanted->config.model);
    wanted->config.seed = seed;
    json_t *fields = json_copy(body);
    if (fields == NULL) {
        return complain(faults, "model", "There is no memory to read it");
    }
    json_object_del(fields, "seed"); /* read already, and may be of any size */
    const json_t *preset = json_object_get(body, "preset");
    mfn_status status = MFN_OK;
    if (json_is_string(preset)) {
        status = mfn_simulation_config_preset(&wanted->config, json_string_value(preset), &err);
    } else if (preset != NULL) {
        status = mfn__fail(&err, MFN_INVALID, "preset", "preset: expected the name of a preset");
    }
    if (status == MFN_OK) {
        status = mfn__options_from_json(mfn_models(NULL)[wanted->config.model].options, fields,
                                        not_options, &wanted->config, &err);
    }
    json_decref(fields);
    return status == MFN_OK ? MFN_OK : complain(faults, err.field, err.text);
}

/* The words of other models mean nothing to the default one. */
static mfn_status refuse_parameters(const json_t *body, mfn__faults *faults)
{
    for (const char *const *name = others + PARAMETERS_FROM; *name != NULL; name++) {
        if (json_object_get(body, *name) != NULL) {
            return complain(faults, *name, "The model that was asked for has no such field");
        }
    }
    return MFN_OK;
}

static mfn_status read_extended(const json_t *value, job_request *wanted, mfn__faults *faults)
{
    wanted->is_extended = json_is_true(value);
    return value == NULL || json_is_null(value) || json_is_boolean(value)
               ? MFN_OK
               : complain(faults, "extended", "Input should be true or false");
}

static mfn_status read_others(json_t *body, void *request, mfn__faults *ret_faults)
{
    job_request *wanted = request;
    wanted->config.size = sizeof wanted->config;
    mfn_status status = read_id(json_object_get(body, "id"), wanted, ret_faults);
    if (status == MFN_OK) {
        status = read_model(json_object_get(body, "model"), wanted, ret_faults);
    }
    if (status == MFN_OK) {
        status = read_extended(json_object_get(body, "extended"), wanted, ret_faults);
    }
    if (status == MFN_OK) {
        bool has_own_words = mfn_models(NULL)[wanted->config.model].presets != NULL;
        status = has_own_words ? read_parameters(body, wanted, ret_faults)
                               : refuse_parameters(body, ret_faults);
    }
    mfn_error err = {0};
    if (status == MFN_OK && mfn_simulation_config_check(&wanted->config, &err) != MFN_OK) {
        status = complain(ret_faults, err.field, err.text);
    }
    return status;
}

static uint64_t store_cost(const void *request)
{
    (void)request;
    return STORE_COST;
}

static mfn_status refuse_without_store(mfn__call *call)
{
    return mfn__call_refuse(call, 503, "jobs_unavailable",
                            "Jobs need a folder that outlives the service: it was started without "
                            "state_dir (MFN_STATE_DIR)");
}

/* {"id": ..., "extended": ..., "model": ..., every field}: what a pipeline takes as a job. */
static mfn_status write_job(const job_request *wanted, mfn__buffer *ret, mfn_error *err)
{
    mfn__buffer config;
    mfn__json_writer json;
    mfn__buffer_init(&config, JOB_TEXT_MAX);
    mfn__json_start(&json, &config, 0);
    mfn__config_write_json(&wanted->config, &json);
    mfn_status status = mfn__buffer_check(&config, "the job", err);
    if (status == MFN_OK && wanted->id == NULL && !wanted->is_extended) {
        mfn__buffer_append(ret, config.data, config.size);
    } else if (status == MFN_OK) {
        mfn__json_start(&json, ret, 0);
        mfn__json_object_begin(&json);
        if (wanted->id != NULL) {
            mfn__answer_text(&json, "id", wanted->id);
        }
        if (wanted->is_extended) {
            mfn__json_key(&json, "extended");
            mfn__json_bool(&json, true);
        }
        mfn__buffer_append_text(ret, ", ");
        mfn__buffer_append(ret, config.data + 1, config.size - 1);
    }
    mfn__buffer_deinit(&config);
    return status == MFN_OK ? mfn__buffer_check(ret, "the job", err) : status;
}

static void write_time(mfn__json_writer *json, const char *key, int64_t wall_ns)
{
    char text[MFN__TIME_TEXT_MAX];
    if (wall_ns > 0) {
        mfn__time_to_text(wall_ns, text);
        mfn__answer_text(json, key, text);
    }
}

static void write_view(mfn__call *call, const char *id, const mfn__job_view *view)
{
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_text(&json, "job_id", id);
    mfn__answer_text(&json, "status", mfn__job_state_names[view->state]);
    write_time(&json, "accepted_at", view->accepted_ns);
    write_time(&json, "started_at", view->started_ns);
    write_time(&json, "finished_at", view->finished_ns);
    if (view->state == MFN__JOB_QUEUED) {
        mfn__answer_u64(&json, "waiting_before", view->waiting_before);
    } else if (view->state == MFN__JOB_DONE) {
        mfn__json_key(&json, "result");
        mfn__json_raw(&json, view->outcome);
    } else if (view->state == MFN__JOB_FAILED) {
        mfn__answer_text(&json, "error", view->outcome);
    }
    mfn__answer_end(&json);
}

static mfn_status show(mfn__call *call, const char *id, mfn_error *err)
{
    const mfn__job_name name = {call->key, id};
    mfn__job_view view;
    mfn_status status =
        mfn__job_store_look(mfn__job_runner_store(call->service->jobs), &name, &view, err);
    if (status == MFN_OK) {
        write_view(call, id, &view);
        bool has_ended = view.state == MFN__JOB_DONE || view.state == MFN__JOB_FAILED;
        call->status = has_ended || call->request == NULL ? 200 : 202;
        mfn__job_view_deinit(&view);
    }
    return status;
}

static mfn_status accept(mfn__call *call, const char *text, const char *id, mfn_error *err)
{
    mfn__service *service = call->service;
    const mfn__job_name name = {call->key, id};
    mfn_status status =
        mfn__job_store_put(mfn__job_runner_store(service->jobs), &name, text,
                           mfn__clock_wall_ns(service->clock), service->settings->jobs_max, err);
    if (status == MFN_BUSY) {
        status = mfn__call_refuse(call, 503, "overloaded", "%s: try again later", err->text);
        call->refusal.retry_after_s = RETRY_AFTER_S;
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn__job_runner_wake(service->jobs);
    snprintf(call->location, sizeof call->location, LOCATION_START "%s", id);
    return show(call, id, err);
}

static mfn_status run_post(mfn__call *call, mfn_error *err)
{
    if (call->service->jobs == NULL) {
        return refuse_without_store(call);
    }
    const mfn__job_limits limits = {call->service->settings->max_job_cost};
    mfn__buffer text;
    mfn__buffer_init(&text, JOB_TEXT_MAX);
    mfn__job job = {0};
    mfn_status status = write_job(call->request, &text, err);
    if (status == MFN_OK) {
        status = mfn__job_parse(text.data, text.size, &limits, &job, err);
    }
    if (status == MFN_INVALID) { /* all else was checked: it is too much work */
        status = mfn__call_refuse(call, 422, "job_too_large", "%s", err->text);
    }
    if (status == MFN_OK) {
        char id[JOB_ID_SIZE];
        snprintf(id, sizeof id, "%.*s", JOB_ID_SIZE - 1, job.result_id);
        status = accept(call, text.data, id, err);
        mfn__job_deinit(&job);
    }
    mfn__buffer_deinit(&text);
    return status;
}

static mfn_status run_get(mfn__call *call, mfn_error *err)
{
    return call->service->jobs != NULL ? show(call, call->argument, err)
                                       : refuse_without_store(call);
}

#define ANSWER_SCHEMA                                                                              \
    "{\"type\": \"object\", \"properties\": {\"job_id\": {\"type\": \"string\"}, \"status\": "     \
    "{\"enum\": [\"queued\", \"running\", \"done\", \"failed\"]}, \"accepted_at\": {\"type\": "    \
    "\"string\", \"format\": \"date-time\"}, \"started_at\": {\"type\": \"string\", \"format\": "  \
    "\"date-time\"}, \"finished_at\": {\"type\": \"string\", \"format\": \"date-time\"}, "         \
    "\"waiting_before\": {\"type\": \"integer\"}, \"result\": {\"type\": \"object\"}, "            \
    "\"error\": {\"type\": \"string\"}}}"

const mfn__operation mfn__operation_job_post = {
    .name = "job_post",
    .method = "POST",
    .path = "/jobs",
    .tag = MFN__TAG_JOBS,
    .summary = "Accepts a simulation to be computed later: 202, or 200 when it was computed before",
    .library_fields = config_fields,
    .request_size = sizeof(job_request),
    .others = others,
    .other_schemas = other_schemas,
    .refuses_unknown = true,
    .example = "{\"grid_size\": 256, \"steps\": 10000, \"seed\": 7}",
    .answer_schema = ANSWER_SCHEMA,
    .read = read_others,
    .cost = store_cost,
    .run = run_post,
};

const mfn__operation mfn__operation_job_get = {
    .name = "job_get",
    .method = "GET",
    .path = "/jobs/{id}",
    .tag = MFN__TAG_JOBS,
    .summary = "Where a job stands, and its result, for as long as results are kept",
    .answer_schema = ANSWER_SCHEMA,
    .cost = store_cost,
    .run = run_get,
};
