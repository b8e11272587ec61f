/* SPDX-License-Identifier: MIT */
/* Dead letters at the command line. Nothing here opens the state file, so all of it works while the
 * pipeline runs: a letter that shall be tried again is moved to a folder that the pipeline looks
 * at. */
#include "cli/dlq.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/load.h"

typedef struct dlq_flags {
    const char *directory; /* NULL: the pipeline file says */
    const char *type;      /* NULL: any */
    bool all, yes;
    uint32_t format;
} dlq_flags;

static const mfn_option place_table[] = {
    MFN__TEXT(dlq_flags, directory, NULL, "the folder of the dead letters"),
    {0},
};
static const mfn_option format_table[] = {
    MFN__FORMAT_OPTION(dlq_flags),
    {0},
};
static const mfn_option all_table[] = {
    MFN__BOOL(dlq_flags, all, "false", "take every letter"),
    {0},
};
static const mfn_option type_table[] = {
    MFN__TEXT(dlq_flags, type, NULL, "take those of this type"),
    {0},
};
static const mfn_option yes_table[] = {
    MFN__BOOL(dlq_flags, yes, "false", "dropping all of them is meant"),
    {0},
};

/* One use of the command. */
typedef struct task {
    dlq_flags flags;
    mfn__pipeline *pipeline; /* NULL with --directory */
    const char *folder;
    char *const *names;
    size_t name_count;
    mfn__letters letters;
    size_t complaints; /* files that are no dead letters */
    mfn_error err;
} task;

static int fail(const task *self)
{
    return mfn__command_fail("dlq", &self->err, MFN__EXIT_FAILED);
}

static int misuse(task *self, const char *text)
{
    (void)mfn__fail(&self->err, MFN_INVALID, NULL, "%s", text);
    return mfn__command_fail("dlq", &self->err, MFN__EXIT_USAGE);
}

static void complain(void *context, const mfn_error *why)
{
    ((task *)context)->complaints++;
    (void)mfn__command_fail("dlq", why, MFN__EXIT_FAILED);
}

/* Lists the folder; a pipeline that has buried nothing yet has none. */
static mfn_status list(task *self)
{
    mfn_status status = mfn__letters_list(self->folder, &self->letters, &self->err);
    if (status == MFN_NOT_FOUND && self->pipeline != NULL && self->name_count == 0) {
        return MFN_OK;
    }
    return status;
}

/* The letters with the given names, or all. */
static mfn_status choose(task *self)
{
    mfn_status status = list(self);
    if (self->name_count == 0) {
        mfn__letters_choose_all(&self->letters);
    }
    for (size_t i = 0; status == MFN_OK && i < self->name_count; i++) {
        status = mfn__letters_choose(&self->letters, self->names[i], &self->err);
    }
    return status == MFN_OK ? mfn__letters_read(&self->letters, complain, self, &self->err)
                            : status;
}

static size_t count_waiting(const task *self)
{
    mfn__letters waiting = {0};
    char *folder = mfn__path_join(self->folder, MFN__REPLAY_FOLDER);
    size_t count = 0;
    if (folder != NULL && mfn__letters_list(folder, &waiting, NULL) == MFN_OK) {
        count = waiting.count;
        mfn__letters_deinit(&waiting);
    }
    mfn__mem_free(folder);
    return count;
}

static int run_ls(task *self)
{
    if (self->name_count > 0) {
        return misuse(self, "ls takes no names; 'mfn dlq show' explains a letter");
    }
    if (choose(self) != MFN_OK) {
        return fail(self);
    }
    int code = self->flags.format == MFN__FORMAT_JSON
                   ? mfn__dlq_print_json(&self->letters, self->folder, count_waiting(self))
                   : mfn__dlq_print_table(&self->letters, self->folder, count_waiting(self));
    return self->complaints > 0 ? MFN__EXIT_FAILED : code;
}

static int run_show(task *self)
{
    if (self->name_count != 1) {
        return misuse(self, "expected one NAME; 'mfn dlq ls' lists them");
    }
    if (choose(self) != MFN_OK) {
        return fail(self);
    }
    if (self->letters.count == 0) {
        return MFN__EXIT_FAILED; /* no letter, which was said */
    }
    return self->flags.format == MFN__FORMAT_JSON
               ? mfn__dlq_print_file(&self->letters, &self->letters.items[0])
               : mfn__dlq_print_letter(&self->letters, &self->letters.items[0]);
}

