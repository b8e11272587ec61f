/* SPDX-License-Identifier: MIT */
/* Consumes messages from Kafka topics; offsets are committed only for what was acknowledged.
 * Usage: kafka_connector BOOTSTRAP_SERVER GROUP TOPIC COUNT */
#include <mfn/stream.h>
#include <stdio.h>
#include <stdlib.h>

static mfn_status consume(mfn_connector *connector, size_t wanted, mfn_error *err)
{
    mfn_status status = MFN_OK;
    for (size_t received = 0; received < wanted && status == MFN_OK;) {
        const mfn_item *items = NULL;
        size_t count = 0;
        status = mfn_connector_fetch(connector, 1.0, &items, &count, err);
        if (status == MFN_TIMED_OUT || status == MFN_NOT_FOUND) {
            status = MFN_OK; /* nothing yet */
            continue;
        }
        for (size_t i = 0; status == MFN_OK && i < count; i++) {
            printf("Received: %s (%s)\n", items[i].bytes, items[i].origin);
        }
        if (status == MFN_OK) {
            status = mfn_connector_acknowledge(connector, items, count, err);
            received += count;
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s BOOTSTRAP_SERVER GROUP TOPIC COUNT\n", argv[0]);
        return 2;
    }
    char options[1024];
    snprintf(options, sizeof options,
             "bootstrap_servers: [\"%s\"]\n"
             "group_id: %s\n"
             "topics: [%s]\n"
             "max_messages: 100\n"
             "timeout_ms: 1000\n",
             argv[1], argv[2], argv[3]);
    mfn_error err = {0};
    mfn_connector *connector = NULL;
    mfn_status status = mfn_connector_new("kafka", options, &connector, &err);
    if (status == MFN_OK) {
        status = mfn_connector_connect(connector, &err);
    }
    if (status == MFN_OK) {
        status = consume(connector, strtoul(argv[4], NULL, 10), &err);
    }
    mfn_connector_free(connector);
    if (status != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 0;
}
