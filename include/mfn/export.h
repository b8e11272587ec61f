/* SPDX-License-Identifier: MIT */
/* How a function of libmfn is made visible outside the library. */
#ifndef MFN_EXPORT_H
#define MFN_EXPORT_H

#if defined(__GNUC__)
#define MFN_API     __attribute__((visibility("default")))
#define MFN_CHECKED __attribute__((warn_unused_result))
#else
#define MFN_API
#define MFN_CHECKED
#endif

#endif
