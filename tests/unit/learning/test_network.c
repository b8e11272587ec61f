/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/learning/adam.h"
#include "suite.h"

#include "mfn/network.h"

#define TOKENS_MAX  8
#define SAMPLES_MAX 12

/* A network with drawn weights and samples for it. */
typedef struct setting {
    mfn_network *network;
    double inputs[SAMPLES_MAX * TOKENS_MAX * MFN_NETWORK_INPUTS];
    double targets[SAMPLES_MAX];
    mfn_samples samples;
} setting;

static mfn_random *seeded(const char *seed)
{
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    return random;
}

static void set_up(setting *ret, const char *seed, const mfn_network_config *config, size_t count)
{
    mfn_random *random = seeded(seed);
    size_t tokens = config != NULL ? (size_t)config->tokens : 1;
    *ret = (setting){.samples = {ret->inputs, ret->targets, count}};
    ck_assert_int_eq(mfn_network_new(config, &ret->network, NULL), MFN_OK);
    mfn_network_draw(ret->network, random);
    mfn_random_fill_normal(random, 0.0, 1.5, ret->inputs, count * tokens * MFN_NETWORK_INPUTS);
    mfn_random_fill_normal(random, 0.0, 1.0, ret->targets, count);
    mfn_random_free(random);
}

static mfn_network_config shaped(uint64_t tokens, uint64_t topk, bool attends)
{
    mfn_network_config config;
    mfn_network_config_init(&config);
    config.tokens = tokens;
    config.topk = topk;
    config.use_sparse_attention = attends;
    return config;
}

static double loss_at(setting *at, const double *parameters)
{
    double loss;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_network_set_parameters(at->network, parameters, &err), MFN_OK);
    ck_assert_msg(mfn_network_loss(at->network, &at->samples, &loss, NULL, &err) == MFN_OK, "%s",
                  err.text);
    return loss;
}

START_TEST(layers_fill_the_parameters_without_gap)
{
    size_t count;
    size_t next = 0;
    const mfn_network_layer *layers = mfn_network_layers(&count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(layers[i].offset, next);
        next += (size_t)layers[i].outputs * (layers[i].inputs + 1);
    }
    ck_assert_uint_eq(count, 8);
    ck_assert_uint_eq(next, MFN_NETWORK_PARAMETERS);
}
END_TEST

START_TEST(drawn_weights_spread_over_the_range_of_their_layer)
{
    setting at;
    set_up(&at, "1", NULL, 1);
    size_t count;
    const mfn_network_layer *layers = mfn_network_layers(&count);
    const double *parameters = mfn_network_parameters(at.network);
    for (size_t i = 0; i < count; i++) {
        size_t size = (size_t)layers[i].outputs * (layers[i].inputs + 1);
        double bound = 1.0 / sqrt((double)layers[i].inputs);
        double largest = 0.0;
        double mean = 0.0;
        for (size_t j = 0; j < size; j++) {
            largest = fmax(largest, fabs(parameters[layers[i].offset + j]));
            mean += parameters[layers[i].offset + j] / (double)size;
        }
        ck_assert_msg(largest <= bound && largest > 0.85 * bound, "%s: %g", layers[i].name,
                      largest);
        ck_assert_msg(fabs(mean) < 3.0 * bound / sqrt((double)size), "%s: %g", layers[i].name,
                      mean);
    }
    mfn_network_free(at.network);
}
END_TEST

