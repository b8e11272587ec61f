/* SPDX-License-Identifier: MIT */
#include "mfn/status.h"

const char *mfn_status_name(mfn_status status)
{
    switch (status) {
#define CASE(code, name, text)                                                                     \
    case MFN_##name:                                                                               \
        return "MFN_" #name;
        MFN_STATUS_LIST(CASE)
#undef CASE
    }
    return "unknown status";
}

const char *mfn_status_text(mfn_status status)
{
    switch (status) {
#define CASE(code, name, text)                                                                     \
    case MFN_##name:                                                                               \
        return text;
        MFN_STATUS_LIST(CASE)
#undef CASE
    }
    return "unknown status";
}

bool mfn_status_is_transient(mfn_status status)
{
    switch (status) {
    case MFN_NO_MEMORY:
    case MFN_ACCESS:
    case MFN_NO_SPACE:
    case MFN_IO:
    case MFN_TIMED_OUT:
    case MFN_BUSY:
        return true;
    default:
        return false;
    }
}
