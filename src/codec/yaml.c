/* SPDX-License-Identifier: MIT */
/* libyaml's events are built into a tree whose nodes know their line and column.
 *
 * Everything a document owns is in one chain of blocks, so that a half-built document is released
 * as a whole one is. The limits on size, values and levels bound the time and memory that a hostile
 * file can take; aliases are refused because a few lines of them expand to gigabytes. */
#include "codec/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/variables.h"

#define DOCUMENT_BYTES_MAX ((size_t)1 << 20)
#define VALUES_MAX         10000
#define LEVELS_MAX         32
#define SHOWN_BYTES        64

typedef struct block {
    struct block *next;
    max_align_t bytes[];
} block;

struct mfn__yaml {
    char *path;
    const mfn__yaml_node *root;
    block *blocks;
    mfn__yaml_fault *first_fault, *last_fault;
};

typedef struct tree_builder {
    mfn__yaml *yaml;
    yaml_parser_t parser;
    const char *text;
    size_t size;
    size_t values;
    mfn_error first; /* the first fault, as an error */
    mfn_error *err;
} tree_builder;

typedef struct node_list {
    mfn__yaml_node **items;
    size_t count, capacity;
} node_list;

static mfn_status build_node(tree_builder *builder, const yaml_event_t *event, unsigned level,
                             mfn__yaml_node **ret);

static void *keep(tree_builder *builder, size_t size)
{
    block *fresh = mfn__mem_new(1, sizeof(block) + size);
    if (fresh == NULL) {
        return NULL;
    }
    fresh->next = builder->yaml->blocks;
    builder->yaml->blocks = fresh;
    return fresh->bytes;
}

static char *keep_text(tree_builder *builder, const char *text, size_t length)
{
    char *copy = keep(builder, length + 1);
    if (copy != NULL && length > 0) {
        memcpy(copy, text, length);
    }
    return copy;
}

static mfn_status list_add(tree_builder *builder, node_list *list, mfn__yaml_node *node)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity != 0 ? list->capacity * 2 : 8;
        mfn__yaml_node **items = keep(builder, capacity * sizeof *items);
        if (items == NULL) {
            return mfn__fail_memory(builder->err);
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof *items);
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = node;
    return MFN_OK;
}

/* "path:line:column: reason"; `mark` counts from 0. */
static mfn_status fail_at(const tree_builder *builder, mfn_status status, const yaml_mark_t *mark,
                          const char *reason)
{
    return mfn__fail(builder->err, status, NULL, "%s:%zu:%zu: %s", builder->yaml->path,
                     mark->line + 1, mark->column + 1, reason);
}

/* Goes on after a fault of one value. */
static mfn_status add_fault(tree_builder *builder, mfn_status status, const yaml_mark_t *mark,
                            const mfn_error *why)
{
    mfn__yaml *yaml = builder->yaml;
    mfn__yaml_fault *fault = keep(builder, sizeof *fault);
    char *text = keep_text(builder, why->text, strlen(why->text));
    if (fault == NULL || text == NULL) {
        return mfn__fail_memory(builder->err);
    }
    *fault = (mfn__yaml_fault){(unsigned)mark->line + 1, (unsigned)mark->column + 1, text, NULL};
    if (yaml->first_fault == NULL) {
        yaml->first_fault = fault;
        mfn__fail(&builder->first, status, why->field, "%s:%u:%u: %s", yaml->path, fault->line,
                  fault->column, text);
    } else {
        yaml->last_fault->next = fault;
    }
    yaml->last_fault = fault;
    return MFN_OK;
}

static yaml_mark_t mark_of_offset(const tree_builder *builder, size_t offset)
{
    yaml_mark_t mark = {.index = offset};
    for (size_t i = 0; i < offset && i < builder->size; i++) {
        bool line_break = builder->text[i] == '\n';
        mark.line += line_break;
        mark.column = line_break ? 0 : mark.column + 1;
    }
    return mark;
}

static mfn_status fail_parser(const tree_builder *builder)
{
    const yaml_parser_t *parser = &builder->parser;
    const char *problem = parser->problem != NULL ? parser->problem : "it cannot be read";
    if (parser->error == YAML_MEMORY_ERROR) {
        return mfn__fail_memory(builder->err);
    }
    if (parser->error == YAML_READER_ERROR) {
        yaml_mark_t mark = mark_of_offset(builder, parser->problem_offset);
        return fail_at(builder, MFN_FORMAT, &mark, problem);
    }
    char reason[256];
    const char *hint = strstr(problem, "cannot start any token") != NULL
                           ? "; YAML indents with spaces, and texts with special characters need "
                             "quotes"
                           : "";
    if (parser->context != NULL) {
        snprintf(reason, sizeof reason, "%s (%s at line %zu)%s", problem, parser->context,
                 parser->context_mark.line + 1, hint);
    } else {
        snprintf(reason, sizeof reason, "%s%s", problem, hint);
    }
    return fail_at(builder, MFN_FORMAT, &parser->problem_mark, reason);
}

