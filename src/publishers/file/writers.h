/* SPDX-License-Identifier: MIT */
/* The two ways of writing results into a folder. Both survive a crash at any instant: publishing
 * the same results again neither loses nor doubles any. */
#ifndef MFN_PUBLISHERS_FILE_WRITERS_H
#define MFN_PUBLISHERS_FILE_WRITERS_H

#include "publishers/file/file_publisher.h"

typedef struct mfn__file_target {
    mfn__file_publisher_options options;
    mfn__surroundings around;
    uint64_t target; /* in the ledger */
    uint64_t token;  /* marks our temporary files: several pipelines may share a folder */
    int folder;      /* descriptor of the directory */
    int stream;      /* append mode: descriptor of the open file, or -1 */
    char stream_name[MFN__NAME_MAX];
} mfn__file_target;

/* The name of the temporary file number `index`, or with `index` below 0 what all begin with. */
void mfn__temporary_name(const mfn__file_target *self, int index, char ret[MFN__NAME_MAX]);

/* Both publish all parcels and say of each whether its result was known; the caller marks them as
 * done. One file per result: */
mfn_status mfn__write_single_files(mfn__file_target *self, mfn__parcel *const *parcels,
                                   size_t count, mfn_error *err);

/* One line per result in the current file: */
mfn_status mfn__append_lines(mfn__file_target *self, mfn__parcel *const *parcels, size_t count,
                             mfn_error *err);

#endif
