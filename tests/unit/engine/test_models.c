/* SPDX-License-Identifier: MIT */
/* The tables against the reference's numbers, written down a second time on purpose. */
#include <math.h>
#include <string.h>

#include "engine/models.h"
#include "suite.h"

#include "mfn/option.h"

typedef struct expectation {
    const char *name, *takes, *value;
} expectation;

static const expectation engine_fields[] = {
    {"grid_size", "a whole number in [4, 1024]", "64"},
    {"steps", "a whole number in [1, 2147483647]", "64"},
    {"alpha", "a number in [0.05, 0.25)", "0.18"},
    {"spike_probability", "a number in [0, 1]", "0.25"},
    {"turing_enabled", "true or false", "true"},
    {"turing_threshold", "a number in [0.5, 0.95]", "0.75"},
    {"quantum_jitter", "true or false", "false"},
    {"jitter_var", "a number in [0, 0.01]", "0.0005"},
    {"boundary_condition", "one of periodic, neumann, dirichlet", "periodic"},
    {"d_activator", "a number in [0.01, 0.25)", "0.1"},
    {"d_inhibitor", "a number in [0.01, 0.25)", "0.05"},
    {"r_activator", "a number in [0.001, 0.1]", "0.01"},
    {"r_inhibitor", "a number in [0.001, 0.1]", "0.02"},
    {"seed", "a non-negative whole number", "42"},
    {NULL, NULL, NULL},
};

static const expectation field_fields[] = {
    {"grid_size", "a whole number in [1, 1024]", "64"},
    {"steps", "a whole number in [0, 2147483647]", "64"},
    {"alpha", "a number in [0, 1]", "0.18"},
    {"spike_probability", "a number in [0, 1]", "0.25"},
    {"turing_enabled", "true or false", "true"},
    {"turing_threshold", "a number in [0, 1]", "0.75"},
    {"quantum_jitter", "true or false", "false"},
    {"jitter_var", "a number in [0, 1]", "0.0005"},
    {"seed", "a non-negative whole number", "42"},
    {NULL, NULL, NULL},
};

static const struct {
    mfn_model_id id;
    const char *name;
    const expectation *fields;
} expected_models[] = {
    {MFN_MODEL_V4_1, "mfn-v4.1", engine_fields},
    {MFN_MODEL_V4_1_FIELD, "mfn-v4.1-field", field_fields},
};

#define MODEL_COUNT (sizeof expected_models / sizeof expected_models[0])
#define ALL_MODELS  (MFN_MODEL_LOGISTIC_INHIBITOR + 1)

START_TEST(each_model_has_its_fields_with_range_and_default)
{
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    ck_assert_uint_eq(count, ALL_MODELS);
    ck_assert_ptr_eq(mfn_models(NULL), models);
    for (size_t m = 0; m < MODEL_COUNT; m++) {
        const mfn_model *model = &models[expected_models[m].id];
        ck_assert_str_eq(model->name, expected_models[m].name);
        mfn_simulation_config config;
        mfn_simulation_config_init(&config, expected_models[m].id);
        const expectation *field = expected_models[m].fields;
        const mfn_option *option = model->options;
        for (; option->name != NULL && field->name != NULL; option++, field++) {
            char text[128];
            ck_assert_str_eq(option->name, field->name);
            mfn_option_expected(option, text, sizeof text);
            ck_assert_msg(strcmp(text, field->takes) == 0, "%s %s: expected %s, got %s",
                          model->name, field->name, field->takes, text);
            mfn_option_get_text(option, &config, text, sizeof text);
            ck_assert_msg(strcmp(text, field->value) == 0, "%s %s: expected %s, got %s",
                          model->name, field->name, field->value, text);
        }
        ck_assert_ptr_null(option->name);
        ck_assert_ptr_null(field->name);
    }
}
END_TEST

START_TEST(the_defaults_are_allowed)
{
    for (uint32_t model = 0; model < ALL_MODELS; model++) {
        mfn_simulation_config config;
        mfn_simulation_config_init(&config, (mfn_model_id)model);
        ck_assert_uint_eq(config.size, sizeof config);
        ck_assert_uint_eq(config.model, model);
        ck_assert_int_eq(mfn_simulation_config_check(&config, NULL), MFN_OK);
    }
}
END_TEST

START_TEST(a_configuration_that_was_not_initialised_is_refused)
{
    mfn_simulation_config config = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_simulation_config_check(&config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
    ck_assert_ptr_nonnull(strstr(err.text, "mfn_simulation_config_init"));
}
END_TEST

START_TEST(a_model_that_does_not_exist_is_refused)
{
    mfn_simulation_config config;
    mfn_error err = {0};
    mfn_simulation_config_init(&config, (mfn_model_id)ALL_MODELS);
    ck_assert_int_eq(mfn_simulation_config_check(&config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "model");
    ck_assert_str_eq(err.text, "model: expected less than 7, got 7");
}
END_TEST

START_TEST(a_field_that_the_model_does_not_offer_counts_for_nothing)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1_FIELD);
    config.alpha = 0.5;
    config.seed = "7";
    config.boundary_condition = MFN_DIRICHLET;
    config.d_activator = NAN;
    config.r_inhibitor = -1.0;
    ck_assert_int_eq(mfn_simulation_config_check(&config, NULL), MFN_OK);
    mfn_simulation_config used;
    mfn__config_resolve(&config, &used);
    ck_assert_double_eq(used.alpha, 0.5);
    ck_assert_str_eq(used.seed, "7");
    ck_assert_uint_eq(used.boundary_condition, MFN_PERIODIC);
    ck_assert_double_eq(used.d_activator, 0.1);
    ck_assert_double_eq(used.r_inhibitor, 0.02);
}
END_TEST

START_TEST(every_field_that_the_model_offers_counts)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.grid_size = 5;
    config.steps = 6;
    config.alpha = 0.1;
    config.spike_probability = 0.5;
    config.turing_enabled = false;
    config.turing_threshold = 0.6;
    config.quantum_jitter = true;
    config.jitter_var = 0.002;
    config.boundary_condition = MFN_NEUMANN;
    config.d_activator = 0.02;
    config.d_inhibitor = 0.03;
    config.r_activator = 0.04;
    config.r_inhibitor = 0.05;
    config.seed = "8";
    mfn_simulation_config used;
    mfn__config_resolve(&config, &used);
    const mfn_option *option = mfn_models(NULL)[MFN_MODEL_V4_1].options;
    for (; option->name != NULL; option++) {
        char given[64], taken[64];
        mfn_option_get_text(option, &config, given, sizeof given);
        mfn_option_get_text(option, &used, taken, sizeof taken);
        ck_assert_str_eq(taken, given);
        ck_assert_msg(strcmp(given, option->default_text) != 0, "%s is not changed by this test",
                      option->name);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        each_model_has_its_fields_with_range_and_default,
        the_defaults_are_allowed,
        a_configuration_that_was_not_initialised_is_refused,
        a_model_that_does_not_exist_is_refused,
        a_field_that_the_model_does_not_offer_counts_for_nothing,
        every_field_that_the_model_offers_counts,
        NULL,
    };
    return mfn_test_run("models", tests);
}