static mfn_status next_event(tree_builder *builder, yaml_event_t *ret)
{
    return yaml_parser_parse(&builder->parser, ret) ? MFN_OK : fail_parser(builder);
}

static mfn_status refuse_unsupported(tree_builder *builder, const yaml_event_t *event,
                                     unsigned level)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    const char *reason = NULL;
    if (event->type == YAML_ALIAS_EVENT || anchor != NULL) {
        reason = "anchors (&name) and aliases (*name) are not supported; write the value out";
    } else if (tag != NULL) {
        reason = "tags (!name) are not supported";
    } else if (level > LEVELS_MAX) {
        reason = "more than 32 levels";
    } else if (++builder->values > VALUES_MAX) {
        reason = "more than 10000 values";
    }
    return reason != NULL ? fail_at(builder, MFN_FORMAT, &event->start_mark, reason) : MFN_OK;
}

static mfn_status build_scalar(tree_builder *builder, const yaml_event_t *event,
                               mfn__yaml_node *node)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (strlen(value) != length) {
        return fail_at(builder, MFN_FORMAT, &event->start_mark, "a NUL character is not allowed");
    }
    node->type = MFN__YAML_SCALAR;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->source = keep_text(builder, value, length);
    node->text = node->source;
    return node->text != NULL ? MFN_OK : mfn__fail_memory(builder->err);
}

static mfn_status replace_variables(tree_builder *builder, const yaml_event_t *event,
                                    mfn__yaml_node *node)
{
    if (strchr(node->source, '$') == NULL) {
        return MFN_OK;
    }
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, DOCUMENT_BYTES_MAX);
    mfn_error inner = {.status = MFN_OK};
    mfn_status status = mfn__variables_replace(node->source, &buffer, &inner);
    if (status == MFN_OK) {
        node->text = keep_text(builder, buffer.data, buffer.size);
        status = node->text != NULL ? MFN_OK : mfn__fail_memory(builder->err);
    } else if (status == MFN_NO_MEMORY) {
        mfn__fail_memory(builder->err);
    } else {
        node->is_faulty = true;
        status = add_fault(builder, status, &event->start_mark, &inner);
    }
    mfn__buffer_deinit(&buffer);
    return status;
}

static mfn_status check_key(tree_builder *builder, const yaml_event_t *event, const node_list *keys,
                            const char *key, bool *ret_is_known)
{
    mfn_error why = {0};
    char shown[SHOWN_BYTES];
    if (*key == '\0') {
        return fail_at(builder, MFN_FORMAT, &event->start_mark, "a key is empty");
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i]->text, key) == 0) {
            mfn__fail(&why, MFN_FORMAT, NULL, "duplicate key '%s' (first at line %u)",
                      mfn__text_printable(key, strlen(key), shown, sizeof shown),
                      keys->items[i]->line);
            *ret_is_known = true;
            return add_fault(builder, MFN_FORMAT, &event->start_mark, &why);
        }
    }
    return MFN_OK;
}

/* Keys are taken as they are written: a variable in a key would change the structure. */
static mfn_status build_key(tree_builder *builder, const yaml_event_t *event, unsigned level,
                            node_list *keys, bool *ret_is_known)
{
    if (event->type != YAML_SCALAR_EVENT && event->type != YAML_ALIAS_EVENT) {
        return fail_at(builder, MFN_FORMAT, &event->start_mark, "a key must be a plain text");
    }
    mfn__yaml_node *key = NULL;
    mfn_status status = build_node(builder, event, level, &key);
    if (status == MFN_OK) {
        status = check_key(builder, event, keys, key->text, ret_is_known);
    }
    return status == MFN_OK ? list_add(builder, keys, key) : status;
}

static mfn_status build_value(tree_builder *builder, const yaml_event_t *event, unsigned level,
                              mfn__yaml_node **ret)
{
    mfn_status status = build_node(builder, event, level, ret);
    if (status == MFN_OK && (*ret)->type == MFN__YAML_SCALAR) {
        status = replace_variables(builder, event, *ret);
    }
    return status;
}

