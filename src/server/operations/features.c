/* SPDX-License-Identifier: MIT */
/* POST /features: the 18 features of a field or of its history, given as JSON or as a .npy file. */
#include "mfn/features.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "codec/npy.h"
#include "codec/result.h"
#include "server/operations/operations.h"
#include "server/request.h"

#include "mfn/npy.h"

#define VALUES_MAX ((uint64_t)16 << 20)

typedef struct features_request {
    mfn_feature_config config; /* first: the options of the library's table are fields of it */
    double *values;            /* frames * side * side volts */
    uint64_t frames, side;
} features_request;

static const char *const others[] = {"field", "history", NULL};
static const char *const other_schemas[] = {
    "{\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": {\"type\": \"number\"}}, "
    "\"description\": \"one frame in volts: N lists of N numbers\"}",
    "{\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": {\"type\": \"array\", "
    "\"items\": {\"type\": \"number\"}}}, \"description\": \"several frames, oldest first\"}"};

static mfn__fault *complain(mfn__faults *faults, const char *field, const char *message)
{
    mfn__fault *fault = mfn__faults_add(faults, "value_error", field);
    snprintf(fault->message, sizeof fault->message, "%.*s", (int)sizeof fault->message - 1,
             message);
    return fault;
}

/* One square frame into `request->values`, which grows. */
static mfn_status add_frame(features_request *request, const json_t *frame, const char *field,
                            uint64_t frames, mfn__faults *faults)
{
    mfn__matrix matrix;
    mfn_status status =
        mfn__request_read_matrix(frame, field, VALUES_MAX / frames, &matrix, faults);
    if (status != MFN_OK) {
        return status;
    }
    bool is_first = request->values == NULL;
    if (matrix.values == NULL || matrix.rows != matrix.columns ||
        (!is_first && matrix.rows != request->side)) {
        mfn__mem_free(matrix.values);
        complain(faults, field, "Field must be square, and all frames of one size");
        return MFN_INVALID;
    }
    size_t cells = (size_t)(matrix.rows * matrix.columns);
    if (is_first) {
        request->side = matrix.rows;
        request->values = mfn__mem_new((size_t)frames * cells, sizeof *request->values);
    }
    if (request->values != NULL) {
        memcpy(request->values + request->frames * cells, matrix.values,
               cells * sizeof *request->values);
        request->frames++;
    }
    mfn__mem_free(matrix.values);
    return request->values != NULL ? MFN_OK : MFN_NO_MEMORY;
}

static mfn_status read_json(json_t *body, void *argument, mfn__faults *ret_faults)
{
    features_request *request = argument;
    const json_t *field = json_object_get(body, "field");
    const json_t *history = json_object_get(body, "history");
    if ((field == NULL) == (history == NULL)) {
        complain(ret_faults, "field", "Give either field (one frame) or history (several)");
        return MFN_INVALID;
    }
    if (field != NULL) {
        return add_frame(request, field, "field", 1, ret_faults);
    }
    size_t frames = json_array_size(history);
    if (frames == 0) {
        complain(ret_faults, "history", "Input should be a list of at least one frame");
        return MFN_INVALID;
    }
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < frames; i++) {
        status = add_frame(request, json_array_get(history, i), "history", frames, ret_faults);
    }
    return status;
}

/* A .npy file of shape (N, N) or (T, N, N). */
static mfn_status read_npy(const char *content_type, const char *bytes, size_t size, void *argument,
                           mfn__faults *ret_faults)
{
    features_request *request = argument;
    mfn_feature_config_init(&request->config);
    mfn_npy_array array = {0};
    mfn_error err = {0};
    bool is_known =
        content_type != NULL && (strncasecmp(content_type, "application/octet-stream", 24) == 0 ||
                                 strncasecmp(content_type, "application/x-npy", 17) == 0);
    if (!is_known) {
        complain(ret_faults, "",
                 "Content-Type: expected application/json, application/octet-stream or "
                 "application/x-npy");
        return MFN_FORMAT;
    }
    mfn_status status =
        mfn__npy_decode(bytes, size, "body", VALUES_MAX * sizeof(double), &array, &err);
    if (status != MFN_OK) {
        complain(ret_faults, "", err.text);
        return status;
    }
    uint32_t d = array.dimensions;
    if ((d != 2 && d != 3) || array.count == 0 || array.shape[d - 1] != array.shape[d - 2]) {
        mfn_npy_free(&array);
        complain(ret_faults, "", "Field must be square: expected the shape (N, N) or (T, N, N)");
        return MFN_INVALID;
    }
    request->frames = d == 3 ? array.shape[0] : 1;
    request->side = array.shape[d - 1];
    request->values = array.values;
    return MFN_OK;
}

static void release(void *request)
{
    mfn__mem_free(((features_request *)request)->values);
}

static uint64_t cost(const void *request)
{
    const features_request *wanted = request;
    return wanted->frames * wanted->side * wanted->side;
}

static mfn_status run(mfn__call *call, mfn_error *err)
{
    const features_request *wanted = call->request;
    mfn_feature_config config = wanted->config;
    config.size = sizeof config;
    mfn_status status = mfn_feature_config_check(&config, err);
    mfn_features features;
    if (status == MFN_OK) {
        status = mfn_features_compute(wanted->values, wanted->frames, (uint32_t)wanted->side,
                                      &config, &features, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__json_key(&json, "features");
    mfn__features_write_json(&features, &json);
    mfn__json_key(&json, "vector");
    mfn__json_array_begin(&json);
    for (size_t i = 0; i < MFN_FEATURE_COUNT; i++) {
        mfn__json_real(&json, features.value[i]);
    }
    mfn__json_array_end(&json);
    mfn__answer_end(&json);
    return MFN_OK;
}

const mfn__operation mfn__operation_features = {
    .name = "features",
    .method = "POST",
    .path = "/features",
    .tag = MFN__TAG_COMPUTE,
    .summary = "The 18 features of a field or of its history, as JSON or as a .npy file",
    .library_fields = mfn_feature_options,
    .request_size = sizeof(features_request),
    .others = others,
    .other_schemas = other_schemas,
    .example = "{\"field\": [[-0.07, -0.05], [-0.04, -0.07]]}",
    .answer_schema =
        "{\"type\": \"object\", \"properties\": {\"features\": {\"type\": \"object\"}, "
        "\"vector\": {\"type\": \"array\", \"items\": {\"type\": \"number\"}}}}",
    .read = read_json,
    .read_raw = read_npy,
    .release = release,
    .cost = cost,
    .run = run,
};
