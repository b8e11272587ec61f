/* SPDX-License-Identifier: MIT */
#include "server/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/option_table.h"

#define SETTINGS      mfn__settings
#define DEV_KEY       "dev-key-for-testing"
#define ALL_ORIGINS   "*"
#define LOCAL_ORIGINS "http://localhost:3000,http://localhost:8080"
#define NAME_MAX_     64
#define COUNT_MAX     1e9
#define BYTES_MAX     1e9

static const char *const env_names[] = {"dev", "staging", "prod", NULL};
static const char *const switch_names[] = {"auto", "true", "false", NULL};
static const char *const format_names[] = {"auto", "json", "text", NULL};
static const char *const cipher_names[] = {"AES-256-GCM", NULL};
static const char *const signature_names[] = {"Ed25519", NULL};
static const char *const level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", NULL};

/* clang-format off: one row per option */
const mfn_option mfn__settings_options[] = {
    MFN__TEXT(SETTINGS, host, "127.0.0.1", "address to listen at; 0.0.0.0 or :: for all"),
    MFN__WHOLE(SETTINGS, port, 0, 65535, "8000", "", "port; 0: any that is free"),
    MFN__TEXT(SETTINGS, tls_certificate, "", "file with the certificate chain (PEM): serves HTTPS"),
    MFN__TEXT(SETTINGS, tls_key, "", "file with its private key (PEM)"),
    MFN__TEXT(SETTINGS, trusted_proxies, "",
              "addresses or networks whose X-Forwarded-For counts, comma list"),
    MFN__CHOICE(SETTINGS, env, env_names, "dev", "what is allowed without being asked for"),
    MFN__CHOICE(SETTINGS, api_key_required, switch_names, "auto",
                "refuse requests without a key; auto: unless dev"),
    MFN__SECRET(SETTINGS, api_key, "", "one API key, verbatim"),
    MFN__SECRET(SETTINGS, api_keys, "", "API keys, comma list"),
    MFN__TEXT(SETTINGS, api_key_file, "", "file of API keys (mfn key new); read again on SIGHUP"),
    MFN__TEXT(SETTINGS, cors_origins, "",
              "origins whose pages may call, comma list; by itself: all in dev, localhost in "
              "staging, none in prod"),
    MFN__CHOICE(SETTINGS, rate_limit_enabled, switch_names, "auto",
                "limit requests per client; auto: unless dev"),
    MFN__WHOLE(SETTINGS, rate_limit_requests, 1, COUNT_MAX, "100", "",
               "requests per window, where a path has no limit of its own"),
    MFN__WHOLE(SETTINGS, rate_limit_window, 1, 86400, "60", "s", "window of the limits"),
    MFN__WHOLE(SETTINGS, workers, 0, 1024, "0", "", "threads that compute; 0: one per core"),
    MFN__WHOLE(SETTINGS, max_body_bytes, 1024, BYTES_MAX, "16777216", "bytes",
               "largest body of a request"),
    MFN__WHOLE(SETTINGS, max_header_bytes, 4096, 1048576, "32768", "bytes",
               "memory for the headers of a request"),
    MFN__WHOLE(SETTINGS, max_connections, 1, 1000000, "12000", "", "connections at a time"),
    MFN__WHOLE(SETTINGS, max_connections_per_address, 0, 1000000, "0", "",
               "of one address; 0: no limit of its own"),
    MFN__WHOLE(SETTINGS, max_pending_cost, 1, 1e15, "4000000000", "cell steps",
               "work that may wait or be computed at a time"),
    MFN__REAL(SETTINGS, request_timeout, 0.1, 3600, "30.0", "s",
              "until the whole request must be there"),
    MFN__REAL(SETTINGS, idle_timeout, 0.1, 3600, "60.0", "s",
              "until a connection without a request is closed"),
    MFN__REAL(SETTINGS, grace_time, 0, 3600, "30.0", "s", "to finish accepted requests at the end"),
    MFN__REAL(SETTINGS, ws_heartbeat_interval, 0.1, 3600, "30.0", "s",
              "between heartbeats to WebSocket clients"),
    MFN__REAL(SETTINGS, ws_timeout, 0.1, 86400, "60.0", "s",
              "of silence, until a WebSocket is closed; looked at with each heartbeat"),
    MFN__WHOLE(SETTINGS, ws_max_streams, 1, 10000, "16", "", "streams of one WebSocket at a time"),
    MFN__TEXT(SETTINGS, pipeline, "",
              "pipeline file to run beside the API, as mfn run does (not once)"),
    MFN__BOOL(SETTINGS, crypto_enabled, "true", "serve /api/encrypt and the like"),
    MFN__CHOICE(SETTINGS, crypto_algorithm, cipher_names, "AES-256-GCM",
                "of encryption; crypto_key_size may make it AES-128 or AES-192"),
    MFN__WHOLE(SETTINGS, crypto_key_size, 128, 256, "256", "bits", "of new keys: 128, 192 or 256"),
    MFN__CHOICE(SETTINGS, crypto_signature_alg, signature_names, "Ed25519", "of signatures"),
    MFN__BOOL(SETTINGS, crypto_audit_log, "true", "log each use of a key, never the data"),
    MFN__SECRET(
        SETTINGS, master_key, "",
        "Base64 of 32 bytes (openssl rand -base64 32): keeps the keys of /api/keypair and the "
        "like in state_dir, encrypted with it"),
    MFN__TEXT(SETTINGS, state_dir, "",
              "folder for what must survive the service: jobs and their results, and keys"),
    MFN__WHOLE(SETTINGS, job_workers, 1, 64, "1", "",
               "threads that compute jobs, at a lower priority than requests"),
    MFN__WHOLE(SETTINGS, jobs_max, 1, COUNT_MAX, "10000", "", "jobs that may wait"),
    MFN__WHOLE(SETTINGS, max_job_cost, 1, 1e15, "1000000000000", "cell steps", "of one job"),
    MFN__REAL(SETTINGS, jobs_retention, 1, 1e9, "604800.0", "s", "that results of jobs are kept"),
    MFN__BOOL(SETTINGS, strict_fields, "false",
              "refuse unknown members of requests instead of ignoring them"),
    MFN__CHOICE(SETTINGS, log_level, level_names, "INFO", "least important lines to log"),
    MFN__CHOICE(SETTINGS, log_format, format_names, "auto",
                "of log lines; auto: JSON in prod, else text"),
    MFN__BOOL(SETTINGS, metrics_enabled, "true", "count requests and simulations for /metrics"),
    {0},
};
/* clang-format on */

