/* SPDX-License-Identifier: MIT */
/* The linear map y = W x + b over rows of values, forward and backward, with a fixed order of
 * sums. Nothing allocates. */
#ifndef MFN_ENGINE_LEARNING_LINEAR_H
#define MFN_ENGINE_LEARNING_LINEAR_H

#include <stddef.h>

typedef struct mfn__linear {
    const double *weights; /* (outputs, inputs), row-major */
    const double *biases;  /* (outputs) */
    size_t inputs, outputs;
} mfn__linear;

/* The derivative of a loss by the map's parameters, shaped like them. */
typedef struct mfn__linear_gradient {
    double *weights, *biases;
} mfn__linear_gradient;

/* The sum of a[i] * b[i]. */
double mfn__dot(const double *a, const double *b, size_t count);

/* `x` is (rows, inputs), `ret_y` (rows, outputs); they do not overlap. */
void mfn__linear_forward(const mfn__linear *linear, const double *x, size_t rows, double *ret_y);

/* From the derivative `dy` by the outputs: adds the parameters' to `gradient`. */
void mfn__linear_backward(const mfn__linear *linear, const double *x, size_t rows, const double *dy,
                          const mfn__linear_gradient *gradient);

/* Adds the derivative by the inputs to `dx`, (rows, inputs). */
void mfn__linear_backward_inputs(const mfn__linear *linear, size_t rows, const double *dy,
                                 double *dx);

#endif
