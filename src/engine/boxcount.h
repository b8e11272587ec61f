/* SPDX-License-Identifier: MIT */
/* Box counting on packed rows, without allocation. */
#ifndef MFN_ENGINE_BOXCOUNT_H
#define MFN_ENGINE_BOXCOUNT_H

#include "mfn/fractal.h"

/* The box sizes of a field and the logarithms that they need: the same for every mask of that side
 * under the same configuration. */
typedef struct mfn__box_plan {
    uint32_t side; /* 0: not made yet */
    uint32_t min, max, scales;
    uint32_t count;
    uint32_t sizes[MFN_BOX_SCALES_MAX];
    double log_inverse[MFN_BOX_SCALES_MAX]; /* ln(1 / size) */
} mfn__box_plan;

/* Costs nothing when the plan is made already. The configuration must have passed
 * mfn__box_config_check. */
void mfn__box_plan_make(mfn__box_plan *plan, uint32_t side, const mfn_box_config *config);

/* `rows` holds side rows of mfn__bits_words(side) words; `scratch_row` is one more. */
void mfn__box_count_rows(const uint64_t *rows, const mfn__box_plan *plan, uint64_t *scratch_row,
                         mfn_box_counting *ret);

mfn_status mfn__box_config_check(const mfn_box_config *config, mfn_error *err);

#endif
