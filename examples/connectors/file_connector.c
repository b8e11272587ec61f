/* SPDX-License-Identifier: MIT */
/* Processes every file of a folder once, also over restarts, and deletes what is done.
 * Usage: file_connector DIRECTORY STATE_FILE */
#include <mfn/stream.h>
#include <stdio.h>

static mfn_status process_all(mfn_connector *connector, mfn_error *err)
{
    for (;;) {
        const mfn_item *items = NULL;
        size_t count = 0;
        mfn_status status = mfn_connector_fetch(connector, 0.5, &items, &count, err);
        if (status == MFN_TIMED_OUT) {
            continue; /* a file is still being written */
        }
        if (status == MFN_NOT_FOUND) {
            return MFN_OK; /* no more files */
        }
        if (status != MFN_OK) {
            return status;
        }
        for (size_t i = 0; i < count; i++) {
            if (items[i].problem.status != MFN_OK) {
                printf("Unusable: %s\n", items[i].problem.text);
            } else {
                printf("Processed: %s\n", items[i].bytes);
            }
        }
        status = mfn_connector_acknowledge(connector, items, count, err);
        if (status != MFN_OK) {
            return status;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s DIRECTORY STATE_FILE\n", argv[0]);
        return 2;
    }
    char options[1024];
    snprintf(options, sizeof options,
             "directory: '%s'\n"
             "pattern: '*.json'\n"
             "auto_delete: true\n"
             "settle_time: 0\n"
             "state: '%s'\n",
             argv[1], argv[2]);
    mfn_error err = {0};
    mfn_connector *connector = NULL;
    mfn_status status = mfn_connector_new("file", options, &connector, &err);
    if (status == MFN_OK) {
        status = mfn_connector_connect(connector, &err);
    }
    if (status == MFN_OK) {
        status = process_all(connector, &err);
    }
    mfn_connector_free(connector);
    if (status != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 0;
}
