/* SPDX-License-Identifier: MIT */
/* The result_id names a job by what it asks for and not by how it was written: it is the hash of a
 * canonical text in which every field stands in table order with its defaults spelled out and its
 * number in the shortest exact form. */
#include "codec/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/json_options.h"
#include "codec/options_writer.h"

#include "mfn/version.h"

#define ID_BYTES_MAX        256
#define ID_HASH_DIGITS      16
#define CANONICAL_BYTES_MAX ((size_t)1 << 16)
#define SHOWN_BYTES         48

static const char *const other_keys[] = {"id", "model", "preset", "extended", NULL};
static const char *const exact_keys[] = {"id", "seed", NULL};

static mfn_status fail_model(const json_t *value, mfn_error *err)
{
    char names[320] = "";
    const char *list[16];
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    count = count < sizeof list / sizeof list[0] ? count : sizeof list / sizeof list[0];
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(names);
        list[i] = models[i].name;
        snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "", list[i]);
    }
    if (!json_is_string(value)) {
        return mfn__fail(err, MFN_INVALID, "model", "model: expected the name of a model: %s",
                         names);
    }
    char shown[SHOWN_BYTES];
    const char *given = json_string_value(value);
    const char *nearest = mfn__text_nearest(given, list, count);
    mfn__text_printable(given, strlen(given), shown, sizeof shown);
    return mfn__fail(err, MFN_INVALID, "model", "model: expected one of %s, got '%s'%s%s%s", names,
                     shown, nearest != NULL ? "; did you mean '" : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

static mfn_status find_model(const json_t *object, mfn_model_id *ret, mfn_error *err)
{
    const json_t *value = json_object_get(object, "model");
    if (value == NULL) {
        *ret = MFN_MODEL_V4_1;
        return MFN_OK;
    }
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    for (size_t i = 0; i < count && json_is_string(value); i++) {
        if (strcmp(models[i].name, json_string_value(value)) == 0) {
            *ret = (mfn_model_id)i;
            return MFN_OK;
        }
    }
    return fail_model(value, err);
}

/* The preset's values come first: what the object says beside replaces them. */
static mfn_status apply_preset(const json_t *object, mfn_simulation_config *config, mfn_error *err)
{
    const json_t *value = json_object_get(object, "preset");
    if (value == NULL) {
        return MFN_OK;
    }
    if (!json_is_string(value)) {
        return mfn__fail(err, MFN_INVALID, "preset", "preset: expected the name of a preset");
    }
    return mfn_simulation_config_preset(config, json_string_value(value), err);
}

/* C0, DEL and C1; `text` is valid UTF-8, in which C1 is C2 80 .. C2 9F. */
static bool has_control_character(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7F || (at[0] == 0xC2 && at[1] < 0xA0)) {
            return true;
        }
    }
    return false;
}

