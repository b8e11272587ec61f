/* SPDX-License-Identifier: MIT */
#include "server/uuid.h"

#include <stdint.h>
#include <stdio.h>

mfn_status mfn__uuid_make(const mfn__entropy *entropy, char ret[MFN__UUID_TEXT_MAX], mfn_error *err)
{
    uint8_t r[16] = {0};
    mfn_status status = entropy->fill(entropy->context, r, sizeof r, err);
    if (status != MFN_OK) {
        return status;
    }
    r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
    r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
    snprintf(ret, MFN__UUID_TEXT_MAX,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
             r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14],
             r[15]);
    return MFN_OK;
}
