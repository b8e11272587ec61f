/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/attention.h"
#include "mfn/random.h"

#define EMBED_MAX  9
#define TOKENS_MAX 40
#define VALUES_MAX (3 * TOKENS_MAX * EMBED_MAX)
#define MAP_MAX    (EMBED_MAX * EMBED_MAX)

typedef struct layer {
    double weights[4][MAP_MAX], biases[4][EMBED_MAX];
    mfn_attention_projections projections;
    mfn_attention_config config;
} layer;

static mfn_random *seeded(const char *seed)
{
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    return random;
}

static void draw_layer(layer *ret, mfn_random *random, size_t embed, uint64_t topk)
{
    mfn_attention_config_init(&ret->config);
    ret->config.embed_dim = embed;
    ret->config.topk = topk;
    mfn_projection *const maps[] = {&ret->projections.query, &ret->projections.key,
                                    &ret->projections.value, &ret->projections.output};
    for (size_t i = 0; i < 4; i++) {
        mfn_random_fill_normal(random, 0.0, 0.7, ret->weights[i], embed * embed);
        mfn_random_fill_normal(random, 0.0, 0.3, ret->biases[i], embed);
        *maps[i] = (mfn_projection){ret->weights[i], ret->biases[i]};
    }
}

static void apply(const layer *of, const double *x, size_t batch, size_t tokens, double *ret)
{
    const mfn_token_batch input = {x, batch, tokens};
    mfn_error err = {0};
    ck_assert_msg(mfn_attention_apply(&of->projections, &of->config, &input, ret, &err) == MFN_OK,
                  "%s", err.text);
}

static void project(const layer *of, size_t map, const double *x, size_t tokens, double *ret)
{
    size_t embed = (size_t)of->config.embed_dim;
    for (size_t t = 0; t < tokens; t++) {
        for (size_t out = 0; out < embed; out++) {
            double sum = of->biases[map][out];
            for (size_t in = 0; in < embed; in++) {
                sum += of->weights[map][out * embed + in] * x[t * embed + in];
            }
            ret[t * embed + out] = sum;
        }
    }
}

/* The definition: a full row of scores, of which the worst is dropped until `topk` are left. */
static void plain_attention(const layer *of, const double *x, size_t tokens, double *ret)
{
    static double q[VALUES_MAX], k[VALUES_MAX], v[VALUES_MAX], mixed[VALUES_MAX];
    size_t embed = (size_t)of->config.embed_dim;
    project(of, 0, x, tokens, q);
    project(of, 1, x, tokens, k);
    project(of, 2, x, tokens, v);
    for (size_t i = 0; i < tokens; i++) {
        double scores[TOKENS_MAX];
        for (size_t j = 0; j < tokens; j++) {
            scores[j] = 0.0;
            for (size_t d = 0; d < embed; d++) {
                scores[j] += q[i * embed + d] * k[j * embed + d];
            }
            scores[j] /= sqrt((double)embed);
        }
        for (size_t left = tokens; left > of->config.topk; left--) {
            size_t worst = TOKENS_MAX;
            for (size_t j = 0; j < tokens; j++) {
                bool is_in = scores[j] > -INFINITY;
                worst = is_in && (worst == TOKENS_MAX || scores[j] <= scores[worst]) ? j : worst;
            }
            scores[worst] = -INFINITY;
        }
        double total = 0.0;
        for (size_t j = 0; j < tokens; j++) {
            total += exp(scores[j]);
        }
        for (size_t d = 0; d < embed; d++) {
            mixed[i * embed + d] = 0.0;
            for (size_t j = 0; j < tokens; j++) {
                mixed[i * embed + d] += exp(scores[j]) / total * v[j * embed + d];
            }
        }
    }
    project(of, 3, mixed, tokens, ret);
}

static void assert_near(const double *got, const double *expected, size_t count, double margin)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(fabs(got[i] - expected[i]) <= margin, "%.17g instead of %.17g at %zu", got[i],
                      expected[i], i);
    }
}