static const char **texts_of(tree_builder *builder, mfn__yaml_node *const *nodes, size_t count)
{
    const char **texts = keep(builder, count * sizeof *texts);
    for (size_t i = 0; texts != NULL && i < count; i++) {
        texts[i] = nodes[i]->text;
    }
    return texts;
}

/* What options of lists and maps borrow. */
static mfn_status collect_texts(tree_builder *builder, mfn__yaml_node *node)
{
    if (node->count == 0 || mfn__yaml_first_not_text(node) != NULL) {
        return MFN_OK;
    }
    node->texts.values = texts_of(builder, node->values, node->count);
    if (node->keys != NULL) {
        node->texts.keys = texts_of(builder, node->keys, node->count);
    }
    if (node->texts.values == NULL || (node->keys != NULL && node->texts.keys == NULL)) {
        return mfn__fail_memory(builder->err);
    }
    node->texts.count = node->count;
    return MFN_OK;
}

/* Reads the entries of a list or map up to its end event. */
static mfn_status build_entries(tree_builder *builder, mfn__yaml_node *node, unsigned level)
{
    node_list keys = {0};
    node_list values = {0};
    bool is_map = node->type == MFN__YAML_MAP;
    bool is_known = false; /* the key */
    for (bool wants_key = is_map;; wants_key = is_map && !wants_key) {
        yaml_event_t event;
        mfn_status status = next_event(builder, &event);
        if (status != MFN_OK) {
            return status;
        }
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        if (wants_key) {
            is_known = false;
            status = build_key(builder, &event, level + 1, &keys, &is_known);
        } else {
            mfn__yaml_node *value = NULL;
            status = build_value(builder, &event, level + 1, &value);
            if (status == MFN_OK) {
                value->key = is_map ? keys.items[keys.count - 1] : NULL;
                value->is_faulty |= is_known;
                status = list_add(builder, &values, value);
            }
        }
        yaml_event_delete(&event);
        if (status != MFN_OK) {
            return status;
        }
    }
    node->count = values.count;
    node->values = values.items;
    node->keys = keys.items;
    return collect_texts(builder, node);
}

static mfn_status build_node(tree_builder *builder, const yaml_event_t *event, unsigned level,
                             mfn__yaml_node **ret)
{
    mfn_status status = refuse_unsupported(builder, event, level);
    if (status != MFN_OK) {
        return status;
    }
    mfn__yaml_node *node = keep(builder, sizeof *node);
    if (node == NULL) {
        return mfn__fail_memory(builder->err);
    }
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    if (event->type == YAML_SCALAR_EVENT) {
        status = build_scalar(builder, event, node);
    } else {
        node->type = event->type == YAML_MAPPING_START_EVENT ? MFN__YAML_MAP : MFN__YAML_LIST;
        status = build_entries(builder, node, level);
    }
    if (status == MFN_OK) {
        *ret = node;
    }
    return status;
}

/* Takes the document's start and end events around its root, and refuses a second document. */
static mfn_status build_document(tree_builder *builder)
{
    for (;;) {
        yaml_event_t event;
        mfn_status status = next_event(builder, &event);
        if (status != MFN_OK) {
            return status;
        }
        yaml_event_type_t type = event.type;
        yaml_mark_t mark = event.start_mark;
        mfn__yaml_node *root = NULL;
        switch (type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
        case YAML_STREAM_END_EVENT:
            break;
        default:
            status = build_value(builder, &event, 1, &root);
            break;
        }
        yaml_event_delete(&event);
        if (status != MFN_OK) {
            return status;
        }
        if (root != NULL) {
            builder->yaml->root = root;
        } else if (type == YAML_DOCUMENT_START_EVENT && builder->yaml->root != NULL) {
            return fail_at(builder, MFN_FORMAT, &mark, "a second document; only one is expected");
        } else if (type == YAML_STREAM_END_EVENT) {
            break;
        }
    }
    if (builder->yaml->root == NULL) {
        return mfn__fail(builder->err, MFN_FORMAT, NULL, "%s:1:1: the file is empty",
                         builder->yaml->path);
    }
    return MFN_OK;
}

