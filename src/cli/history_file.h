/* SPDX-License-Identifier: MIT */
/* A history written to an .npy file frame by frame, which appears whole or not at all. */
#ifndef MFN_CLI_HISTORY_FILE_H
#define MFN_CLI_HISTORY_FILE_H

#include <stdint.h>

#include "mfn/status.h"

typedef struct mfn__history_file mfn__history_file;

/* `frames` frames of side * side values will follow. */
mfn_status mfn__history_file_new(const char *path, uint32_t side, uint64_t frames,
                                 mfn__history_file **ret, mfn_error *err);
mfn_status mfn__history_file_append(mfn__history_file *file, const double *frame_v, mfn_error *err);

/* Puts the file in its place. Without it, freeing leaves nothing behind. */
mfn_status mfn__history_file_commit(mfn__history_file *file, mfn_error *err);
void mfn__history_file_free(mfn__history_file *file); /* NULL is allowed */

#endif
