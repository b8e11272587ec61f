/* SPDX-License-Identifier: MIT */
/* A loaded pipeline as people see it: names, places, effective values; and whether its ends can be
 * reached. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "stream/pipeline_internal.h"

#define TEXT_SHOWN_MAX 4097 /* of a path */

void mfn__pipeline_target(const mfn__pipeline *pipeline, size_t index, char ret[MFN__TARGET_MAX])
{
    const mfn__publisher_section *publisher = &pipeline->publishers[index];
    publisher->ops->describe(publisher->options, ret, MFN__TARGET_MAX);
}

void mfn__pipeline_source(const mfn__pipeline *pipeline, char ret[MFN__TARGET_MAX])
{
    pipeline->connector->describe(pipeline->connector_options, ret, MFN__TARGET_MAX);
}

const char *mfn__pipeline_connector_kind(const mfn__pipeline *pipeline)
{
    return pipeline->connector->kind;
}

void mfn__pipeline_publisher_name(const mfn__pipeline *pipeline, size_t index, char *ret,
                                  size_t size)
{
    const mfn__publisher_section *publisher = &pipeline->publishers[index];
    if (publisher->common.name[0] != '\0') {
        snprintf(ret, size, "%s", publisher->common.name);
        return;
    }
    size_t same = 1;
    for (size_t i = 0; i < index; i++) {
        same += pipeline->publishers[i].ops == publisher->ops ? 1 : 0;
    }
    if (same == 1) {
        snprintf(ret, size, "%s", publisher->ops->kind);
    } else {
        snprintf(ret, size, "%s-%zu", publisher->ops->kind, same);
    }
}

const mfn__http_pool_options *mfn__pipeline_http(const mfn__pipeline *pipeline)
{
    return &pipeline->http;
}

const char *mfn__pipeline_dead_letters(const mfn__pipeline *pipeline)
{
    return pipeline->dead_letter.directory;
}

size_t mfn__pipeline_component_count(const mfn__pipeline *pipeline)
{
    return 1 + pipeline->publisher_count;
}

mfn_status mfn__pipeline_probe(const mfn__pipeline *pipeline, size_t index,
                               const mfn__surroundings *surroundings, mfn_error *err)
{
    mfn__surroundings around = *surroundings;
    if (index == 0) {
        around.timeout_s = pipeline->connector_retry.timeout;
        return pipeline->connector->probe(pipeline->connector_options, &around, err);
    }
    const mfn__publisher_section *publisher = &pipeline->publishers[index - 1];
    around.timeout_s = publisher->retry.timeout;
    return publisher->ops->probe(publisher->options, &around, err);
}

/* As YAML that reads back as the same value: quotes, and '$' doubled. */
static void write_quoted(mfn__buffer *text, const char *value)
{
    mfn__buffer_append_char(text, '"');
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            mfn__buffer_append_format(text, "\\x%02X", (unsigned)*c);
            continue;
        }
        if (*c == '"' || *c == '\\') {
            mfn__buffer_append_char(text, '\\');
        } else if (*c == '$') {
            mfn__buffer_append_char(text, '$');
        }
        mfn__buffer_append_char(text, *c);
    }
    mfn__buffer_append_char(text, '"');
}

/* A number, a name, or a list or map as JSON: only a dollar needs care. */
static void write_plain(mfn__buffer *text, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        mfn__buffer_append_text(text, *c == '$' ? "$" : "");
        mfn__buffer_append_char(text, *c);
    }
}

static void write_options(mfn__buffer *text, const char *indent, const mfn_option *table,
                          const void *options)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        char value[TEXT_SHOWN_MAX];
        mfn_option_get_text(option, options, value, sizeof value);
        mfn__buffer_append_format(text, "%s%s: ", indent, option->name);
        if (option->type == MFN_OPTION_TEXT) {
            write_quoted(text, value);
        } else {
            write_plain(text, value);
        }
        mfn__buffer_append_char(text, '\n');
    }
}

