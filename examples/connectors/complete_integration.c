/* SPDX-License-Identifier: MIT */
/* The whole way without a pipeline: parameters from a REST API, a simulation, its result to a
 * webhook. Usage: complete_integration BASE_URL WEBHOOK_URL */
#include <stdio.h>

#include <mfn/features.h>
#include <mfn/simulation.h>
#include <mfn/stream.h>

/* {"grid_size": …, "steps": …, "seed": …}: enough for this example; pipelines parse strictly. */
static int read_parameters(const char *json, mfn_simulation_config *config, char seed[32])
{
    unsigned grid_size = 0;
    unsigned steps = 0;
    if (sscanf(json, "{\"grid_size\": %u, \"steps\": %u, \"seed\": %31[0-9]}", &grid_size, &steps,
               seed) != 3) {
        return -1;
    }
    config->grid_size = grid_size;
    config->steps = steps;
    config->seed = seed;
    return 0;
}

static mfn_status simulate(const mfn_simulation_config *config, double *ret_dimension,
                           mfn_error *err)
{
    mfn_simulation *sim = NULL;
    mfn_features features;
    mfn_status status = mfn_simulation_new(config, &sim, err);
    if (status == MFN_OK) {
        status = mfn_simulation_run(sim, NULL, NULL, err);
    }
    if (status == MFN_OK) {
        status = mfn_features_compute(mfn_simulation_field_v(sim), 1, (uint32_t)config->grid_size,
                                      NULL, &features, err);
    }
    mfn_simulation_free(sim);
    if (status == MFN_OK) {
        *ret_dimension = features.value[MFN_FEATURE_D_box];
    }
    return status;
}

static mfn_status process(mfn_connector *source, mfn_publisher *target, mfn_error *err)
{
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_status status = mfn_connector_fetch(source, 5.0, &items, &count, err);
    for (size_t i = 0; status == MFN_OK && i < count; i++) {
        mfn_simulation_config config;
        char seed[32];
        double dimension = 0.0;
        mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
        if (read_parameters(items[i].bytes, &config, seed) != 0) {
            fprintf(stderr, "no parameters: %s\n", items[i].bytes);
            continue;
        }
        status = simulate(&config, &dimension, err);
        char text[128];
        int size = snprintf(text, sizeof text,
                            "{\"simulation_id\": \"job-%s\", \"fractal_dimension\": %.3f}", seed,
                            dimension);
        const mfn_event event = {.bytes = text, .size = (size_t)size};
        if (status == MFN_OK) {
            status = mfn_publisher_publish(target, &event, 1, err);
        }
    }
    return status == MFN_OK ? mfn_connector_acknowledge(source, items, count, err) : status;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s BASE_URL WEBHOOK_URL\n", argv[0]);
        return 2;
    }
    char options[2][1024];
    snprintf(options[0], sizeof options[0],
             "base_url: %s\nendpoint: /parameters\nmax_retries: 3\n"
             "allow_internal_addresses: true\n",
             argv[1]);
    snprintf(options[1], sizeof options[1],
             "webhook_url: %s\nmax_retries: 3\nallow_internal_addresses: true\n", argv[2]);
    mfn_error err = {0};
    mfn_connector *source = NULL;
    mfn_publisher *target = NULL;
    mfn_status status = mfn_connector_new("rest", options[0], &source, &err);
    if (status == MFN_OK) {
        status = mfn_publisher_new("webhook", options[1], &target, &err);
    }
    if (status == MFN_OK) {
        status = mfn_connector_connect(source, &err);
    }
    if (status == MFN_OK) {
        status = mfn_publisher_connect(target, &err);
    }
    if (status == MFN_OK) {
        status = process(source, target, &err);
    }
    mfn_connector_free(source);
    mfn_publisher_free(target);
    if (status != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("Pipeline complete!\n");
    return 0;
}
