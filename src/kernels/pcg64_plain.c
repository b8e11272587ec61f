/* SPDX-License-Identifier: MIT */
/* One step waits for the step before: four draws that lie side by side in the stream are kept
 * going instead, each of which jumps four steps ahead. Vectors of four lanes would not be faster,
 * as they have no multiplication of 64 bits. */
#include "kernels/pcg64.h"
#include "kernels/variants.h"

#define LANES ((size_t)4)

void mfn__pcg64_fill_plain(mfn__pcg64 *generator, uint64_t *ret, size_t count)
{
    mfn__pcg64 here = *generator;
    size_t i = 0;
    if (count >= 2 * LANES) {
        mfn__uint128 leap = here.increment * MFN__PCG64_SUM_4;
        mfn__uint128 lane[LANES];
        for (size_t k = 0; k < LANES; k++) {
            mfn__pcg64_step(&here);
            lane[k] = here.state;
        }
        for (; i + 2 * LANES <= count; i += LANES) {
            for (size_t k = 0; k < LANES; k++) {
                ret[i + k] = mfn__pcg64_permute(lane[k]);
                lane[k] = lane[k] * MFN__PCG64_POWER_4 + leap;
            }
        }
        for (size_t k = 0; k < LANES; k++) {
            ret[i + k] = mfn__pcg64_permute(lane[k]);
        }
        here.state = lane[LANES - 1];
        i += LANES;
    }
    for (; i < count; i++) {
        ret[i] = mfn__pcg64_next(&here);
    }
    *generator = here;
}
