/* SPDX-License-Identifier: MIT */
/* The standard error of a slope is sqrt(residual / (n - 2) / sum (x - mean)^2); its interval is
 * that times Student's t. */
#include <math.h>
#include <string.h>

#include "mfn/dimension.h"

/* The value that |t| stays below with 95 %, for 1, 2, ... degrees of freedom. */
static const double student_t[] = {
    12.706204736432095, 4.302652729911275, 3.182446305284263, 2.776445105197799, 2.570581835636315,
    2.446911851144969,  2.364624251592785, 2.306004135204166, 2.262157162740992, 2.228138851964939,
    2.200985160082949,  2.178812829663418, 2.160368656461013, 2.144786687916925, 2.131449545559323,
    2.119905299221012,  2.109815577833181, 2.100922040241039, 2.093024054408263, 2.085963447265837,
    2.079613844727662,  2.073873067904015, 2.068657610419041, 2.063898561628021, 2.059538552753294,
    2.055529438642871,  2.051830516480284, 2.048407141795244, 2.045229642132703, 2.042272456301238,
};

#define TABLE_LENGTH (sizeof student_t / sizeof *student_t)

/* Beyond the table the first term of Fisher's expansion around the normal value is enough. */
static double student(uint32_t freedom)
{
    return freedom <= TABLE_LENGTH ? student_t[freedom - 1]
                                   : 1.959963984540054 + 2.372271 / (double)freedom;
}

static double mean_of(const double *values, uint32_t count)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        sum += values[i] - values[0];
    }
    return values[0] + sum / (double)count;
}

void mfn_slope_fit(const double *x, const double *y, uint32_t count, mfn_slope *ret)
{
    *ret = (mfn_slope){.points = count};
    if (count < 2) {
        return;
    }
    double x_mean = mean_of(x, count);
    double y_mean = mean_of(y, count);
    double xx = 0.0;
    double xy = 0.0;
    double yy = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        xx += (x[i] - x_mean) * (x[i] - x_mean);
        xy += (x[i] - x_mean) * (y[i] - y_mean);
        yy += (y[i] - y_mean) * (y[i] - y_mean);
    }
    double slope = xy / xx;
    double residual = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        double off = (y[i] - y_mean) - slope * (x[i] - x_mean);
        residual += off * off;
    }
    ret->value = slope;
    ret->intercept = y_mean - slope * x_mean;
    ret->r_squared = yy > residual ? 1.0 - residual / yy : 0.0;
    ret->low = -INFINITY;
    ret->high = INFINITY;
    if (count > 2) {
        ret->std_error = sqrt(residual / (double)(count - 2) / xx);
        ret->low = slope - student(count - 2) * ret->std_error;
        ret->high = slope + student(count - 2) * ret->std_error;
    }
}
