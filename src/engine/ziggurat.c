/* SPDX-License-Identifier: MIT */
/* Standard normals by the 256-layer ziggurat (Marsaglia and Tsang, J. Stat. Softw. 5(8), 2000) in
 * NumPy's form: one 64-bit draw gives the layer, the sign and a 52-bit fraction. The two
 * elementary functions are our own, so that the machine's libm cannot change a bit.
 *
 * Many normals come from a block of draws. Nearly all of them need one draw; the kernel goes as
 * far as they do, and what is in doubt goes the long way, with the draws behind it. A normal needs
 * at least one draw: a block that is no larger than what is missing leaves none over. */
#include <assert.h>

#include "engine/exact_math.h"
#include "engine/random.h"
#include "engine/ziggurat_tables.h"
#include "kernels/kernels.h"

#define TAIL_START         3.6541528853610087963519472518
#define TAIL_START_INVERSE 0.27366123732975827203338247596

/* The rest of the block, then the generator itself. */
static uint64_t draw_bits(mfn__draws *from)
{
    return from->next < from->end ? from->bits[from->next++] : mfn__random_bits(from->random);
}

static double draw_uniform(mfn__draws *from)
{
    return (double)(int64_t)(draw_bits(from) >> 11) * 0x1p-53;
}

/* A draw beyond TAIL_START (Marsaglia 1964). NumPy takes the sign from a bit of the fraction. */
static double draw_tail(mfn__draws *from, uint64_t fraction)
{
    for (;;) {
        double x = -TAIL_START_INVERSE * mfn__log1p(-draw_uniform(from));
        double y = -mfn__log1p(-draw_uniform(from));
        if (y + y > x * x) {
            double value = TAIL_START + x;
            return (fraction >> 8 & 1) != 0 ? -value : value;
        }
    }
}

static double draw_normal(mfn__draws *from)
{
    for (;;) {
        uint64_t bits = draw_bits(from);
        unsigned layer = bits & 0xff;
        uint64_t fraction = bits >> 9 & UINT64_C(0x000fffffffffffff);
        double x = (double)(int64_t)fraction * ziggurat_width[layer];
        if ((bits >> 8 & 1) != 0) {
            x = -x;
        }
        if (fraction < ziggurat_inside[layer]) {
            return x;
        }
        if (layer == 0) {
            return draw_tail(from, fraction);
        }
        double rise = ziggurat_height[layer - 1] - ziggurat_height[layer];
        double height = rise * draw_uniform(from) + ziggurat_height[layer];
        if (mfn__less_than_exp(height, -0.5 * x * x)) {
            return x;
        }
    }
}

double mfn_random_normal(mfn_random *random, double mean, double deviation)
{
    mfn__draws single;
    mfn__draws_init(&single, random, 1);
    return mean + deviation * draw_normal(&single);
}

void mfn__draws_normals(mfn__draws *draws, double mean, double deviation, double *ret, size_t count)
{
    assert(count <= draws->missing);
    const mfn__kernels_table *kernels = mfn__kernels();
    const mfn__normals normals = {ziggurat_inside, ziggurat_width, mean, deviation};
    for (size_t done = 0; done < count;) {
        mfn__draws_refill(draws);
        size_t made = draws->end - draws->next;
        size_t some = count - done < made ? count - done : made;
        size_t taken = kernels->normals(&normals, draws->bits + draws->next, some, ret + done);
        draws->next += taken;
        done += taken;
        draws->missing -= taken;
        if (taken < some) {
            ret[done++] = mean + deviation * draw_normal(draws);
            draws->missing--;
        }
    }
}

void mfn_random_fill_normal(mfn_random *random, double mean, double deviation, double *ret,
                            size_t count)
{
    mfn__draws draws;
    mfn__draws_init(&draws, random, count);
    mfn__draws_normals(&draws, mean, deviation, ret, count);
}
