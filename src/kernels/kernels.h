/* SPDX-License-Identifier: MIT */
/* The table of hot loops. Every variant is the same source compiled for another instruction set,
 * with the same order of floating-point operations: all give the same bits. */
#ifndef MFN_KERNELS_KERNELS_H
#define MFN_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/draws.h"
#include "kernels/field_scan.h"
#include "kernels/frame_change.h"
#include "kernels/pair_sums.h"
#include "kernels/pattern.h"
#include "kernels/pcg64.h"
#include "kernels/step.h"

#include "mfn/status.h"

typedef struct mfn__kernels {
    const char *name;
    bool (*is_supported)(void);
    mfn__step_kernel diffuse;       /* the potential alone */
    mfn__step_kernel react;         /* the inhibitor sees the old activator (mfn-v4.1) */
    mfn__step_kernel react_updated; /* it sees the updated one (mfn-v4.1-field) */
    mfn__step_kernel patterns[MFN__PATTERN_COUNT];
    mfn__frame_change_kernel frame_change;
    mfn__pair_sums_kernel pair_products;    /* sums of x y */
    mfn__pair_sums_kernel pair_differences; /* sums of (x - y)^2 */
    mfn__pcg64_fill_kernel pcg64_fill;
    mfn__uniforms_kernel uniforms;
    mfn__normals_kernel normals;
    mfn__bits_above_kernel bits_above;
    mfn__extremes_kernel extremes;
    mfn__sum_scaled_kernel sum_scaled;
    mfn__sum_powers_kernel sum_powers;
} mfn__kernels_table;

/* The best variant that this machine can run, or the one selected. Thread-safe. */
const mfn__kernels_table *mfn__kernels(void);

/* All variants of this build, best last. */
const mfn__kernels_table *const *mfn__kernels_all(size_t *ret_count);

/* Forces a variant by name, for the whole process; "auto" goes back to the best one. */
mfn_status mfn__kernels_select(const char *name, mfn_error *err);

#endif
