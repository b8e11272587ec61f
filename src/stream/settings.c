/* SPDX-License-Identifier: MIT */
#include "stream/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define PROBLEMS_BYTES_MAX ((size_t)1 << 20)
#define TEXT_BYTES         512
#define SHOWN_BYTES        80
#define LISTED_KEYS_MAX    12

/* What the functions below share about one call of mfn__settings_apply. */
typedef struct one_section {
    const mfn__yaml *yaml;
    const char *name;
    const mfn_option *const *tables;
    void *const *options;
    size_t table_count;
    const char *const *ignore;
    mfn__problems *problems;
} one_section;

void mfn__problems_init(mfn__problems *problems)
{
    *problems = (mfn__problems){0};
    mfn__buffer_init(&problems->lines, PROBLEMS_BYTES_MAX);
    mfn__buffer_init(&problems->wrong_keys, PROBLEMS_BYTES_MAX);
}

void mfn__problems_deinit(mfn__problems *problems)
{
    mfn__buffer_deinit(&problems->lines);
    mfn__buffer_deinit(&problems->wrong_keys);
}

void mfn__problems_add(mfn__problems *problems, const char *path, unsigned line, unsigned column,
                       const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mfn__buffer_append_format(&problems->lines, "%s:%u:%u: %s\n", path, line, column, text);
    problems->count++;
}

bool mfn__problems_concern(const mfn__problems *problems, size_t start, const char *text)
{
    const mfn__buffer *keys = &problems->wrong_keys;
    while (start < keys->size) {
        const char *key = keys->data + start;
        const char *end = memchr(key, '\n', keys->size - start);
        size_t length = end != NULL ? (size_t)(end - key) : keys->size - start;
        if (memmem(text, strlen(text), key, length) != NULL) {
            return true;
        }
        start += length + 1;
    }
    return false;
}

static void note_wrong(const one_section *section, const char *name)
{
    mfn__buffer_append_format(&section->problems->wrong_keys, "%s\n", name);
}

/* The key of the problem that is added next. */
static void note_field(const one_section *section, const char *name)
{
    note_wrong(section, name);
    mfn__problems *problems = section->problems;
    if (problems->count == 0) {
        mfn__text_printable(name, strlen(name), problems->field, sizeof problems->field);
    }
}

/* "connector." in front of a key, nothing at the top of the file. */
static const char *dot(const one_section *section)
{
    return *section->name != '\0' ? "." : "";
}

static size_t list_length(const char *const *names)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL) {
        count++;
    }
    return count;
}

static bool is_ignored(const one_section *section, const char *key)
{
    for (const char *const *name = section->ignore; name != NULL && *name != NULL; name++) {
        if (strcmp(*name, key) == 0) {
            return true;
        }
    }
    return false;
}

static const char *nearest_key(const one_section *section, const char *key)
{
    const char *nearest = mfn__text_nearest(key, section->ignore, list_length(section->ignore));
    for (size_t i = 0; i < section->table_count; i++) {
        const char *candidate = mfn_option_nearest(section->tables[i], key);
        if (candidate != NULL && (nearest == NULL || mfn__text_distance(key, candidate) <
                                                         mfn__text_distance(key, nearest))) {
            nearest = candidate;
        }
    }
    return nearest;
}

static void append_name(char *text, size_t size, const char *name)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used != 0 ? ", " : "", name);
}

/* "a, b, c", or "" when there are too many to help. */
static void list_known_keys(const one_section *section, char *ret, size_t size)
{
    size_t count = list_length(section->ignore);
    ret[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        append_name(ret, size, section->ignore[i]);
    }
    for (size_t i = 0; i < section->table_count; i++) {
        for (const mfn_option *option = section->tables[i]; option->name != NULL; option++) {
            append_name(ret, size, option->name);
            count++;
        }
    }
    if (count > LISTED_KEYS_MAX) {
        ret[0] = '\0';
    }
}

