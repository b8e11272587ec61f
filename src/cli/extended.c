/* SPDX-License-Identifier: MIT */
#include "cli/extended.h"

#include <stdio.h>

#include "base/number.h"

static void print_features(const mfn_extended *extended)
{
    printf("\nExtended\n");
    for (int i = 0; i < MFN_EXTENDED_COUNT; i++) {
        mfn_extended_feature feature = (mfn_extended_feature)i;
        char value[MFN__REAL_TEXT_MAX];
        if (mfn_extended_is_integer(feature)) {
            snprintf(value, sizeof value, "%.0f", extended->value[i]);
        } else {
            mfn__real_to_text(extended->value[i], value);
        }
        printf("  %-17s %22s %-9s  %s\n", mfn_extended_name(feature), value,
               mfn_extended_unit(feature), mfn_extended_meaning(feature));
    }
}

static void print_scaling(const mfn_extended *extended)
{
    const mfn_dimensions *found = &extended->dimensions;
    printf("\nScaling\n  %8s %12s %12s %12s\n", "size", "boxes", "entropy", "lacunarity");
    for (uint32_t k = 0; k < found->scales; k++) {
        printf("  %8u %12llu %12.6f %12.6f\n", (unsigned)found->sizes[k],
               (unsigned long long)found->boxes[k], found->entropy[k],
               extended->lacunarity.value[k]);
    }
    if (found->window_count > 0) {
        printf("\n  %8s %12s\n", "window", "neighbours");
    }
    for (uint32_t k = 0; k < found->window_count; k++) {
        printf("  %8u %12.4f\n", (unsigned)found->windows[k], found->neighbours[k]);
    }
}

static void print_spectrum(const mfn_spectrum *spectrum)
{
    printf("\nSpectrum\n  %8s %12s %12s %12s\n", "q", "D", "alpha", "f");
    for (uint32_t i = 0; i < spectrum->moments; i++) {
        const mfn_moment *moment = &spectrum->moment[i];
        printf("  %8.4g %12.6f %12.6f %12.6f\n", moment->q, moment->d.value, moment->alpha.value,
               moment->f.value);
    }
}

void mfn__extended_print(const mfn_extended *extended)
{
    print_features(extended);
    if (extended->dimensions.scales > 0) {
        print_scaling(extended);
        print_spectrum(&extended->spectrum);
    }
}
