/* SPDX-License-Identifier: MIT */
/* The key is shown once and kept nowhere: the file has its hash. It is printed after the file was
 * written, so that nobody is given a key that no file knows. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/option_table.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/key.h"
#include "server/key_file.h"

#define NAME            "key new"
#define ENTRY_BYTES_MAX 1024
#define ENTRY_INDENT    2
#define NAME_HEX_DIGITS 8

typedef struct new_flags {
    const char *name, *scopes, *expires, *file;
    uint64_t requests_per_window;
} new_flags;

static const mfn_option table[] = {
    MFN__TEXT(new_flags, name, NULL, "who gets it: shown in logs; default: key- and 8 of its hash"),
    MFN__TEXT(new_flags, scopes, NULL,
              "what it may do, of compute,crypto,jobs,meta; default: everything"),
    MFN__TEXT(new_flags, expires, NULL, "date or time from which on it is refused"),
    MFN__WHOLE(new_flags, requests_per_window, 0, 1e9, "0", "requests",
               "its own rate limit; 0: the service's"),
    MFN__TEXT(new_flags, file, NULL, "key file that gets the entry; made when it is not there"),
    {0},
};

void mfn__key_new_help(void)
{
    const mfn__flags groups[] = {{"Flags", table, NULL}, {0}};
    printf("Usage: mfn key new [flags]\n\n"
           "Makes an API key, prints it once, and prints its entry for the key file of the\n"
           "service (MFN_API_KEY_FILE), or adds the entry to that file. The file has the key's\n"
           "SHA-256, never the key; a running service reads it again on SIGHUP.\n\n"
           "Example: mfn key new --name dashboard --scopes compute --file keys.yaml\n");
    mfn__arguments_describe(stdout, groups);
}

static mfn_status parse_scopes(const char *text, uint32_t *ret, mfn_error *err)
{
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        const uint32_t bit = mfn__key_scope_bit(at, length);
        if (bit == 0) {
            char shown[64];
            return mfn__fail(err, MFN_INVALID, "scopes",
                             "scopes: expected some of compute,crypto,jobs,meta, got '%s'",
                             mfn__text_printable(at, length, shown, sizeof shown));
        }
        *ret |= bit;
        at += length;
        if (*at == '\0') {
            return MFN_OK;
        }
    }
}

/* What the flags say; the hash and a missing name follow from the key. */
static mfn_status read_flags(const new_flags *flags, mfn__key_entry *ret, mfn_error *err)
{
    *ret = (mfn__key_entry){.requests_per_window = flags->requests_per_window,
                            .expires_ns = MFN__KEY_NEVER_EXPIRES};
    if (flags->name != NULL) {
        mfn_error reason = {0};
        if (mfn__key_name_check(flags->name, &reason) != MFN_OK) {
            return mfn__fail(err, MFN_INVALID, "name", "name: %s", reason.text);
        }
        memcpy(ret->name, flags->name, strlen(flags->name) + 1);
    }
    if (flags->expires != NULL && !mfn__key_expiry_parse(flags->expires, &ret->expires_ns)) {
        char shown[64];
        return mfn__fail(
            err, MFN_INVALID, "expires",
            "expires: expected a date such as 2027-01-31 or a time such as "
            "2027-01-31T12:00:00Z, got '%s'",
            mfn__text_printable(flags->expires, strlen(flags->expires), shown, sizeof shown));
    }
    return flags->scopes != NULL ? parse_scopes(flags->scopes, &ret->scopes, err) : MFN_OK;
}

static mfn_status print_entry(const mfn__key_entry *entry, mfn_error *err)
{
    mfn__buffer text;
    mfn__buffer_init(&text, ENTRY_BYTES_MAX);
    mfn__key_entry_write(entry, ENTRY_INDENT, &text);
    mfn_status status = mfn__buffer_check(&text, "the entry", err);
    if (status == MFN_OK) {
        printf("\nkeys:\n%s", text.data);
    }
    mfn__buffer_deinit(&text);
    return status;
}

static mfn_status make(const new_flags *flags, mfn__key_entry *entry, mfn_error *err)
{
    char key[MFN__KEY_TEXT_MAX];
    mfn_status status = mfn__key_make(key, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__sha256(key, strlen(key), entry->sha256);
    if (entry->name[0] == '\0') {
        char hash[MFN__SHA256_HEX_SIZE];
        mfn__hex(entry->sha256, sizeof entry->sha256, hash);
        snprintf(entry->name, sizeof entry->name, "key-%.*s", NAME_HEX_DIGITS, hash);
    }
    if (flags->file != NULL) {
        status = mfn__key_file_add(flags->file, entry, err);
    }
    if (status == MFN_OK) {
        printf("%s\n", key);
    }
    explicit_bzero(key, sizeof key);
    return status == MFN_OK && flags->file == NULL ? print_entry(entry, err) : status;
}

int mfn__key_new_command(int argc, char **argv)
{
    new_flags flags = {0};
    mfn_options_set_defaults(table, &flags);
    const mfn__flags groups[] = {{"Flags", table, &flags}, {0}};
    mfn__arguments arguments;
    mfn_error err = {0};
    mfn__key_entry entry;
    mfn_status status = mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        mfn__key_new_help();
        return MFN__EXIT_OK;
    }
    if (status == MFN_OK) {
        status = read_flags(&flags, &entry, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail(NAME, &err, MFN__EXIT_USAGE);
    }
    if (make(&flags, &entry, &err) != MFN_OK) {
        return mfn__command_fail(NAME, &err, MFN__EXIT_FAILED);
    }
    if (flags.file != NULL) {
        mfn__key_warn_of_mode(NAME, flags.file);
    }
    return MFN__EXIT_OK;
}
