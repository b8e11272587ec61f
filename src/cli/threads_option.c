/* SPDX-License-Identifier: MIT */
#include "cli/threads_option.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"

#include "mfn/parallel.h"

mfn_status mfn__threads_count(const char *text, uint32_t *ret, mfn_error *err)
{
    uint64_t count = 0;
    if (strcmp(text, "auto") == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        count = cores < 1 ? 1 : cores > MFN_THREADS_MAX ? MFN_THREADS_MAX : (uint64_t)cores;
    } else if (!mfn__text_to_u64(text, &count) || count < 1 || count > MFN_THREADS_MAX) {
        return mfn__fail(err, MFN_INVALID, "threads",
                         "threads: expected auto or a whole number in [1, %d], got '%.40s'",
                         MFN_THREADS_MAX, text);
    }
    *ret = (uint32_t)count;
    return MFN_OK;
}
