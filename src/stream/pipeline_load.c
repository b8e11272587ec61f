/* SPDX-License-Identifier: MIT */
/* Reads a pipeline file section by section against option tables, collecting every problem. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "stream/pipeline_internal.h"

#define WORKERS_MAX    1024
#define KINDS_MAX      32
#define NAME_SHOWN_MAX 64
#define KEY_BYTES_MAX  ((size_t)1 << 16)

typedef struct loading {
    const mfn__kinds *kinds;
    mfn__pipeline *pipeline;
    mfn__problems *problems;
} loading;

/* A section with a kind: its tables, the kind's own first, and where their values go. */
typedef struct kind_section {
    const char *name;
    const mfn_option *const *tables;
    void *const *options;
    size_t table_count;
    mfn_status (*check)(const void *options, mfn_error *err);
} kind_section;

static void add_problem(const loading *load, const mfn__yaml_node *node, const char *text)
{
    mfn__problems_add(load->problems, mfn__yaml_path(load->pipeline->yaml), node->line,
                      node->column, "%s", text);
}

static void unknown_kind(const loading *load, const mfn__yaml_node *node, const char *section,
                         const char *const *names, size_t count)
{
    char text[512];
    const char *nearest = mfn__text_nearest(node->text, names, count);
    int used = snprintf(text, sizeof text, "%s.kind: expected one of", section);
    for (size_t i = 0; i < count && used > 0 && (size_t)used < sizeof text; i++) {
        used +=
            snprintf(text + used, sizeof text - (size_t)used, "%s %s", i > 0 ? "," : "", names[i]);
    }
    if (used > 0 && (size_t)used < sizeof text) {
        snprintf(text + used, sizeof text - (size_t)used, ", got '%s'%s%s%s", node->source,
                 nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                 nearest != NULL ? "'?" : "");
    }
    add_problem(load, node, text);
}

/* The text of the section's key "kind", or NULL after a problem. */
static const mfn__yaml_node *kind_of(const loading *load, const mfn__yaml_node *section_node,
                                     const char *section)
{
    char text[160];
    if (section_node->type != MFN__YAML_MAP) {
        snprintf(text, sizeof text, "%s: expected keys and values", section);
        add_problem(load, section_node, text);
        return NULL;
    }
    const mfn__yaml_node *kind = mfn__yaml_get(section_node, "kind");
    if (kind == NULL || kind->type != MFN__YAML_SCALAR) {
        snprintf(text, sizeof text, "%s: 'kind' is missing (which kind of %s it is, such as file)",
                 section, section);
        add_problem(load, section_node, text);
        return NULL;
    }
    return kind->is_faulty ? NULL : kind; /* its fault was told */
}

/* A text that must be given and was not, or not well, is NULL. */
static bool has_its_texts(const mfn_option *table, const void *options)
{
    for (; table->name != NULL; table++) {
        const char *text = NULL;
        if (table->type != MFN_OPTION_TEXT) {
            continue;
        }
        memcpy(&text, (const char *)options + table->offset, sizeof text);
        if (text == NULL) {
            return false;
        }
    }
    return true;
}

/* What the kind's table says, and then what the kind says about its options beyond that, at the
 * line of the option when it names one; but not about options that are wrong as it is. */
static void judge(const loading *load, const mfn__yaml_node *node, const kind_section *given)
{
    mfn__problems *problems = load->problems;
    size_t start = problems->wrong_keys.size;
    static const char *const ignored[] = {"kind", NULL};
    mfn__settings_apply(load->pipeline->yaml, node, given->name, given->tables, given->options,
                        given->table_count, ignored, problems);
    mfn_error err = {0};
    if (given->check == NULL || !has_its_texts(given->tables[0], given->options[0]) ||
        given->check(given->options[0], &err) == MFN_OK ||
        mfn__problems_concern(problems, start, err.field) ||
        mfn__problems_concern(problems, start, err.text)) {
        return;
    }
    char text[sizeof err.text + 64];
    const mfn__yaml_node *value = mfn__yaml_get(node, err.field);
    snprintf(text, sizeof text, "%s.%s", given->name, err.text);
    add_problem(load, value != NULL ? value : node, text);
}

