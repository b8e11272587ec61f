/* SPDX-License-Identifier: MIT */
#include "stream/message.h"

#include "base/mem.h"

void mfn__message_free(mfn__message *message)
{
    if (message == NULL) {
        return;
    }
    for (size_t i = 0; i < MFN__CONTENT_COUNT; i++) {
        mfn__mem_free(message->payloads[i].bytes);
    }
    mfn__mem_free(message->origin);
    mfn__mem_free(message->original);
    mfn__mem_free(message->job);
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
