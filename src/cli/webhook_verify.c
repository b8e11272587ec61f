/* SPDX-License-Identifier: MIT */
/* Checks one delivery that somebody kept, with the code that signs ours. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/option_table.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/webhook_options.h"

#define NAME              "webhook verify"
#define BODY_BYTES_MAX    ((size_t)1 << 30)
#define HEADERS_BYTES_MAX ((size_t)1 << 20)

typedef struct verify_flags {
    const char *secret_file, *id, *timestamp, *signature, *headers, *body, *tolerance;
} verify_flags;

static const mfn_option table[] = {
    MFN__TEXT(verify_flags, secret_file, NULL, "file of keys, one per line"),
    MFN__TEXT(verify_flags, id, NULL, "value of the header webhook-id"),
    MFN__TEXT(verify_flags, timestamp, NULL, "value of the header webhook-timestamp"),
    MFN__TEXT(verify_flags, signature, NULL, "value of the header webhook-signature"),
    MFN__TEXT(verify_flags, headers, NULL, "file of lines 'name: value' instead of these three"),
    MFN__TEXT(verify_flags, body, "-", "file with the body as it was sent; -: standard input"),
    MFN__TEXT(verify_flags, tolerance, "5m", "how far the timestamp may be from now"),
    {0},
};

/* One use of the command. */
typedef struct task {
    verify_flags flags;
    int64_t tolerance_s;
    mfn__webhook_secrets secrets;
    mfn__buffer headers, body;
    mfn__webhook_delivery delivery;
    mfn_error err;
} task;

void mfn__webhook_verify_help(void)
{
    const mfn__flags groups[] = {{"Flags", table, NULL}, {0}};
    printf("Usage: mfn webhook verify [flags]\n\n"
           "Says whether a webhook was signed with one of the keys (Standard Webhooks 1.0.0) and\n"
           "is recent: prints the scheme, or why not with exit code 1. The body is what was sent,\n"
           "byte for byte, compressed if it was.\n\n"
           "Keys begin with whsec_, whsk_ or whpk_ and come from --secret-file or from the\n"
           "environment variable " MFN__WEBHOOK_SECRET_VARIABLE ", never from the command "
           "line.\n\n"
           "Example: mfn webhook verify --secret-file keys.txt --headers headers.txt --body "
           "body.json\n");
    mfn__arguments_describe(stdout, groups);
}

/* Takes the value of a header out of "name: value"; false when the line is another header. */
static bool take_header(char *line, const char *name, const char **ret, mfn_error *err)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':') {
        return false;
    }
    char *value = line + length + 1;
    value += strspn(value, " \t");
    char *end = value + strlen(value);
    while (end > value && strchr(" \t\r", end[-1]) != NULL) {
        end--;
    }
    *end = '\0';
    if (*ret != NULL) {
        (void)mfn__fail(err, MFN_INVALID, name, "%s is there twice", name);
    } else {
        *ret = value;
    }
    return true;
}

/* Up to the empty line that ends the headers of a request. Other lines are not looked at. */
static mfn_status read_headers(task *self)
{
    mfn_status status = mfn__file_read_whole(self->flags.headers, &self->headers, &self->err);
    if (status != MFN_OK) {
        return status;
    }
    char *line = self->headers.data;
    while (line != NULL && strchr("\r\n", *line) == NULL) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        bool is_taken =
            take_header(line, "webhook-id", &self->delivery.id, &self->err) ||
            take_header(line, "webhook-timestamp", &self->delivery.timestamp, &self->err) ||
            take_header(line, "webhook-signature", &self->delivery.signature, &self->err);
        if (is_taken && self->err.status != MFN_OK) {
            return self->err.status;
        }
        line = end != NULL ? end + 1 : NULL;
    }
    return MFN_OK;
}

