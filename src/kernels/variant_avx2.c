/* SPDX-License-Identifier: MIT */
/* The variant for x86-64 with AVX2 and fused multiply-add, which came together: four cells at a
 * time. Only the pair sums fuse, where it changes nothing. */
#include "kernels/field_scan_body.h"
#include "kernels/frame_change_body.h"
#include "kernels/step_body.h"
#include "kernels/variants.h"

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

const mfn__kernels_table mfn__kernels_avx2 = {
    .name = "avx2",
    .is_supported = is_supported,
    .diffuse = diffuse,
    .react = react,
    .react_updated = react_updated,
    .frame_change = frame_change,
    .pair_products = mfn__pair_products_avx2,
    .pair_differences = mfn__pair_differences_avx2,
    .pcg64_fill = mfn__pcg64_fill_plain,
    .uniforms = mfn__uniforms_plain,
    .normals = mfn__normals_plain,
    .bits_above = mfn__bits_above_avx2,
    .extremes = extremes,
    .sum_scaled = sum_scaled,
    .sum_powers = sum_powers,
};
