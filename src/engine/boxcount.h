/* SPDX-License-Identifier: MIT */
/* Box counting on packed rows, without allocation. */
#ifndef MFN_ENGINE_BOXCOUNT_H
#define MFN_ENGINE_BOXCOUNT_H

#include "mfn/fractal.h"

/* `rows` holds side rows of mfn__bits_words(side) words; `scratch_row` is one more. The
 * configuration must have passed mfn__box_config_check. */
void mfn__box_count_rows(const uint64_t *rows, uint32_t side, const mfn_box_config *config,
                         uint64_t *scratch_row, mfn_box_counting *ret);

mfn_status mfn__box_config_check(const mfn_box_config *config, mfn_error *err);

#endif
