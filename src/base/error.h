/* SPDX-License-Identifier: MIT */
/* How the library fills a caller's mfn_error. */
#ifndef MFN_BASE_ERROR_H
#define MFN_BASE_ERROR_H

#include "mfn/status.h"

/* Writes status, field and text into `err` unless it is NULL; returns `status`, so that a function
 * can end with `return mfn__fail(...)`. `field` may be NULL. */
mfn_status mfn__fail(mfn_error *err, mfn_status status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As mfn__fail for a failed system call: maps `errno_value` to a status and appends its text:
 * "cannot open 'x': No such file or directory". */
mfn_status mfn__fail_errno(mfn_error *err, int errno_value, const char *field, const char *format,
                           ...) __attribute__((format(printf, 4, 5)));

/* MFN_NO_MEMORY with a standard text. */
mfn_status mfn__fail_memory(mfn_error *err);

#endif