/* `*ret` becomes NULL when the job has no id. */
static mfn_status copy_id(const json_t *object, char **ret, mfn_error *err)
{
    const json_t *value = json_object_get(object, "id");
    char whole[32];
    const char *id = NULL;
    if (value == NULL) {
        *ret = NULL;
        return MFN_OK;
    }
    if (json_is_integer(value)) {
        snprintf(whole, sizeof whole, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        id = whole;
    } else if (json_is_string(value)) {
        id = json_string_value(value);
    } else {
        return mfn__fail(err, MFN_INVALID, "id", "id: expected a text or a whole number");
    }
    size_t length = strlen(id);
    if (length == 0 || length > ID_BYTES_MAX) {
        return mfn__fail(err, MFN_INVALID, "id",
                         "id: expected 1 to %d bytes of text, got %zu bytes", ID_BYTES_MAX, length);
    }
    if (has_control_character(id)) {
        char shown[SHOWN_BYTES];
        return mfn__fail(err, MFN_INVALID, "id", "id: control characters are not allowed, got '%s'",
                         mfn__text_printable(id, length, shown, sizeof shown));
    }
    *ret = mfn__mem_copy_text(id);
    return *ret != NULL ? MFN_OK : mfn__fail_memory(err);
}

static mfn_status read_extended(const json_t *object, bool *ret, mfn_error *err)
{
    const json_t *value = json_object_get(object, "extended");
    if (value != NULL && !json_is_boolean(value)) {
        return mfn__fail(err, MFN_INVALID, "extended", "extended: expected true or false");
    }
    *ret = json_is_true(value);
    return MFN_OK;
}

/* Keeps a copy without leading zeros, as "007" and 7 are one seed. */
static mfn_status copy_seed(mfn__job *job, mfn_error *err)
{
    const char *digits = job->config.seed;
    while (digits[0] == '0' && digits[1] != '\0') {
        digits++;
    }
    job->seed = mfn__mem_copy_text(digits);
    job->config.seed = job->seed;
    return job->seed != NULL ? MFN_OK : mfn__fail_memory(err);
}

static mfn_status check_cost(const mfn_simulation_config *config, const mfn__job_limits *limits,
                             mfn_error *err)
{
    uint64_t updates = 0;
    bool overflow = __builtin_mul_overflow(config->grid_size, config->grid_size, &updates) ||
                    __builtin_mul_overflow(updates, config->steps, &updates);
    if (limits == NULL || limits->max_cell_steps == 0 ||
        (!overflow && updates <= limits->max_cell_steps)) {
        return MFN_OK;
    }
    return mfn__fail(err, MFN_INVALID, "steps",
                     "steps: %" PRIu64 " x %" PRIu64 " cells x %" PRIu64 " steps are %" PRIu64
                     " cell updates, more than the limit of %" PRIu64,
                     config->grid_size, config->grid_size, config->steps,
                     overflow ? UINT64_MAX : updates, limits->max_cell_steps);
}

void mfn__config_write_json(const mfn_simulation_config *config, mfn__json_writer *json)
{
    const mfn_model *model = &mfn_models(NULL)[config->model];
    mfn__json_object_begin(json);
    mfn__json_key(json, "model");
    mfn__json_text(json, model->name);
    mfn__options_write_json(model->options, config, json);
    mfn__json_object_end(json);
}

static mfn_status compute_result_id(mfn__job *job, mfn_error *err)
{
    mfn__buffer canonical;
    mfn__json_writer json;
    mfn__buffer_init(&canonical, CANONICAL_BYTES_MAX);
    mfn__json_start(&json, &canonical, 0);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "numeric_version");
    mfn__json_text(&json, mfn_numeric_version());
    mfn__json_key(&json, "id");
    if (job->id != NULL) {
        mfn__json_text(&json, job->id);
    } else {
        mfn__json_null(&json);
    }
    if (job->is_extended) {
        mfn__json_key(&json, "extended");
        mfn__json_bool(&json, true);
    }
    mfn__json_key(&json, "config");
    mfn__config_write_json(&job->config, &json);
    mfn__json_object_end(&json);
    mfn_status status = mfn__buffer_check(&canonical, "the canonical job", err);
    if (status == MFN_OK) {
        mfn__sha256_hex(canonical.data, canonical.size, job->result_id);
    }
    mfn__buffer_deinit(&canonical);
    return status;
}

static mfn_status make_id(mfn__job *job, mfn_error *err)
{
    char id[sizeof "job-" + ID_HASH_DIGITS];
    snprintf(id, sizeof id, "job-%.*s", ID_HASH_DIGITS, job->result_id);
    job->id = mfn__mem_copy_text(id);
    return job->id != NULL ? MFN_OK : mfn__fail_memory(err);
}

/* Everything that the object says, with texts of the job's own. */
static mfn_status read_object(json_t *object, mfn__job *job, mfn_error *err)
{
    mfn_model_id model = MFN_MODEL_V4_1;
    mfn_status status = find_model(object, &model, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_simulation_config_init(&job->config, model);
    status = apply_preset(object, &job->config, err);
    if (status == MFN_OK) {
        status = mfn__options_from_json(mfn_models(NULL)[model].options, object, other_keys,
                                        &job->config, err);
    }
    if (status == MFN_OK) {
        status = mfn_simulation_config_check(&job->config, err);
    }
    if (status == MFN_OK) {
        status = read_extended(object, &job->is_extended, err);
    }
    if (status == MFN_OK) {
        status = copy_seed(job, err);
    }
    return status == MFN_OK ? copy_id(object, &job->id, err) : status;
}

mfn_status mfn__job_parse(const char *text, size_t size, const mfn__job_limits *limits,
                          mfn__job *ret, mfn_error *err)
{
    mfn__job job = {0};
    json_t *object = NULL;
    mfn_status status = mfn__json_object_parse(text, size, exact_keys, &object, err);
    if (status != MFN_OK) {
        return status;
    }
    status = read_object(object, &job, err);
    if (status == MFN_OK) {
        status = check_cost(&job.config, limits, err);
    }
    if (status == MFN_OK) {
        status = compute_result_id(&job, err);
    }
    if (status == MFN_OK && job.id == NULL) {
        status = make_id(&job, err);
    }
    json_decref(object);
    if (status != MFN_OK) {
        mfn__job_deinit(&job);
        return status;
    }
    *ret = job;
    return MFN_OK;
}

void mfn__job_deinit(mfn__job *job)
{
    if (job != NULL) {
        mfn__mem_free(job->id);
        mfn__mem_free(job->seed);
        *job = (mfn__job){0};
    }
}