/* Other spellings that mean a choice, as people write them in environments. */
static const struct {
    const char *option, *spelling, *meaning;
} spellings[] = {
    {"env", "production", "prod"},
    {"env", "development", "dev"},
    {"env", "test", "dev"},
    {"env", "stage", "staging"},
    {"api_key_required", "1", "true"},
    {"api_key_required", "yes", "true"},
    {"api_key_required", "on", "true"},
    {"api_key_required", "0", "false"},
    {"api_key_required", "no", "false"},
    {"api_key_required", "off", "false"},
    {"rate_limit_enabled", "1", "true"},
    {"rate_limit_enabled", "yes", "true"},
    {"rate_limit_enabled", "on", "true"},
    {"rate_limit_enabled", "0", "false"},
    {"rate_limit_enabled", "no", "false"},
    {"rate_limit_enabled", "off", "false"},
    {"log_level", "trace", "DEBUG"},
    {"log_level", "notset", "DEBUG"},
    {"log_level", "warn", "WARNING"},
    {"log_level", "fatal", "CRITICAL"},
};

/* The table's own spelling of a value from the environment, where case does not matter. */
static const char *spelled(const mfn_option *option, const char *value)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (strcmp(option->name, spellings[i].option) == 0 &&
            strcasecmp(value, spellings[i].spelling) == 0) {
            return spellings[i].meaning;
        }
    }
    for (size_t i = 0; option->type == MFN_OPTION_CHOICE && option->choices[i] != NULL; i++) {
        if (strcasecmp(value, option->choices[i]) == 0) {
            return option->choices[i];
        }
    }
    if (option->type == MFN_OPTION_BOOL) {
        static const char *const truths[] = {"true", "1", "yes", "on", NULL};
        static const char *const lies[] = {"false", "0", "no", "off", NULL};
        for (size_t i = 0; truths[i] != NULL; i++) {
            if (strcasecmp(value, truths[i]) == 0) {
                return "true";
            }
            if (strcasecmp(value, lies[i]) == 0) {
                return "false";
            }
        }
    }
    return value;
}

