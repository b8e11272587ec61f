/* SPDX-License-Identifier: MIT */
/* file_io: the reference's FileConnector and FilePublisher in a folder, replayed with the kind
 * "file" through the public API and a real folder. The reference takes a file as processed when it
 * is fetched, so every fetch is acknowledged. A file with a list holds several jobs: the items of a
 * fetch are put together where a list is recorded. The reference's clock stands still and ours does
 * not: numbers of 13 digits and more in names of published files may be any. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "codec/base64.h"
#include "kinds.h"
#include "kinds/component.h"

#define PATH_MAX_BYTES 512
#define BYTES_MAX      (1 << 20)
#define TRIES_MAX      100000
#define DIGITS_OF_TIME 13
#define DIGITS_OF_TWIN 12 /* of the suffix that tells two files of the same name apart */

/* clang-format off: a row per record */
static const correction corrections[] = {
    {"order", "a number is no job; the bytes of é are two, and of a list its items are counted",
     "[null, {\"id\": 1}, [1, 2], \"problem\", {\"id\": 2, \"s\": \"é\"}, null, null]", NULL,
     "[4, 4, 0, 0, 34]"},
    {"auto-delete", "the bytes of é are two", NULL, NULL, "[2, 2, 0, 0, 29]"},
    {"poison-file-blocks-queue", "a file that is no JSON is given as an item with a problem, once",
     "[null, \"problem\", {\"id\": 1}]", NULL, "[2, 2, 0, 0, 13]"},
    {"tracking-lost-on-restart", "what was acknowledged does not come again",
     "[null, {\"id\": 1}, null, null, null, null]", NULL, "[0, 0, 0, 0, 0]"},
    {"tracking-lost-on-disconnect", "what was acknowledged does not come again",
     "[null, {\"id\": 1}, null, null, null]", NULL, "[1, 1, 0, 0, 9]"},
    {"rewritten-file-not-reread", "a file that was written anew is another one",
     "[null, {\"id\": 1}, null, {\"id\": 2, \"s\": \"é\"}]", NULL, "[2, 2, 0, 0, 29]"},
    {"unlink-failure-loses-data", "a file that cannot be deleted is delivered like the others",
     "[null, null, {\"id\": 1}, {\"id\": 2, \"s\": \"é\"}]", NULL, "[2, 2, 0, 0, 29]"},
    {"052-missing-dir", "without a folder nothing can be fetched, which is an error",
     "[\"failure\", \"failure\"]", NULL, NULL},
    {"053-pattern", "the folder alone is watched, and hidden files are not looked at",
     "[\"failure\", \"failure\", \"failure\", \"failure\"]", NULL, "[0, 0, 0, 0, 0]"},
    {"054-disabled", "what is disabled does not connect either", "[\"failure\", \"failure\"]", NULL,
     NULL},
    {"non-utf8", "a file that is no UTF-8 is given as an item with a problem, once",
     "[null, \"problem\"]", NULL, "[1, 1, 0, 0, 9]"},
    {"same-millisecond-overwrites", "a result never overwrites another", NULL,
     "{\"output_1700000000123.json\": \"{\\n  \\\"n\\\": 1\\n}\", \"output_1700000000124.json\": "
     "\"{\\n  \\\"n\\\": 2\\n}\","
     " \"output_1700000000125.json\": \"{\\n  \\\"n\\\": 3\\n}\"}",
     NULL},
    {"058-append", "appended results are lines of JSON", NULL,
     "{\"log.json\": \"{\\\"n\\\":1}\\n{\\\"n\\\":2,\\\"s\\\":\\\"\\\\u00E9\\\"}\\n\"}",
     "[2, 2, 0, 0, 27]"},
    {"059-overwrite", "a result never overwrites another", NULL,
     "{\"log.json\": \"{\\n  \\\"n\\\": 1,\\n  \\\"pad\\\": "
     "\\\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\\"\\n}\", \"log-000000000000.json\": \"{\\n  "
     "\\\"n\\\": 2\\n}\"}",
     NULL},
    {"no-connect-missing-dir", "publishing without a connection is no attempt", NULL, NULL,
     "[0, 0, 0, 0, 0]"},
    {"pattern-twice", "a placeholder that does not exist is an error of the options",
     "[\"failure\", \"failure\"]", "{}", "[0, 0, 0, 0, 0]"},
    {"063-disabled", "what is disabled does not connect either", "[\"failure\", \"failure\"]", NULL,
     NULL},
    {"traversal", "a pattern cannot leave the folder", "[\"failure\", \"failure\"]", "{}",
     "[0, 0, 0, 0, 0]"},
    {NULL, NULL, NULL, NULL, NULL},
};
/* clang-format on */

