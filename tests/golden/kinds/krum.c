/* SPDX-License-Identifier: MIT */
/* krum and krum_aggregate. The reference computes distances and scores in float32, where ours are
 * double: scores within a part in 10^5, choices alike unless they were closer than 10^-4. */
#include <math.h>

#include "base/mem.h"
#include "engine/learning/aggregate_plan.h"
#include "engine/learning/distances.h"
#include "kinds.h"
#include "kinds/draws.h"
#include "kinds/options.h"

#define SINGLE_PRECISION ((tolerance){1e-5, 1e-6})
#define CLEAR_MARGIN     1e-4
#define MARGIN_DIGITS    ((tolerance){1e-2, 1e-5}) /* recorded to three digits */

typedef struct gradient_rows {
    float *values;
    size_t count, dimension;
} gradient_rows;

static void narrow(const double *values, gradient_rows *ret)
{
    ret->values = mfn__mem_new(ret->count * ret->dimension, sizeof *ret->values);
    for (size_t i = 0; ret->values != NULL && i < ret->count * ret->dimension; i++) {
        ret->values[i] = (float)values[i];
    }
}

/* Normals from a generator of its own, with some gradients overwritten by one value. */
static mfn_status generate(const json_t *gen, gradient_rows *ret, mfn_error *err)
{
    mfn_random *random = NULL;
    ret->count = (size_t)json_integer_value(json_object_get(gen, "n"));
    ret->dimension = (size_t)json_integer_value(json_object_get(gen, "d"));
    double *values = mfn__mem_new(ret->count * ret->dimension, sizeof *values);
    mfn_status status =
        mfn_random_new(json_string_value(json_object_get(gen, "seed")), &random, err);
    if (status == MFN_OK && values != NULL) {
        mfn_random_fill_normal(random, json_number_value(json_object_get(gen, "loc")),
                               json_number_value(json_object_get(gen, "scale")), values,
                               ret->count * ret->dimension);
        narrow(values, ret);
    }
    const json_t *outliers = json_object_get(gen, "outliers");
    for (size_t i = 0; ret->values != NULL && i < json_array_size(outliers); i++) {
        const json_t *outlier = json_array_get(outliers, i);
        size_t row = (size_t)json_integer_value(json_array_get(outlier, 0));
        for (size_t k = 0; k < ret->dimension; k++) {
            ret->values[row * ret->dimension + k] =
                (float)json_number_value(json_array_get(outlier, 1));
        }
    }
    mfn_random_free(random);
    mfn__mem_free(values);
    return status;
}

static bool read_rows(const record *rec, gradient_rows *ret, comparison *cmp)
{
    mfn_error err;
    mfn_status status;
    *ret = (gradient_rows){0};
    const json_t *gen = json_object_get(rec->in, "gen");
    if (gen != NULL) {
        status = generate(gen, ret, &err);
    } else {
        record_array array;
        status = record_array_read(json_object_get(rec->in, "grads"), 1.0, 0.0, &array, &err);
        if (status == MFN_OK) {
            ret->count = array.shape[0];
            ret->dimension = array.shape[1];
            narrow(array.values, ret);
            record_array_deinit(&array);
        }
    }
    return compare_success(cmp, "in.grads", status, &err) && ret->values != NULL;
}

/* Both within a part in 10^5 of the largest. */
static void compare_values(comparison *cmp, const json_t *out, const char *key, const float *got,
                           size_t count)
{
    record_array expected;
    mfn_error err;
    mfn_status status = record_array_read(json_object_get(out, key), 1.0, 0.0, &expected, &err);
    if (!compare_success(cmp, key, status, &err)) {
        return;
    }
    double largest = 0.0;
    for (size_t i = 0; i < expected.count; i++) {
        largest = fmax(largest, fabs(expected.values[i]));
    }
    for (size_t i = 0; i < expected.count; i++) {
        if (expected.count != count ||
            !(fabs((double)got[i] - expected.values[i]) <= 1e-5 * largest)) {
            compare_differs(cmp, key, "the recorded values", "%.9g instead of %.9g at %zu of %zu",
                            (double)got[i], expected.values[i], i, count);
        }
    }
    record_array_deinit(&expected);
}

static void compare_distances(comparison *cmp, const json_t *out, const gradient_rows *rows)
{
    const float *list[64];
    mfn__distances distances;
    mfn_error err;
    double row[64];
    float *got = mfn__mem_new(rows->count * rows->count, sizeof *got);
    for (size_t i = 0; i < rows->count; i++) {
        list[i] = rows->values + i * rows->dimension;
    }
    mfn_status status =
        mfn__distances_init(&distances, list, rows->count, rows->dimension, NULL, &err);
    if (got != NULL && compare_success(cmp, "mfn__distances_init", status, &err)) {
        for (size_t i = 0; i < rows->count; i++) {
            mfn__distances_row(&distances, i, row);
            for (size_t j = 0; j < rows->count; j++) {
                got[i * rows->count + j] = (float)sqrt(row[j]);
            }
        }
        compare_values(cmp, out, "distances", got, rows->count * rows->count);
        mfn__distances_deinit(&distances);
    }
    mfn__mem_free(got);
}

