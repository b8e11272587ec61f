/* SPDX-License-Identifier: MIT */
/* The connector "file": jobs from the files of a folder. */
#ifndef MFN_CONNECTORS_FILE_FILE_CONNECTOR_H
#define MFN_CONNECTORS_FILE_FILE_CONNECTOR_H

#include "stream/kinds.h"

typedef struct mfn__file_connector_options {
    const char *directory;
    const char *pattern;
    uint32_t format; /* mfn__item_format */
    bool auto_delete;
    double poll_interval, settle_time; /* s */
    bool done_marker;
    uint64_t max_file_bytes, max_job_bytes;
} mfn__file_connector_options;

extern const mfn__connector_ops mfn__file_connector;

/* What the option table cannot say. */
mfn_status mfn__file_connector_check(const void *given, mfn_error *err);

/* Whether the directory is there and can be listed; changes nothing. */
mfn_status mfn__file_connector_probe(const void *options, const mfn__surroundings *surroundings,
                                     mfn_error *err);

#endif
