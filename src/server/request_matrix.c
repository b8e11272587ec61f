/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "server/request.h"

static mfn__fault *complain(mfn__faults *faults, const char *type, const char *field,
                            const char *message, const json_t *value)
{
    mfn__fault *fault = mfn__faults_add(faults, type, field);
    snprintf(fault->message, sizeof fault->message, "%s", message);
    char text[sizeof fault->input];
    size_t size = json_dumpb(value, text, sizeof text - 1, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (size > 0 && size < sizeof text) {
        memcpy(fault->input, text, size);
        fault->input[size] = '\0';
    }
    return fault;
}

static bool are_lists(const json_t *rows, const char *field, mfn__faults *faults)
{
    size_t before = faults->count;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (!json_is_array(row)) {
            complain(faults, "list_type", field, "Input should be a valid list", row)->index[0] =
                (int64_t)i;
        }
    }
    return faults->count == before;
}

static void read_row(const json_t *row, size_t number, const char *field, double *ret,
                     mfn__faults *faults)
{
    for (size_t j = 0; j < json_array_size(row); j++) {
        const json_t *value = json_array_get(row, j);
        if (!mfn__request_to_real(value, &ret[j])) {
            bool is_text = json_is_string(value);
            mfn__fault *fault = complain(
                faults, is_text ? "float_parsing" : "float_type", field,
                is_text ? "Input should be a valid number, unable to parse string as a number"
                        : "Input should be a valid number",
                value);
            fault->index[0] = (int64_t)number;
            fault->index[1] = (int64_t)j;
        }
    }
}

mfn_status mfn__request_read_matrix(const json_t *value, const char *field, uint64_t values_max,
                                    mfn__matrix *ret, mfn__faults *ret_faults)
{
    size_t before = ret_faults->count;
    *ret = (mfn__matrix){.ragged_row = UINT64_MAX};
    if (value == NULL || !json_is_array(value)) {
        complain(ret_faults, value == NULL ? "missing" : "list_type", field,
                 value == NULL ? "Field required" : "Input should be a valid list", value);
        return MFN_INVALID;
    }
    if (!are_lists(value, field, ret_faults)) {
        return MFN_INVALID;
    }
    ret->rows = json_array_size(value);
    ret->columns = json_array_size(json_array_get(value, 0));
    for (uint64_t i = 1; i < ret->rows; i++) {
        if (json_array_size(json_array_get(value, i)) != ret->columns) {
            ret->ragged_row = i;
            return MFN_OK;
        }
    }
    if (ret->columns == 0) {
        return MFN_OK;
    }
    if (ret->rows > values_max / ret->columns) {
        mfn__fault *fault = mfn__faults_add(ret_faults, "too_long", field);
        snprintf(fault->message, sizeof fault->message,
                 "The lists should hold at most %llu numbers together",
                 (unsigned long long)values_max);
        return MFN_TOO_LARGE;
    }
    ret->values = mfn__mem_new((size_t)(ret->rows * ret->columns), sizeof *ret->values);
    if (ret->values == NULL) {
        return MFN_NO_MEMORY;
    }
    for (uint64_t i = 0; i < ret->rows; i++) {
        read_row(json_array_get(value, i), i, field, ret->values + i * ret->columns, ret_faults);
    }
    if (ret_faults->count > before) {
        mfn__mem_free(ret->values);
        ret->values = NULL;
        return MFN_INVALID;
    }
    return MFN_OK;
}