/* Letters have the names of statuses as types. */
static int check_type(task *self)
{
#define TYPE_NAME(code, name, text) "MFN_" #name,
    static const char *const types[] = {MFN_STATUS_LIST(TYPE_NAME)};
#undef TYPE_NAME
    const size_t count = sizeof types / sizeof types[0];
    const char *given = self->flags.type;
    for (size_t i = 0; i < count; i++) {
        if (given == NULL || strcmp(given, types[i]) == 0) {
            return MFN__EXIT_OK;
        }
    }
    const char *nearest = mfn__text_nearest(given, types, count);
    char text[160];
    snprintf(text, sizeof text, "--type: expected one such as MFN_INVALID, got '%.60s'%s%s%s",
             given, nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "'?" : "");
    return misuse(self, text);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static int run_replay(task *self)
{
    if (check_type(self) != MFN__EXIT_OK) {
        return MFN__EXIT_USAGE;
    }
    if ((self->name_count > 0) == (self->flags.all || self->flags.type != NULL)) {
        return misuse(self, "expected either NAMEs, or --all or --type MFN_...");
    }
    if (choose(self) != MFN_OK) {
        return fail(self);
    }
    if (self->flags.type != NULL) {
        mfn__letters_keep_type(&self->letters, self->flags.type);
    }
    mfn__letters_keep_whole(&self->letters, complain, self);
    size_t count = 0;
    mfn_status status = MFN_OK;
    if (self->letters.count > 0) {
        status = mfn__letters_replay(&self->letters, &count, &self->err);
    }
    printf("%zu letter%s moved to %s/%s\n", count, plural(count), self->folder, MFN__REPLAY_FOLDER);
    if (count > 0) {
        printf("A running pipeline tries %s again within a second, else the next 'mfn run'.\n",
               count == 1 ? "it" : "them");
    }
    if (status != MFN_OK) {
        return fail(self);
    }
    return self->complaints > 0 ? MFN__EXIT_FAILED : MFN__EXIT_OK;
}

static int run_drop(task *self)
{
    if ((self->name_count > 0) == self->flags.all) {
        return misuse(self, "expected either NAMEs or --all");
    }
    if (self->flags.all && !self->flags.yes) {
        return misuse(self, "what is dropped is gone for good: add --yes to drop all letters");
    }
    if (choose(self) != MFN_OK) {
        return fail(self);
    }
    size_t count = 0;
    mfn_status status = MFN_OK;
    if (self->letters.count > 0) {
        status = mfn__letters_drop(&self->letters, &count, &self->err);
    }
    printf("%zu letter%s dropped\n", count, plural(count));
    if (status != MFN_OK) {
        return fail(self);
    }
    return self->complaints > 0 ? MFN__EXIT_FAILED : MFN__EXIT_OK;
}

/* The flags of each use, as tables that end with NULL. */
static const struct verb {
    const char *name;
    int (*run)(task *self);
    const mfn_option *tables[4];
} verbs[] = {
    {"ls", run_ls, {place_table, format_table}},
    {"show", run_show, {place_table, format_table}},
    {"replay", run_replay, {place_table, all_table, type_table}},
    {"drop", run_drop, {place_table, all_table, yes_table}},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static int print_help(void)
{
    printf("Usage: mfn dlq ls PIPELINE.yaml [--format text|json]\n"
           "       mfn dlq show PIPELINE.yaml NAME [--format text|json]\n"
           "       mfn dlq replay PIPELINE.yaml NAME... | --all | --type TYPE\n"
           "       mfn dlq drop PIPELINE.yaml NAME... | --all --yes\n\n"
           "Dead letters are the jobs that gave no result, or whose result a publisher refused, "
           "with\nthe reason and the original. ls lists them, show prints one, replay has them "
           "tried again\n(a running pipeline takes them within a second, else the next 'mfn run' "
           "does), and drop\nremoves them. The beginning of a name is enough, or the id of the "
           "job. All of it works while\nthe pipeline runs.\n\n"
           "Example: mfn dlq replay pipeline.yaml --type MFN_INVALID\n");
    const mfn__flags groups[] = {
        {"Instead of PIPELINE.yaml", place_table, NULL},
        {"ls, show", format_table, NULL},
        {"replay, drop", all_table, NULL},
        {"replay", type_table, NULL},
        {"drop", yes_table, NULL},
        {0},
    };
    mfn__arguments_describe(stdout, groups);
    return MFN__EXIT_OK;
}

static int unknown_verb(task *self, const char *given)
{
    const char *names[VERBS];
    for (size_t i = 0; i < VERBS; i++) {
        names[i] = verbs[i].name;
    }
    char shown[64];
    char text[160];
    mfn__text_printable(given, strlen(given), shown, sizeof shown);
    const char *nearest = mfn__text_nearest(given, names, VERBS);
    snprintf(text, sizeof text, "expected ls, show, replay or drop, got '%s'%s%s%s", shown,
             nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "'?" : "");
    return misuse(self, text);
}

/* Finds the folder: given, or the pipeline file's. */
static int run_verb(task *self, const struct verb *verb, const mfn__arguments *arguments)
{
    self->names = arguments->list;
    self->name_count = arguments->list_count;
    self->folder = self->flags.directory;
    if (self->folder == NULL) {
        if (self->name_count == 0) {
            return misuse(self, "expected PIPELINE.yaml or --directory DIR");
        }
        if (!mfn__load_pipeline("dlq", self->names[0], &self->pipeline)) {
            return MFN__EXIT_USAGE;
        }
        self->folder = mfn__pipeline_dead_letters(self->pipeline);
        self->names++;
        self->name_count--;
    }
    int code = verb->run(self);
    mfn__letters_deinit(&self->letters);
    mfn__pipeline_free(self->pipeline);
    return code;
}

int mfn__command_dlq(int argc, char **argv)
{
    task self = {.name_count = 0};
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return print_help();
    }
    const struct verb *verb = NULL;
    for (size_t i = 0; i < VERBS; i++) {
        verb = strcmp(name, verbs[i].name) == 0 ? &verbs[i] : verb;
    }
    if (verb == NULL) {
        return argc > 1 ? unknown_verb(&self, name)
                        : misuse(&self, "expected ls, show, replay or drop");
    }
    mfn__flags groups[4] = {{0}};
    for (size_t i = 0; verb->tables[i] != NULL; i++) {
        groups[i] = (mfn__flags){"", verb->tables[i], &self.flags};
        mfn_options_set_defaults(verb->tables[i], &self.flags);
    }
    mfn__arguments arguments;
    if (mfn__arguments_parse_list(argc - 1, argv + 1, groups, &arguments, &self.err) != MFN_OK) {
        return mfn__command_fail("dlq", &self.err, MFN__EXIT_USAGE);
    }
    return arguments.wants_help ? print_help() : run_verb(&self, verb, &arguments);
}