static void load_connector(const loading *load, const mfn__yaml_node *root)
{
    mfn__pipeline *pipeline = load->pipeline;
    const mfn__yaml_node *node = mfn__yaml_get(root, "connector");
    if (node == NULL) {
        add_problem(load, root, "'connector' is missing (where jobs come from)");
        return;
    }
    const mfn__yaml_node *kind = kind_of(load, node, "connector");
    const char *names[KINDS_MAX];
    size_t count = 0;
    if (kind == NULL) {
        return;
    }
    for (; load->kinds->connectors[count] != NULL && count < KINDS_MAX; count++) {
        const mfn__connector_ops *ops = load->kinds->connectors[count];
        names[count] = ops->kind;
        if (strcmp(ops->kind, kind->text) == 0) {
            pipeline->connector = ops;
        }
    }
    if (pipeline->connector == NULL) {
        unknown_kind(load, kind, "connector", names, count);
        return;
    }
    pipeline->connector_options = mfn__mem_new(1, pipeline->connector->options_size);
    if (pipeline->connector_options == NULL) {
        add_problem(load, node, "out of memory");
        return;
    }
    const mfn_option *const tables[] = {pipeline->connector->options, mfn__retry_option_table(),
                                        mfn__breaker_option_table()};
    void *const options[] = {pipeline->connector_options, &pipeline->connector_retry,
                             &pipeline->connector_breaker};
    judge(load, node, &(kind_section){"connector", tables, options, 3, pipeline->connector->check});
    if (!pipeline->connector_retry.enabled) {
        add_problem(load, node,
                    "connector.enabled: expected true, because without its connector a "
                    "pipeline has nothing to do");
    }
}

static void load_publisher(const loading *load, const mfn__yaml_node *node, size_t number)
{
    mfn__pipeline *pipeline = load->pipeline;
    char name[48];
    snprintf(name, sizeof name, "publishers[%zu]", number);
    const mfn__yaml_node *kind = kind_of(load, node, name);
    if (kind == NULL) {
        return;
    }
    mfn__publisher_section *publisher = &pipeline->publishers[pipeline->publisher_count];
    *publisher = (mfn__publisher_section){0};
    const char *names[KINDS_MAX];
    size_t count = 0;
    for (; load->kinds->publishers[count] != NULL && count < KINDS_MAX; count++) {
        const mfn__publisher_ops *ops = load->kinds->publishers[count];
        names[count] = ops->kind;
        if (strcmp(ops->kind, kind->text) == 0) {
            publisher->ops = ops;
        }
    }
    if (publisher->ops == NULL) {
        unknown_kind(load, kind, name, names, count);
        return;
    }
    publisher->options = mfn__mem_new(1, publisher->ops->options_size);
    if (publisher->options == NULL) {
        add_problem(load, node, "out of memory");
        return;
    }
    const mfn_option *const tables[] = {publisher->ops->options, mfn__retry_option_table(),
                                        mfn__breaker_option_table(), mfn__publisher_table};
    void *const options[] = {publisher->options, &publisher->retry, &publisher->breaker,
                             &publisher->common};
    judge(load, node, &(kind_section){name, tables, options, 4, publisher->ops->check});
    if (publisher->retry.enabled) {
        pipeline->publisher_count++;
    } else {
        mfn__mem_free(publisher->options);
        publisher->options = NULL;
    }
}

