/* SPDX-License-Identifier: MIT */
/* The one list of connectors and publishers that there are. */
#ifndef MFN_API_KINDS_H
#define MFN_API_KINDS_H

#include "stream/kinds.h"

extern const mfn__kinds mfn__all_kinds;

#endif
