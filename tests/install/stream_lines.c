/* SPDX-License-Identifier: MIT */
#include <mfn/stream.h>
#include <stdio.h>

/* Copies the first job of a folder into another. */
int main(int argc, char **argv)
{
    mfn_connector *source = NULL;
    mfn_publisher *target = NULL;
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_error err = {0};
    char options[2][1024];
    if (argc != 3) {
        return 2;
    }
    snprintf(options[0], sizeof options[0], "directory: '%s'\nsettle_time: 0\n", argv[1]);
    snprintf(options[1], sizeof options[1], "directory: '%s'\nfilename_pattern: '{id}.json'\n",
             argv[2]);
    if (mfn_connector_new("file", options[0], &source, &err) != MFN_OK ||
        mfn_publisher_new("file", options[1], &target, &err) != MFN_OK ||
        mfn_connector_connect(source, &err) != MFN_OK ||
        mfn_publisher_connect(target, &err) != MFN_OK ||
        mfn_connector_fetch(source, 10.0, &items, &count, &err) != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const mfn_event event = {.id = "job", .bytes = items[0].bytes, .size = items[0].size};
    if (mfn_publisher_publish(target, &event, 1, &err) != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    mfn_connector_free(source);
    mfn_publisher_free(target);
    return 0;
}
