/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "server/cors.h"
#include "server/settings.h"
#include "suite.h"

/* The environment of a test: pairs of a variable and its value. */
static const char *const *environment;

static const char *look_up(const char *name)
{
    for (size_t i = 0; environment[i] != NULL; i += 2) {
        if (strcmp(environment[i], name) == 0) {
            return environment[i + 1];
        }
    }
    return NULL;
}

static mfn_status load(const char *const *pairs, mfn__settings *ret, mfn_error *err)
{
    environment = pairs;
    return mfn__settings_load(ret, look_up, err);
}

START_TEST(the_environment_decides_what_is_allowed)
{
    static const struct {
        const char *env;
        const char *name;
        bool requires_key, limits, is_json;
        const char *origins;
    } cases[] = {
        {"dev", "dev", false, false, false, "*"},
        {"Development", "dev", false, false, false, "*"},
        {"test", "dev", false, false, false, "*"},
        {"", "dev", false, false, false, "*"},
        {"staging", "staging", true, true, false, "http://localhost:3000,http://localhost:8080"},
        {"STAGE", "staging", true, true, false, "http://localhost:3000,http://localhost:8080"},
        {"prod", "prod", true, true, true, ""},
        {"production", "prod", true, true, true, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const pairs[] = {"MFN_ENV", cases[i].env, NULL};
        mfn__settings settings;
        ck_assert_int_eq(load(pairs, &settings, NULL), MFN_OK);
        ck_assert_str_eq(mfn__settings_env_name(&settings), cases[i].name);
        ck_assert(mfn__settings_requires_key(&settings) == cases[i].requires_key);
        ck_assert(mfn__settings_limits_requests(&settings) == cases[i].limits);
        ck_assert(mfn__settings_log_is_json(&settings) == cases[i].is_json);
        ck_assert_str_eq(mfn__settings_cors_origins(&settings), cases[i].origins);
    }
}
END_TEST

START_TEST(switches_can_be_written_in_many_ways)
{
    static const char *const truths[] = {"true", "1", "YES", "on"};
    static const char *const lies[] = {"false", "0", "no", "OFF"};
    for (size_t i = 0; i < 4; i++) {
        const char *const on[] = {"MFN_API_KEY_REQUIRED", truths[i], "MFN_METRICS_ENABLED",
                                  truths[i], NULL};
        const char *const off[] = {"MFN_API_KEY_REQUIRED",
                                   lies[i],
                                   "MFN_METRICS_ENABLED",
                                   lies[i],
                                   "MFN_ENV",
                                   "prod",
                                   NULL};
        mfn__settings settings;
        ck_assert_int_eq(load(on, &settings, NULL), MFN_OK);
        ck_assert(mfn__settings_requires_key(&settings) && settings.metrics_enabled);
        ck_assert_int_eq(load(off, &settings, NULL), MFN_OK);
        ck_assert(!mfn__settings_requires_key(&settings) && !settings.metrics_enabled);
    }
}
END_TEST

START_TEST(a_bad_value_names_its_variable_and_never_a_secret)
{
    static const char *const cases[][2] = {
        {"MFN_ENV", "live"},
        {"MFN_RATE_LIMIT_REQUESTS", "abc"},
        {"MFN_RATE_LIMIT_REQUESTS", "0"},
        {"MFN_RATE_LIMIT_WINDOW", "0"},
        {"MFN_PORT", "65536"},
        {"MFN_LOG_LEVEL", "LOUD"},
        {"MFN_METRICS_ENABLED", "maybe"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const pairs[] = {cases[i][0], cases[i][1], "MFN_API_KEY", "secret-key", NULL};
        mfn__settings settings;
        mfn_error err = {0};
        ck_assert_msg(load(pairs, &settings, &err) != MFN_OK, "%s=%s", cases[i][0], cases[i][1]);
        ck_assert_msg(strstr(err.text, cases[i][0]) != NULL, "%s", err.text);
        ck_assert_ptr_null(strstr(err.text, "secret-key"));
    }
}
END_TEST

static const char *no_variable(const char *name)
{
    (void)name;
    return NULL;
}

START_TEST(words_of_other_programs_are_understood)
{
    static const char *const pairs[] = {"MFN_LOG_LEVEL", "warn", "MFN_PORT", "tcp://10.0.0.1:8000",
                                        NULL};
    mfn__settings settings, defaults;
    mfn_error err = {0};
    ck_assert_msg(load(pairs, &settings, &err) == MFN_OK, "%s", err.text);
    ck_assert_int_eq(mfn__settings_load(&defaults, no_variable, NULL), MFN_OK);
    ck_assert_uint_eq(settings.port, defaults.port);
    ck_assert_uint_eq(settings.log_level, 2);
}
END_TEST

START_TEST(only_dev_without_keys_has_a_key_to_try)
{
    mfn__settings settings;
    const char *const none[] = {NULL};
    const char *const given[] = {"MFN_API_KEYS", "a,b", NULL};
    const char *const prod[] = {"MFN_ENV", "prod", NULL};
    ck_assert_int_eq(load(none, &settings, NULL), MFN_OK);
    ck_assert_str_eq(mfn__settings_api_key(&settings), "dev-key-for-testing");
    ck_assert_int_eq(load(given, &settings, NULL), MFN_OK);
    ck_assert_str_eq(mfn__settings_api_key(&settings), "");
    ck_assert_int_eq(load(prod, &settings, NULL), MFN_OK);
    ck_assert_str_eq(mfn__settings_api_key(&settings), "");
}
END_TEST

START_TEST(a_certificate_needs_its_key)
{
    mfn__settings settings;
    mfn_error err = {0};
    const char *const half[] = {"MFN_TLS_CERTIFICATE", "c.pem", NULL};
    const char *const both[] = {"MFN_TLS_CERTIFICATE", "c.pem", "MFN_TLS_KEY", "k.pem", NULL};
    ck_assert_int_eq(load(half, &settings, NULL), MFN_OK);
    ck_assert_int_eq(mfn__settings_check(&settings, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "tls_key");
    ck_assert_int_eq(load(both, &settings, NULL), MFN_OK);
    ck_assert_int_eq(mfn__settings_check(&settings, &err), MFN_OK);
}
END_TEST

START_TEST(origins_are_compared_whole)
{
    mfn__cors *cors = NULL;
    ck_assert_int_eq(mfn__cors_new(" https://a.example , ,https://b.example,", &cors, NULL),
                     MFN_OK);
    static const struct {
        const char *origin;
        bool is_allowed;
    } cases[] = {{"https://a.example", true},
                 {"https://b.example", true},
                 {"https://a.example.evil", false},
                 {"https://A.example", false},
                 {"null", false},
                 {"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__cors_answer answer;
        mfn__cors_judge(cors, "OPTIONS", cases[i].origin, "POST", NULL, &answer);
        ck_assert_msg((answer.status == 200) == cases[i].is_allowed, "%s", cases[i].origin);
    }
    mfn__cors_answer answer;
    mfn__cors_judge(cors, "GET", NULL, NULL, NULL, &answer);
    ck_assert(answer.count == 0 && answer.status == 0);
    mfn__cors_free(cors);
    ck_assert_int_eq(mfn__cors_new("", &cors, NULL), MFN_OK);
    ck_assert(!mfn__cors_is_on(cors));
    mfn__cors_judge(cors, "OPTIONS", "https://a.example", "POST", NULL, &answer);
    ck_assert(answer.count == 0 && answer.status == 0);
    mfn__cors_free(cors);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {the_environment_decides_what_is_allowed,
                            switches_can_be_written_in_many_ways,
                            a_bad_value_names_its_variable_and_never_a_secret,
                            words_of_other_programs_are_understood,
                            only_dev_without_keys_has_a_key_to_try,
                            a_certificate_needs_its_key,
                            origins_are_compared_whole,
                            NULL};
    return mfn_test_run("settings", tests);
}