static void compare_selection(comparison *cmp, const json_t *out, const gradient_rows *rows,
                              const mfn_krum_selection *selection)
{
    const json_t *diag = json_object_get(out, "diag");
    double margin = 0.0;
    if (diag != NULL) {
        record_real(json_object_get(diag, "rel_margin"), &margin);
        compare_whole(cmp, diag, "neighbors", selection->neighbours);
        compare_real(cmp, diag, "best_score", selection->score, SINGLE_PRECISION);
        compare_real(cmp, diag, "rel_margin", selection->relative_margin, MARGIN_DIGITS);
    }
    /* A margin of 0 is a tie between equal distances, which is exact. */
    if (margin > CLEAR_MARGIN || margin <= 0.0) {
        compare_whole(cmp, out, "selected_index", selection->index);
        compare_values(cmp, out, "selected", rows->values + selection->index * rows->dimension,
                       rows->dimension);
    }
    if (json_object_get(out, "distances") != NULL) {
        compare_distances(cmp, out, rows);
    }
}

void kind_krum(const record *rec, comparison *cmp)
{
    gradient_rows rows;
    if (!read_rows(rec, &rows, cmp)) {
        return;
    }
    mfn_krum_config config;
    mfn_krum_config_init(&config);
    config.num_byzantine = (uint64_t)json_integer_value(json_object_get(rec->in, "num_byzantine"));
    const mfn_gradients gradients = {rows.values, rows.count, rows.dimension};
    mfn_krum_selection selection;
    mfn_error err;
    mfn_status status = mfn_krum_select(&gradients, &config, NULL, &selection, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_krum_select", status);
    } else if (compare_success(cmp, "mfn_krum_select", status, &err)) {
        compare_selection(cmp, rec->out, &rows, &selection);
    }
    mfn__mem_free(rows.values);
}

static bool all_clear(const json_t *calls)
{
    for (size_t i = 0; i < json_array_size(calls); i++) {
        double margin = 0.0;
        record_real(json_object_get(json_array_get(calls, i), "rel_margin"), &margin);
        if (margin > 0.0 && margin <= CLEAR_MARGIN) {
            return false;
        }
    }
    return true;
}

static void compare_plan(comparison *cmp, const json_t *out, mfn__aggregate_plan *plan)
{
    compare_whole(cmp, out, "clusters", plan->clusters);
    json_t *sampled = json_object_get(out, "sampled_first");
    for (size_t i = 0; i < json_array_size(sampled); i++) {
        char text[RECORD_WHOLE_MAX];
        snprintf(text, sizeof text, "%llu", (unsigned long long)plan->chosen[i]);
        compare_whole_text(cmp, "sampled_first", json_array_get(sampled, i), text);
    }
    if (sampled != NULL) {
        compare_whole(cmp, out, "sampled_n", plan->used);
    }
    json_t *assignments = json_deep_copy(json_object_get(out, "cluster_assignments"));
    if (json_is_object(assignments)) {
        json_object_set_new(assignments, "n", json_integer((json_int_t)plan->used));
    }
    draws_compare_integers(cmp, assignments, plan->cluster, plan->used, true);
    json_decref(assignments);
}

static mfn_random *start(const record *rec)
{
    const char *seed = json_string_value(json_object_get(rec->in, "seed"));
    mfn_random *random = NULL;
    return mfn_random_new(seed != NULL ? seed : "42", &random, NULL) == MFN_OK ? random : NULL;
}

static void aggregate(const record *rec, const gradient_rows *rows,
                      const mfn_aggregate_config *config, comparison *cmp)
{
    const mfn_gradients gradients = {rows->values, rows->count, rows->dimension};
    bool is_default = json_is_null(json_object_get(rec->in, "seed"));
    mfn_random *random = start(rec);
    mfn_aggregation aggregation = {0};
    mfn_error err;
    mfn_status status =
        mfn_aggregate(&gradients, config, is_default ? NULL : random, NULL, &aggregation, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_aggregate", status);
    } else if (compare_success(cmp, "mfn_aggregate", status, &err) &&
               all_clear(json_object_get(rec->out, "krum_calls"))) {
        compare_values(cmp, rec->out, "result", aggregation.values, aggregation.dimension);
    }
    mfn_aggregation_deinit(&aggregation);
    mfn_random_free(random);
}

void kind_krum_aggregate(const record *rec, comparison *cmp)
{
    gradient_rows rows;
    if (!read_rows(rec, &rows, cmp)) {
        return;
    }
    mfn_aggregate_config config;
    mfn_aggregate_config_init(&config);
    mfn_error err;
    mfn_status status =
        options_set_all(mfn_aggregate_options(), &config, json_object_get(rec->in, "params"), &err);
    mfn_random *random = start(rec);
    mfn__aggregate_plan plan = {0};
    if (status == MFN_OK) {
        status = mfn__aggregate_plan_init(&plan, rows.count, &config, random, &err);
    }
    if (rec->out != NULL && compare_success(cmp, "mfn__aggregate_plan_init", status, &err)) {
        compare_plan(cmp, rec->out, &plan);
    }
    aggregate(rec, &rows, &config, cmp);
    mfn__aggregate_plan_deinit(&plan);
    mfn_random_free(random);
    mfn__mem_free(rows.values);
}