static mfn_status parse(const char *text, size_t size, const char *path, mfn__yaml **ret,
                        mfn_error *ret_fault, mfn_error *err)
{
    if (size > DOCUMENT_BYTES_MAX) {
        return mfn__fail(err, MFN_TOO_LARGE, NULL, "'%s' is larger than the limit of %zu bytes",
                         path, DOCUMENT_BYTES_MAX);
    }
    mfn__yaml *yaml = mfn__mem_new(1, sizeof *yaml);
    if (yaml == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_NO_MEMORY;
    tree_builder builder = {.yaml = yaml, .text = text, .size = size, .err = err};
    yaml->path = mfn__mem_copy_text(path);
    if (yaml->path == NULL || !yaml_parser_initialize(&builder.parser)) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, size);
    status = build_document(&builder);
    yaml_parser_delete(&builder.parser);
    if (status != MFN_OK) {
        goto fail;
    }
    *ret_fault = builder.first;
    *ret = yaml;
    return MFN_OK;
fail:
    mfn__yaml_free(yaml);
    return status;
}

mfn_status mfn__yaml_parse(const char *text, size_t size, const char *path, mfn__yaml **ret,
                           mfn_error *err)
{
    mfn__yaml *yaml = NULL;
    mfn_error fault = {0};
    mfn_status status = parse(text, size, path, &yaml, &fault, err);
    if (status == MFN_OK && fault.status != MFN_OK) {
        mfn__yaml_free(yaml);
        status = mfn__fail(err, fault.status, fault.field, "%s", fault.text);
    } else if (status == MFN_OK) {
        *ret = yaml;
    }
    return status;
}

static mfn_status load(const char *path, bool takes_faults, mfn__yaml **ret, mfn_error *err)
{
    mfn__buffer text;
    mfn_error ignored = {0};
    mfn__buffer_init(&text, DOCUMENT_BYTES_MAX);
    mfn_status status = mfn__file_read_whole(path, &text, err);
    if (status == MFN_OK) {
        const char *bytes = text.data != NULL ? text.data : "";
        status = takes_faults ? parse(bytes, text.size, path, ret, &ignored, err)
                              : mfn__yaml_parse(bytes, text.size, path, ret, err);
    }
    mfn__buffer_deinit(&text);
    return status;
}

mfn_status mfn__yaml_load(const char *path, mfn__yaml **ret, mfn_error *err)
{
    return load(path, false, ret, err);
}

mfn_status mfn__yaml_load_with_faults(const char *path, mfn__yaml **ret, mfn_error *err)
{
    return load(path, true, ret, err);
}

const mfn__yaml_fault *mfn__yaml_faults(const mfn__yaml *yaml)
{
    return yaml->first_fault;
}

/* Levels are limited while the document is read. */
bool mfn__yaml_has_faults(const mfn__yaml_node *node)
{
    bool has_faults = node->is_faulty;
    for (size_t i = 0; i < node->count && !has_faults; i++) {
        has_faults = mfn__yaml_has_faults(node->values[i]);
    }
    return has_faults;
}

void mfn__yaml_free(mfn__yaml *yaml)
{
    if (yaml == NULL) {
        return;
    }
    while (yaml->blocks != NULL) {
        block *next = yaml->blocks->next;
        mfn__mem_free(yaml->blocks);
        yaml->blocks = next;
    }
    mfn__mem_free(yaml->path);
    mfn__mem_free(yaml);
}

const mfn__yaml_node *mfn__yaml_root(const mfn__yaml *yaml)
{
    return yaml->root;
}

const char *mfn__yaml_path(const mfn__yaml *yaml)
{
    return yaml->path;
}

bool mfn__yaml_texts(const mfn__yaml_node *node, mfn_texts *ret)
{
    if (node->type != MFN__YAML_SCALAR && node->texts.count == node->count) {
        *ret = node->texts;
        return true;
    }
    if (node->type == MFN__YAML_SCALAR && !mfn__yaml_is_null(node)) {
        *ret = (mfn_texts){.values = &node->text, .count = 1};
        return true;
    }
    return false;
}

const mfn__yaml_node *mfn__yaml_first_not_text(const mfn__yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        const mfn__yaml_node *value = node->values[i];
        if (value->type != MFN__YAML_SCALAR || mfn__yaml_is_null(value)) {
            return value;
        }
    }
    return NULL;
}

bool mfn__yaml_is_null(const mfn__yaml_node *node)
{
    if (node->type != MFN__YAML_SCALAR || node->quoted) {
        return false;
    }
    return *node->text == '\0' || strcmp(node->source, "~") == 0 ||
           strcmp(node->source, "null") == 0;
}

const mfn__yaml_node *mfn__yaml_get(const mfn__yaml_node *map, const char *key)
{
    for (size_t i = 0; map->type == MFN__YAML_MAP && i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) {
            return map->values[i];
        }
    }
    return NULL;
}
