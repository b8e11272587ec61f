/* SPDX-License-Identifier: MIT */
#ifndef MFN_ENGINE_DIMENSION_ANGLE_H
#define MFN_ENGINE_DIMENSION_ANGLE_H

/* The angle of (x, y), not both 0, in [0, 2 pi), within a few units in the last place and with the
 * same bits everywhere. */
double mfn__angle(double y, double x);

#endif
