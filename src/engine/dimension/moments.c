/* SPDX-License-Identifier: MIT */
/* p^q is exp(q ln p - m) with m the largest exponent, so that no power over- or underflows. */
#include "engine/dimension/moments.h"

#include <math.h>

#include "engine/exact_math.h"
#include "engine/quick_exp.h"

#define NEAR_ONE 1e-9 /* moments come from a step: what is this close to 1 is 1 */

static double largest_exponent(const mfn__shares *shares, double q)
{
    double largest = -INFINITY;
    for (size_t i = 0; i < shares->count; i++) {
        double exponent = q * shares->log_share[i];
        largest = exponent > largest ? exponent : largest;
    }
    return largest;
}

static mfn__moment_sums sums_of(const mfn__shares *shares, double q)
{
    double largest = largest_exponent(shares, q);
    double powers = 0.0;
    double logs = 0.0;
    for (size_t i = 0; i < shares->count; i++) {
        double power = shares->boxes[i] * mfn__exp_quick(q * shares->log_share[i] - largest);
        powers += power;
        logs += power * shares->log_share[i];
    }
    double log_sum = largest + mfn__log(powers);
    double log_share = logs / powers;
    bool is_one = fabs(q - 1.0) < NEAR_ONE;
    return (mfn__moment_sums){
        .entropy = is_one ? -log_share : log_sum / (1.0 - q),
        .log_share = log_share,
        .log_weight = q * log_share - log_sum,
        .power_sum = q == 0.0 ? powers : mfn__exp_quick(log_sum),
    };
}

void mfn__moments_scan(const mfn__measure *measure, mfn__shares *shares, uint32_t size,
                       const mfn__moment_plan *plan, mfn__moment_sums *ret_sums)
{
    uint32_t offsets = plan->offsets < size ? plan->offsets : size;
    for (uint32_t k = 0; k < offsets * offsets; k++) {
        uint64_t row = k / offsets;
        uint64_t column = k % offsets;
        mfn__box_grid grid = {
            .size = size,
            .top = (uint32_t)(row * size / offsets),
            .left = (uint32_t)(column * size / offsets),
        };
        mfn__shares_take(shares, measure, grid);
        for (uint32_t i = 0; i < plan->count; i++) {
            mfn__moment_sums sums = sums_of(shares, plan->q[i]);
            if (k == 0 || sums.entropy < ret_sums[i].entropy) {
                ret_sums[i] = sums;
            }
        }
    }
}
