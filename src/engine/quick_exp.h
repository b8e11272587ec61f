/* SPDX-License-Identifier: MIT */
/* exp for hot loops: a few nanoseconds, within one unit in the last place, and the same bits on
 * every machine, compiler and libm. */
#ifndef MFN_ENGINE_QUICK_EXP_H
#define MFN_ENGINE_QUICK_EXP_H

/* Any x, subnormal results included: 0 and infinity beyond the range of doubles, NaN for NaN. */
double mfn__exp_quick(double x);

#endif
