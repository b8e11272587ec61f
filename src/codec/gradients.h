/* SPDX-License-Identifier: MIT */
/* Files of gradients: .npy arrays of shape (n, d), JSON and NDJSON. */
#ifndef MFN_CODEC_GRADIENTS_H
#define MFN_CODEC_GRADIENTS_H

#include "mfn/krum.h"

/* An .npy file stays open and is read gradient by gradient; a text is read whole when opened. */
typedef struct mfn__gradients mfn__gradients;

/* The first bytes tell .npy from text. A text holds JSON values one after another, on lines or not:
 * a gradient [1, 2], several [[1, 2], [3, 4]], {"gradient": [1, 2], ...} or
 * {"gradients": [[1, 2], [3, 4]], ...}, of which other members are left alone. Numbers that are too
 * large for a float, and NaN, Infinity and -Infinity as Python writes them, give gradients that are
 * not finite. What is wrong is told with line and column. A text's values may take up to
 * `max_bytes` of memory. */
mfn_status mfn__gradients_open(const char *path, uint64_t max_bytes, mfn__gradients **ret,
                               mfn_error *err);
void mfn__gradients_free(mfn__gradients *gradients); /* NULL is allowed */

/* Borrowed: valid until the gradients are freed. */
const mfn_gradient_source *mfn__gradients_source(const mfn__gradients *gradients);

#endif
