/* SPDX-License-Identifier: MIT */
/* Sparse attention (mfn/attention.h) row by row: the scores of one token, the bound that the `kept`
 * best of them reach (through a heap of that many values), then one pass in index order that takes
 * what is above the bound, and of those on it the first ones.
 *
 * Backward, with weights p_j = softmax(s_j) and o = sum p_j v_j over the survivors:
 * dp_j = do . v_j, ds_j = p_j (dp_j - sum_i p_i dp_i), dv_j += p_j do, and with s_j = q . k_j / c
 * dq += ds_j k_j / c, dk_j += ds_j q / c. */
#include "engine/learning/attention.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/learning/finite.h"
#include "engine/quick_exp.h"

mfn_status mfn__attention_tape_init(mfn__attention_tape *tape, size_t tokens, size_t embed,
                                    size_t kept, bool learns, mfn_error *err)
{
    *tape = (mfn__attention_tape){.tokens = tokens, .embed = embed, .kept = kept};
    double **const blocks[] = {&tape->query,   &tape->key,   &tape->value,   &tape->mixed,
                               &tape->d_query, &tape->d_key, &tape->d_value, &tape->d_mixed};
    size_t block_count = learns ? 8 : 4;
    size_t values = tokens * embed;
    size_t kept_values = tokens * kept;
    /* Two indices in the room of a double. None of this can overflow: see the limits. */
    size_t doubles = block_count * values + kept_values + tokens + kept + (kept_values + 1) / 2;
    double *storage = mfn__mem_new(doubles, sizeof *storage);
    if (storage == NULL) {
        return mfn__fail_memory(err);
    }
    double *next = storage;
    for (size_t i = 0; i < block_count; i++) {
        *blocks[i] = next;
        next += values;
    }
    tape->weights = next;
    tape->scores = tape->weights + kept_values;
    tape->best = tape->scores + tokens;
    tape->indices = (uint32_t *)(void *)(tape->best + kept);
    tape->storage = storage;
    return MFN_OK;
}

void mfn__attention_tape_deinit(mfn__attention_tape *tape)
{
    mfn__mem_free(tape->storage);
    *tape = (mfn__attention_tape){0};
}

void mfn__attention_scores(const mfn__attention_tape *tape, size_t token, double *ret)
{
    const double *query = tape->query + token * tape->embed;
    double scale = sqrt((double)tape->embed);
    for (size_t j = 0; j < tape->tokens; j++) {
        ret[j] = mfn__dot(query, tape->key + j * tape->embed, tape->embed) / scale;
    }
}

static double largest_magnitude(const double *values, size_t count)
{
    double largest = 0.0;
    for (size_t i = 0; i < count; i++) {
        largest = fabs(values[i]) > largest ? fabs(values[i]) : largest;
    }
    return largest;
}

bool mfn__attention_is_in_range(const mfn__attention_tape *tape)
{
    size_t count = tape->tokens * tape->embed;
    return isfinite((double)tape->embed * largest_magnitude(tape->query, count) *
                    largest_magnitude(tape->key, count)) &&
           mfn__all_finite(tape->query, count) && mfn__all_finite(tape->key, count);
}

