/* SPDX-License-Identifier: MIT */
#include "server/key_file.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "base/text.h"

#define REQUESTS_MAX  1e9
#define SECTION_MAX   32
#define SHOWN_MAX     80
#define SCOPES_IN_ALL "compute, crypto, jobs, meta"

const char *const mfn__key_scope_names[] = {"compute", "crypto", "jobs", "meta", NULL};

typedef struct fields {
    const char *name, *sha256, *expires;
    mfn_texts scopes;
    uint64_t requests_per_window;
} fields;

static const mfn_option table[] = {
    MFN__TEXT(fields, name, NULL, "who the key belongs to: shown in logs"),
    MFN__SECRET(fields, sha256, NULL, "SHA-256 of the key, 64 hexadecimal digits"),
    MFN__LIST(fields, scopes, "", false, "what it may do: " SCOPES_IN_ALL "; none: everything"),
    MFN__TEXT(fields, expires, "", "date or time from which on it is refused"),
    MFN__WHOLE(fields, requests_per_window, 0, REQUESTS_MAX, "0", "requests",
               "its own rate limit; 0: the service's"),
    {0},
};

/* A key file while it is read. */
typedef struct reading {
    mfn__yaml *yaml;
    mfn__problems *problems;
    mfn__key_list list;
    const mfn__yaml_node *entry; /* that is looked at */
    char section[SECTION_MAX];   /* "keys[2]" */
} reading;

void mfn__key_list_deinit(mfn__key_list *list)
{
    mfn__mem_free(list->items);
    *list = (mfn__key_list){0};
}

uint32_t mfn__key_scope_bit(const char *name, size_t length)
{
    for (unsigned i = 0; mfn__key_scope_names[i] != NULL; i++) {
        if (strlen(mfn__key_scope_names[i]) == length &&
            memcmp(mfn__key_scope_names[i], name, length) == 0) {
            return UINT32_C(1) << i;
        }
    }
    return 0;
}

mfn_status mfn__key_name_check(const char *name, mfn_error *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char others[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const size_t length = strlen(name);
    if (length > 0 && length < MFN__KEY_NAME_MAX && strspn(name, letters) > 0 &&
        strspn(name, others) == length && strncmp(name, "env-", strlen("env-")) != 0) {
        return MFN_OK;
    }
    char shown[SHOWN_MAX];
    return mfn__fail(err, MFN_INVALID, "name",
                     "expected 1 to %d of the characters A-Z a-z 0-9 - _ . with a letter first and "
                     "without 'env-' in front, got '%s'",
                     MFN__KEY_NAME_MAX - 1, mfn__text_printable(name, length, shown, sizeof shown));
}

static void add_problem(const reading *self, const char *key, const char *text)
{
    const mfn__yaml_node *value = mfn__yaml_get(self->entry, key);
    const mfn__yaml_node *place = value != NULL ? value : self->entry;
    mfn__problems_add(self->problems, mfn__yaml_path(self->yaml), place->line, place->column,
                      "%s.%s: %s", self->section, key, text);
}

static int digit_of(char character)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = character != '\0' ? strchr(digits, character) : NULL;
    return found != NULL ? (int)((found - digits) % 16) : -1;
}