typedef struct world {
    const record *rec;
    comparison *cmp;
    expected wanted;
    char folder[PATH_MAX_BYTES], directory[PATH_MAX_BYTES];
    char *options;
    bool is_publisher;
    mfn_connector *connector; /* NULL: the options are refused */
    mfn_publisher *publisher; /* likewise */
    mfn_error err;
} world;

/* One deletion fails when a record says so; the linker sends all of them here. */
static int unlinks_that_fail;
int __real_unlink(const char *path); /* NOLINT(bugprone-reserved-identifier): the linker's names */
int __wrap_unlink(const char *path); /* NOLINT(bugprone-reserved-identifier) */

int __wrap_unlink(const char *path) /* NOLINT(bugprone-reserved-identifier) */
{
    if (unlinks_that_fail > 0) {
        unlinks_that_fail--;
        errno = EACCES;
        return -1;
    }
    return __real_unlink(path);
}

static void path_of(const world *self, const char *name, char ret[PATH_MAX_BYTES])
{
    snprintf(ret, PATH_MAX_BYTES, "%.200s/%.200s", self->directory, name);
}

/* The bytes of a file in a record: text, or {"b64"}. */
static void content_of(const json_t *value, mfn__buffer *ret)
{
    const char *encoded = json_string_value(json_object_get(value, "b64"));
    mfn__buffer_init(ret, BYTES_MAX);
    if (encoded != NULL) {
        (void)mfn__base64_decode(encoded, strlen(encoded), ret, NULL);
    } else {
        mfn__buffer_append(ret, json_string_value(value), json_string_length(value));
    }
}

/* Written beside the folder and moved into it, as files should come. */
static void put_file(world *self, const char *name, const json_t *value)
{
    char path[PATH_MAX_BYTES];
    char aside[PATH_MAX_BYTES];
    mfn__buffer content;
    content_of(value, &content);
    const char *slash = strchr(name, '/');
    if (slash != NULL) {
        snprintf(path, sizeof path, "%.200s/%.*s", self->directory, (int)(slash - name), name);
        (void)mkdir(path, 0755);
    }
    path_of(self, name, path);
    snprintf(aside, sizeof aside, "%.200s/aside", self->folder);
    FILE *file = fopen(aside, "wb");
    if (file == NULL || fwrite(content.data, 1, content.size, file) != content.size ||
        fclose(file) != 0 || rename(aside, path) != 0) {
        compare_differs(self->cmp, name, "a file that can be written", "%s", strerror(errno));
    }
    mfn__buffer_deinit(&content);
}

static void make_component(world *self)
{
    mfn_status status =
        self->is_publisher ? mfn_publisher_new("file", self->options, &self->publisher, &self->err)
                           : mfn_connector_new("file", self->options, &self->connector, &self->err);
    if (status != MFN_OK && !self->wanted.is_corrected) {
        (void)compare_success(self->cmp, "new", status, &self->err);
    }
}

static void free_component(world *self)
{
    mfn_connector_free(self->connector);
    mfn_publisher_free(self->publisher);
    self->connector = NULL;
    self->publisher = NULL;
}

static json_t *outcome(mfn_status status)
{
    return status == MFN_OK ? json_null() : json_string("failure");
}

static json_t *connect_component(world *self)
{
    mfn_status status = MFN_INVALID;
    if (self->connector != NULL) {
        status = mfn_connector_connect(self->connector, &self->err);
    } else if (self->publisher != NULL) {
        status = mfn_publisher_connect(self->publisher, &self->err);
    }
    return outcome(status);
}

static json_t *value_of(const mfn_item *item)
{
    return item->problem.status != MFN_OK
               ? json_string("problem")
               : json_loadb(item->bytes, item->size, JSON_DECODE_ANY, NULL);
}

