/* SPDX-License-Identifier: MIT */
/* The value of --model. */
#ifndef MFN_CLI_MODEL_OPTION_H
#define MFN_CLI_MODEL_OPTION_H

#include "mfn/simulation.h"

/* The error suggests the nearest name. */
mfn_status mfn__model_find(const char *name, mfn_model_id *ret, mfn_error *err);

#endif
