/* SPDX-License-Identifier: MIT */
/* Gradients for tests. */
#ifndef MFN_TEST_GRADIENT_SETS_H
#define MFN_TEST_GRADIENT_SETS_H

#include <stdlib.h>

#include "suite.h"

#include "mfn/krum.h"

/* Normals around `loc`, from a generator of that seed. Release with free. */
static inline float *normal_gradients(const char *seed, size_t count, size_t dimension, double loc)
{
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    float *values = malloc(count * dimension * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count * dimension; i++) {
        values[i] = (float)mfn_random_normal(random, loc, 1.0);
    }
    mfn_random_free(random);
    return values;
}

static inline void set_gradient(float *values, size_t dimension, size_t index, float value)
{
    for (size_t k = 0; k < dimension; k++) {
        values[index * dimension + k] = value;
    }
}

#endif