static void load_publishers(const loading *load, const mfn__yaml_node *root)
{
    const mfn__yaml_node *list = mfn__yaml_get(root, "publishers");
    if (list == NULL || list->type != MFN__YAML_LIST) {
        add_problem(load, list != NULL ? list : root,
                    "'publishers' is missing: expected a list of where results go");
        return;
    }
    if (list->count > MFN__PUBLISHERS_MAX) {
        char text[96];
        snprintf(text, sizeof text, "publishers: expected at most %d, got %zu", MFN__PUBLISHERS_MAX,
                 list->count);
        add_problem(load, list, text);
        return;
    }
    size_t problems = load->problems->count;
    for (size_t i = 0; i < list->count; i++) {
        load_publisher(load, list->values[i], i);
    }
    if (load->problems->count == problems && !mfn__yaml_has_faults(list) &&
        load->pipeline->publisher_count == 0) {
        add_problem(load, list, "publishers: expected at least one that is enabled");
    }
}

static void load_section(const loading *load, const mfn__yaml_node *root, const char *name,
                         const mfn_option *table, void *options)
{
    const mfn_option *const tables[] = {table};
    void *const structs[] = {options};
    mfn__settings_apply(load->pipeline->yaml, mfn__yaml_get(root, name), name, tables, structs, 1,
                        NULL, load->problems);
}

static void load_workers(const loading *load, const mfn__yaml_node *root)
{
    mfn__pipeline *pipeline = load->pipeline;
    const char *text = pipeline->engine.workers;
    uint64_t workers = 0;
    if (text == NULL || strcmp(text, "auto") == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        pipeline->worker_count = cores > 0 ? (size_t)cores : 1;
        return;
    }
    if (!mfn__text_to_u64(text, &workers) || workers < 1 || workers > WORKERS_MAX) {
        const mfn__yaml_node *engine = mfn__yaml_get(root, "engine");
        const mfn__yaml_node *node = mfn__yaml_get(engine, "workers");
        char problem[160];
        snprintf(problem, sizeof problem,
                 "engine.workers: expected auto or a whole number in [1, %d], got '%.40s'",
                 WORKERS_MAX, node->source);
        add_problem(load, node, problem);
        return;
    }
    pipeline->worker_count = (size_t)workers;
}

/* Dead letters and metrics tell publishers apart by name. */
static void judge_names(const loading *load, const mfn__yaml_node *root)
{
    const mfn__pipeline *pipeline = load->pipeline;
    for (size_t i = 0; i < pipeline->publisher_count; i++) {
        for (size_t k = 0; k < i; k++) {
            char one[NAME_SHOWN_MAX];
            char other[NAME_SHOWN_MAX];
            mfn__pipeline_publisher_name(pipeline, i, one, sizeof one);
            mfn__pipeline_publisher_name(pipeline, k, other, sizeof other);
            if (strcmp(one, other) == 0) {
                char text[NAME_SHOWN_MAX + 64];
                snprintf(text, sizeof text, "publishers[%zu].name: '%s' is taken", i, one);
                add_problem(load, mfn__yaml_get(root, "publishers"), text);
            }
        }
    }
}

/* One destination has one place in the ledger and the spool. */
static void judge_destinations(const loading *load, const mfn__yaml_node *root)
{
    const mfn__pipeline *pipeline = load->pipeline;
    mfn__buffer keys[MFN__PUBLISHERS_MAX];
    for (size_t i = 0; i < pipeline->publisher_count; i++) {
        mfn__buffer_init(&keys[i], KEY_BYTES_MAX);
        pipeline->publishers[i].ops->identify(pipeline->publishers[i].options, &keys[i]);
        for (size_t k = 0; k < i; k++) {
            if (keys[k].size == keys[i].size &&
                memcmp(keys[k].data, keys[i].data, keys[i].size) == 0) {
                char text[96];
                snprintf(text, sizeof text,
                         "publishers[%zu] and publishers[%zu] have the same "
                         "destination",
                         k, i);
                add_problem(load, mfn__yaml_get(root, "publishers"), text);
            }
        }
    }
    for (size_t i = 0; i < pipeline->publisher_count; i++) {
        mfn__buffer_deinit(&keys[i]);
    }
}

