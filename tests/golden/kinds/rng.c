/* SPDX-License-Identifier: MIT */
/* rng: the operations of a record are drawn in order from one generator. An operation is
 * [name, argument...]; the forms "_array" and "_bulk" end in a count and repeat a scalar one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/random.h"
#include "kinds.h"
#include "kinds/draws.h"

#define ZIGGURAT_TAIL_START 3.6541528853610088

__extension__ typedef unsigned __int128 whole128;

/* Decimal digits of a 128-bit number. */
#define WHOLE128_TEXT_MAX 40
static const char *whole128_text(uint64_t high, uint64_t low, char ret[WHOLE128_TEXT_MAX])
{
    whole128 rest = (whole128)high << 64 | low;
    char *first = ret + WHOLE128_TEXT_MAX - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    return first;
}

static double real_argument(const json_t *op, size_t index, comparison *cmp)
{
    double value = 0.0;
    if (!record_real(json_array_get(op, index), &value)) {
        compare_malformed(cmp, "in.ops", "a number as argument");
    }
    return value;
}

static size_t count_argument(const json_t *op, size_t index, comparison *cmp)
{
    json_int_t count = json_integer_value(json_array_get(op, index));
    if (count < 1 || count > 1 << 30) {
        compare_malformed(cmp, "in.ops", "a count from 1 to 2^30 as argument");
        return 0;
    }
    return (size_t)count;
}

/* The bounds of ["integers", low, high]: `*ret_span` is high - 1 - low, up to 2^64 - 1. */
static bool bounds(const json_t *op, comparison *cmp, uint64_t *ret_low, uint64_t *ret_span)
{
    char buffer[2][RECORD_WHOLE_MAX];
    uint64_t value[2];
    for (size_t i = 0; i < 2; i++) {
        const char *text = record_whole(json_array_get(op, i + 1), buffer[i]);
        if (text == NULL) {
            compare_malformed(cmp, "in.ops", "whole numbers as bounds");
            return false;
        }
        /* 2^64 as an exclusive bound wraps to 0, which is right modulo 2^64. */
        value[i] = strcmp(text, "18446744073709551616") == 0 ? 0
                   : *text == '-'                            ? (uint64_t)strtoll(text, NULL, 10)
                                                             : strtoull(text, NULL, 10);
    }
    *ret_low = value[0];
    *ret_span = value[1] - 1 - value[0];
    return true;
}

/* Only ranges that reach beyond int64 are unsigned. */
static bool is_signed(const json_t *op, uint64_t last)
{
    char buffer[RECORD_WHOLE_MAX];
    const char *low = record_whole(json_array_get(op, 1), buffer);
    return (low != NULL && *low == '-') || last <= INT64_MAX;
}

/* The public function where it can express the bounds, the engine's own beyond. */
static uint64_t draw_integer(mfn_random *random, uint64_t low, uint64_t span)
{
    int64_t first = (int64_t)low;
    if (span < INT64_MAX && first <= INT64_MAX - 1 - (int64_t)span) {
        return (uint64_t)mfn_random_integer(random, first, first + (int64_t)span + 1);
    }
    return low + mfn__random_bounded(random, span);
}

static bool draw_reals(mfn_random *random, const json_t *op, double *ret, size_t count,
                       comparison *cmp)
{
    const char *name = json_string_value(json_array_get(op, 0));
    if (strncmp(name, "random", strlen("random")) == 0) {
        for (size_t i = 0; i < count; i++) {
            ret[i] = mfn_random_uniform(random);
        }
        return true;
    }
    double first = real_argument(op, 1, cmp);
    double second = real_argument(op, 2, cmp);
    bool is_normal = strncmp(name, "normal", strlen("normal")) == 0;
    if (count > 1 && is_normal) {
        mfn_random_fill_normal(random, first, second, ret, count);
    } else if (count > 1) {
        mfn_random_fill_uniform(random, first, second, ret, count);
    } else {
        *ret = is_normal ? mfn_random_normal(random, first, second)
                         : mfn_random_uniform_between(random, first, second);
    }
    return cmp->verdict == COMPARE_PASSED;
}

/* The normals beyond the ziggurat's tail: how many, which, and their hash. */
static void compare_tail(const json_t *op, const json_t *draw, const double *values, size_t count,
                         comparison *cmp)
{
    double mean = real_argument(op, 1, cmp);
    double deviation = real_argument(op, 2, cmp);
    const json_t *listed = json_object_get(draw, "tail");
    double *tail = mfn__mem_new(count, sizeof *tail);
    if (tail == NULL) {
        compare_differs(cmp, "tail", "memory for it", "out of memory");
        return;
    }
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (fabs((values[i] - mean) / deviation) > ZIGGURAT_TAIL_START) {
            if (found < json_array_size(listed)) {
                const json_t *pair = json_array_get(listed, found);
                char index[RECORD_WHOLE_MAX];
                snprintf(index, sizeof index, "%zu", i);
                compare_whole_text(cmp, "tail index", json_array_get(pair, 0), index);
                compare_real_value(cmp, "tail value", json_array_get(pair, 1), values[i],
                                   TOLERANCE_NONE);
            }
            tail[found++] = values[i];
        }
    }
    compare_whole(cmp, draw, "tail_count", found);
    compare_hash(cmp, draw, "tail_sha256_le_f64", tail, found);
    mfn__mem_free(tail);
}

static bool has_count(const char *name)
{
    return mfn__text_ends_with(name, "_bulk") || mfn__text_ends_with(name, "_array");
}