/* Restores the heap (smallest value on top) below `at`. */
static void sift_down(double *heap, size_t count, size_t at)
{
    double value = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && heap[child + 1] < heap[child]) {
            child++;
        }
        if (!(heap[child] < value)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

/* The smallest of the `kept` largest scores. */
static double find_bound(mfn__attention_tape *tape)
{
    double *heap = tape->best;
    memcpy(heap, tape->scores, tape->kept * sizeof *heap);
    for (size_t i = tape->kept / 2; i > 0; i--) {
        sift_down(heap, tape->kept, i - 1);
    }
    for (size_t j = tape->kept; j < tape->tokens; j++) {
        if (tape->scores[j] > heap[0]) {
            heap[0] = tape->scores[j];
            sift_down(heap, tape->kept, 0);
        }
    }
    return heap[0];
}

/* Writes the survivors' indices in ascending order. */
static void choose(mfn__attention_tape *tape, uint32_t *ret_indices)
{
    double bound = find_bound(tape);
    size_t on_bound = 0;
    for (size_t i = 0; i < tape->kept; i++) {
        on_bound += tape->best[i] > bound ? 0 : 1;
    }
    size_t count = 0;
    for (size_t j = 0; j < tape->tokens && count < tape->kept; j++) {
        if (tape->scores[j] > bound) {
            ret_indices[count++] = (uint32_t)j;
        } else if (on_bound > 0 && !(tape->scores[j] < bound)) {
            ret_indices[count++] = (uint32_t)j;
            on_bound--;
        }
    }
}

static void softmax(const mfn__attention_tape *tape, const uint32_t *indices, double *ret_weights)
{
    double largest = tape->scores[indices[0]];
    for (size_t j = 1; j < tape->kept; j++) {
        largest = fmax(largest, tape->scores[indices[j]]);
    }
    double sum = 0.0;
    for (size_t j = 0; j < tape->kept; j++) {
        ret_weights[j] = mfn__exp_quick(tape->scores[indices[j]] - largest);
        sum += ret_weights[j];
    }
    for (size_t j = 0; j < tape->kept; j++) {
        ret_weights[j] /= sum;
    }
}

void mfn__attention_forward(const mfn__attention *attention, const double *x,
                            mfn__attention_tape *tape, double *ret_y)
{
    size_t embed = tape->embed;
    mfn__linear_forward(&attention->query, x, tape->tokens, tape->query);
    mfn__linear_forward(&attention->key, x, tape->tokens, tape->key);
    mfn__linear_forward(&attention->value, x, tape->tokens, tape->value);
    memset(tape->mixed, 0, tape->tokens * embed * sizeof *tape->mixed);
    for (size_t i = 0; i < tape->tokens; i++) {
        uint32_t *indices = tape->indices + i * tape->kept;
        double *weights = tape->weights + i * tape->kept;
        double *mixed = tape->mixed + i * embed;
        mfn__attention_scores(tape, i, tape->scores);
        choose(tape, indices);
        softmax(tape, indices, weights);
        for (size_t j = 0; j < tape->kept; j++) {
            const double *value = tape->value + (size_t)indices[j] * embed;
            for (size_t d = 0; d < embed; d++) {
                mixed[d] += weights[j] * value[d];
            }
        }
    }
    mfn__linear_forward(&attention->output, tape->mixed, tape->tokens, ret_y);
}

/* One token's part: from d_mixed to d_query, and to the survivors' d_key and d_value. */
static void backward_row(mfn__attention_tape *tape, size_t token)
{
    size_t embed = tape->embed;
    const uint32_t *indices = tape->indices + token * tape->kept;
    const double *weights = tape->weights + token * tape->kept;
    const double *query = tape->query + token * embed;
    const double *d_mixed = tape->d_mixed + token * embed;
    double *d_query = tape->d_query + token * embed;
    double *d_weights = tape->scores; /* of no use any more */
    double scale = sqrt((double)embed);
    double mean = 0.0;
    for (size_t j = 0; j < tape->kept; j++) {
        d_weights[j] = mfn__dot(d_mixed, tape->value + (size_t)indices[j] * embed, embed);
        mean += weights[j] * d_weights[j];
    }
    for (size_t j = 0; j < tape->kept; j++) {
        double d_score = weights[j] * (d_weights[j] - mean) / scale;
        const double *key = tape->key + (size_t)indices[j] * embed;
        double *d_key = tape->d_key + (size_t)indices[j] * embed;
        double *d_value = tape->d_value + (size_t)indices[j] * embed;
        for (size_t d = 0; d < embed; d++) {
            d_query[d] += d_score * key[d];
            d_key[d] += d_score * query[d];
            d_value[d] += weights[j] * d_mixed[d];
        }
    }
}

void mfn__attention_backward(const mfn__attention *attention, const double *x,
                             mfn__attention_tape *tape, const double *dy,
                             const mfn__attention_gradient *gradient, double *dx)
{
    size_t tokens = tape->tokens;
    size_t bytes = tokens * tape->embed * sizeof(double);
    memset(tape->d_mixed, 0, bytes);
    memset(tape->d_query, 0, bytes);
    memset(tape->d_key, 0, bytes);
    memset(tape->d_value, 0, bytes);
    mfn__linear_backward(&attention->output, tape->mixed, tokens, dy, &gradient->output);
    mfn__linear_backward_inputs(&attention->output, tokens, dy, tape->d_mixed);
    for (size_t i = 0; i < tokens; i++) {
        backward_row(tape, i);
    }
    mfn__linear_backward(&attention->query, x, tokens, tape->d_query, &gradient->query);
    mfn__linear_backward(&attention->key, x, tokens, tape->d_key, &gradient->key);
    mfn__linear_backward(&attention->value, x, tokens, tape->d_value, &gradient->value);
    mfn__linear_backward_inputs(&attention->query, tokens, tape->d_query, dx);
    mfn__linear_backward_inputs(&attention->key, tokens, tape->d_key, dx);
    mfn__linear_backward_inputs(&attention->value, tokens, tape->d_value, dx);
}
