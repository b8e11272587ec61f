/* SPDX-License-Identifier: MIT */
/* Each family has an append-only table of series. Readers walk the entries that `count` has
 * published; a mutex is taken only to add one. A series is found by comparing its values, of which
 * there are few. */
#include "observe/registry.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"

#define SERIES_MAX   1000
#define FAMILIES_MAX 64
#define OTHER        "other"

struct mfn__series {
    const mfn__family *family;
    char *values[MFN__LABELS_MAX];
    _Atomic double value; /* of counters and gauges; the sum of a histogram */
    atomic_uint_fast64_t buckets[MFN__BUCKETS_MAX + 1]; /* not cumulative; the last is +Inf */
};

typedef struct table {
    const mfn__family *family;
    atomic_size_t count;
    mfn__series *_Atomic series[SERIES_MAX];
    mfn__series other; /* stands in when the table or memory is full */
    atomic_bool uses_other;
} table;

struct mfn__registry {
    pthread_mutex_t mutex; /* guards adding */
    size_t count;
    table *tables[FAMILIES_MAX];
};

static size_t label_count(const mfn__family *family)
{
    size_t count = 0;
    while (count < MFN__LABELS_MAX && family->labels[count] != NULL) {
        count++;
    }
    return count;
}

static mfn_status add_table(mfn__registry *registry, const mfn__family *family, mfn_error *err)
{
    static char other[] = OTHER;
    if (registry->count == FAMILIES_MAX || family->bucket_count > MFN__BUCKETS_MAX) {
        return mfn__fail(err, MFN_INTERNAL, NULL, "%s: too many families or buckets", family->name);
    }
    table *made = mfn__mem_new(1, sizeof *made);
    if (made == NULL) {
        return mfn__fail_memory(err);
    }
    made->family = family;
    made->other.family = family;
    for (size_t i = 0; i < label_count(family); i++) {
        made->other.values[i] = other;
    }
    registry->tables[registry->count++] = made;
    return MFN_OK;
}

mfn_status mfn__registry_new(const mfn__family *const *families, mfn__registry **ret,
                             mfn_error *err)
{
    mfn__registry *registry = mfn__mem_new(1, sizeof *registry);
    if (registry == NULL) {
        return mfn__fail_memory(err);
    }
    pthread_mutex_init(&registry->mutex, NULL);
    for (; *families != NULL; families++) {
        mfn_status status = add_table(registry, *families, err);
        if (status != MFN_OK) {
            mfn__registry_free(registry);
            return status;
        }
    }
    *ret = registry;
    return MFN_OK;
}

static void free_series(mfn__series *series)
{
    for (size_t i = 0; series != NULL && i < MFN__LABELS_MAX; i++) {
        mfn__mem_free(series->values[i]);
    }
    mfn__mem_free(series);
}

void mfn__registry_free(mfn__registry *registry)
{
    if (registry == NULL) {
        return;
    }
    for (size_t i = 0; i < registry->count; i++) {
        table *t = registry->tables[i];
        for (size_t k = 0; k < atomic_load(&t->count); k++) {
            free_series(atomic_load(&t->series[k]));
        }
        mfn__mem_free(t);
    }
    pthread_mutex_destroy(&registry->mutex);
    mfn__mem_free(registry);
}

static mfn__series *find(table *t, const char *const *values, size_t labels)
{
    size_t count = atomic_load_explicit(&t->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        mfn__series *series = atomic_load_explicit(&t->series[i], memory_order_relaxed);
        size_t k = 0;
        while (k < labels && strcmp(series->values[k], values[k]) == 0) {
            k++;
        }
        if (k == labels) {
            return series;
        }
    }
    return NULL;
}

static mfn__series *make(const mfn__family *family, const char *const *values, size_t labels)
{
    mfn__series *series = mfn__mem_new(1, sizeof *series);
    if (series == NULL) {
        return NULL;
    }
    series->family = family;
    for (size_t i = 0; i < labels; i++) {
        series->values[i] = mfn__mem_copy_text(values[i]);
        if (series->values[i] == NULL) {
            free_series(series);
            return NULL;
        }
    }
    return series;
}

static mfn__series *add(table *t, const char *const *values, size_t labels)
{
    size_t count = atomic_load(&t->count);
    mfn__series *series = count < SERIES_MAX ? make(t->family, values, labels) : NULL;
    if (series == NULL) {
        atomic_store(&t->uses_other, true);
        return &t->other;
    }
    atomic_store_explicit(&t->series[count], series, memory_order_relaxed);
    atomic_store_explicit(&t->count, count + 1, memory_order_release);
    return series;
}

