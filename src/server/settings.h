/* SPDX-License-Identifier: MIT */
/* What the service is told: by flags, by its environment (MFN_* with the reference's names), by
 * defaults, in this order. One table describes all; a bad value stops the start and never becomes a
 * default. */
#ifndef MFN_SERVER_SETTINGS_H
#define MFN_SERVER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "mfn/option.h"

typedef enum mfn__env { MFN__ENV_DEV, MFN__ENV_STAGING, MFN__ENV_PROD } mfn__env;

/* A switch whose default depends on the environment. */
typedef enum mfn__switch { MFN__AUTO, MFN__YES, MFN__NO } mfn__switch;

typedef enum mfn__log_format { MFN__LOG_AUTO, MFN__LOG_JSON, MFN__LOG_TEXT } mfn__log_format;

/* The variable of an option is "MFN_" and its name in capitals. Texts are borrowed. */
typedef struct mfn__settings {
    const char *host;
    uint64_t port;                                   /* 0: any free one */
    const char *tls_certificate, *tls_key;           /* files; both or none */
    const char *trusted_proxies;                     /* see proxies.h */
    uint32_t env;                                    /* an mfn__env */
    uint32_t api_key_required;                       /* an mfn__switch; by itself: unless dev */
    const char *api_key, *api_keys, *api_key_file;   /* see keyring.h */
    const char *cors_origins;                        /* see cors.h */
    uint32_t rate_limit_enabled;                     /* an mfn__switch; by itself: unless dev */
    uint64_t rate_limit_requests, rate_limit_window; /* the latter in seconds */
    uint64_t workers;                                /* threads that compute; 0: one per core */
    uint64_t max_body_bytes, max_header_bytes;
    uint64_t max_connections, max_connections_per_address;
    uint64_t max_pending_cost; /* cell steps that may wait or be computed at a time */
    double request_timeout, idle_timeout, grace_time; /* s */
    double ws_heartbeat_interval, ws_timeout;         /* s */
    uint64_t ws_max_streams;                          /* of a connection */
    const char *pipeline;                             /* a file; "": none */
    bool crypto_enabled, crypto_audit_log;
    uint32_t crypto_algorithm, crypto_signature_alg; /* there is one of each */
    uint64_t crypto_key_size;                        /* bits */
    const char *master_key;                          /* see crypto/vault.h */
    const char *state_dir;                           /* folder for what must survive; "": none */
    uint64_t job_workers, jobs_max;                  /* threads; jobs that wait */
    uint64_t max_job_cost;                           /* cell steps of one job */
    double jobs_retention;                           /* s that ended jobs are kept */
    bool strict_fields;  /* members that nobody knows are refused instead of ignored */
    uint32_t log_level;  /* an mfn__log_level */
    uint32_t log_format; /* an mfn__log_format; by itself: JSON in prod */
    bool metrics_enabled;
} mfn__settings;

extern const mfn_option mfn__settings_options[];

/* Sets the defaults and then what `look_up` (getenv, say) has. Errors name the variable. */
mfn_status mfn__settings_load(mfn__settings *settings, const char *(*look_up)(const char *name),
                              mfn_error *err);

/* Checks what concerns several settings, once flags have been set as well. */
mfn_status mfn__settings_check(const mfn__settings *settings, mfn_error *err);

/* What the settings come to. */
const char *mfn__settings_env_name(const mfn__settings *settings); /* "dev", "staging", "prod" */
bool mfn__settings_requires_key(const mfn__settings *settings);
bool mfn__settings_limits_requests(const mfn__settings *settings);
bool mfn__settings_log_is_json(const mfn__settings *settings);
/* In dev, when no key is given at all, the reference's key for trying things out. */
const char *mfn__settings_api_key(const mfn__settings *settings);
const char *mfn__settings_cors_origins(const mfn__settings *settings);

#endif
