/* SPDX-License-Identifier: MIT */
#include "server/operation.h"

#include <stdarg.h>
#include <stdio.h>

mfn_status mfn__call_refuse(mfn__call *call, unsigned status, const char *code, const char *format,
                            ...)
{
    call->refusal = (mfn__refusal){.status = status, .code = code};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(call->refusal.text, sizeof call->refusal.text, format, arguments);
    va_end(arguments);
    return MFN_INVALID;
}

const mfn_option *mfn__operation_fields(const mfn__operation *operation)
{
    return operation->library_fields != NULL ? operation->library_fields() : operation->fields;
}