static bool read_hash(const char *text, uint8_t ret[MFN__SHA256_SIZE])
{
    if (strlen(text) != (size_t)2 * MFN__SHA256_SIZE) {
        return false;
    }
    for (size_t i = 0; i < MFN__SHA256_SIZE; i++) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static void read_scopes(const reading *self, const mfn_texts *scopes, uint32_t *ret)
{
    const mfn__yaml_node *node = mfn__yaml_get(self->entry, "scopes");
    if (node != NULL && node->type == MFN__YAML_LIST && node->count == 0) {
        add_problem(self, "scopes",
                    "expected at least one of " SCOPES_IN_ALL "; without 'scopes' all are allowed");
    }
    for (size_t i = 0; i < scopes->count; i++) {
        const char *name = scopes->values[i];
        const uint32_t bit = mfn__key_scope_bit(name, strlen(name));
        if (bit == 0) {
            char shown[SHOWN_MAX];
            char text[SHOWN_MAX * 2];
            snprintf(text, sizeof text, "expected of " SCOPES_IN_ALL ", got '%s'",
                     mfn__text_printable(name, strlen(name), shown, sizeof shown));
            add_problem(self, "scopes", text);
        }
        *ret |= bit;
    }
}

/* The same name or the same key twice: only one of them could count. */
static void refuse_repeated(const reading *self, const mfn__key_entry *entry)
{
    char text[SHOWN_MAX * 2];
    for (size_t i = 0; i < self->list.count; i++) {
        const mfn__key_entry *other = &self->list.items[i];
        if (entry->name[0] != '\0' && strcmp(entry->name, other->name) == 0) {
            snprintf(text, sizeof text, "'%s' is the name of keys[%zu] already", entry->name, i);
            add_problem(self, "name", text);
        }
        if (memcmp(entry->sha256, other->sha256, sizeof entry->sha256) == 0) {
            snprintf(text, sizeof text, "this is the key of keys[%zu] already", i);
            add_problem(self, "sha256", text);
        }
    }
}

static void read_entry(reading *self)
{
    fields read = {0};
    const mfn_option *const tables[] = {table};
    void *const options[] = {&read};
    const size_t before = self->problems->count;
    mfn__settings_apply(self->yaml, self->entry, self->section, tables, options, 1, NULL,
                        self->problems);
    if (self->problems->count > before) {
        return;
    }
    mfn__key_entry entry = {.requests_per_window = read.requests_per_window,
                            .expires_ns = MFN__KEY_NEVER_EXPIRES};
    mfn_error err = {0};
    if (mfn__key_name_check(read.name, &err) == MFN_OK) {
        memcpy(entry.name, read.name, strlen(read.name) + 1);
    } else {
        add_problem(self, "name", err.text);
    }
    if (!read_hash(read.sha256, entry.sha256)) {
        add_problem(self, "sha256",
                    "expected 64 hexadecimal digits, the SHA-256 of the key, got a value that is "
                    "not shown");
    }
    read_scopes(self, &read.scopes, &entry.scopes);
    if (read.expires[0] != '\0' && !mfn__key_expiry_parse(read.expires, &entry.expires_ns)) {
        add_problem(self, "expires",
                    "expected a date such as 2027-01-31 or a time such as "
                    "2027-01-31T12:00:00Z");
    }
    if (self->problems->count == before) {
        refuse_repeated(self, &entry);
        self->list.items[self->list.count++] = entry;
    }
}

static mfn_status read_entries(reading *self, mfn_error *err)
{
    const mfn__yaml_node *root = mfn__yaml_root(self->yaml);
    static const char *const known[] = {"keys", NULL};
    mfn__settings_apply(self->yaml, root, "", NULL, NULL, 0, known, self->problems);
    const mfn__yaml_node *keys = root->type == MFN__YAML_MAP ? mfn__yaml_get(root, "keys") : NULL;
    if (keys == NULL || mfn__yaml_is_null(keys)) {
        return MFN_OK;
    }
    if (keys->type != MFN__YAML_LIST) {
        mfn__problems_add(self->problems, mfn__yaml_path(self->yaml), keys->line, keys->column,
                          "keys: expected a list of entries with name and sha256");
        return MFN_OK;
    }
    self->list.items = mfn__mem_new(keys->count > 0 ? keys->count : 1, sizeof *self->list.items);
    if (self->list.items == NULL) {
        return mfn__fail_memory(err);
    }
    for (size_t i = 0; i < keys->count; i++) {
        self->entry = keys->values[i];
        snprintf(self->section, sizeof self->section, "keys[%zu]", i);
        read_entry(self);
    }
    return MFN_OK;
}

/* The error has one line: the first problem, and how many there are besides. */
static mfn_status fail_with(const mfn__problems *problems, mfn_error *err)
{
    const char *first = problems->lines.data != NULL ? problems->lines.data : "out of memory";
    const int length = (int)strcspn(first, "\n");
    if (problems->count == 1) {
        return mfn__fail(err, MFN_INVALID, problems->field, "%.*s", length, first);
    }
    return mfn__fail(err, MFN_INVALID, problems->field,
                     "%.*s (and %zu more: 'mfn key check --file' shows all)", length, first,
                     problems->count - 1);
}

/* Takes the document. */
static mfn_status read_document(mfn__yaml *yaml, mfn__problems *problems, mfn__key_list *ret,
                                mfn_error *err)
{
    mfn__problems own;
    mfn__problems_init(&own);
    reading self = {.yaml = yaml, .problems = problems != NULL ? problems : &own};
    mfn_status status = read_entries(&self, err);
    if (status == MFN_OK && self.problems->count > 0) {
        status = fail_with(self.problems, err);
    }
    if (status == MFN_OK) {
        *ret = self.list;
    } else {
        mfn__key_list_deinit(&self.list);
    }
    mfn__problems_deinit(&own);
    mfn__yaml_free(yaml);
    return status;
}

mfn_status mfn__key_file_load(const char *path, mfn__problems *problems, mfn__key_list *ret,
                              mfn_error *err)
{
    mfn__yaml *yaml = NULL;
    mfn_status status = mfn__yaml_load(path, &yaml, err);
    return status == MFN_OK ? read_document(yaml, problems, ret, err) : status;
}

mfn_status mfn__key_file_parse(const char *text, size_t size, const char *path, mfn__key_list *ret,
                               mfn_error *err)
{
    mfn__yaml *yaml = NULL;
    mfn_status status = mfn__yaml_parse(text, size, path, &yaml, err);
    return status == MFN_OK ? read_document(yaml, NULL, ret, err) : status;
}
