/* SPDX-License-Identifier: MIT */
/* Whether the ends of a pipeline can be reached. */
#ifndef MFN_CLI_CONNECT_H
#define MFN_CLI_CONNECT_H

#include "stream/pipeline.h"

/* Tries the connector and every publisher without moving data, and prints a line for each. Returns
 * the exit code: failed when one cannot be reached. */
int mfn__connect_check(const mfn__pipeline *pipeline);

#endif
