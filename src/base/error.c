/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void
fill(mfn_error *err, mfn_status status, const char *field, const char *format, va_list arguments)
{
    err->status = status;
    snprintf(err->field, sizeof err->field, "%s", field != NULL ? field : "");
    vsnprintf(err->text, sizeof err->text, format, arguments);
}

mfn_status mfn__fail(mfn_error *err, mfn_status status, const char *field, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(err, status, field, format, arguments);
        va_end(arguments);
    }
    return status;
}

static mfn_status status_of_errno(int errno_value)
{
    switch (errno_value) {
    case ENOMEM:
        return MFN_NO_MEMORY;
    case ENOENT:
    case ENOTDIR:
        return MFN_NOT_FOUND;
    case EEXIST:
        return MFN_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return MFN_ACCESS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return MFN_NO_SPACE;
    case ETIMEDOUT:
        return MFN_TIMED_OUT;
    case EBUSY:
    case EAGAIN:
        return MFN_BUSY;
    default:
        return MFN_IO;
    }
}

mfn_status mfn__fail_errno(mfn_error *err, int errno_value, const char *field, const char *format,
                           ...)
{
    mfn_status status = status_of_errno(errno_value);
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(err, status, field, format, arguments);
        va_end(arguments);
        size_t used = strlen(err->text);
        char reason[128];
        snprintf(err->text + used, sizeof err->text - used, ": %s",
                 strerror_r(errno_value, reason, sizeof reason));
    }
    return status;
}

mfn_status mfn__fail_memory(mfn_error *err)
{
    return mfn__fail(err, MFN_NO_MEMORY, NULL, "out of memory");
}
