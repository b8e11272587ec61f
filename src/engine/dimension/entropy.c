/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/mem.h"
#include "engine/exact_math.h"

#include "mfn/morphology.h"

#define BINS_MIN 2
#define BINS_MAX 65536
#define LN_2     0x1.62e42fefa39efp-1

static double entropy_of(const uint64_t *bins, uint32_t count, uint64_t total)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        if (bins[i] > 0) {
            double share = (double)bins[i] / (double)total;
            sum -= share * mfn__log(share);
        }
    }
    return sum / LN_2;
}

mfn_status mfn_entropy_bits(const double *values, uint64_t count, uint32_t bins, double *ret,
                            mfn_error *err)
{
    if (bins < BINS_MIN || bins > BINS_MAX) {
        return mfn__fail(err, MFN_INVALID, "bins",
                         "bins: expected a whole number in [%d, %d], got %u", BINS_MIN, BINS_MAX,
                         (unsigned)bins);
    }
    if (count == 0) {
        return mfn__fail(err, MFN_INVALID, "count", "count: expected at least 1, got 0");
    }
    double min = values[0];
    double max = values[0];
    for (uint64_t i = 1; i < count; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    uint64_t *histogram = mfn__mem_new(bins, sizeof *histogram);
    if (histogram == NULL) {
        return mfn__fail_memory(err);
    }
    /* Halved first: the range of finite values need not be finite. */
    double range = 0.5 * max - 0.5 * min;
    for (uint64_t i = 0; i < count; i++) {
        double place = range > 0.0 ? (0.5 * values[i] - 0.5 * min) / range : 0.0;
        uint32_t bin = (uint32_t)(place * (double)bins);
        histogram[bin < bins ? bin : bins - 1]++;
    }
    *ret = entropy_of(histogram, bins, count);
    mfn__mem_free(histogram);
    return MFN_OK;
}
