/* SPDX-License-Identifier: MIT */
/* The variant for x86-64 with AVX-512: eight cells at a time. */
#include "kernels/field_scan_body.h"
#include "kernels/frame_change_body.h"
#include "kernels/step_body.h"
#include "kernels/variants.h"

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512bw") != 0;
}

const mfn__kernels_table mfn__kernels_avx512 = {
    .name = "avx512",
    .is_supported = is_supported,
    .diffuse = diffuse,
    .react = react,
    .react_updated = react_updated,
    .frame_change = frame_change,
    .pair_products = mfn__pair_products_avx512,
    .pair_differences = mfn__pair_differences_avx512,
    .pcg64_fill = mfn__pcg64_fill_avx512,
    .uniforms = mfn__uniforms_avx512,
    .normals = mfn__normals_avx512,
    .bits_above = mfn__bits_above_avx512,
    .extremes = extremes,
    .sum_scaled = sum_scaled,
    .sum_powers = sum_powers,
};