/* Central differences have an error of h^2 from the curvature and of eps / h from rounding. */
START_TEST(every_derivative_is_the_central_difference)
{
    static const struct {
        const char *what, *seed;
        uint64_t tokens, topk;
        bool attends;
        size_t samples;
    } rows[] = {
        {"one token, as in the validation run", "11", 1, 4, true, 2},
        {"each token listens to all", "12", 3, 4, true, 1},
        {"each token listens to some", "13", 5, 3, true, 2},
        {"each token listens to one", "14", 4, 1, true, 1},
        {"no attention", "15", 4, 1, false, 3},
    };
    static double parameters[MFN_NETWORK_PARAMETERS], gradient[MFN_NETWORK_PARAMETERS];
    const double h = 1e-6;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        setting at;
        double loss;
        mfn_network_config config = shaped(rows[r].tokens, rows[r].topk, rows[r].attends);
        set_up(&at, rows[r].seed, &config, rows[r].samples);
        memcpy(parameters, mfn_network_parameters(at.network), sizeof parameters);
        ck_assert_int_eq(mfn_network_loss(at.network, &at.samples, &loss, gradient, NULL), MFN_OK);
        double largest = 0.0;
        for (size_t i = 0; i < MFN_NETWORK_PARAMETERS; i++) {
            largest = fmax(largest, fabs(gradient[i]));
        }
        size_t moving = 0;
        for (size_t i = 0; i < MFN_NETWORK_PARAMETERS; i++) {
            double kept = parameters[i];
            parameters[i] = kept + h;
            double above = loss_at(&at, parameters);
            parameters[i] = kept - h;
            double below = loss_at(&at, parameters);
            parameters[i] = kept;
            double slope = (above - below) / (2.0 * h);
            ck_assert_msg(fabs(slope - gradient[i]) <= 1e-8 * largest,
                          "%s: %.12g, not %.12g at %zu", rows[r].what, gradient[i], slope, i);
            moving += fabs(gradient[i]) > 1e-6 * largest ? 1 : 0;
        }
        ck_assert_msg(moving > 1000, "%s: %zu parameters matter", rows[r].what, moving);
        mfn_network_free(at.network);
    }
}
END_TEST

START_TEST(without_attention_its_parameters_stay_as_drawn)
{
    setting at;
    mfn_network_config config = shaped(2, 1, false);
    static double before[MFN_NETWORK_PARAMETERS];
    set_up(&at, "21", &config, 4);
    memcpy(before, mfn_network_parameters(at.network), sizeof before);
    ck_assert_int_eq(mfn_network_train(at.network, &at.samples, NULL, NULL), MFN_OK);
    const double *after = mfn_network_parameters(at.network);
    ck_assert_mem_eq(before + 160, after + 160, 4 * 1056 * sizeof *after);
    ck_assert_mem_ne(before, after, 160 * sizeof *after);
    ck_assert_mem_ne(before + 4384, after + 4384, 1601 * sizeof *after);
    mfn_network_free(at.network);
}
END_TEST

/* Algorithm 1 of the paper with its own arrangement of the bias corrections. */
START_TEST(adam_follows_the_paper)
{
    double first[2], second[2];
    double got[2] = {0.5, -3.0};
    double expected[2] = {0.5, -3.0};
    double m[2] = {0.0, 0.0};
    double v[2] = {0.0, 0.0};
    mfn__adam adam = {.learning_rate = 0.01,
                      .beta1 = 0.9,
                      .beta2 = 0.999,
                      .epsilon = 1e-8,
                      .first = first,
                      .second = second,
                      .count = 2};
    mfn__adam_reset(&adam);
    for (int t = 1; t <= 50; t++) {
        const double gradient[2] = {1.0 / t, 1e-7 * (t % 3 - 1)};
        mfn__adam_step(&adam, gradient, got);
        for (size_t i = 0; i < 2; i++) {
            m[i] = 0.9 * m[i] + 0.1 * gradient[i];
            v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
            double m_hat = m[i] / (1.0 - pow(0.9, t));
            double v_hat = v[i] / (1.0 - pow(0.999, t));
            expected[i] -= 0.01 * m_hat / (sqrt(v_hat) + 1e-8);
            ck_assert_msg(fabs(got[i] - expected[i]) < 1e-12, "step %d: %.17g, not %.17g", t,
                          got[i], expected[i]);
        }
    }
}
END_TEST

