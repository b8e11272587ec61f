/* SPDX-License-Identifier: MIT */
/* POST /federated/aggregate: hierarchical Krum over the gradients of a request. */
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "server/operations/operations.h"
#include "server/request.h"

#include "mfn/krum.h"

#define REQUEST    aggregate_request
#define VALUES_MAX ((uint64_t)64 << 20)

typedef struct aggregate_request {
    uint64_t num_clusters;
    double byzantine_fraction;
    mfn__matrix gradients;
} aggregate_request;

static const mfn_option fields[] = {
    MFN__WHOLE(REQUEST, num_clusters, 1, 1000, "10", "",
               "clusters that the gradients are dealt into"),
    MFN__REAL_BELOW(REQUEST, byzantine_fraction, 0, 0.5, "0.2", "",
                    "share of gradients that may be hostile"),
    {0},
};

static const char *const others[] = {"gradients", NULL};
static const char *const other_schemas[] = {
    "{\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": {\"type\": \"number\"}}, "
    "\"description\": \"one list of numbers per client, all of one length\"}"};

static mfn_status read_gradients(json_t *body, void *request, mfn__faults *ret_faults)
{
    return mfn__request_read_matrix(json_object_get(body, "gradients"), "gradients", VALUES_MAX,
                                    &((aggregate_request *)request)->gradients, ret_faults);
}

static void release(void *request)
{
    mfn__mem_free(((aggregate_request *)request)->gradients.values);
}

/* Of the distances in one cluster, which are most of it, in operations that weigh like a cell
 * step. */
static uint64_t cost(const void *request)
{
    const mfn__matrix *g = &((const aggregate_request *)request)->gradients;
    return g->columns * g->rows + g->rows * g->rows;
}

static mfn_status write_answer(mfn__call *call, const float *values, uint64_t count,
                               uint64_t gradients)
{
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__json_key(&json, "aggregated_gradient");
    mfn__json_array_begin(&json);
    for (uint64_t i = 0; i < count; i++) {
        mfn__json_real(&json, (double)values[i]);
    }
    mfn__json_array_end(&json);
    mfn__answer_u64(&json, "num_input_gradients", gradients);
    mfn__answer_end(&json);
    return MFN_OK;
}

static mfn_status aggregate(mfn__call *call, const float *values, mfn_error *err)
{
    const aggregate_request *wanted = call->request;
    mfn_aggregate_config config;
    mfn_aggregate_config_init(&config);
    config.num_clusters = wanted->num_clusters;
    config.byzantine_fraction = wanted->byzantine_fraction;
    const mfn_gradients gradients = {values, wanted->gradients.rows, wanted->gradients.columns};
    mfn_aggregation result = {0};
    mfn_status status = mfn_aggregate(&gradients, &config, NULL, NULL, &result, err);
    if (status == MFN_OK) {
        status = write_answer(call, result.values, result.dimension, result.gradients);
    }
    mfn_aggregation_deinit(&result);
    return status;
}

static mfn_status run(mfn__call *call, mfn_error *err)
{
    const mfn__matrix *g = &((const aggregate_request *)call->request)->gradients;
    if (g->rows == 0) {
        return mfn__call_refuse(call, 400, "invalid_request", "No gradients provided");
    }
    if (g->ragged_row != UINT64_MAX) {
        return mfn__call_refuse(call, 400, "invalid_request",
                                "gradients: gradient %llu has another length than gradient 0, "
                                "expected %llu values in each",
                                (unsigned long long)g->ragged_row, (unsigned long long)g->columns);
    }
    if (g->columns == 0) {
        return write_answer(call, NULL, 0, g->rows);
    }
    size_t count = (size_t)(g->rows * g->columns);
    float *values = mfn__mem_new(count, sizeof *values);
    if (values == NULL) {
        return mfn__fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)g->values[i];
    }
    mfn_status status = aggregate(call, values, err);
    mfn__mem_free(values);
    return status;
}

const mfn__operation mfn__operation_aggregate = {
    .name = "aggregate",
    .method = "POST",
    .path = "/federated/aggregate",
    .tag = MFN__TAG_COMPUTE,
    .summary = "Aggregate gradients of which some may be hostile (hierarchical Krum)",
    .fields = fields,
    .request_size = sizeof(aggregate_request),
    .others = others,
    .other_schemas = other_schemas,
    .required_other = "gradients",
    .example = "{\"gradients\": [[1, 2], [1.1, 2.1], [0.9, 1.9], [100, -100]], "
               "\"num_clusters\": 1}",
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"aggregated_gradient\": {\"type\": "
                     "\"array\", \"items\": {\"type\": \"number\"}}, \"num_input_gradients\": "
                     "{\"type\": \"integer\"}}}",
    .read = read_gradients,
    .release = release,
    .cost = cost,
    .run = run,
};