static void add_unknown_key(const one_section *section, const mfn__yaml_node *key)
{
    char shown[SHOWN_BYTES];
    char known[TEXT_BYTES / 2];
    const char *nearest = nearest_key(section, key->text);
    const char *tail = "";
    if (nearest != NULL) {
        snprintf(known, sizeof known, "; did you mean '%s'?", nearest);
        tail = known;
    } else {
        char names[sizeof known - sizeof "; known keys: "];
        list_known_keys(section, names, sizeof names);
        if (names[0] != '\0') {
            snprintf(known, sizeof known, "; known keys: %s", names);
            tail = known;
        }
    }
    note_field(section, key->text);
    if (nearest != NULL) {
        note_wrong(section, nearest);
    }
    mfn__problems_add(section->problems, mfn__yaml_path(section->yaml), key->line, key->column,
                      "unknown key '%s%s%s'%s", section->name, dot(section),
                      mfn__text_printable(key->text, strlen(key->text), shown, sizeof shown), tail);
}

/* A value that came out of a variable may be a secret: the variable is shown instead. */
static void describe_value(const mfn__yaml_node *value, char *ret, size_t size)
{
    if (value->type != MFN__YAML_SCALAR) {
        snprintf(ret, size, "%s%s", value->count == 0 ? "an empty " : "a ",
                 value->type == MFN__YAML_MAP ? "map" : "list");
        return;
    }
    char shown[SHOWN_BYTES];
    mfn__text_printable(value->source, strlen(value->source), shown, sizeof shown);
    bool replaced = strcmp(value->source, value->text) != 0;
    snprintf(ret, size, "%s'%s'", replaced ? "the value of " : "", shown);
}

static const char *nearest_choice(const mfn_option *option, const mfn__yaml_node *value)
{
    if (option->type != MFN_OPTION_CHOICE || value->type != MFN__YAML_SCALAR ||
        strcmp(value->source, value->text) != 0) {
        return NULL;
    }
    return mfn__text_nearest(value->text, option->choices, list_length(option->choices));
}

static bool takes_texts(const mfn_option *option)
{
    return option->type == MFN_OPTION_LIST || option->type == MFN_OPTION_MAP;
}

/* A list of one may stand without brackets; a map has keys. */
static bool has_shape(const mfn_option *option, const mfn__yaml_node *value)
{
    return (option->type == MFN_OPTION_MAP) == (value->type == MFN__YAML_MAP);
}

static bool set_texts(const mfn_option *option, void *options, const mfn__yaml_node *value)
{
    mfn_texts texts;
    if (!has_shape(option, value) || !mfn__yaml_texts(value, &texts) ||
        (texts.count == 0 && option->default_text == NULL)) {
        return false;
    }
    memcpy((char *)options + option->offset, &texts, sizeof texts);
    return true;
}

static bool set_value(const mfn_option *option, void *options, const mfn__yaml_node *value)
{
    if (takes_texts(option)) {
        return set_texts(option, options, value);
    }
    return value->type == MFN__YAML_SCALAR &&
           mfn_option_set_text(option, options, value->text, NULL) == MFN_OK;
}

/* Says what stands in the file and returns where: the value or, of a list or map, the entry that
 * does not fit. */
static const mfn__yaml_node *describe_got(const mfn_option *option, const mfn__yaml_node *value,
                                          char *ret, size_t size)
{
    const mfn__yaml_node *entry = NULL;
    if (takes_texts(option) && has_shape(option, value)) {
        entry = mfn__yaml_first_not_text(value);
    }
    if (option->is_secret && value->type == MFN__YAML_SCALAR) {
        snprintf(ret, size, "a value that is not shown");
    } else if (entry != NULL) {
        const char *what = entry->type == MFN__YAML_SCALAR ? "an entry without a value"
                           : entry->type == MFN__YAML_MAP  ? "a map"
                                                           : "a list";
        snprintf(ret, size, "%s in it", what);
    } else {
        describe_value(value, ret, size);
    }
    return entry != NULL ? entry : value;
}

