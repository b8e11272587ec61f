/* SPDX-License-Identifier: MIT */
#ifndef GOLDEN_STABILITY_H
#define GOLDEN_STABILITY_H

#include "compare.h"

#include "mfn/fractal.h"

/* Compares with the member "stability_metrics" of `out`. */
void stability_compare(comparison *cmp, const json_t *out, const mfn_stability *got);

#endif
