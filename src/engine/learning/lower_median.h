/* SPDX-License-Identifier: MIT */
#ifndef MFN_ENGINE_LEARNING_LOWER_MEDIAN_H
#define MFN_ENGINE_LEARNING_LOWER_MEDIAN_H

#include "mfn/krum.h"

/* The lower median of every coordinate over finite gradients, at least one: value (n - 1) / 2 of n
 * in ascending order, counted from 0. `ret` takes `dimension` values. */
mfn_status mfn__lower_median(const mfn_gradients *gradients, const mfn_parallel *parallel,
                             float *ret, mfn_error *err);

#endif