START_TEST(the_loss_is_the_mean_square_of_what_the_predictions_miss)
{
    setting at;
    mfn_network_config config = shaped(3, 2, true);
    set_up(&at, "31", &config, 5);
    double predicted[5], one;
    double loss, loss_in_training;
    double sum = 0.0;
    ck_assert_int_eq(mfn_network_predict(at.network, &at.samples, predicted, NULL), MFN_OK);
    for (size_t i = 0; i < 5; i++) {
        const mfn_samples alone = {at.inputs + i * 12, NULL, 1};
        ck_assert_int_eq(mfn_network_predict(at.network, &alone, &one, NULL), MFN_OK);
        ck_assert_double_eq(one, predicted[i]);
        sum += (one - at.targets[i]) * (one - at.targets[i]);
    }
    ck_assert_int_eq(mfn_network_loss(at.network, &at.samples, &loss, NULL, NULL), MFN_OK);
    ck_assert_double_eq(loss, sum / 5.0);
    ck_assert_int_eq(mfn_network_train(at.network, &at.samples, &loss_in_training, NULL), MFN_OK);
    ck_assert_double_eq(loss_in_training, loss);
    mfn_network_free(at.network);
}
END_TEST

START_TEST(it_learns_and_learns_the_same_again)
{
    setting at[2];
    mfn_network_config config = shaped(2, 2, true);
    double loss[2];
    for (size_t i = 0; i < 2; i++) {
        set_up(&at[i], "41", &config, SAMPLES_MAX);
        for (int step = 0; step < 400; step++) {
            ck_assert_int_eq(mfn_network_train(at[i].network, &at[i].samples, NULL, NULL), MFN_OK);
        }
        ck_assert_int_eq(mfn_network_loss(at[i].network, &at[i].samples, &loss[i], NULL, NULL),
                         MFN_OK);
    }
    ck_assert_msg(loss[0] < 1e-3, "%g", loss[0]);
    ck_assert_double_eq(loss[0], loss[1]);
    ck_assert_mem_eq(mfn_network_parameters(at[0].network), mfn_network_parameters(at[1].network),
                     MFN_NETWORK_PARAMETERS * sizeof(double));
    mfn_network_free(at[0].network);
    mfn_network_free(at[1].network);
}
END_TEST

START_TEST(new_parameters_forget_the_moments)
{
    setting at;
    static double drawn[MFN_NETWORK_PARAMETERS], first[MFN_NETWORK_PARAMETERS];
    set_up(&at, "51", NULL, 4);
    memcpy(drawn, mfn_network_parameters(at.network), sizeof drawn);
    ck_assert_int_eq(mfn_network_train(at.network, &at.samples, NULL, NULL), MFN_OK);
    memcpy(first, mfn_network_parameters(at.network), sizeof first);
    ck_assert_int_eq(mfn_network_train(at.network, &at.samples, NULL, NULL), MFN_OK);
    ck_assert_int_eq(mfn_network_set_parameters(at.network, drawn, NULL), MFN_OK);
    ck_assert_int_eq(mfn_network_train(at.network, &at.samples, NULL, NULL), MFN_OK);
    ck_assert_mem_eq(mfn_network_parameters(at.network), first, sizeof first);
    mfn_network_free(at.network);
}
END_TEST

