/* SPDX-License-Identifier: MIT */
#include "kinds/component.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define COUNTS_MAX 128

static json_t *parse(const char *text)
{
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

/* The results by operation: the recorded value, or "failure" for an exception. */
static json_t *recorded_results(const record *rec)
{
    json_t *results = json_array();
    size_t index = 0;
    json_t *op = NULL;
    json_array_foreach(json_object_get(rec->out, "ops"), index, op)
    {
        json_t *result = json_object_get(op, "result");
        json_array_append_new(results,
                              result != NULL ? json_incref(result) : json_string("failure"));
    }
    return results;
}

/* The counters. The reference counts every attempt where an operation is meant (its documentation
 * says "Total operations attempted"); without a failure both are the same. */
static json_t *recorded_counts(const record *rec)
{
    json_t *counts = json_array();
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(rec->out, "metrics"), name, value)
    {
        if (json_array_size(counts) < 5) {
            json_array_append(counts, value);
        }
    }
    return counts;
}

void expected_init(expected *self, const record *rec, const correction *table, comparison *cmp)
{
    const correction *found = table;
    while (found->id != NULL && !mfn__text_ends_with(rec->id, found->id)) {
        found++;
    }
    self->is_corrected = found->id != NULL;
    cmp->corrected = found->why;
    json_t *files = json_object_get(rec->out, "files_after");
    self->results = found->results != NULL ? parse(found->results) : recorded_results(rec);
    self->files = found->files != NULL ? parse(found->files) : json_incref(files);
    self->counts = found->counts != NULL ? parse(found->counts) : recorded_counts(rec);
    if (json_array_size(self->results) != json_array_size(json_object_get(rec->in, "ops")) ||
        json_array_size(self->counts) != 5) {
        compare_malformed(cmp, "in.ops", "a result of each operation, and five counters");
    }
}

void expected_deinit(expected *self)
{
    json_decref(self->results);
    json_decref(self->files);
    json_decref(self->counts);
}

char *expected_options(const record *rec, json_t *more)
{
    json_object_update_missing(more, json_object_get(rec->in, "config"));
    char *text = json_dumps(more, 0);
    json_decref(more);
    return text;
}

/* Reals are recorded as hexadecimal texts. */
static bool is_same(const json_t *recorded, const json_t *got)
{
    double real = 0.0;
    if (json_is_real(got) && json_is_string(recorded)) {
        return record_real(recorded, &real) && real == json_real_value(got);
    }
    return json_equal(recorded, got) != 0;
}

void expected_compare_result(const expected *self, size_t index, json_t *got, comparison *cmp)
{
    const json_t *wanted = json_array_get(self->results, index);
    if (wanted == NULL || got == NULL || !is_same(wanted, got)) {
        char what[64];
        snprintf(what, sizeof what, "result of operation %zu", index);
        char *wanted_text = json_dumps(wanted, JSON_ENCODE_ANY);
        char *got_text = json_dumps(got, JSON_ENCODE_ANY);
        compare_differs(cmp, what, wanted_text != NULL ? wanted_text : "(nothing)", "%s",
                        got_text != NULL ? got_text : "(nothing)");
        free(wanted_text);
        free(got_text);
    }
    json_decref(got);
}

void expected_compare_state(const expected *self, const record *rec, size_t index,
                            mfn_component_state state, comparison *cmp)
{
    if (self->is_corrected) {
        return;
    }
    const json_t *op = json_array_get(json_object_get(rec->out, "ops"), index);
    const char *recorded = json_string_value(json_object_get(op, "status"));
    compare_text(cmp, "status", recorded, mfn_component_state_name(state));
}

void expected_compare_counts(const expected *self, const mfn_component_metrics *got,
                             comparison *cmp)
{
    char text[COUNTS_MAX];
    snprintf(text, sizeof text, "[%llu,%llu,%llu,%llu,%llu]", (unsigned long long)got->total,
             (unsigned long long)got->successful, (unsigned long long)got->failed,
             (unsigned long long)got->retries, (unsigned long long)got->bytes);
    char *wanted = json_dumps(self->counts, JSON_COMPACT);
    compare_text(cmp, "metrics", wanted, text);
    free(wanted);
    double rate = got->total > 0 ? (double)got->successful / (double)got->total : 0.0;
    if (got->success_rate != rate || (got->last_timestamp > 0) != (got->successful > 0) ||
        (got->last_error[0] != '\0') != (got->last_error_timestamp > 0)) {
        compare_differs(cmp, "metrics", "rate, times and error as the counters say",
                        "%g, %g, %g, '%s'", got->success_rate, got->last_timestamp,
                        got->last_error_timestamp, got->last_error);
    }
}
