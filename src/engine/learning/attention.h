/* SPDX-License-Identifier: MIT */
/* Sparse attention over one sequence, with the memory of it that learning needs. */
#ifndef MFN_ENGINE_LEARNING_ATTENTION_H
#define MFN_ENGINE_LEARNING_ATTENTION_H

#include <stdint.h>

#include "engine/learning/linear.h"

#include "mfn/status.h"

typedef struct mfn__attention {
    mfn__linear query, key, value, output; /* all square */
} mfn__attention;

typedef struct mfn__attention_gradient {
    mfn__linear_gradient query, key, value, output;
} mfn__attention_gradient;

/* What a forward pass leaves behind for the backward pass, and scratch: O(tokens * (kept + embed)).
 */
typedef struct mfn__attention_tape {
    size_t tokens, embed;
    size_t kept;                 /* tokens that each token listens to */
    double *query, *key, *value; /* (tokens, embed) */
    double *mixed;               /* (tokens, embed): softmax times value */
    uint32_t *indices;           /* (tokens, kept), ascending in each row */
    double *weights;             /* (tokens, kept): softmax of the surviving scores */
    double *scores;              /* (tokens): all of one row */
    double *best;                /* (kept): a heap of one row's largest scores */
    double *d_query, *d_key, *d_value, *d_mixed; /* as above; NULL without learning */
    double *storage;
} mfn__attention_tape;

/* At most 2^32 tokens, `embed` at most 2^16, `kept` 1 .. tokens and at most 2^30. A failed init
 * needs no deinit. */
mfn_status mfn__attention_tape_init(mfn__attention_tape *tape, size_t tokens, size_t embed,
                                    size_t kept, bool learns, mfn_error *err);
void mfn__attention_tape_deinit(mfn__attention_tape *tape); /* a zeroed one is allowed */

/* After a forward pass: whether no score can have left the range of doubles. */
bool mfn__attention_is_in_range(const mfn__attention_tape *tape);

/* q . k / sqrt(embed) of one token for all tokens; `ret` has tape->tokens entries. */
void mfn__attention_scores(const mfn__attention_tape *tape, size_t token, double *ret);

/* `x` and `ret_y` are (tokens, embed). */
void mfn__attention_forward(const mfn__attention *attention, const double *x,
                            mfn__attention_tape *tape, double *ret_y);

/* After a forward pass over the same `x`: from the derivative `dy` by the output adds those by
 * the parameters to `gradient` and those by the input to `dx`. The choice of the survivors counts
 * as constant: the derivative is that of the smooth piece around `x`. */
void mfn__attention_backward(const mfn__attention *attention, const double *x,
                             mfn__attention_tape *tape, const double *dy,
                             const mfn__attention_gradient *gradient, double *dx);

#endif
