/* SPDX-License-Identifier: MIT */
/* One draw at a time: looking up the layers keeps vectors of four from being faster. Branches are
 * taken for eight draws at once. */
#include <stdbool.h>
#include <string.h>

#include "kernels/draws.h"
#include "kernels/variants.h"

#define GROUP    ((size_t)8)
#define UNROLLED _Pragma("GCC unroll 8")

void mfn__uniforms_plain(const uint64_t *bits, size_t count, double low, double range, double *ret)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = low + range * ((double)(int64_t)(bits[i] >> 11) * 0x1p-53);
    }
}

static inline uint64_t fraction_of(uint64_t draw)
{
    return draw >> 9 & UINT64_C(0x000fffffffffffff);
}

static inline bool is_doubtful(const mfn__normals *of, uint64_t draw)
{
    return fraction_of(draw) >= of->inside[draw & 0xff];
}

static inline double normal(const mfn__normals *of, uint64_t draw)
{
    double x = (double)(int64_t)fraction_of(draw) * of->width[draw & 0xff];
    uint64_t pattern;
    memcpy(&pattern, &x, sizeof pattern);
    pattern ^= (draw >> 8 & 1) << 63;
    memcpy(&x, &pattern, sizeof x);
    return of->mean + of->deviation * x;
}

size_t mfn__normals_plain(const mfn__normals *normals, const uint64_t *bits, size_t count,
                          double *ret)
{
    const mfn__normals of = *normals;
    size_t i = 0;
    for (; i + GROUP <= count; i += GROUP) {
        unsigned doubtful = 0;
        UNROLLED
        for (size_t k = 0; k < GROUP; k++) {
            doubtful |= (unsigned)is_doubtful(&of, bits[i + k]) << k;
            ret[i + k] = normal(&of, bits[i + k]);
        }
        if (doubtful != 0) {
            return i + (size_t)__builtin_ctz(doubtful);
        }
    }
    for (; i < count && !is_doubtful(&of, bits[i]); i++) {
        ret[i] = normal(&of, bits[i]);
    }
    return i;
}
