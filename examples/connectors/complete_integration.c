/* SPDX-License-Identifier: MIT */
/* The whole way without a pipeline: parameters from a REST API, a simulation, its result to a
 * webhook. Usage: complete_integration BASE_URL WEBHOOK_URL */
#include <mfn/features.h>
#include <mfn/simulation.h>
#include <mfn/stream.h>
#include <stdbool.h>
#include <stdio.h>

/* {"grid_size": …, "steps": …, "seed": …}: enough for this example; pipelines parse strictly. */
static bool read_parameters(const char *json, mfn_simulation_config *config, char seed[32])
{
    unsigned grid_size = 0;
    unsigned steps = 0;
    if (sscanf(json, "{\"grid_size\": %u, \"steps\": %u, \"seed\": %31[0-9]}", &grid_size, &steps,
               seed) != 3) {
        return false;
    }
    mfn_simulation_config_init(config, MFN_MODEL_V4_1);
    config->grid_size = grid_size;
    config->steps = steps;
    config->seed = seed;
    return true;
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

static mfn_status process(const mfn_item *item, mfn_publisher *target, mfn_error *err)
{
    mfn_simulation_config config;
    char seed[32];
    double dimension = 0.0;
    if (item->problem.status != MFN_OK || !read_parameters(item->bytes, &config, seed)) {
        fprintf(stderr, "No parameters: %s\n", item->bytes);
        return MFN_OK; /* it will not get better: go on with the next */
    }
    mfn_status status = simulate(&config, &dimension, err);
    if (status != MFN_OK) {
        return status;
    }
    char id[64];
    char result[256];
    snprintf(id, sizeof id, "job-%s", seed);
    int size = snprintf(result, sizeof result,
                        "{\"simulation_id\": \"%s\", \"fractal_dimension\": %.3f}", id, dimension);
    const mfn_event event = {.id = id, .bytes = result, .size = (size_t)size};
    return mfn_publisher_publish(target, &event, 1, err);
}

/* Acknowledging comes last: what fails before is fetched again. */
static mfn_status process_all(mfn_connector *source, mfn_publisher *target, mfn_error *err)
{
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_status status = mfn_connector_fetch(source, 5.0, &items, &count, err);
    for (size_t i = 0; status == MFN_OK && i < count; i++) {
        status = process(&items[i], target, err);
    }
    return status == MFN_OK ? mfn_connector_acknowledge(source, items, count, err) : status;
}

static void show_metrics(const char *who, const mfn_component_metrics *metrics)
{
    printf("%s: %llu of %llu, %llu retries, %llu bytes\n", who,
           (unsigned long long)metrics->successful, (unsigned long long)metrics->total,
           (unsigned long long)metrics->retries, (unsigned long long)metrics->bytes);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s BASE_URL WEBHOOK_URL\n", argv[0]);
        return 2;
    }
    char options[2][1024];
    snprintf(options[0], sizeof options[0],
             "base_url: '%s'\n"
             "endpoint: /parameters\n"
             "max_retries: 3\n"
             "allow_internal_addresses: true\n",
             argv[1]);
    snprintf(options[1], sizeof options[1],
             "webhook_url: '%s'\n"
             "max_retries: 3\n"
             "allow_internal_addresses: true\n",
             argv[2]);
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
        status = process_all(source, target, &err);
    }
    if (status == MFN_OK) {
        mfn_component_metrics metrics;
        mfn_connector_metrics(source, &metrics);
        show_metrics("Fetched", &metrics);
        mfn_publisher_metrics(target, &metrics);
        show_metrics("Published", &metrics);
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
