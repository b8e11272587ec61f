/* SPDX-License-Identifier: MIT */
/* Sparse attention: scaled dot-product attention in which every token listens to its `topk` best
 * matches alone.
 *
 * With q, k, v = W x + b for each token, the score of token i for token j is q_i . k_j /
 * sqrt(embed_dim) (Vaswani et al., NeurIPS 2017, section 3.2.1, with one head). Of each row the
 * min(topk, tokens) largest scores survive (ties: the lower index), softmax makes them weights
 * of the v_j, and a last linear map gives the output.
 *
 * The reference computes in the type of its input, usually float32; this is float64 throughout.
 * Its num_heads is accepted and ignored: there is none here. Functions are thread-safe, and results
 * have the same bits on every machine. */
#ifndef MFN_ATTENTION_H
#define MFN_ATTENTION_H

#include <stdint.h>

#include "mfn/option.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mfn_attention_config {
    size_t size;        /* sizeof(mfn_attention_config), set by the init function */
    uint64_t embed_dim; /* values per token, 1 .. 65536 */
    uint64_t topk;      /* tokens that each token listens to, 1 .. 10^9 */
} mfn_attention_config;

MFN_API const mfn_option *mfn_attention_options(void);
MFN_API void mfn_attention_config_init(mfn_attention_config *config); /* 32, 4 */
MFN_CHECKED MFN_API mfn_status mfn_attention_config_check(const mfn_attention_config *config,
                                                          mfn_error *err);

/* A linear map of a token: `weights` is (embed_dim, embed_dim), row-major, one row per output, and
 * `biases` (embed_dim). Borrowed. */
typedef struct mfn_projection {
    const double *weights, *biases;
} mfn_projection;

typedef struct mfn_attention_projections {
    mfn_projection query, key, value, output;
} mfn_attention_projections;

/* `batch` independent sequences of `tokens` tokens, each at least 1: shape (batch, tokens,
 * embed_dim), row-major. Borrowed. */
typedef struct mfn_token_batch {
    const double *values;
    uint64_t batch, tokens;
} mfn_token_batch;

/* Writes batch * tokens * embed_dim values to `ret`, which must not overlap the input. Takes memory
 * for one sequence at a time: tokens * (12 min(topk, tokens) + 32 embed_dim + 8) bytes and some.
 * NaN and infinity are refused; where finite input can overflow the answer is MFN_UNSTABLE, and
 * `ret` holds the sequences before. `config` may be NULL for the defaults. */
MFN_CHECKED MFN_API mfn_status mfn_attention_apply(const mfn_attention_projections *projections,
                                                   const mfn_attention_config *config,
                                                   const mfn_token_batch *input, double *ret,
                                                   mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
