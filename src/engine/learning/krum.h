/* SPDX-License-Identifier: MIT */
/* Krum for the engine's own use. */
#ifndef MFN_ENGINE_LEARNING_KRUM_H
#define MFN_ENGINE_LEARNING_KRUM_H

#include "mfn/krum.h"

/* As mfn_krum_select with a checked configuration, but when no gradient is finite that is no error:
 * `ret->non_finite` is then the number of gradients, and the index means nothing. */
mfn_status mfn__krum_choose(const mfn_gradients *gradients, const mfn_krum_config *config,
                            const mfn_parallel *parallel, mfn_krum_selection *ret, mfn_error *err);

/* Whether Krum over `count` gradients withstands `num_byzantine` hostile ones: n >= 2 f + 3. */
bool mfn__krum_is_sound(uint64_t count, uint64_t num_byzantine);

/* The names of mfn_krum_distance, for option tables. */
extern const char *const mfn__krum_distance_names[];

#endif
