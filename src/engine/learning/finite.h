/* SPDX-License-Identifier: MIT */
/* Refusing NaN and infinity at the public functions' doors. */
#ifndef MFN_ENGINE_LEARNING_FINITE_H
#define MFN_ENGINE_LEARNING_FINITE_H

#include <stdbool.h>
#include <stddef.h>

#include "mfn/status.h"

bool mfn__all_finite(const double *values, size_t count);

/* MFN_INVALID with the field, the place and the value of the first that is not finite. */
mfn_status mfn__check_finite(const char *field, const double *values, size_t count, mfn_error *err);

#endif