static void set_option(const one_section *section, const mfn_option *option, void *options,
                       const mfn__yaml_node *value)
{
    if (set_value(option, options, value)) {
        return;
    }
    char expected[TEXT_BYTES / 4];
    char got[SHOWN_BYTES + 32];
    char hint[SHOWN_BYTES] = "";
    mfn_option_expected(option, expected, sizeof expected);
    const mfn__yaml_node *place = describe_got(option, value, got, sizeof got);
    const char *nearest = nearest_choice(option, value);
    if (nearest != NULL) {
        snprintf(hint, sizeof hint, "; did you mean '%s'?", nearest);
    }
    note_field(section, option->name);
    mfn__problems_add(section->problems, mfn__yaml_path(section->yaml), place->line, place->column,
                      "%s%s%s: expected %s, got %s%s", section->name, dot(section), option->name,
                      expected, got, hint);
}

static void apply_keys(const one_section *section, const mfn__yaml_node *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const mfn__yaml_node *key = map->keys[i];
        const mfn__yaml_node *value = map->values[i];
        bool known = is_ignored(section, key->text);
        for (size_t t = 0; t < section->table_count; t++) {
            const mfn_option *option = mfn_option_find(section->tables[t], key->text);
            if (option == NULL) {
                continue;
            }
            known = true;
            if (mfn__yaml_has_faults(value)) {
                note_wrong(section, option->name);
            }
            if (!value->is_faulty && !mfn__yaml_is_null(value)) {
                set_option(section, option, section->options[t], value);
            }
        }
        if (!known) {
            add_unknown_key(section, key);
        }
    }
}

static void add_missing(const one_section *section, const mfn__yaml_node *map,
                        const mfn_option *option)
{
    const mfn__yaml_node *given = map != NULL ? mfn__yaml_get(map, option->name) : NULL;
    if (given != NULL && !mfn__yaml_is_null(given)) {
        return;
    }
    const mfn__yaml_node *place = map != NULL ? map : mfn__yaml_root(section->yaml);
    place = map != NULL && map->key != NULL ? map->key : place;
    note_field(section, option->name);
    mfn__problems_add(section->problems, mfn__yaml_path(section->yaml), place->line, place->column,
                      "%s%s'%s' is missing (%s)", section->name, *section->name != '\0' ? ": " : "",
                      option->name, option->help);
}

/* NOLINTNEXTLINE(readability-function-size): eight different things, each once per call */
void mfn__settings_apply(const mfn__yaml *yaml, const mfn__yaml_node *map, const char *section_name,
                         const mfn_option *const *tables, void *const *options, size_t table_count,
                         const char *const *ignore, mfn__problems *problems)
{
    one_section section = {.yaml = yaml,
                           .name = section_name != NULL ? section_name : "",
                           .tables = tables,
                           .options = options,
                           .table_count = table_count,
                           .ignore = ignore,
                           .problems = problems};
    for (size_t i = 0; i < table_count; i++) {
        mfn_options_set_defaults(tables[i], options[i]);
    }
    if (map != NULL && map->type != MFN__YAML_MAP && !mfn__yaml_is_null(map)) {
        char got[SHOWN_BYTES + 32];
        describe_value(map, got, sizeof got);
        mfn__problems_add(problems, mfn__yaml_path(yaml), map->line, map->column,
                          "%s%sexpected a map of keys and values, got %s", section.name,
                          *section.name != '\0' ? ": " : "", got);
        return;
    }
    if (map != NULL) {
        apply_keys(&section, map);
    }
    for (size_t i = 0; i < table_count; i++) {
        for (const mfn_option *option = tables[i]; option->name != NULL; option++) {
            if (option->default_text == NULL) {
                add_missing(&section, map, option);
            }
        }
    }
}
