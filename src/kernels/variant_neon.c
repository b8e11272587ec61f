/* SPDX-License-Identifier: MIT */
/* The variant for 64-bit Arm, where NEON is always there. */
#include "kernels/field_scan_body.h"
#include "kernels/frame_change_body.h"
#include "kernels/pattern_body.h"
#include "kernels/step_body.h"
#include "kernels/variants.h"

static bool is_supported(void)
{
    return true;
}

const mfn__kernels_table mfn__kernels_neon = {
    .name = "neon",
    .is_supported = is_supported,
    .diffuse = diffuse,
    .react = react,
    .react_updated = react_updated,
    .patterns = PATTERN_KERNELS,
    .frame_change = frame_change,
    .pair_products = mfn__pair_products_neon,
    .pair_differences = mfn__pair_differences_neon,
    .pcg64_fill = mfn__pcg64_fill_plain,
    .uniforms = mfn__uniforms_plain,
    .normals = mfn__normals_plain,
    .bits_above = mfn__bits_above_plain,
    .extremes = extremes,
    .sum_scaled = sum_scaled,
    .sum_powers = sum_powers,
};
