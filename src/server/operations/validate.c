/* SPDX-License-Identifier: MIT */
/* POST /validate: the reference's validation run. */
#include "server/operations/operations.h"

#include "mfn/validation.h"

#define FIELDS_COMPUTED 17 /* sixteen to learn from and an example */

static uint64_t cost(const void *request)
{
    const mfn_validation_config *wanted = request;
    return FIELDS_COMPUTED * wanted->grid_size * wanted->grid_size * wanted->steps;
}

static bool goes_on(void *call, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    return !atomic_load_explicit(((mfn__call *)call)->cancel, memory_order_relaxed);
}

static mfn_status run(mfn__call *call, mfn_error *err)
{
    static const mfn_validation_metric answered[] = {
        MFN_VALIDATION_loss_start,         MFN_VALIDATION_loss_final,
        MFN_VALIDATION_loss_drop,          MFN_VALIDATION_pot_min_mV,
        MFN_VALIDATION_pot_max_mV,         MFN_VALIDATION_example_fractal_dim,
        MFN_VALIDATION_lyapunov_exponent,  MFN_VALIDATION_growth_events,
        MFN_VALIDATION_nernst_symbolic_mV, MFN_VALIDATION_nernst_numeric_mV,
    };
    mfn_validation_config config = *(const mfn_validation_config *)call->request;
    config.size = sizeof config;
    mfn_validation_metrics metrics;
    mfn_status status = mfn_validate(&config, goes_on, call, &metrics, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__service_note_lyapunov(call->service, metrics.value[MFN_VALIDATION_lyapunov_exponent]);
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    for (size_t i = 0; i < sizeof answered / sizeof *answered; i++) {
        mfn__answer_real(&json, mfn_validation_metric_name(answered[i]),
                         metrics.value[answered[i]]);
    }
    mfn__answer_end(&json);
    return MFN_OK;
}

const mfn__operation mfn__operation_validate = {
    .name = "validate",
    .method = "POST",
    .path = "/validate",
    .tag = MFN__TAG_COMPUTE,
    .summary = "Simulate sixteen fields, learn from them, report what they looked like",
    .library_fields = mfn_validation_options,
    .request_size = sizeof(mfn_validation_config),
    .example = "{\"seed\": 42, \"grid_size\": 32, \"steps\": 32}",
    .answer_schema =
        "{\"type\": \"object\", \"properties\": {\"loss_start\": {\"type\": \"number\"}, "
        "\"loss_final\": {\"type\": \"number\"}, \"loss_drop\": {\"type\": \"number\"}, "
        "\"pot_min_mV\": {\"type\": \"number\"}, \"pot_max_mV\": {\"type\": \"number\"}, "
        "\"example_fractal_dim\": {\"type\": \"number\"}, \"lyapunov_exponent\": {\"type\": "
        "\"number\"}, \"growth_events\": {\"type\": \"number\"}, \"nernst_symbolic_mV\": "
        "{\"type\": "
        "\"number\"}, \"nernst_numeric_mV\": {\"type\": \"number\"}}}",
    .cost = cost,
    .run = run,
};
