/* SPDX-License-Identifier: MIT */
/* Standard normals by the 256-layer ziggurat (Marsaglia and Tsang, J. Stat. Softw. 5(8), 2000) in
 * NumPy's form: one 64-bit draw gives the layer, the sign and a 52-bit fraction. The two
 * elementary functions are our own, so that the machine's libm cannot change a bit. */
#include "engine/exact_math.h"
#include "engine/random.h"
#include "engine/ziggurat_tables.h"

#define TAIL_START         3.6541528853610087963519472518
#define TAIL_START_INVERSE 0.27366123732975827203338247596

/* A draw beyond TAIL_START (Marsaglia 1964). NumPy takes the sign from a bit of the fraction. */
static double draw_tail(mfn_random *random, uint64_t fraction)
{
    for (;;) {
        double x = -TAIL_START_INVERSE * mfn__log1p(-mfn_random_uniform(random));
        double y = -mfn__log1p(-mfn_random_uniform(random));
        if (y + y > x * x) {
            double value = TAIL_START + x;
            return (fraction >> 8 & 1) != 0 ? -value : value;
        }
    }
}

static double standard_normal(mfn_random *random)
{
    for (;;) {
        uint64_t bits = mfn__random_bits(random);
        unsigned layer = bits & 0xff;
        uint64_t fraction = bits >> 9 & UINT64_C(0x000fffffffffffff);
        double x = (double)fraction * ziggurat_width[layer];
        if ((bits >> 8 & 1) != 0) {
            x = -x;
        }
        if (fraction < ziggurat_inside[layer]) {
            return x;
        }
        if (layer == 0) {
            return draw_tail(random, fraction);
        }
        double rise = ziggurat_height[layer - 1] - ziggurat_height[layer];
        double height = rise * mfn_random_uniform(random) + ziggurat_height[layer];
        if (mfn__less_than_exp(height, -0.5 * x * x)) {
            return x;
        }
    }
}

double mfn_random_normal(mfn_random *random, double mean, double deviation)
{
    return mean + deviation * standard_normal(random);
}

void mfn_random_fill_normal(mfn_random *random, double mean, double deviation, double *ret,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = mean + deviation * standard_normal(random);
    }
}
