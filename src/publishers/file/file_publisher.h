/* SPDX-License-Identifier: MIT */
/* The publisher "file": results as files of a folder, one each or appended to one. */
#ifndef MFN_PUBLISHERS_FILE_FILE_PUBLISHER_H
#define MFN_PUBLISHERS_FILE_FILE_PUBLISHER_H

#include "stream/kinds.h"

typedef struct mfn__file_publisher_options {
    const char *directory;
    const char *filename_pattern;
    bool append_mode;
    uint32_t content;      /* mfn__content */
    uint64_t rotate_bytes; /* append mode; 0: never */
    uint64_t rotate_count;
    uint64_t batch_size;
} mfn__file_publisher_options;

extern const mfn__publisher_ops mfn__file_publisher;

/* Whether the directory can be written to, or made; changes nothing. */
mfn_status mfn__file_publisher_probe(const void *options, const mfn__surroundings *surroundings,
                                     mfn_error *err);

#endif