START_TEST(it_is_the_definition_for_many_shapes)
{
    static const struct {
        size_t embed, tokens;
        uint64_t topk;
        const char *what;
    } rows[] = {
        {1, 1, 1, "one value, one token"},       {4, 7, 1, "each token listens to one"},
        {4, 7, 3, "each token listens to some"}, {3, 8, 7, "each token ignores one"},
        {5, 6, 6, "each token listens to all"},  {5, 6, 1000000000, "more than there are"},
        {8, 40, 4, "a whole number of lanes"},   {9, 40, 13, "one value more than the lanes"},
    };
    static double x[VALUES_MAX], got[VALUES_MAX], expected[VALUES_MAX];
    mfn_random *random = seeded("1");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (int repeat = 0; repeat < 20; repeat++) {
            layer of;
            draw_layer(&of, random, rows[r].embed, rows[r].topk);
            mfn_random_fill_normal(random, 0.0, 1.0, x, rows[r].tokens * rows[r].embed);
            apply(&of, x, 1, rows[r].tokens, got);
            plain_attention(&of, x, rows[r].tokens, expected);
            assert_near(got, expected, rows[r].tokens * rows[r].embed, 1e-12);
        }
    }
    mfn_random_free(random);
}
END_TEST

/* Scores come from the first value, which is the same for some tokens; outputs show the second. */
START_TEST(of_equal_scores_the_lower_index_survives)
{
    layer of = {.weights = {{1, 0, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 1}, {1, 0, 0, 1}}};
    mfn_attention_config_init(&of.config);
    of.config.embed_dim = 2;
    of.projections = (mfn_attention_projections){{of.weights[0], of.biases[0]},
                                                 {of.weights[1], of.biases[1]},
                                                 {of.weights[2], of.biases[2]},
                                                 {of.weights[3], of.biases[3]}};
    const double x[] = {1, 10, 2, 20, 1, 30, 2, 40, 1, 50, 2, 60};
    static const struct {
        uint64_t topk;
        double weights[6];
        const char *what;
    } rows[] = {
        {1, {0, 1, 0, 0, 0, 0}, "the first of the best"},
        {2, {0, 1, 0, 1, 0, 0}, "the first two of the best"},
        {3, {0, 1, 0, 1, 0, 1}, "all of the best"},
        {4, {1, 1, 0, 1, 0, 1}, "and the first of the next"},
        {5, {1, 1, 1, 1, 0, 1}, "and the second of the next"},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        double y[12];
        of.config.topk = rows[r].topk;
        apply(&of, x, 1, 6, y);
        double total = 0.0;
        double expected = 0.0;
        for (size_t j = 0; j < 6; j++) {
            double weight = rows[r].weights[j] * exp(x[2 * j] / sqrt(2.0));
            total += weight;
            expected += weight * x[2 * j + 1];
        }
        ck_assert_msg(fabs(y[1] - expected / total) < 1e-12, "%s: %.17g instead of %.17g",
                      rows[r].what, y[1], expected / total);
    }
}
END_TEST

