/* SPDX-License-Identifier: MIT */
/* POST /features: the 18 features of a field or of its history, given as JSON or as a .npy file. */
#include "mfn/features.h"

#include <stddef.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
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

static mfn__fault *complain(mfn__faults *faults, const char *field, const char *message)
{
    mfn__fault *fault = mfn__faults_add(faults, "value_error", field);
    size_t size = sizeof fault->message;
    snprintf(fault->message, size, "%s", message);
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