/* One fetch: the items of one file. */
static json_t *fetch(world *self, bool is_list)
{
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_status status = self->connector == NULL ? MFN_INVALID : MFN_TIMED_OUT;
    for (int tries = 0; status == MFN_TIMED_OUT && tries < TRIES_MAX; tries++) {
        status = mfn_connector_fetch(self->connector, 0.001, &items, &count, &self->err);
    }
    if (status != MFN_OK) {
        return status == MFN_NOT_FOUND ? json_null() : json_string("failure");
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, value_of(&items[i]));
    }
    (void)compare_success(self->cmp, "acknowledge",
                          mfn_connector_acknowledge(self->connector, items, count, &self->err),
                          &self->err);
    json_t *first = json_incref(json_array_get(list, 0));
    if (is_list || count > 1) {
        json_decref(first);
        return list;
    }
    json_decref(list);
    return first;
}

/* The reference makes the text of what it is given, ours takes it: that of a file at the end, or
 * one of our own where the reference has left none. */
static char *text_to_publish(const world *self, const json_t *value)
{
    bool is_appended = json_is_true(json_object_get(self->rec->in, "append_mode"));
    const char *name = NULL;
    json_t *content = NULL;
    json_object_foreach(self->wanted.files, name, content)
    {
        json_t *parsed = json_loads(json_string_value(content), 0, NULL);
        bool is_it = parsed != NULL && json_equal(parsed, value);
        json_decref(parsed);
        if (is_it) {
            return strdup(json_string_value(content));
        }
    }
    return json_dumps(value, JSON_ENSURE_ASCII | (is_appended ? JSON_COMPACT : JSON_INDENT(2)));
}

static json_t *publish(world *self, const json_t *value)
{
    if (self->publisher == NULL) {
        return json_string("failure");
    }
    char *text = text_to_publish(self, value);
    const mfn_event event = {.bytes = text, .size = strlen(text)};
    mfn_status status = mfn_publisher_publish(self->publisher, &event, 1, &self->err);
    free(text);
    return outcome(status);
}

static json_t *replay_op(world *self, const json_t *op, size_t index)
{
    const char *name = json_string_value(json_array_get(op, 0));
    const char *path = json_string_value(json_array_get(op, 1));
    if (strcmp(name, "connect") == 0) {
        return connect_component(self);
    }
    if (strcmp(name, "fetch") == 0) {
        return fetch(self, json_is_array(json_array_get(self->wanted.results, index)));
    }
    if (strcmp(name, "publish") == 0) {
        return publish(self, json_array_get(op, 1));
    }
    if (strcmp(name, "disconnect") == 0 && self->connector != NULL) {
        mfn_connector_disconnect(self->connector);
    } else if (strcmp(name, "disconnect") == 0) {
        mfn_publisher_disconnect(self->publisher);
    } else if (strcmp(name, "restart") == 0) {
        free_component(self);
        make_component(self);
    } else if (strcmp(name, "put") == 0) {
        put_file(self, path, json_array_get(op, 2));
    } else if (strcmp(name, "rm") == 0) {
        char file[PATH_MAX_BYTES];
        path_of(self, path, file);
        (void)unlink(file);
    } else if (strcmp(name, "unlink_fails_once") == 0) {
        unlinks_that_fail = 1;
    } else if (strcmp(name, "advance") != 0) {
        compare_malformed(self->cmp, "in.ops", "a known operation");
    }
    return json_null();
}

static void replay_ops(world *self)
{
    size_t index = 0;
    json_t *op = NULL;
    json_array_foreach(json_object_get(self->rec->in, "ops"), index, op)
    {
        expected_compare_result(&self->wanted, index, replay_op(self, op, index), self->cmp);
        if (self->connector != NULL || self->publisher != NULL) {
            expected_compare_state(&self->wanted, self->rec, index,
                                   self->publisher != NULL ? mfn_publisher_state(self->publisher)
                                                           : mfn_connector_state(self->connector),
                                   self->cmp);
        }
    }
}

/* The name with times and the suffixes of twins left out. */
static void mask(const char *name, char ret[PATH_MAX_BYTES])
{
    size_t used = 0;
    while (*name != '\0' && used < PATH_MAX_BYTES - 1) {
        size_t digits = strspn(name, "0123456789");
        size_t twin = name[0] == '-' ? strspn(name + 1, "0123456789abcdef") : 0;
        if (digits >= DIGITS_OF_TIME) {
            name += digits;
        } else if (twin == DIGITS_OF_TWIN) {
            name += 1 + twin;
        } else {
            ret[used++] = *name++;
        }
    }
    ret[used] = '\0';
}

