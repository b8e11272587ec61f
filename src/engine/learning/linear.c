/* SPDX-License-Identifier: MIT */
/* Eight partial sums per scalar product leave the compiler room for vectors of any width without a
 * change to the order of the additions. */
#include "engine/learning/linear.h"

#define LANES 8

double mfn__dot(const double *a, const double *b, size_t count)
{
    double lanes[LANES] = {0.0};
    size_t whole = count - count % LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            lanes[j] += a[i + j] * b[i + j];
        }
    }
    double sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
                 ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    for (size_t i = whole; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

void mfn__linear_forward(const mfn__linear *linear, const double *x, size_t rows, double *ret_y)
{
    for (size_t row = 0; row < rows; row++) {
        for (size_t out = 0; out < linear->outputs; out++) {
            const double *weights = linear->weights + out * linear->inputs;
            ret_y[row * linear->outputs + out] =
                mfn__dot(weights, x + row * linear->inputs, linear->inputs) + linear->biases[out];
        }
    }
}

void mfn__linear_backward(const mfn__linear *linear, const double *x, size_t rows, const double *dy,
                          const mfn__linear_gradient *gradient)
{
    for (size_t row = 0; row < rows; row++) {
        const double *input = x + row * linear->inputs;
        for (size_t out = 0; out < linear->outputs; out++) {
            double slope = dy[row * linear->outputs + out];
            double *weights = gradient->weights + out * linear->inputs;
            for (size_t in = 0; in < linear->inputs; in++) {
                weights[in] += slope * input[in];
            }
            gradient->biases[out] += slope;
        }
    }
}

void mfn__linear_backward_inputs(const mfn__linear *linear, size_t rows, const double *dy,
                                 double *dx)
{
    for (size_t row = 0; row < rows; row++) {
        double *input = dx + row * linear->inputs;
        for (size_t out = 0; out < linear->outputs; out++) {
            double slope = dy[row * linear->outputs + out];
            const double *weights = linear->weights + out * linear->inputs;
            for (size_t in = 0; in < linear->inputs; in++) {
                input[in] += slope * weights[in];
            }
        }
    }
}
