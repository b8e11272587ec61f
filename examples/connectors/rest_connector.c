/* SPDX-License-Identifier: MIT */
/* Fetches items from a REST API and shows what came and how it went.
 * Usage: rest_connector BASE_URL ENDPOINT      (API_TOKEN in the environment) */
#include <mfn/stream.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s BASE_URL ENDPOINT\n", argv[0]);
        return 2;
    }
    char options[1024];
    snprintf(options, sizeof options,
             "base_url: '%s'\n"
             "endpoint: '%s'\n"
             "method: GET\n"
             "params: {limit: 100}\n"
             "bearer_token: ${API_TOKEN:-}\n"
             "allow_internal_addresses: true\n"
             "max_retries: 3\n"
             "initial_retry_delay: 100ms\n"
             "timeout: 30.0\n",
             argv[1], argv[2]);
    mfn_error err = {0};
    mfn_connector *connector = NULL;
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_status status = mfn_connector_new("rest", options, &connector, &err);
    if (status == MFN_OK) {
        status = mfn_connector_connect(connector, &err);
    }
    if (status == MFN_OK) {
        status = mfn_connector_fetch(connector, 5.0, &items, &count, &err);
    }
    for (size_t i = 0; i < count; i++) {
        printf("%s\n", items[i].bytes);
    }
    if (status == MFN_OK) {
        status = mfn_connector_acknowledge(connector, items, count, &err);
    }
    if (connector != NULL) {
        mfn_component_metrics metrics;
        mfn_connector_metrics(connector, &metrics);
        printf("Success rate: %.2f%%, retries: %llu\n", 100.0 * metrics.success_rate,
               (unsigned long long)metrics.retries);
    }
    mfn_connector_free(connector);
    if (status != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 0;
}
