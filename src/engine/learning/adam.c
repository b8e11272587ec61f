/* SPDX-License-Identifier: MIT */
#include "engine/learning/adam.h"

#include <math.h>
#include <string.h>

void mfn__adam_reset(mfn__adam *adam)
{
    adam->power1 = 1.0;
    adam->power2 = 1.0;
    memset(adam->first, 0, adam->count * sizeof *adam->first);
    memset(adam->second, 0, adam->count * sizeof *adam->second);
}

void mfn__adam_step(mfn__adam *adam, const double *gradient, double *parameters)
{
    adam->power1 *= adam->beta1;
    adam->power2 *= adam->beta2;
    double step = adam->learning_rate / (1.0 - adam->power1);
    double spread = sqrt(1.0 - adam->power2);
    for (size_t i = 0; i < adam->count; i++) {
        double g = gradient[i];
        adam->first[i] = adam->beta1 * adam->first[i] + (1.0 - adam->beta1) * g;
        adam->second[i] = adam->beta2 * adam->second[i] + (1.0 - adam->beta2) * g * g;
        parameters[i] -= step * adam->first[i] / (sqrt(adam->second[i]) / spread + adam->epsilon);
    }
}
