/* SPDX-License-Identifier: MIT */
/* Reading a pipeline file for a command. */
#ifndef MFN_CLI_LOAD_H
#define MFN_CLI_LOAD_H

#include <stdbool.h>

#include "stream/pipeline.h"

/* False after printing every problem on stderr. */
bool mfn__load_pipeline(const char *command, const char *path, mfn__pipeline **ret);

#endif
