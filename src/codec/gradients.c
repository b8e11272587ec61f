/* SPDX-License-Identifier: MIT */
#include "codec/gradients.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/gradients_text.h"
#include "codec/npy_rows.h"

#define NPY_MAGIC      "\x93NUMPY"
#define NPY_MAGIC_SIZE 6
#define WINDOW_ITEM    64 /* nothing of the text is kept but a byte order mark */

struct mfn__gradients {
    mfn_gradient_source source;
    mfn__npy_rows rows;      /* of an .npy file */
    mfn__gradient_list list; /* of a text */
};

static mfn_status read_row(void *context, uint64_t index, float *ret, mfn_error *err)
{
    mfn__gradients *gradients = context;
    return mfn__npy_rows_read(&gradients->rows, index, ret, err);
}

static mfn_status read_listed(void *context, uint64_t index, float *ret, mfn_error *err)
{
    (void)err;
    const mfn__gradient_list *list = &((const mfn__gradients *)context)->list;
    size_t dimension = (size_t)list->dimension;
    memcpy(ret, list->values + (size_t)index * dimension, dimension * sizeof *ret);
    return MFN_OK;
}

static mfn_status open_rows(mfn__gradients *gradients, const char *path, mfn_error *err)
{
    mfn_status status = mfn__npy_rows_open(path, &gradients->rows, err);
    if (status == MFN_OK) {
        const uint64_t *shape = gradients->rows.header.shape;
        gradients->source = (mfn_gradient_source){gradients, read_row, shape[0], shape[1]};
    }
    return status;
}

/* Takes the descriptor. */
static mfn_status read_text(mfn__gradients *gradients, int descriptor, const char *path,
                            uint64_t max_bytes, mfn_error *err)
{
    mfn__byte_window window;
    mfn__gradient_list *list = &gradients->list;
    mfn_status status = mfn__window_init(&window, descriptor, path, WINDOW_ITEM, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__gradient_list_read(&window, max_bytes, list, err);
    mfn__window_deinit(&window);
    gradients->source = (mfn_gradient_source){gradients, read_listed, list->count, list->dimension};
    return status;
}

mfn_status mfn__gradients_open(const char *path, uint64_t max_bytes, mfn__gradients **ret,
                               mfn_error *err)
{
    mfn__gradients *gradients = mfn__mem_new(1, sizeof *gradients);
    if (gradients == NULL) {
        return mfn__fail_memory(err);
    }
    gradients->rows.descriptor = -1;
    mfn_status status = MFN_OK;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot open '%s'", path);
        goto fail;
    }
    char magic[NPY_MAGIC_SIZE];
    if (pread(descriptor, magic, sizeof magic, 0) == NPY_MAGIC_SIZE &&
        memcmp(magic, NPY_MAGIC, NPY_MAGIC_SIZE) == 0) {
        close(descriptor);
        status = open_rows(gradients, path, err);
    } else {
        status = read_text(gradients, descriptor, path, max_bytes, err);
    }
    if (status != MFN_OK) {
        goto fail;
    }
    *ret = gradients;
    return MFN_OK;
fail:
    mfn__gradients_free(gradients);
    return status;
}

void mfn__gradients_free(mfn__gradients *gradients)
{
    if (gradients != NULL) {
        mfn__npy_rows_close(&gradients->rows);
        mfn__gradient_list_deinit(&gradients->list);
        mfn__mem_free(gradients);
    }
}

const mfn_gradient_source *mfn__gradients_source(const mfn__gradients *gradients)
{
    return &gradients->source;
}
