/* SPDX-License-Identifier: MIT */
#include "cli/format.h"

#include <stdio.h>

#include "base/number.h"
#include "cli/command.h"

#define DOCUMENT_BYTES_MAX ((size_t)1 << 24)
#define INDENT             2

const char *const mfn__format_names[] = {"text", "json", NULL};

void mfn__format_json_begin(mfn__buffer *buffer, mfn__json_writer *json)
{
    mfn__buffer_init(buffer, DOCUMENT_BYTES_MAX);
    mfn__json_start(json, buffer, INDENT);
}

int mfn__format_json_end(mfn__buffer *buffer, const char *command)
{
    mfn_error err = {0};
    mfn_status status = mfn__buffer_check(buffer, "the output", &err);
    if (status == MFN_OK) {
        fwrite(buffer->data, 1, buffer->size, stdout);
        putchar('\n');
    }
    mfn__buffer_deinit(buffer);
    return status == MFN_OK ? MFN__EXIT_OK : mfn__command_fail(command, &err, MFN__EXIT_FAILED);
}

void mfn__format_print_features(const mfn_features *features)
{
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        mfn_feature feature = (mfn_feature)i;
        char value[MFN__REAL_TEXT_MAX];
        if (mfn_feature_is_integer(feature)) {
            snprintf(value, sizeof value, "%.0f", features->value[i]);
        } else {
            mfn__real_to_text(features->value[i], value);
        }
        printf("  %-17s %22s %-9s  %s\n", mfn_feature_name(feature), value,
               mfn_feature_unit(feature), mfn_feature_meaning(feature));
    }
}
