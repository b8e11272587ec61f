/* SPDX-License-Identifier: MIT */
/* The scaling range: the box sizes that a configuration asks for in a field. */
#ifndef MFN_ENGINE_DIMENSION_SCALES_H
#define MFN_ENGINE_DIMENSION_SCALES_H

#include "mfn/dimension.h"

/* A checked configuration: `*config` or, where it is NULL, the defaults in `storage`. */
mfn_status mfn__dimension_config_use(const mfn_dimension_config **config,
                                     mfn_dimension_config *storage, mfn_error *err);

/* Sizes min, min * ratio, ... that fit into the shorter side and into the range; none when already
 * the first does not. Returns how many. */
uint32_t mfn__scales_make(const mfn_dimension_config *config, uint32_t width, uint32_t height,
                          uint32_t ret_sizes[MFN_DIMENSION_SCALES_MAX]);

#endif