static mfn_status read_delivery(task *self)
{
    const verify_flags *flags = &self->flags;
    self->delivery = (mfn__webhook_delivery){flags->id, flags->timestamp, flags->signature, "", 0};
    mfn_status status = flags->headers != NULL ? read_headers(self) : MFN_OK;
    if (status != MFN_OK) {
        return status;
    }
    const char *path = strcmp(flags->body, "-") == 0 ? "/dev/stdin" : flags->body;
    status = mfn__file_read_whole(path, &self->body, &self->err);
    if (status == MFN_OK && self->body.size > 0) {
        self->delivery.body = self->body.data;
        self->delivery.size = self->body.size;
    }
    return status;
}

/* Prints which key it was: the first one that verifies alone. */
static void print_valid(const task *self, int64_t now_s)
{
    const mfn__webhook_secrets *secrets = &self->secrets;
    for (size_t i = 0; i < secrets->count; i++) {
        mfn__webhook_keys *alone = NULL;
        bool is_it =
            mfn__webhook_keys_new(&secrets->texts[i], 1, &alone, NULL) == MFN_OK &&
            mfn__webhook_verify(alone, &self->delivery, now_s, self->tolerance_s, NULL) == MFN_OK;
        mfn__webhook_keys_free(alone);
        if (is_it) {
            bool is_hmac = strncmp(secrets->texts[i], "whsec_", strlen("whsec_")) == 0;
            printf("valid: %s, key %zu of %zu\n", is_hmac ? "v1 (HMAC-SHA256)" : "v1a (Ed25519)",
                   i + 1, secrets->count);
            return;
        }
    }
}

static int verify(task *self)
{
    if (read_delivery(self) != MFN_OK) {
        return mfn__command_fail(NAME, &self->err, MFN__EXIT_FAILED);
    }
    int64_t now_s = mfn__clock_wall_ns(mfn__clock_system()) / MFN__NS_PER_S;
    if (mfn__webhook_verify(self->secrets.keys, &self->delivery, now_s, self->tolerance_s,
                            &self->err) != MFN_OK) {
        return mfn__command_fail(NAME, &self->err, MFN__EXIT_FAILED);
    }
    print_valid(self, now_s);
    return MFN__EXIT_OK;
}

/* The flags as a whole, and the keys. */
static mfn_status prepare(task *self)
{
    const verify_flags *flags = &self->flags;
    bool has_any = flags->id != NULL || flags->timestamp != NULL || flags->signature != NULL;
    bool has_all = flags->id != NULL && flags->timestamp != NULL && flags->signature != NULL;
    if (flags->headers != NULL ? has_any : !has_all) {
        return mfn__fail(&self->err, MFN_INVALID, NULL,
                         "expected --id, --timestamp and --signature, or --headers FILE");
    }
    mfn_status status =
        mfn__webhook_tolerance_parse(flags->tolerance, &self->tolerance_s, &self->err);
    if (status == MFN_OK) {
        status = mfn__webhook_secrets_load(flags->secret_file, &self->secrets, &self->err);
    }
    if (status == MFN_OK && self->secrets.keys == NULL) {
        return mfn__fail(&self->err, MFN_INVALID, "secret_file",
                         "expected --secret-file FILE or the environment variable %s",
                         MFN__WEBHOOK_SECRET_VARIABLE);
    }
    return status;
}

int mfn__webhook_verify_command(int argc, char **argv)
{
    task self = {.tolerance_s = 0};
    mfn_options_set_defaults(table, &self.flags);
    const mfn__flags groups[] = {{"Flags", table, &self.flags}, {0}};
    mfn__arguments arguments;
    if (mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &self.err) != MFN_OK) {
        return mfn__command_fail(NAME, &self.err, MFN__EXIT_USAGE);
    }
    if (arguments.wants_help) {
        mfn__webhook_verify_help();
        return MFN__EXIT_OK;
    }
    mfn__buffer_init(&self.headers, HEADERS_BYTES_MAX);
    mfn__buffer_init(&self.body, BODY_BYTES_MAX);
    int code = prepare(&self) != MFN_OK ? mfn__command_fail(NAME, &self.err, MFN__EXIT_USAGE)
                                        : verify(&self);
    mfn__webhook_secrets_deinit(&self.secrets);
    mfn__buffer_deinit(&self.headers);
    mfn__buffer_deinit(&self.body);
    return code;
}
