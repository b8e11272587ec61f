/* SPDX-License-Identifier: MIT */
/* The key comes from standard input, as a command line can be read by others, and is never
 * shown. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/option_table.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/key.h"
#include "server/key_file.h"

#define NAME          "key check"
#define KEY_BYTES_MAX 512

typedef struct check_flags {
    const char *file;
} check_flags;

static const mfn_option table[] = {
    MFN__TEXT(check_flags, file, NULL, "key file to look it up in; its problems are all listed"),
    {0},
};

void mfn__key_check_help(void)
{
    const mfn__flags groups[] = {{"Flags", table, NULL}, {0}};
    printf("Usage: mfn key check [flags] <KEY\n\n"
           "Reads an API key from standard input and says whether it was typed right and, with\n"
           "--file, whose it is and what it may do; or why it would be refused, with exit code "
           "1.\n\n"
           "Example: mfn key check --file keys.yaml <key.txt\n");
    mfn__arguments_describe(stdout, groups);
}

/* Takes a line break off its end, as editors and echo put one there. */
static mfn_status read_key(char ret[KEY_BYTES_MAX + 3], size_t *ret_size, mfn_error *err)
{
    size_t size = fread(ret, 1, KEY_BYTES_MAX + 3, stdin);
    if (ferror(stdin)) {
        return mfn__fail(err, MFN_IO, NULL, "cannot read standard input");
    }
    size -= size > 0 && ret[size - 1] == '\n' ? 1 : 0;
    size -= size > 0 && ret[size - 1] == '\r' ? 1 : 0;
    if (size == 0 || size > KEY_BYTES_MAX) {
        return mfn__fail(err, MFN_INVALID, NULL,
                         "expected a key of 1 to %d bytes on standard input, got %s", KEY_BYTES_MAX,
                         size == 0 ? "nothing" : "more");
    }
    *ret_size = size;
    return MFN_OK;
}

static void print_entry(const mfn__key_entry *entry)
{
    printf("name: %s\nscopes:", entry->name);
    for (unsigned i = 0; mfn__key_scope_names[i] != NULL; i++) {
        if ((entry->scopes >> i & 1) != 0) {
            printf(" %s", mfn__key_scope_names[i]);
        }
    }
    char time[MFN__TIME_TEXT_MAX] = "never";
    if (entry->expires_ns != MFN__KEY_NEVER_EXPIRES) {
        mfn__time_to_text(entry->expires_ns, time);
    }
    printf("%s\nexpires: %s\n", entry->scopes == 0 ? " all" : "", time);
    if (entry->requests_per_window > 0) {
        printf("requests per window: %" PRIu64 "\n", entry->requests_per_window);
    }
}

static mfn_status look_up(const mfn__key_list *list, const char *key, size_t size, mfn_error *err)
{
    uint8_t hash[MFN__SHA256_SIZE];
    mfn__sha256(key, size, hash);
    for (size_t i = 0; i < list->count; i++) {
        const mfn__key_entry *entry = &list->items[i];
        if (memcmp(entry->sha256, hash, sizeof hash) != 0) {
            continue;
        }
        print_entry(entry);
        if (mfn__clock_wall_ns(mfn__clock_system()) >= entry->expires_ns) {
            return mfn__fail(err, MFN_INVALID, NULL, "the key has expired");
        }
        return MFN_OK;
    }
    return mfn__fail(err, MFN_NOT_FOUND, NULL, "the file does not know this key");
}

static int check(const check_flags *flags, const mfn__key_list *list)
{
    char key[KEY_BYTES_MAX + 3] = "";
    size_t size = 0;
    mfn_error err = {0};
    mfn_status status = read_key(key, &size, &err);
    if (status == MFN_OK && !mfn__key_is_plausible(key, size)) {
        status = mfn__fail(&err, MFN_INVALID, NULL,
                           "the key was not typed right: its checksum does not fit");
    }
    if (status == MFN_OK && flags->file != NULL) {
        status = look_up(list, key, size, &err);
    } else if (status == MFN_OK) {
        const bool is_made = strncmp(key, "mfn_", strlen("mfn_")) == 0;
        printf("%s\n", is_made ? "the checksum fits" : "this is no key of 'mfn key new'");
    }
    explicit_bzero(key, sizeof key);
    return status == MFN_OK ? MFN__EXIT_OK : mfn__command_fail(NAME, &err, MFN__EXIT_FAILED);
}

/* All that is wrong with the file goes to stderr. */
static mfn_status load(const char *path, mfn__key_list *ret)
{
    mfn__problems problems;
    mfn_error err = {0};
    mfn__problems_init(&problems);
    mfn_status status = mfn__key_file_load(path, &problems, ret, &err);
    if (status != MFN_OK && problems.count > 0 && problems.lines.data != NULL) {
        fputs(problems.lines.data, stderr);
    } else if (status != MFN_OK) {
        (void)mfn__command_fail(NAME, &err, MFN__EXIT_FAILED);
    }
    mfn__problems_deinit(&problems);
    return status;
}

int mfn__key_check_command(int argc, char **argv)
{
    check_flags flags = {0};
    mfn_options_set_defaults(table, &flags);
    const mfn__flags groups[] = {{"Flags", table, &flags}, {0}};
    mfn__arguments arguments;
    mfn_error err = {0};
    if (mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &err) != MFN_OK) {
        return mfn__command_fail(NAME, &err, MFN__EXIT_USAGE);
    }
    if (arguments.wants_help) {
        mfn__key_check_help();
        return MFN__EXIT_OK;
    }
    mfn__key_list list = {0};
    if (flags.file != NULL) {
        if (load(flags.file, &list) != MFN_OK) {
            return MFN__EXIT_USAGE;
        }
        mfn__key_warn_of_mode(NAME, flags.file);
    }
    const int code = check(&flags, &list);
    mfn__key_list_deinit(&list);
    return code;
}