mfn__series *mfn__registry_series(mfn__registry *registry, const mfn__family *family,
                                  const char *const *values)
{
    table *t = registry->tables[0];
    for (size_t i = 0; i < registry->count; i++) {
        t = registry->tables[i]->family == family ? registry->tables[i] : t;
    }
    size_t labels = label_count(t->family);
    mfn__series *series = find(t, values, labels);
    if (series == NULL) {
        pthread_mutex_lock(&registry->mutex);
        series = find(t, values, labels); /* somebody may have been faster */
        series = series != NULL ? series : add(t, values, labels);
        pthread_mutex_unlock(&registry->mutex);
    }
    return series;
}

void mfn__series_add(mfn__series *series, double amount)
{
    double before = atomic_load_explicit(&series->value, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&series->value, &before, before + amount,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

void mfn__series_set(mfn__series *series, double value)
{
    atomic_store_explicit(&series->value, value, memory_order_relaxed);
}

void mfn__series_observe(mfn__series *series, double value)
{
    size_t bucket = 0;
    while (bucket < series->family->bucket_count && value > series->family->buckets[bucket]) {
        bucket++;
    }
    atomic_fetch_add_explicit(&series->buckets[bucket], 1, memory_order_relaxed);
    mfn__series_add(series, value);
}

/* A label's value with \, " and line breaks escaped. */
static void write_value(const char *value, mfn__buffer *ret)
{
    for (; *value != '\0'; value++) {
        if (*value == '\n') {
            mfn__buffer_append_text(ret, "\\n");
            continue;
        }
        if (*value == '\\' || *value == '"') {
            mfn__buffer_append_char(ret, '\\');
        }
        mfn__buffer_append_char(ret, *value);
    }
}

static void write_number(double number, mfn__buffer *ret)
{
    char text[MFN__REAL_TEXT_MAX];
    mfn__real_to_text(number, text);
    mfn__buffer_append_text(ret, isfinite(number) ? text
                                 : isnan(number)  ? "NaN"
                                 : number > 0     ? "+Inf"
                                                  : "-Inf");
    mfn__buffer_append_char(ret, '\n');
}

/* name{labels,extra="bound"} and a space; `bound` NULL: no such label. */
static void write_head(const mfn__series *series, const char *suffix, const char *bound,
                       mfn__buffer *ret)
{
    size_t labels = label_count(series->family);
    mfn__buffer_append_format(ret, "%s%s", series->family->name, suffix);
    if (labels > 0 || bound != NULL) {
        mfn__buffer_append_char(ret, '{');
        for (size_t i = 0; i < labels; i++) {
            mfn__buffer_append_format(ret, "%s%s=\"", i > 0 ? "," : "", series->family->labels[i]);
            write_value(series->values[i], ret);
            mfn__buffer_append_char(ret, '"');
        }
        if (bound != NULL) {
            mfn__buffer_append_format(ret, "%sle=\"%s\"", labels > 0 ? "," : "", bound);
        }
        mfn__buffer_append_char(ret, '}');
    }
    mfn__buffer_append_char(ret, ' ');
}

static void write_histogram(mfn__series *series, mfn__buffer *ret)
{
    const mfn__family *family = series->family;
    uint64_t sum = 0;
    for (size_t i = 0; i <= family->bucket_count; i++) {
        char bound[MFN__REAL_TEXT_MAX] = "+Inf";
        if (i < family->bucket_count) {
            mfn__real_to_text(family->buckets[i], bound);
        }
        sum += atomic_load_explicit(&series->buckets[i], memory_order_relaxed);
        write_head(series, "_bucket", bound, ret);
        write_number((double)sum, ret);
    }
    write_head(series, "_count", NULL, ret);
    write_number((double)sum, ret);
    write_head(series, "_sum", NULL, ret);
    write_number(atomic_load_explicit(&series->value, memory_order_relaxed), ret);
}

static void write_series(mfn__series *series, mfn__buffer *ret)
{
    if (series->family->type == MFN__HISTOGRAM) {
        write_histogram(series, ret);
        return;
    }
    write_head(series, "", NULL, ret);
    write_number(atomic_load_explicit(&series->value, memory_order_relaxed), ret);
}

void mfn__registry_write(const mfn__registry *registry, mfn__buffer *ret)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    for (size_t i = 0; i < registry->count; i++) {
        table *t = registry->tables[i];
        mfn__buffer_append_format(ret, "# HELP %s %s\n# TYPE %s %s\n", t->family->name,
                                  t->family->help, t->family->name, types[t->family->type]);
        size_t count = atomic_load_explicit(&t->count, memory_order_acquire);
        for (size_t k = 0; k < count; k++) {
            write_series(atomic_load_explicit(&t->series[k], memory_order_relaxed), ret);
        }
        if (atomic_load(&t->uses_other)) {
            write_series(&t->other, ret);
        }
    }
}