void mfn__pipeline_write_effective(const mfn__pipeline *pipeline, mfn__buffer *text)
{
    mfn__buffer_append_format(text, "connector:\n  kind: %s\n", pipeline->connector->kind);
    write_options(text, "  ", pipeline->connector->options, pipeline->connector_options);
    write_options(text, "  ", mfn__retry_option_table(), &pipeline->connector_retry);
    write_options(text, "  ", mfn__breaker_option_table(), &pipeline->connector_breaker);
    mfn__buffer_append_text(text, "engine:\n");
    write_options(text, "  ", mfn__engine_table, &pipeline->engine);
    mfn__buffer_append_text(text, "publishers:\n");
    for (size_t i = 0; i < pipeline->publisher_count; i++) {
        const mfn__publisher_section *publisher = &pipeline->publishers[i];
        mfn__buffer_append_format(text, "  - kind: %s\n", publisher->ops->kind);
        write_options(text, "    ", publisher->ops->options, publisher->options);
        write_options(text, "    ", mfn__retry_option_table(), &publisher->retry);
        write_options(text, "    ", mfn__breaker_option_table(), &publisher->breaker);
        write_options(text, "    ", mfn__publisher_table, &publisher->common);
    }
    mfn__buffer_append_text(text, "dead_letter:\n");
    write_options(text, "  ", mfn__dead_letter_table, &pipeline->dead_letter);
    mfn__buffer_append_text(text, "spool:\n");
    write_options(text, "  ", mfn__spool_table, &pipeline->spool);
    mfn__buffer_append_text(text, "http:\n");
    write_options(text, "  ", mfn__http_pool_option_table(), &pipeline->http);
    write_options(text, "", mfn__general_table, &pipeline->general);
}

/* Options that name a file to be read end so. */
static const char file_ending[] = "_file";

/* Sets errno when not. */
static bool can_be_read(const char *path)
{
    char byte = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* waits for no pipe's writer */
    if (descriptor < 0) {
        return false;
    }
    bool can = read(descriptor, &byte, 1) >= 0 || errno == EAGAIN;
    int why = errno;
    close(descriptor);
    errno = why;
    return can;
}

/* `node` is the section, or the list that it is in; `section` its name. */
static void check_files_of(const mfn__pipeline *pipeline, const mfn__yaml_node *node,
                           const mfn_option *table, const void *options, const char *section,
                           mfn__problems *problems)
{
    for (; table->name != NULL; table++) {
        if (table->type != MFN_OPTION_TEXT || !mfn__text_ends_with(table->name, file_ending)) {
            continue;
        }
        const char *path = NULL;
        memcpy(&path, (const char *)options + table->offset, sizeof path);
        if (path != NULL && path[0] != '\0' && !can_be_read(path)) {
            const mfn__yaml_node *value =
                node->type == MFN__YAML_MAP ? mfn__yaml_get(node, table->name) : NULL;
            value = value != NULL ? value : node;
            mfn__problems_add(problems, mfn__yaml_path(pipeline->yaml), value->line, value->column,
                              "%s.%s: cannot read '%s': %s", section, table->name, path,
                              strerror(errno));
        }
    }
}

void mfn__pipeline_check_files(const mfn__pipeline *pipeline, mfn__problems *problems)
{
    const mfn__yaml_node *root = mfn__yaml_root(pipeline->yaml);
    const mfn__yaml_node *publishers = mfn__yaml_get(root, "publishers");
    check_files_of(pipeline, mfn__yaml_get(root, "connector"), pipeline->connector->options,
                   pipeline->connector_options, "connector", problems);
    for (size_t i = 0; i < pipeline->publisher_count; i++) {
        char section[48];
        snprintf(section, sizeof section, "publishers[%zu]", i);
        check_files_of(pipeline, publishers, pipeline->publishers[i].ops->options,
                       pipeline->publishers[i].options, section, problems);
    }
}
