/* SPDX-License-Identifier: MIT */
/* The value of --threads. */
#ifndef MFN_CLI_THREADS_OPTION_H
#define MFN_CLI_THREADS_OPTION_H

#include <stdint.h>

#include "mfn/status.h"

/* "auto" stands for one thread per core. The error names the option. */
mfn_status mfn__threads_count(const char *text, uint32_t *ret, mfn_error *err);

#endif
