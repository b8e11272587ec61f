/* SPDX-License-Identifier: MIT */
/* The one list of connectors and publishers that this program has. */
#ifndef MFN_CLI_KINDS_H
#define MFN_CLI_KINDS_H

#include "stream/kinds.h"

extern const mfn__kinds mfn__all_kinds;

#endif
