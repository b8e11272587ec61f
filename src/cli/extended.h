/* SPDX-License-Identifier: MIT */
#ifndef MFN_CLI_EXTENDED_H
#define MFN_CLI_EXTENDED_H

#include "mfn/extended.h"

/* One line per feature with its unit and meaning, then tables of what they were made of. */
void mfn__extended_print(const mfn_extended *extended);

#endif
