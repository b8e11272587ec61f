/* SPDX-License-Identifier: MIT */
/* attention. Records in float64 agree to a part in 10^12 of the largest value, those in float32,
 * where ours is float64 as well, to a part in 10^5. A row in which the choice of the survivors is
 * closer than that may choose otherwise; what follows from it is then not compared. */
#include "mfn/attention.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "engine/learning/attention.h"
#include "kinds.h"

#define PROJECTIONS 4
#define TOKENS_MAX  256

typedef struct attention_case {
    record_array x, weights[PROJECTIONS], biases[PROJECTIONS];
    size_t batch, tokens, embed, kept;
    mfn_attention_config config;
    double precision; /* of the record, relative to the largest value of an array */
} attention_case;

static const char *const projection_names[PROJECTIONS] = {"q", "k", "v", "out"};

static void attention_case_deinit(attention_case *given)
{
    record_array_deinit(&given->x);
    for (size_t i = 0; i < PROJECTIONS; i++) {
        record_array_deinit(&given->weights[i]);
        record_array_deinit(&given->biases[i]);
    }
}

static bool read_array(const json_t *object, const char *key, record_array *ret, comparison *cmp)
{
    mfn_error err;
    mfn_status status = record_array_read(json_object_get(object, key), 1.0, 0.0, ret, &err);
    return compare_success(cmp, key, status, &err);
}

/* `ret` must be released also when this fails. */
static bool read_case(const json_t *in, attention_case *ret, comparison *cmp)
{
    const char *dtype = json_string_value(json_object_get(in, "dtype"));
    *ret = (attention_case){
        .embed = (size_t)json_integer_value(json_object_get(in, "embed_dim")),
        .precision = dtype != NULL && strcmp(dtype, "float64") == 0 ? 1e-12 : 1e-5,
    };
    mfn_attention_config_init(&ret->config);
    ret->config.embed_dim = ret->embed;
    ret->config.topk = (uint64_t)json_integer_value(json_object_get(in, "topk"));
    bool is_read = read_array(in, "x", &ret->x, cmp);
    for (size_t i = 0; i < PROJECTIONS && is_read; i++) {
        is_read =
            read_array(json_object_get(in, "w"), projection_names[i], &ret->weights[i], cmp) &&
            read_array(json_object_get(in, "b"), projection_names[i], &ret->biases[i], cmp);
        if (is_read && (ret->weights[i].count != ret->embed * ret->embed ||
                        ret->biases[i].count != ret->embed)) {
            compare_malformed(cmp, projection_names[i], "square weights and as many biases");
            is_read = false;
        }
    }
    if (is_read && (ret->x.dimensions != 3 || ret->x.shape[2] != ret->embed)) {
        compare_malformed(cmp, "x", "the shape (batch, seq, embed)");
        is_read = false;
    }
    if (is_read) {
        ret->batch = ret->x.shape[0];
        ret->tokens = ret->x.shape[1];
        ret->kept = ret->config.topk < ret->tokens ? (size_t)ret->config.topk : ret->tokens;
    }
    return is_read;
}

static double largest_of(const record_array *array)
{
    double largest = 0.0;
    for (size_t i = 0; i < array->count; i++) {
        largest = fmax(largest, fabs(array->values[i]));
    }
    return largest;
}

static void compare_values(comparison *cmp, const char *what, const double *expected,
                           const double *got, size_t count, double margin)
{
    for (size_t i = 0; i < count; i++) {
        if (!(fabs(got[i] - expected[i]) <= margin)) {
            compare_differs(cmp, what, "the recorded values",
                            "%.17g instead of %.17g at %zu of %zu", got[i], expected[i], i, count);
        }
    }
}

