/* SPDX-License-Identifier: MIT */
#include "cli/history_file.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "codec/little_endian.h"
#include "codec/npy_header.h"

#define HEADER_BYTES_MAX 65536

struct mfn__history_file {
    mfn__whole_file file;
    uint8_t *frame_bytes; /* the frame as it stands in the file */
    size_t cells;
};

mfn_status mfn__history_file_new(const char *path, uint32_t side, uint64_t frames,
                                 mfn__history_file **ret, mfn_error *err)
{
    mfn_status status = MFN_NO_MEMORY;
    mfn__buffer header;
    mfn__buffer_init(&header, HEADER_BYTES_MAX);
    mfn__history_file *file = mfn__mem_new(1, sizeof *file);
    if (file != NULL) {
        file->file.descriptor = -1;
        file->cells = (size_t)side * side;
        file->frame_bytes = mfn__mem_new(file->cells, sizeof(double));
    }
    if (file == NULL || file->frame_bytes == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    const uint64_t shape[] = {frames, side, side};
    mfn__npy_header_write(shape, 3, &header);
    status = mfn__buffer_check(&header, "the header", err);
    if (status == MFN_OK) {
        status = mfn__whole_file_begin(&file->file, path, err);
    }
    if (status == MFN_OK) {
        status = mfn__whole_file_write(&file->file, header.data, header.size, err);
    }
    if (status != MFN_OK) {
        goto fail;
    }
    mfn__buffer_deinit(&header);
    *ret = file;
    return MFN_OK;
fail:
    mfn__buffer_deinit(&header);
    mfn__history_file_free(file);
    return status;
}

mfn_status mfn__history_file_append(mfn__history_file *file, const double *frame_v, mfn_error *err)
{
    mfn__reals_to_little_endian(frame_v, file->cells, file->frame_bytes);
    return mfn__whole_file_write(&file->file, file->frame_bytes, file->cells * sizeof(double), err);
}

mfn_status mfn__history_file_commit(mfn__history_file *file, mfn_error *err)
{
    return mfn__whole_file_commit(&file->file, err);
}

void mfn__history_file_free(mfn__history_file *file)
{
    if (file == NULL) {
        return;
    }
    mfn__whole_file_abort(&file->file);
    mfn__mem_free(file->frame_bytes);
    mfn__mem_free(file);
}
