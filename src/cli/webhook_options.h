/* SPDX-License-Identifier: MIT */
/* What the webhook commands share: keys that never stand on a command line, and a tolerance. */
#ifndef MFN_CLI_WEBHOOK_OPTIONS_H
#define MFN_CLI_WEBHOOK_OPTIONS_H

#include "codec/webhook_signature.h"

#define MFN__WEBHOOK_SECRET_VARIABLE "MFN_WEBHOOK_SECRET"

typedef struct mfn__webhook_secrets {
    mfn__webhook_keys *keys; /* NULL: none were given */
    const char *texts[MFN__WEBHOOK_KEYS_MAX];
    size_t count;
    mfn__buffer content;
} mfn__webhook_secrets;

/* Reads the file, or the environment variable when `path` is NULL: one key per line; empty lines
 * and those that begin with '#' are left out. Release with mfn__webhook_secrets_deinit, also after
 * a failure. */
mfn_status mfn__webhook_secrets_load(const char *path, mfn__webhook_secrets *ret, mfn_error *err);
void mfn__webhook_secrets_deinit(mfn__webhook_secrets *secrets);

/* "300", "300s", "5m", "2h", "30d" as seconds. */
mfn_status mfn__webhook_tolerance_parse(const char *text, int64_t *ret_s, mfn_error *err);

int mfn__webhook_verify_command(int argc, char **argv);
int mfn__webhook_listen_command(int argc, char **argv);
void mfn__webhook_verify_help(void);
void mfn__webhook_listen_help(void);

#endif
