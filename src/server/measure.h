/* SPDX-License-Identifier: MIT */
/* What the service tells about the field of a simulation beside its summary. */
#ifndef MFN_SERVER_MEASURE_H
#define MFN_SERVER_MEASURE_H

#include "mfn/simulation.h"

#define MFN__MV_PER_V 1000.0

/* Box-counting dimension of the cells above -60 mV. */
mfn_status mfn__measure_dimension(const mfn_simulation *simulation, double *ret, mfn_error *err);

/* Cells whose potential is more than 10 mV away from zero. */
uint64_t mfn__measure_charged_cells(const mfn_simulation *simulation);

/* Sum of the squared potentials, V^2. */
double mfn__measure_energy(const mfn_simulation *simulation);

/* Mean squared gradient, (V/cell)^2: central differences, one-sided at the edges, as numpy.gradient
 * makes them. */
double mfn__measure_roughness(const mfn_simulation *simulation);

#endif
