/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

mfn_status record_read(const json_t *line, record *ret, mfn_error *err)
{
    record found = {
        .id = json_string_value(json_object_get(line, "id")),
        .kind = json_string_value(json_object_get(line, "kind")),
        .in = json_object_get(line, "in"),
        .out = json_object_get(line, "out"),
    };
    const json_t *exception = json_object_get(line, "err");
    if (found.id == NULL || found.kind == NULL || !json_is_object(found.in) ||
        (found.out == NULL) == (exception == NULL)) {
        return mfn__fail(err, MFN_FORMAT, NULL,
                         "expected {\"id\": text, \"kind\": text, \"in\": object, "
                         "\"out\" or \"err\": value}");
    }
    *ret = found;
    return MFN_OK;
}

bool record_real(const json_t *value, double *ret)
{
    if (json_is_number(value)) {
        *ret = json_number_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    if (text == NULL || *text == '\0') {
        return false;
    }
    char *end;
    *ret = strtod(text, &end);
    return *end == '\0';
}

const char *record_whole(const json_t *value, char buffer[RECORD_WHOLE_MAX])
{
    if (json_is_integer(value)) {
        snprintf(buffer, RECORD_WHOLE_MAX, "%lld", (long long)json_integer_value(value));
        return buffer;
    }
    const char *text = json_string_value(value);
    if (text == NULL) {
        return NULL;
    }
    const char *digits = *text == '-' ? text + 1 : text;
    return *digits != '\0' && strspn(digits, "0123456789") == strlen(digits) ? text : NULL;
}

static int base64_value(char character)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = character == '\0' ? NULL : strchr(alphabet, character);
    return found == NULL ? -1 : (int)(found - alphabet);
}

/* Decodes exactly `size` bytes of padded base64 into `ret`. */
static bool decode_base64(const char *text, size_t size, unsigned char *ret)
{
    if (text == NULL || strlen(text) != (size + 2) / 3 * 4) {
        return false;
    }
    for (size_t done = 0; done < size; done += 3, text += 4) {
        size_t bytes = size - done < 3 ? size - done : 3;
        uint32_t group = 0;
        for (size_t i = 0; i < 4; i++) {
            int value = i <= bytes ? base64_value(text[i]) : 0;
            if (value < 0 || (i > bytes && text[i] != '=')) {
                return false;
            }
            group = group << 6 | (uint32_t)value;
        }
        for (size_t i = 0; i < bytes; i++) {
            ret[done + i] = (unsigned char)(group >> (16 - 8 * i));
        }
    }
    return true;
}

/* In place from the end: a value is never written over bytes that are still to be read. */
static void widen(double *values, size_t count, size_t item_bytes)
{
    const unsigned char *bytes = (const unsigned char *)values;
    for (size_t i = count; i-- > 0;) {
        if (item_bytes == sizeof(float)) {
            uint32_t word;
            float value;
            memcpy(&word, bytes + i * sizeof word, sizeof word);
            word = le32toh(word);
            memcpy(&value, &word, sizeof value);
            values[i] = (double)value;
        } else {
            uint64_t word;
            memcpy(&word, &values[i], sizeof word);
            word = le64toh(word);
            memcpy(&values[i], &word, sizeof word);
        }
    }
}

static bool read_bits(const json_t *rows, double on, double off, const record_array *array)
{
    size_t width = array->dimensions == 2 ? array->shape[1] : 0;
    if (array->dimensions != 2 || json_array_size(rows) != array->shape[0]) {
        return false;
    }
    for (size_t i = 0; i < array->shape[0]; i++) {
        const char *row = json_string_value(json_array_get(rows, i));
        if (row == NULL || strlen(row) != width || strspn(row, "01") != width) {
            return false;
        }
        for (size_t j = 0; j < width; j++) {
            array->values[i * width + j] = row[j] == '1' ? on : off;
        }
    }
    return true;
}

static bool read_shape(const json_t *shape, record_array *ret)
{
    ret->dimensions = json_array_size(shape);
    ret->count = 1;
    if (ret->dimensions < 1 || ret->dimensions > RECORD_DIMENSIONS_MAX) {
        return false;
    }
    for (size_t i = 0; i < ret->dimensions; i++) {
        json_int_t size = json_integer_value(json_array_get(shape, i));
        if (size < 1 || size > 1 << 20) {
            return false;
        }
        ret->shape[i] = (size_t)size;
        ret->count *= ret->shape[i];
    }
    return ret->count <= SIZE_MAX / sizeof *ret->values;
}

mfn_status record_array_read(const json_t *value, double on, double off, record_array *ret,
                             mfn_error *err)
{
    record_array array = {0};
    if (!read_shape(json_object_get(value, "shape"), &array)) {
        return mfn__fail(err, MFN_FORMAT, "shape", "expected a shape of 1 to %d sizes",
                         RECORD_DIMENSIONS_MAX);
    }
    array.values = mfn__mem_new(array.count, sizeof *array.values);
    if (array.values == NULL) {
        return mfn__fail_memory(err);
    }
    const char *doubles = json_string_value(json_object_get(value, "f64"));
    const char *floats = json_string_value(json_object_get(value, "f32"));
    size_t item_bytes = doubles != NULL ? sizeof(double) : sizeof(float);
    bool is_read = false;
    if (doubles != NULL || floats != NULL) {
        is_read = decode_base64(doubles != NULL ? doubles : floats, array.count * item_bytes,
                                (unsigned char *)array.values);
        widen(array.values, array.count, item_bytes);
    } else {
        is_read = read_bits(json_object_get(value, "bits"), on, off, &array);
    }
    if (!is_read) {
        record_array_deinit(&array);
        return mfn__fail(err, MFN_FORMAT, "shape",
                         "expected base64 \"f64\" or \"f32\", or rows of \"bits\", that fill the "
                         "shape");
    }
    *ret = array;
    return MFN_OK;
}

void record_array_deinit(record_array *array)
{
    mfn__mem_free(array->values);
    *array = (record_array){0};
}
