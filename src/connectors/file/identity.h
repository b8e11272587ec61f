/* SPDX-License-Identifier: MIT */
/* What makes a file the same file. */
#ifndef MFN_CONNECTORS_FILE_IDENTITY_H
#define MFN_CONNECTORS_FILE_IDENTITY_H

#include "stream/ledger.h"

/* Device, inode, size, time of change, and a hash of the first and last 64 KiB: an inode number
 * alone is used again by other files. The descriptor's position is left as it was. */
mfn_status mfn__identity_of(int descriptor, const char *name, mfn__file_identity *ret,
                            mfn_error *err);

bool mfn__identity_is_same(const mfn__file_identity *a, const mfn__file_identity *b);

#endif
