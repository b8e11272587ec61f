/* SPDX-License-Identifier: MIT */
#include "codec/npy_rows.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/npy.h"

mfn_status mfn__npy_rows_open(const char *path, mfn__npy_rows *ret, mfn_error *err)
{
    mfn__npy_rows rows = {.descriptor = -1};
    mfn_status status =
        mfn__npy_open(path, INT64_MAX, &rows.descriptor, &rows.header, &rows.offset, err);
    if (status != MFN_OK) {
        return status;
    }
    const mfn__npy_header *header = &rows.header;
    if (header->dimensions != 2) {
        status = mfn__fail(err, MFN_FORMAT, "shape",
                           "'%s': shape: expected two dimensions (n, d), got %" PRIu32, path,
                           header->dimensions);
        goto fail;
    }
    rows.name = mfn__mem_copy_text(path);
    rows.row = mfn__mem_new(header->count > 0 ? (size_t)header->shape[1] : 1, header->item_bytes);
    if (rows.name == NULL || rows.row == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    *ret = rows;
    return MFN_OK;
fail:
    mfn__npy_rows_close(&rows);
    return status;
}

void mfn__npy_rows_close(mfn__npy_rows *rows)
{
    if (rows->descriptor >= 0) {
        close(rows->descriptor);
    }
    mfn__mem_free(rows->name);
    mfn__mem_free(rows->row);
    *rows = (mfn__npy_rows){.descriptor = -1};
}

static void decode_floats(const uint8_t *bytes, bool is_big_endian, size_t count, float *ret)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, bytes + i * sizeof word, sizeof word);
        word = is_big_endian ? be32toh(word) : le32toh(word);
        memcpy(&ret[i], &word, sizeof word);
    }
}

static void decode_doubles(const uint8_t *bytes, bool is_big_endian, size_t count, float *ret)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t word;
        double value;
        memcpy(&word, bytes + i * sizeof word, sizeof word);
        word = is_big_endian ? be64toh(word) : le64toh(word);
        memcpy(&value, &word, sizeof word);
        ret[i] = (float)value;
    }
}

mfn_status mfn__npy_rows_read(mfn__npy_rows *rows, uint64_t index, float *ret, mfn_error *err)
{
    const mfn__npy_header *header = &rows->header;
    size_t values = (size_t)header->shape[1];
    size_t size = values * header->item_bytes;
    uint64_t position = rows->offset + index * size;
    for (size_t done = 0; done < size;) {
        ssize_t got =
            pread(rows->descriptor, rows->row + done, size - done, (off_t)(position + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return mfn__fail_errno(err, errno, NULL, "cannot read '%s'", rows->name);
        }
        if (got == 0) {
            return mfn__fail(err, MFN_FORMAT, NULL, "'%s': the file ends inside row %" PRIu64,
                             rows->name, index);
        }
        done += (size_t)got;
    }
    if (header->item_bytes == sizeof(float)) {
        decode_floats(rows->row, header->is_big_endian, values, ret);
    } else {
        decode_doubles(rows->row, header->is_big_endian, values, ret);
    }
    return MFN_OK;
}
