/* SPDX-License-Identifier: MIT */
/* What the service is told by its environment (MFN_*, the reference's names) and by flags, which
 * come first. One table describes all; a bad value stops the start and never becomes a default. */
#ifndef MFN_SERVER_SETTINGS_H
#define MFN_SERVER_SETTINGS_H

#include <stdint.h>

#include "mfn/option.h"

typedef enum mfn__env { MFN__ENV_DEV, MFN__ENV_STAGING, MFN__ENV_PROD } mfn__env;

/* A switch whose default depends on the environment. */
typedef enum mfn__choice { MFN__AUTO, MFN__YES, MFN__NO } mfn__choice;

typedef struct mfn__settings {
    /* where it listens */
    const char *host;                      /* MFN_HOST, 127.0.0.1 in dev, else 0.0.0.0 */
    uint64_t port;                         /* MFN_PORT, 8000; 0: any free one */
    const char *tls_certificate, *tls_key; /* files; both or none */
    const char *trusted_proxies;           /* comma list, see proxies.h */
    /* who may come */
    uint32_t env; /* mfn__env; "production", "development", "stage", "test" are known too */
    uint32_t api_key_required;   /* mfn__choice; auto: unless dev */
    const char *api_key;         /* MFN_API_KEY: secret */
    const char *api_keys;        /* MFN_API_KEYS: secret, comma list */
    const char *api_key_file;    /* MFN_API_KEY_FILE */
    const char *cors_origins;    /* MFN_CORS_ORIGINS: comma list; unset: by env */
    uint32_t rate_limit_enabled; /* mfn__choice */
    uint64_t rate_limit_requests, rate_limit_window;
    /* how much */
    uint64_t workers; /* threads that compute; 0: one per core */
    uint64_t max_body_bytes, max_header_bytes;
    uint64_t max_connections, max_connections_per_address;
    uint64_t max_pending_cost; /* cell steps that may wait or run at a time */
    double request_timeout, idle_timeout, grace_time; /* s */
    bool strict_fields; /* members that nobody knows are refused instead of ignored */
    /* what it tells */
    uint32_t log_level;  /* mfn__log_level */
    uint32_t log_format; /* auto, json, text */
    bool metrics_enabled;
    /* cryptography */
    bool crypto_enabled, crypto_audit_log;
    const char *crypto_algorithm, *crypto_signature_alg;
    uint64_t crypto_key_size; /* bits */
    const char *state_dir;    /* keys that were made, encrypted; "" keeps them in memory */
    const char *master_key;   /* MFN_MASTER_KEY: secret; or from a file */
} mfn__settings;

extern const mfn_option mfn__settings_options[];
#endif