/* Takes the file out of those that are expected; a published one's name is compared masked. */
static void compare_file(world *self, const char *name, json_t *left)
{
    char path[PATH_MAX_BYTES];
    char got_name[PATH_MAX_BYTES];
    char wanted_name[PATH_MAX_BYTES];
    mfn__buffer got;
    mfn__buffer_init(&got, BYTES_MAX);
    path_of(self, name, path);
    mask(name, got_name);
    bool is_found = false;
    void *next = NULL;
    const char *key = NULL;
    json_t *value = NULL;
    if (mfn__file_read_whole(path, &got, &self->err) != MFN_OK) {
        compare_differs(self->cmp, name, "a file", "%s", self->err.text);
    }
    json_object_foreach_safe(left, next, key, value)
    {
        mfn__buffer content;
        const json_t *put = json_object_get(json_object_get(self->rec->in, "files"), key);
        content_of(json_is_object(put) ? put : value, &content);
        mask(key, wanted_name);
        bool has_name =
            self->is_publisher ? strcmp(wanted_name, got_name) == 0 : strcmp(key, name) == 0;
        bool has_content = content.size == got.size &&
                           (got.size == 0 || memcmp(content.data, got.data, got.size) == 0);
        mfn__buffer_deinit(&content);
        if (has_name && has_content && !is_found) {
            is_found = true;
            json_object_del(left, key);
        }
    }
    if (!is_found) {
        compare_differs(self->cmp, name, "an expected file", "%s", got.data);
    }
    mfn__buffer_deinit(&got);
}

static int is_name(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 ? 1 : 0;
}

/* Every file that is there is expected, and the other way round. */
static void compare_files(world *self)
{
    json_t *left = json_deep_copy(self->wanted.files);
    struct dirent **entries = NULL;
    int count = scandir(self->directory, &entries, is_name, alphasort);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_type == DT_REG) {
            compare_file(self, entries[i]->d_name, left);
        }
        free(entries[i]);
    }
    free(entries);
    void *next = NULL;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach_safe(left, next, key, value)
    {
        if (strchr(key, '/') != NULL) {
            compare_file(self, key, left);
        } else {
            compare_differs(self->cmp, key, "a file of this name and content", "none");
        }
    }
    json_decref(left);
}

static void compare_metrics(world *self)
{
    mfn_component_metrics got = {0};
    if (self->connector != NULL) {
        mfn_connector_metrics(self->connector, &got);
    } else if (self->publisher != NULL) {
        mfn_publisher_metrics(self->publisher, &got);
    }
    expected_compare_counts(&self->wanted, &got, self->cmp);
}

/* The options of the class by their names, which are ours too. */
static char *make_options(const world *self)
{
    static const char *const names[] = {"pattern", "auto_delete", "filename_pattern",
                                        "append_mode"};
    char state[PATH_MAX_BYTES];
    snprintf(state, sizeof state, "%.200s/state.db", self->folder);
    json_t *options = json_object();
    json_object_set_new(options, "directory", json_string(self->directory));
    json_object_set_new(options, "state", json_string(state));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *value = json_object_get(self->rec->in, names[i]);
        if (value != NULL) {
            json_object_set(options, names[i], value);
        }
    }
    if (!self->is_publisher) {
        json_object_set_new(options, "settle_time", json_integer(0));
    }
    return expected_options(self->rec, options);
}

static void replay(world *self)
{
    const char *name = NULL;
    json_t *value = NULL;
    if (!json_is_false(json_object_get(self->rec->in, "make_dir"))) {
        (void)mkdir(self->directory, 0755);
    }
    json_object_foreach(json_object_get(self->rec->in, "files"), name, value)
    {
        put_file(self, name, value);
    }
    self->options = make_options(self);
    unlinks_that_fail = 0;
    make_component(self);
    replay_ops(self);
    compare_files(self);
    compare_metrics(self);
    free_component(self);
    free(self->options);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void kind_file_io(const record *rec, comparison *cmp)
{
    const char *class = json_string_value(json_object_get(rec->in, "class"));
    world self = {.rec = rec,
                  .cmp = cmp,
                  .folder = "/tmp/mfn-replay-XXXXXX",
                  .is_publisher = class != NULL && strcmp(class, "FilePublisher") == 0};
    if (mkdtemp(self.folder) == NULL) {
        compare_differs(cmp, "the folder", "one can be made", "%s", strerror(errno));
        return;
    }
    snprintf(self.directory, sizeof self.directory, "%.200s/files", self.folder);
    expected_init(&self.wanted, rec, corrections, cmp);
    replay(&self);
    expected_deinit(&self.wanted);
    (void)nftw(self.folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
