/* SPDX-License-Identifier: MIT */
/* Where random bytes come from; tests bring their own. */
#ifndef MFN_SERVER_ENTROPY_H
#define MFN_SERVER_ENTROPY_H

#include <stddef.h>

#include "mfn/status.h"

typedef struct mfn__entropy {
    mfn_status (*fill)(void *context, void *ret, size_t size, mfn_error *err);
    void *context;
} mfn__entropy;

/* The kernel's. Static. */
const mfn__entropy *mfn__entropy_system(void);

#endif
