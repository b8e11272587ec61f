/* SPDX-License-Identifier: MIT */
/* Publishes a result to a Kafka topic and waits for the delivery report.
 * Usage: kafka_publisher BOOTSTRAP_SERVER TOPIC */
#include <mfn/stream.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s BOOTSTRAP_SERVER TOPIC\n", argv[0]);
        return 2;
    }
    char options[1024];
    snprintf(options, sizeof options,
             "bootstrap_servers: [\"%s\"]\n"
             "topic: %s\n",
             argv[1], argv[2]);
    static const char result[] = "{\"event\": \"simulation_complete\", \"simulation_id\": "
                                 "\"sim-12345\", \"fractal_dimension\": 1.584}";
    const mfn_event event = {.id = "sim-12345", .bytes = result, .size = strlen(result)};
    mfn_error err = {0};
    mfn_publisher *publisher = NULL;
    mfn_status status = mfn_publisher_new("kafka", options, &publisher, &err);
    if (status == MFN_OK) {
        status = mfn_publisher_connect(publisher, &err);
    }
    if (status == MFN_OK) {
        status = mfn_publisher_publish(publisher, &event, 1, &err);
    }
    if (publisher != NULL) {
        mfn_component_metrics metrics;
        mfn_publisher_metrics(publisher, &metrics);
        printf("Published: %llu\n", (unsigned long long)metrics.successful);
    }
    mfn_publisher_free(publisher);
    if (status != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 0;
}
