/* SPDX-License-Identifier: MIT */
#include "stream/message.h"

#include <string.h>

#include "base/mem.h"

mfn__message *mfn__message_new(const char *origin, const char *original, size_t size)
{
    mfn__message *message = mfn__mem_new(1, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    message->origin = mfn__mem_copy_text(origin);
    message->original = mfn__mem_new(size + 1, 1);
    message->original_size = size;
    if (message->origin == NULL || message->original == NULL) {
        mfn__message_free(message);
        return NULL;
    }
    if (size > 0) {
        memcpy(message->original, original, size);
    }
    return message;
}

void mfn__message_free(mfn__message *message)
{
    if (message == NULL) {
        return;
    }
    for (size_t i = 0; i < MFN__CONTENT_COUNT; i++) {
        mfn__mem_free(message->payloads[i].bytes);
    }
    for (size_t i = 0; i < MFN__PUBLISHERS_MAX; i++) {
        mfn__mem_free(message->refusals[i]);
    }
    if (message->free_extra != NULL) {
        message->free_extra(message->extra);
    }
    mfn__mem_free(message->origin);
    mfn__mem_free(message->original);
    mfn__mem_free(message->job);
    mfn__mem_free(message->only_publisher);
    mfn__mem_free(message->id);
    mfn__mem_free(message->result_id);
    mfn__mem_free(message);
}

size_t mfn__message_bytes(const mfn__message *message)
{
    size_t bytes = sizeof *message + message->original_size + message->job_size;
    for (size_t i = 0; i < MFN__CONTENT_COUNT; i++) {
        bytes += message->payloads[i].size;
    }
    return bytes;
}
