/* SPDX-License-Identifier: MIT */
/* Which files of a folder are ready to be read. */
#ifndef MFN_CONNECTORS_FILE_FOLDER_H
#define MFN_CONNECTORS_FILE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#include "mfn/status.h"

/* A file as a look at the folder found it. */
typedef struct mfn__folder_file {
    char *name;
    uint64_t device, inode, size_bytes;
    int64_t modified_ns, changed_ns; /* since 1970: of its content, and of what is known about it */
    bool is_ready;                   /* settled, and nobody has it open for writing */
} mfn__folder_file;

typedef struct mfn__folder_list {
    mfn__folder_file *files; /* by name */
    size_t count, capacity;
} mfn__folder_list;

void mfn__folder_list_deinit(mfn__folder_list *list);

typedef struct mfn__folder_rules {
    const char *patterns; /* globs with commas between them */
    double settle_time_s; /* a file younger than this may still be growing */
    bool needs_marker;    /* name.done must be there */
    /* True for a file that needs no second look: it is not listed. */
    bool (*is_known)(void *context, const mfn__folder_file *file);
    void *context;
} mfn__folder_rules;

/* Lists the regular files that match and are not known: no links, no names that begin with '.' or
 * end in ".tmp", ".part" or ".done". */
mfn_status mfn__folder_scan(const char *directory, const mfn__folder_rules *rules,
                            const mfn__clock *clock, mfn__folder_list *ret, mfn_error *err);

/* False while another process has the file open for writing. Where the system cannot tell (other
 * owners, some network file systems), true: the settle time decides then. */
bool mfn__folder_is_closed(int descriptor);

#endif
