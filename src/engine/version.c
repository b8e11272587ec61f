/* SPDX-License-Identifier: MIT */
#include "mfn/version.h"

#include "kernels/kernels.h"

const char *mfn_version(void)
{
    return MFN_VERSION_TEXT;
}

const char *mfn_numeric_version(void)
{
    return "mfn-numeric-1";
}

const char *mfn_simd_name(void)
{
    return mfn__kernels()->name;
}
