/* SPDX-License-Identifier: MIT */
/* The features of one field: those of a run's last frame that need no other frame. */
#ifndef MFN_ENGINE_FIELD_FEATURES_H
#define MFN_ENGINE_FIELD_FEATURES_H

#include "engine/boxcount.h"

#include "mfn/features.h"

/* 64-bit words of scratch that a field of `side` needs. */
size_t mfn__field_features_words(uint32_t side);

/* Sets the features of `field_v`, side * side finite values, in `ret` and leaves the others alone.
 * The configuration is checked; `plan` is made for it, or made here. */
void mfn__field_features(const double *field_v, uint32_t side, const mfn_feature_config *config,
                         mfn__box_plan *plan, uint64_t *scratch, mfn_features *ret);

#endif