/* In a pod beside a service named mfn, Kubernetes sets MFN_PORT to that one's address. */
static bool is_somebody_elses(const mfn_option *option, const char *value)
{
    return strcmp(option->name, "port") == 0 && strncmp(value, "tcp://", 6) == 0;
}

static void variable_of(const mfn_option *option, char ret[NAME_MAX_])
{
    int size = snprintf(ret, NAME_MAX_, "MFN_%s", option->name);
    for (int i = 0; i < size; i++) {
        ret[i] = (char)toupper((unsigned char)ret[i]);
    }
}

mfn_status mfn__settings_load(mfn__settings *settings, const char *(*look_up)(const char *name),
                              mfn_error *err)
{
    *settings = (mfn__settings){0};
    mfn_options_set_defaults(mfn__settings_options, settings);
    for (const mfn_option *option = mfn__settings_options; option->name != NULL; option++) {
        char variable[NAME_MAX_];
        variable_of(option, variable);
        const char *value = look_up(variable);
        if (value == NULL || value[0] == '\0' || is_somebody_elses(option, value)) {
            continue;
        }
        mfn_error problem = {0};
        mfn_status status = mfn_option_set_text(option, settings, spelled(option, value), &problem);
        if (status != MFN_OK) {
            return mfn__fail(err, status, option->name, "environment variable %s: %s", variable,
                             problem.text);
        }
    }
    return MFN_OK;
}

mfn_status mfn__settings_check(const mfn__settings *settings, mfn_error *err)
{
    bool has_certificate = settings->tls_certificate[0] != '\0';
    if (has_certificate != (settings->tls_key[0] != '\0')) {
        const char *missing = has_certificate ? "tls_key" : "tls_certificate";
        return mfn__fail(err, MFN_INVALID, missing,
                         "%s: a certificate needs its key, and a key its certificate", missing);
    }
    if (settings->crypto_key_size % 64 != 0) {
        return mfn__fail(err, MFN_INVALID, "crypto_key_size",
                         "crypto_key_size: expected 128, 192 or 256 bits, got %llu",
                         (unsigned long long)settings->crypto_key_size);
    }
    if (settings->master_key[0] != '\0' && settings->state_dir[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "state_dir",
                         "state_dir: a master_key needs the folder where the keys are kept");
    }
    return MFN_OK;
}

const char *mfn__settings_env_name(const mfn__settings *settings)
{
    return env_names[settings->env];
}

static bool by_default_unless_dev(const mfn__settings *settings, uint32_t chosen)
{
    return chosen == MFN__AUTO ? settings->env != MFN__ENV_DEV : chosen == MFN__YES;
}

bool mfn__settings_requires_key(const mfn__settings *settings)
{
    return by_default_unless_dev(settings, settings->api_key_required);
}

bool mfn__settings_limits_requests(const mfn__settings *settings)
{
    return by_default_unless_dev(settings, settings->rate_limit_enabled);
}

bool mfn__settings_log_is_json(const mfn__settings *settings)
{
    return settings->log_format == MFN__LOG_AUTO ? settings->env == MFN__ENV_PROD
                                                 : settings->log_format == MFN__LOG_JSON;
}

const char *mfn__settings_api_key(const mfn__settings *settings)
{
    bool has_none = settings->api_key[0] == '\0' && settings->api_keys[0] == '\0' &&
                    settings->api_key_file[0] == '\0';
    return has_none && settings->env == MFN__ENV_DEV ? DEV_KEY : settings->api_key;
}

const char *mfn__settings_cors_origins(const mfn__settings *settings)
{
    static const char *const by_env[] = {ALL_ORIGINS, LOCAL_ORIGINS, ""};
    return settings->cors_origins[0] != '\0' ? settings->cors_origins : by_env[settings->env];
}
