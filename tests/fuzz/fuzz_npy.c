/* SPDX-License-Identifier: MIT */
/* Any bytes are an array within the limit or an error; an array written again reads the same. */
#include <stdio.h>
#include <string.h>

#include "codec/npy.h"
#include "fuzz.h"

#define BYTES_MAX ((uint64_t)1 << 20)

static mfn_status read_bytes(const uint8_t *data, size_t size, mfn_npy_array *ret, mfn_error *err)
{
    int descriptor = fuzz_file(data, size);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    mfn_status status = mfn_npy_read(path, BYTES_MAX, ret, err);
    close(descriptor);
    return status;
}

static void check_round_trip(const mfn_npy_array *array)
{
    mfn__buffer bytes;
    mfn_npy_array again;
    mfn__buffer_init(&bytes, SIZE_MAX);
    fuzz_require(mfn__npy_encode(array->values, array->shape, array->dimensions, &bytes, NULL) ==
                 MFN_OK);
    fuzz_require(read_bytes((const uint8_t *)bytes.data, bytes.size, &again, NULL) == MFN_OK);
    fuzz_require(again.dimensions == array->dimensions && again.count == array->count);
    fuzz_require(array->dimensions == 0 ||
                 memcmp(again.shape, array->shape, array->dimensions * sizeof *array->shape) == 0);
    fuzz_require(array->count == 0 ||
                 memcmp(again.values, array->values, (size_t)array->count * sizeof(double)) == 0);
    mfn_npy_free(&again);
    mfn__buffer_deinit(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mfn_npy_array array;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = read_bytes(data, size, &array, &err);
    if (status != MFN_OK) {
        fuzz_require(err.status == status && err.text[0] != '\0');
        return 0;
    }
    fuzz_require(array.count <= BYTES_MAX / sizeof(double));
    check_round_trip(&array);
    mfn_npy_free(&array);
    return 0;
}