START_TEST(a_wrong_configuration_is_refused_by_name)
{
    static const struct {
        const char *field;
        mfn_network_config config;
    } rows[] = {
        {"size", {1, 1, 4, true, 0.001, 0.9, 0.999, 1e-8}},
        {"tokens", {sizeof(mfn_network_config), 0, 4, true, 0.001, 0.9, 0.999, 1e-8}},
        {"tokens", {sizeof(mfn_network_config), 65537, 4, true, 0.001, 0.9, 0.999, 1e-8}},
        {"topk", {sizeof(mfn_network_config), 1, 0, true, 0.001, 0.9, 0.999, 1e-8}},
        {"learning_rate", {sizeof(mfn_network_config), 1, 4, true, 0.0, 0.9, 0.999, 1e-8}},
        {"learning_rate", {sizeof(mfn_network_config), 1, 4, true, (double)NAN, 0.9, 0.999, 1e-8}},
        {"beta1", {sizeof(mfn_network_config), 1, 4, true, 0.001, 1.0, 0.999, 1e-8}},
        {"beta2", {sizeof(mfn_network_config), 1, 4, true, 0.001, 0.9, -0.1, 1e-8}},
        {"epsilon", {sizeof(mfn_network_config), 1, 4, true, 0.001, 0.9, 0.999, 0.0}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        mfn_network *network = NULL;
        mfn_error err;
        ck_assert_int_eq(mfn_network_new(&rows[r].config, &network, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, rows[r].field);
        ck_assert_ptr_null(network);
    }
}
END_TEST

START_TEST(a_failed_step_leaves_the_network_as_it_was)
{
    setting at;
    static double before[MFN_NETWORK_PARAMETERS];
    double loss = 7.0;
    mfn_error err;
    set_up(&at, "61", NULL, 4);
    memcpy(before, mfn_network_parameters(at.network), sizeof before);
    const struct {
        const char *field;
        double *where, value;
        mfn_status status;
    } rows[] = {
        {"inputs", &at.inputs[15], (double)NAN, MFN_INVALID},
        {"targets", &at.targets[3], (double)INFINITY, MFN_INVALID},
        {"prediction", &at.inputs[0], 1e307, MFN_UNSTABLE},
        {"loss", &at.targets[0], 1e200, MFN_UNSTABLE},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        double kept = *rows[r].where;
        *rows[r].where = rows[r].value;
        ck_assert_int_eq(mfn_network_train(at.network, &at.samples, &loss, &err), rows[r].status);
        ck_assert_str_eq(err.field, rows[r].field);
        *rows[r].where = kept;
    }
    mfn_samples none = at.samples;
    none.count = 0;
    ck_assert_int_eq(mfn_network_train(at.network, &none, &loss, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "count");
    ck_assert_double_eq(loss, 7.0);
    ck_assert_mem_eq(mfn_network_parameters(at.network), before, sizeof before);
    before[77] = (double)NAN;
    ck_assert_int_eq(mfn_network_set_parameters(at.network, before, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "parameters");
    mfn_network_free(at.network);
}
END_TEST

START_TEST(creation_survives_failure_of_every_allocation)
{
    mfn_network *network = NULL;
    mfn_error err;
    int failures = 0;
    for (;;) {
        mfn__mem_fail_after(failures);
        mfn_status status = mfn_network_new(NULL, &network, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(network);
        failures++;
    }
    ck_assert_int_eq(failures, 3);
    mfn_network_free(network);
    mfn_network_free(NULL);
}
END_TEST

START_TEST(nothing_allocates_while_it_learns)
{
    setting at;
    double loss, predicted[4];
    set_up(&at, "71", NULL, 4);
    mfn__mem_fail_after(0);
    mfn_status status = mfn_network_train(at.network, &at.samples, &loss, NULL);
    mfn_status second = mfn_network_predict(at.network, &at.samples, predicted, NULL);
    mfn__mem_fail_after(-1);
    ck_assert_int_eq(status, MFN_OK);
    ck_assert_int_eq(second, MFN_OK);
    mfn_network_free(at.network);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {layers_fill_the_parameters_without_gap,
                            drawn_weights_spread_over_the_range_of_their_layer,
                            every_derivative_is_the_central_difference,
                            without_attention_its_parameters_stay_as_drawn,
                            adam_follows_the_paper,
                            the_loss_is_the_mean_square_of_what_the_predictions_miss,
                            it_learns_and_learns_the_same_again,
                            new_parameters_forget_the_moments,
                            a_wrong_configuration_is_refused_by_name,
                            a_failed_step_leaves_the_network_as_it_was,
                            creation_survives_failure_of_every_allocation,
                            nothing_allocates_while_it_learns,
                            NULL};
    return mfn_test_run("network", tests);
}