/* A transaction spans one consumer and one producer. */
static void judge_exactly_once(const loading *load, const mfn__yaml_node *root)
{
    mfn__pipeline *pipeline = load->pipeline;
    for (size_t i = 0; i < pipeline->publisher_count; i++) {
        const mfn__publisher_section *publisher = &pipeline->publishers[i];
        if (publisher->ops->is_exactly_once == NULL ||
            !publisher->ops->is_exactly_once(publisher->options)) {
            continue;
        }
        pipeline->is_exactly_once = true;
        if (pipeline->publisher_count > 1 || pipeline->connector->position == NULL) {
            add_problem(
                load, mfn__yaml_get(root, "publishers"),
                "publishers: exactly_once needs a Kafka connector and this publisher alone");
        }
    }
}

static void load_all(const loading *load)
{
    mfn__pipeline *pipeline = load->pipeline;
    const mfn__yaml_node *root = mfn__yaml_root(pipeline->yaml);
    if (root->type != MFN__YAML_MAP) {
        add_problem(load, root, "expected the sections connector, engine, publishers, …");
        return;
    }
    size_t problems = load->problems->count;
    load_connector(load, root);
    bool has_connector = load->problems->count == problems;
    problems = load->problems->count;
    load_publishers(load, root);
    bool has_publishers = load->problems->count == problems;
    load_section(load, root, "engine", mfn__engine_table, &pipeline->engine);
    load_section(load, root, "dead_letter", mfn__dead_letter_table, &pipeline->dead_letter);
    load_section(load, root, "spool", mfn__spool_table, &pipeline->spool);
    load_section(load, root, "http", mfn__http_pool_option_table(), &pipeline->http);
    static const char *const sections[] = {"connector", "publishers", "engine", "dead_letter",
                                           "spool",     "http",       NULL};
    const mfn_option *const tables[] = {mfn__general_table};
    void *const structs[] = {&pipeline->general};
    mfn__settings_apply(pipeline->yaml, root, "", tables, structs, 1, sections, load->problems);
    load_workers(load, root);
    const mfn__yaml_node *connector = mfn__yaml_get(root, "connector");
    const mfn__yaml_node *publishers = mfn__yaml_get(root, "publishers");
    has_connector = has_connector && !mfn__yaml_has_faults(connector);
    if (has_publishers && !mfn__yaml_has_faults(publishers)) {
        judge_names(load, root);
        judge_destinations(load, root);
        if (has_connector) {
            judge_exactly_once(load, root);
        }
    }
}

mfn_status mfn__pipeline_load(const char *path, const mfn__kinds *kinds, mfn__problems *problems,
                              mfn__pipeline **ret, mfn_error *err)
{
    mfn__pipeline *pipeline = mfn__mem_new(1, sizeof *pipeline);
    if (pipeline == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = mfn__yaml_load_with_faults(path, &pipeline->yaml, err);
    if (status == MFN_OK) {
        const loading load = {kinds, pipeline, problems};
        for (const mfn__yaml_fault *fault = mfn__yaml_faults(pipeline->yaml); fault != NULL;
             fault = fault->next) {
            mfn__problems_add(problems, path, fault->line, fault->column, "%s", fault->text);
        }
        load_all(&load);
        if (problems->count > 0) {
            status = mfn__fail(err, MFN_INVALID, NULL, "%s has %zu problem%s", path,
                               problems->count, problems->count == 1 ? "" : "s");
        }
    }
    if (status != MFN_OK) {
        mfn__pipeline_free(pipeline);
        return status;
    }
    *ret = pipeline;
    return MFN_OK;
}

void mfn__pipeline_free(mfn__pipeline *pipeline)
{
    if (pipeline == NULL) {
        return;
    }
    for (size_t i = 0; i < MFN__PUBLISHERS_MAX; i++) {
        mfn__mem_free(pipeline->publishers[i].options);
    }
    mfn__mem_free(pipeline->connector_options);
    mfn__yaml_free(pipeline->yaml);
    mfn__mem_free(pipeline);
}
