/* SPDX-License-Identifier: MIT */
#include "engine/dimension/scales.h"

#include "base/error.h"
#include "base/option_table.h"
#include "engine/bits.h"

#define CONFIG         mfn_dimension_config
#define RATIO_MAX      16
#define OFFSETS_MAX    64
#define Q_MAX          20
#define MOMENTS_A_SIDE 40 /* with q = 0 they are MFN_MOMENTS_MAX */
#define QUARTER        4

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, scale_min, 1, MFN__SIDE_MAX, "2", "cells",
               "smallest box: the scaling range begins here"),
    MFN__WHOLE(CONFIG, scale_max, 0, MFN__SIDE_MAX, "0", "cells",
               "end of the scaling range; 0: a quarter of the shorter side"),
    MFN__WHOLE(CONFIG, scale_ratio, 2, RATIO_MAX, "2", "", "from one box size to the next"),
    MFN__WHOLE(CONFIG, grid_offsets, 1, OFFSETS_MAX, "8", "",
               "positions of each grid along each axis, of which the best counts"),
    MFN__REAL(CONFIG, q_max, 0, Q_MAX, "5", "", "moments of the spectrum: from -q_max to q_max"),
    MFN__REAL(CONFIG, q_step, 0.05, Q_MAX, "0.5", "", "from one moment to the next"),
    {0},
};
/* clang-format on */

const mfn_option *mfn_dimension_options(void)
{
    return options;
}

void mfn_dimension_config_init(mfn_dimension_config *config)
{
    *config = (mfn_dimension_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_dimension_config_check(const mfn_dimension_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_dimension_config_init",
                         sizeof *config, config->size);
    }
    mfn_status status = mfn_options_check(options, config, err);
    if (status == MFN_OK && config->q_max / config->q_step > MOMENTS_A_SIDE) {
        status = mfn__fail(err, MFN_INVALID, "q_step",
                           "q_step: expected at least q_max / %d, that is %g, got %g",
                           MOMENTS_A_SIDE, config->q_max / (double)MOMENTS_A_SIDE, config->q_step);
    }
    if (status == MFN_OK && config->scale_max != 0 && config->scale_max < config->scale_min) {
        status =
            mfn__fail(err, MFN_INVALID, "scale_max",
                      "scale_max: expected 0 or at least scale_min (%llu), got %llu",
                      (unsigned long long)config->scale_min, (unsigned long long)config->scale_max);
    }
    return status;
}

mfn_status mfn__dimension_config_use(const mfn_dimension_config **config,
                                     mfn_dimension_config *storage, mfn_error *err)
{
    if (*config == NULL) {
        mfn_dimension_config_init(storage);
        *config = storage;
    }
    return mfn_dimension_config_check(*config, err);
}

uint32_t mfn__scales_make(const mfn_dimension_config *config, uint32_t width, uint32_t height,
                          uint32_t ret_sizes[MFN_DIMENSION_SCALES_MAX])
{
    uint64_t shorter = width < height ? width : height;
    uint64_t max = config->scale_max > 0 ? config->scale_max : shorter / QUARTER;
    max = max < shorter ? max : shorter;
    uint32_t count = 0;
    for (uint64_t size = config->scale_min; size <= max; size *= config->scale_ratio) {
        ret_sizes[count++] = (uint32_t)size;
    }
    return count;
}