START_TEST(sequences_of_a_batch_do_not_see_each_other)
{
    static double x[VALUES_MAX], whole[VALUES_MAX], alone[VALUES_MAX];
    mfn_random *random = seeded("2");
    layer of;
    draw_layer(&of, random, 6, 4);
    mfn_random_fill_normal(random, 0.0, 1.0, x, 3 * 11 * 6);
    apply(&of, x, 3, 11, whole);
    for (size_t i = 0; i < 3; i++) {
        apply(&of, x + i * 66, 1, 11, alone);
        ck_assert_mem_eq(alone, whole + i * 66, 66 * sizeof *alone);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(tokens_in_another_order_give_their_outputs_in_that_order)
{
    static double x[VALUES_MAX], turned[VALUES_MAX], y[VALUES_MAX], y_turned[VALUES_MAX];
    mfn_random *random = seeded("3");
    layer of;
    draw_layer(&of, random, 5, 3);
    mfn_random_fill_normal(random, 0.0, 1.0, x, 20 * 5);
    for (size_t i = 0; i < 20; i++) {
        memcpy(turned + i * 5, x + (19 - i) * 5, 5 * sizeof *x);
    }
    apply(&of, x, 1, 20, y);
    apply(&of, turned, 1, 20, y_turned);
    for (size_t i = 0; i < 20; i++) {
        assert_near(y_turned + i * 5, y + (19 - i) * 5, 5, 1e-13);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(wrong_input_is_refused_by_name)
{
    static const struct {
        const char *field;
        uint64_t embed, topk, batch, tokens;
    } rows[] = {
        {"embed_dim", 0, 1, 1, 3}, {"embed_dim", 65537, 1, 1, 3},
        {"topk", 2, 0, 1, 3},      {"topk", 2, 1000000001, 1, 3},
        {"tokens", 2, 1, 1, 0},    {"tokens", 2, 1, 1, UINT64_MAX},
        {"batch", 2, 1, 0, 3},     {"batch", 2, 1, UINT64_MAX, 3},
    };
    mfn_random *random = seeded("4");
    layer of;
    double x[6] = {0};
    double y[6] = {7, 7, 7, 7, 7, 7};
    mfn_error err;
    draw_layer(&of, random, 2, 1);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const mfn_token_batch input = {x, rows[r].batch, rows[r].tokens};
        of.config.embed_dim = rows[r].embed;
        of.config.topk = rows[r].topk;
        ck_assert_int_eq(mfn_attention_apply(&of.projections, &of.config, &input, y, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, rows[r].field);
    }
    of.config.embed_dim = 2;
    of.config.topk = 1;
    double *const places[] = {&of.weights[0][1], &of.biases[0][1],  &of.weights[1][3],
                              &of.biases[1][0],  &of.weights[2][0], &of.biases[2][1],
                              &of.weights[3][2], &of.biases[3][0],  &x[5]};
    static const char *const fields[] = {"query.weights",  "query.biases",  "key.weights",
                                         "key.biases",     "value.weights", "value.biases",
                                         "output.weights", "output.biases", "input"};
    const mfn_token_batch input = {x, 1, 3};
    for (size_t r = 0; r < sizeof places / sizeof places[0]; r++) {
        double kept = *places[r];
        *places[r] = r % 2 == 0 ? (double)NAN : (double)-INFINITY;
        ck_assert_int_eq(mfn_attention_apply(&of.projections, &of.config, &input, y, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, fields[r]);
        ck_assert_ptr_nonnull(strstr(err.text, "expected finite numbers"));
        *places[r] = kept;
    }
    of.config.size = 3;
    ck_assert_int_eq(mfn_attention_apply(&of.projections, &of.config, &input, y, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
    ck_assert_double_eq(y[0], 7);
    mfn_random_free(random);
}
END_TEST

START_TEST(finite_input_that_overflows_is_unstable)
{
    mfn_random *random = seeded("5");
    layer of;
    double y[6];
    mfn_error err;
    draw_layer(&of, random, 2, 1);
    static const double sizes[] = {1e160, 1e308};
    for (size_t r = 0; r < 2; r++) {
        const double x[6] = {sizes[r], -sizes[r], sizes[r], sizes[r], 1.0, 2.0};
        const mfn_token_batch input = {x, 1, 3};
        ck_assert_int_eq(mfn_attention_apply(&of.projections, &of.config, &input, y, &err),
                         MFN_UNSTABLE);
        ck_assert_str_eq(err.field, "input");
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(it_survives_failure_of_every_allocation)
{
    mfn_random *random = seeded("6");
    layer of;
    double y[6];
    const double x[6] = {1, 2, 3, 4, 5, 6};
    const mfn_token_batch input = {x, 1, 3};
    draw_layer(&of, random, 2, 1);
    mfn_error err;
    int failures = 0;
    for (;;) {
        mfn__mem_fail_after(failures);
        mfn_status status = mfn_attention_apply(&of.projections, &of.config, &input, y, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        failures++;
    }
    ck_assert_int_ge(failures, 1);
    mfn_random_free(random);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {it_is_the_definition_for_many_shapes,
                            of_equal_scores_the_lower_index_survives,
                            sequences_of_a_batch_do_not_see_each_other,
                            tokens_in_another_order_give_their_outputs_in_that_order,
                            wrong_input_is_refused_by_name,
                            finite_input_that_overflows_is_unstable,
                            it_survives_failure_of_every_allocation,
                            NULL};
    return mfn_test_run("attention", tests);
}
