/* SPDX-License-Identifier: MIT */
/* Adam (Kingma and Ba, ICLR 2015, algorithm 1, arranged as torch.optim.Adam):
 * m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
 * p -= rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + epsilon). */
#ifndef MFN_ENGINE_LEARNING_ADAM_H
#define MFN_ENGINE_LEARNING_ADAM_H

#include <stddef.h>

typedef struct mfn__adam {
    double learning_rate, beta1, beta2, epsilon;
    double power1, power2;  /* beta1^t, beta2^t after t steps */
    double *first, *second; /* the moments m and v; the caller's */
    size_t count;
} mfn__adam;

/* Back to before the first step. */
void mfn__adam_reset(mfn__adam *adam);

void mfn__adam_step(mfn__adam *adam, const double *gradient, double *parameters);

#endif