/* Whether both chose the same tokens; two that differ must be as good, to the margin. */
static bool chose_alike(comparison *cmp, const json_t *list, const uint32_t *chosen, size_t kept,
                        const double *scores, double margin)
{
    double dropped_best = -INFINITY;
    double taken_worst = INFINITY;
    bool is_alike = json_array_size(list) == kept;
    if (!is_alike) {
        compare_malformed(cmp, "topk_indices", "as many tokens as survive");
    }
    for (size_t i = 0; i < kept; i++) {
        bool is_shared = false;
        for (size_t j = 0; j < json_array_size(list); j++) {
            is_shared |= (uint32_t)json_integer_value(json_array_get(list, j)) == chosen[i];
        }
        taken_worst = is_shared ? taken_worst : fmin(taken_worst, scores[chosen[i]]);
        is_alike &= is_shared;
    }
    for (size_t j = 0; j < json_array_size(list); j++) {
        size_t index = (size_t)json_integer_value(json_array_get(list, j));
        bool is_shared = false;
        for (size_t i = 0; i < kept; i++) {
            is_shared |= chosen[i] == index;
        }
        dropped_best = is_shared ? dropped_best : fmax(dropped_best, scores[index]);
    }
    if (!is_alike && !(dropped_best - taken_worst <= margin)) {
        compare_differs(cmp, "topk_indices", "the recorded tokens",
                        "a choice that is worse by %.3g", dropped_best - taken_worst);
    }
    return is_alike;
}

static void compare_sequence(const attention_case *given, size_t sequence, const double *y,
                             const json_t *out, comparison *cmp)
{
    mfn__linear maps[PROJECTIONS];
    for (size_t i = 0; i < PROJECTIONS; i++) {
        maps[i] = (mfn__linear){given->weights[i].values, given->biases[i].values, given->embed,
                                given->embed};
    }
    const mfn__attention attention = {maps[0], maps[1], maps[2], maps[3]};
    size_t values = given->tokens * given->embed;
    record_array scores = {0};
    record_array expected = {0};
    mfn__attention_tape tape = {0};
    mfn_error err;
    double *again = mfn__mem_new(values, sizeof *again);
    mfn_status status =
        mfn__attention_tape_init(&tape, given->tokens, given->embed, given->kept, false, &err);
    if (again == NULL || !compare_success(cmp, "mfn__attention_tape_init", status, &err) ||
        !read_array(out, "scores", &scores, cmp) || !read_array(out, "y", &expected, cmp)) {
        goto done;
    }
    mfn__attention_forward(&attention, given->x.values + sequence * values, &tape, again);
    compare_values(cmp, "y by itself", y, again, values, 0.0);
    double score_margin = given->precision * largest_of(&scores);
    const json_t *rows = json_array_get(json_object_get(out, "topk_indices"), sequence);
    for (size_t i = 0; i < given->tokens; i++) {
        double got[TOKENS_MAX];
        mfn__attention_scores(&tape, i, got);
        compare_values(cmp, "scores",
                       scores.values + (sequence * given->tokens + i) * given->tokens, got,
                       given->tokens, score_margin);
        if (chose_alike(cmp, json_array_get(rows, i), tape.indices + i * given->kept, given->kept,
                        got, 2.0 * score_margin)) {
            compare_values(cmp, "y", expected.values + sequence * values + i * given->embed,
                           y + i * given->embed, given->embed,
                           given->precision * largest_of(&expected));
        }
    }
done:
    mfn__attention_tape_deinit(&tape);
    record_array_deinit(&scores);
    record_array_deinit(&expected);
    mfn__mem_free(again);
}

void kind_attention(const record *rec, comparison *cmp)
{
    attention_case given;
    double *y = NULL;
    if (!read_case(rec->in, &given, cmp)) {
        goto done;
    }
    if (given.tokens > TOKENS_MAX) {
        compare_malformed(cmp, "x", "at most 256 tokens");
        goto done;
    }
    const mfn_attention_projections projections = {
        {given.weights[0].values, given.biases[0].values},
        {given.weights[1].values, given.biases[1].values},
        {given.weights[2].values, given.biases[2].values},
        {given.weights[3].values, given.biases[3].values},
    };
    const mfn_token_batch input = {given.x.values, given.batch, given.tokens};
    mfn_error err;
    y = mfn__mem_new(given.x.count, sizeof *y);
    if (y == NULL) {
        compare_malformed(cmp, "x", "a size that memory can hold");
        goto done;
    }
    mfn_status status = mfn_attention_apply(&projections, &given.config, &input, y, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_attention_apply", status);
    } else if (compare_success(cmp, "mfn_attention_apply", status, &err)) {
        for (size_t i = 0; i < given.batch; i++) {
            compare_sequence(&given, i, y + i * given.tokens * given.embed, rec->out, cmp);
        }
    }
done:
    mfn__mem_free(y);
    attention_case_deinit(&given);
}