static void replay_reals(mfn_random *random, const json_t *op, const json_t *draw, comparison *cmp)
{
    const char *name = json_string_value(json_array_get(op, 0));
    size_t count = has_count(name) ? count_argument(op, json_array_size(op) - 1, cmp) : 1;
    double *values = mfn__mem_new(count + 1, sizeof *values);
    if (values == NULL) {
        compare_differs(cmp, name, "memory for the draws", "out of memory");
    } else if (draw_reals(random, op, values, count, cmp)) {
        if (json_object_get(draw, "tail") != NULL) {
            compare_tail(op, draw, values, count, cmp);
        }
        draws_compare_reals(cmp, name, draw, values, count);
    }
    mfn__mem_free(values);
}

static void replay_integers(mfn_random *random, const json_t *op, const json_t *draw,
                            comparison *cmp)
{
    const char *name = json_string_value(json_array_get(op, 0));
    size_t count = has_count(name) ? count_argument(op, 3, cmp) : 1;
    uint64_t low = 0;
    uint64_t span = 0;
    if (!bounds(op, cmp, &low, &span)) {
        return;
    }
    uint64_t *values = mfn__mem_new(count + 1, sizeof *values);
    if (values == NULL) {
        compare_differs(cmp, name, "memory for the draws", "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = draw_integer(random, low, span);
    }
    draws_compare_integers(cmp, draw, values, count, is_signed(op, low + span));
    mfn__mem_free(values);
}

static void replay_sample(mfn_random *random, const json_t *op, const json_t *draw, comparison *cmp)
{
    size_t population = count_argument(op, 1, cmp);
    size_t count = count_argument(op, 2, cmp);
    uint64_t *values = mfn__mem_new(count + 1, sizeof *values);
    mfn_error err;
    if (values == NULL) {
        compare_differs(cmp, "choice_noreplace", "memory for the draws", "out of memory");
    } else if (compare_success(cmp, "mfn_random_sample",
                               mfn_random_sample(random, population, count, values, &err), &err)) {
        draws_compare_integers(cmp, draw, values, count, false);
    }
    mfn__mem_free(values);
}

static void replay_choice(mfn_random *random, const json_t *op, const json_t *draw, comparison *cmp)
{
    const json_t *list = json_array_get(op, 1);
    int64_t count = (int64_t)json_array_size(list);
    if (count == 0) {
        compare_malformed(cmp, "in.ops", "a list to choose from");
        return;
    }
    const json_t *chosen = json_array_get(list, (size_t)mfn_random_integer(random, 0, count));
    if (!json_equal(chosen, draw)) {
        char *expected = json_dumps(draw, JSON_ENCODE_ANY);
        char *got = json_dumps(chosen, JSON_ENCODE_ANY);
        compare_differs(cmp, "choice_list", expected != NULL ? expected : "?", "%s",
                        got != NULL ? got : "?");
        free(expected);
        free(got);
    }
}

static void replay_operation(mfn_random *random, const json_t *op, const json_t *draw,
                             comparison *cmp)
{
    static const struct {
        const char *name;
        void (*replay)(mfn_random *random, const json_t *op, const json_t *draw, comparison *cmp);
    } operations[] = {
        {"random", replay_reals},
        {"random_array", replay_reals},
        {"random_bulk", replay_reals},
        {"uniform", replay_reals},
        {"uniform_array", replay_reals},
        {"uniform_bulk", replay_reals},
        {"normal", replay_reals},
        {"normal_array", replay_reals},
        {"normal_bulk", replay_reals},
        {"integers", replay_integers},
        {"integers_array", replay_integers},
        {"integers_bulk", replay_integers},
        {"choice_noreplace", replay_sample},
        {"choice_list", replay_choice},
    };
    const char *name = json_string_value(json_array_get(op, 0));
    for (size_t i = 0; name != NULL && i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(name, operations[i].name) == 0) {
            operations[i].replay(random, op, draw, cmp);
            return;
        }
    }
    compare_malformed(cmp, "in.ops", "a documented operation");
}

static void compare_state(const record *rec, const mfn_random *random, const char *key,
                          comparison *cmp)
{
    mfn_random_state state;
    char text[WHOLE128_TEXT_MAX];
    mfn_random_get_state(random, &state);
    compare_whole_text(cmp, key, json_object_get(rec->out, key),
                       whole128_text(state.state_high, state.state_low, text));
}

void kind_rng(const record *rec, comparison *cmp)
{
    const char *seed = json_string_value(json_object_get(rec->in, "seed"));
    const json_t *ops = json_object_get(rec->in, "ops");
    const json_t *draws = json_object_get(rec->out, "draws");
    mfn_random *random = NULL;
    mfn_error err;
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_random_new", mfn_random_new(seed, &random, &err));
        goto done;
    }
    if (seed == NULL || json_array_size(ops) == 0 ||
        json_array_size(ops) != json_array_size(draws)) {
        compare_malformed(cmp, "in", "a seed and as many operations as draws");
        goto done;
    }
    if (!compare_success(cmp, "mfn_random_new", mfn_random_new(seed, &random, &err), &err)) {
        goto done;
    }
    compare_state(rec, random, "pcg_state", cmp);
    mfn_random_state state;
    char text[WHOLE128_TEXT_MAX];
    mfn_random_get_state(random, &state);
    compare_whole_text(cmp, "pcg_inc", json_object_get(rec->out, "pcg_inc"),
                       whole128_text(state.increment_high, state.increment_low, text));
    for (size_t i = 0; i < json_array_size(ops); i++) {
        replay_operation(random, json_array_get(ops, i), json_array_get(draws, i), cmp);
    }
    compare_state(rec, random, "end_state", cmp);
    mfn_random_get_state(random, &state);
    compare_whole(cmp, rec->out, "end_has_uint32", state.has_half ? 1 : 0);
    compare_whole(cmp, rec->out, "end_uinteger", state.half);
done:
    mfn_random_free(random);
}
