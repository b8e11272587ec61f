/* SPDX-License-Identifier: MIT */
/* POST /simulate: one run of the reference's field simulator, from a seed to a handful of numbers.
 */
#include <stddef.h>

#include "base/error.h"
#include "base/option_table.h"
#include "server/measure.h"
#include "server/operations/operations.h"
#include "server/stepping.h"

#define REQUEST simulate_request

typedef struct simulate_request {
    const char *seed;
    uint64_t grid_size, steps;
    double alpha, spike_probability;
    bool turing_enabled;
} simulate_request;

/* clang-format off: one row per option */
static const mfn_option fields[] = {
    MFN__DIGITS(REQUEST, seed, "42", "seed of the random numbers"),
    MFN__WHOLE(REQUEST, grid_size, 8, 256, "64", "cells", "side of the square field"),
    MFN__WHOLE(REQUEST, steps, 1, 1000, "64", "", "steps to compute"),
    MFN__REAL(REQUEST, alpha, 0, 1, "0.18", "cells^2/step",
              "diffusion coefficient; stable up to 0.25"),
    MFN__REAL(REQUEST, spike_probability, 0, 1, "0.25", "", "of one growth event per step"),
    MFN__BOOL(REQUEST, turing_enabled, "true", "activator and inhibitor take part"),
    {0},
};
/* clang-format on */

static uint64_t cost(const void *request)
{
    const simulate_request *wanted = request;
    return wanted->grid_size * wanted->grid_size * wanted->steps;
}

static void write_answer(mfn__call *call, const mfn_simulation_summary *summary, double dimension)
{
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_u64(&json, "growth_events", summary->growth_events);
    mfn__answer_real(&json, "pot_min_mV", summary->field_min_v * MFN__MV_PER_V);
    mfn__answer_real(&json, "pot_max_mV", summary->field_max_v * MFN__MV_PER_V);
    mfn__answer_real(&json, "pot_mean_mV", summary->field_mean_v * MFN__MV_PER_V);
    mfn__answer_real(&json, "pot_std_mV", summary->field_std_v * MFN__MV_PER_V);
    mfn__answer_real(&json, "fractal_dimension", dimension);
    mfn__answer_end(&json);
}

static mfn_status run(mfn__call *call, mfn_error *err)
{
    const simulate_request *wanted = call->request;
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1_FIELD);
    config.seed = wanted->seed;
    config.grid_size = wanted->grid_size;
    config.steps = wanted->steps;
    config.alpha = wanted->alpha;
    config.spike_probability = wanted->spike_probability;
    config.turing_enabled = wanted->turing_enabled;
    mfn_simulation *simulation = NULL;
    mfn_simulation_summary summary;
    double dimension = 0.0;
    int64_t start_ns = mfn__clock_monotonic_ns(call->service->clock);
    mfn_status status = mfn_simulation_new(&config, &simulation, err);
    if (status == MFN_OK) {
        status = mfn__step_unless(call->cancel, simulation, config.steps, err);
    }
    if (status == MFN_OK) {
        status = mfn__measure_dimension(simulation, &dimension, err);
    }
    if (status == MFN_OK) {
        mfn_simulation_summarize(simulation, &summary);
        write_answer(call, &summary, dimension);
        mfn__service_note_simulation(
            call->service,
            &(mfn__simulation_note){
                .cell_steps = cost(wanted),
                .growth_events = summary.growth_events,
                .fractal_dimension = dimension,
                .seconds =
                    (double)(mfn__clock_monotonic_ns(call->service->clock) - start_ns) / 1e9});
    }
    mfn_simulation_free(simulation);
    return status;
}

const mfn__operation mfn__operation_simulate = {
    .name = "simulate",
    .method = "POST",
    .path = "/simulate",
    .tag = MFN__TAG_COMPUTE,
    .summary = "Run one simulation and describe its last field",
    .fields = fields,
    .request_size = sizeof(simulate_request),
    .example = "{\"seed\": 42, \"grid_size\": 64, \"steps\": 64}",
    .answer_schema =
        "{\"type\": \"object\", \"properties\": {\"growth_events\": {\"type\": \"integer\"}, "
        "\"pot_min_mV\": {\"type\": \"number\"}, \"pot_max_mV\": {\"type\": \"number\"}, "
        "\"pot_mean_mV\": {\"type\": \"number\"}, \"pot_std_mV\": {\"type\": \"number\"}, "
        "\"fractal_dimension\": {\"type\": \"number\"}}}",
    .cost = cost,
    .run = run,
};
