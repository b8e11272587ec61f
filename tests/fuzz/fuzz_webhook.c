/* SPDX-License-Identifier: MIT */
/* Lines: a key, webhook-id, webhook-timestamp, webhook-signature; then the body. Any key text is a
 * key or an error that does not show it; any headers are judged; what a key signs, it verifies. */
#include <string.h>

#include "codec/webhook_signature.h"
#include "fuzz.h"

#define LINES           4
#define LINE_BYTES_MAX  1024
#define TOLERANCE_S     300
#define SHORTEST_SECRET 24 /* shorter texts may be part of a message by chance */

static void check_round_trip(const mfn__webhook_keys *keys, const char *id, const uint8_t *body,
                             size_t size)
{
    mfn__buffer signature;
    mfn__buffer_init(&signature, SIZE_MAX);
    mfn_status status = mfn__webhook_sign(keys, id, TOLERANCE_S, body, size, &signature, NULL);
    fuzz_require(status == MFN_OK || status == MFN_INVALID);
    if (status == MFN_OK) {
        mfn__webhook_delivery delivery = {id, "300", signature.data, body, size};
        fuzz_require(mfn__webhook_verify(keys, &delivery, 0, TOLERANCE_S, NULL) == MFN_OK);
        delivery.timestamp = "301";
        fuzz_require(mfn__webhook_verify(keys, &delivery, 1, TOLERANCE_S, NULL) == MFN_INVALID);
    }
    mfn__buffer_deinit(&signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char lines[LINES][LINE_BYTES_MAX] = {{0}};
    for (size_t i = 0; i < LINES; i++) {
        const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
        if (end == NULL || (size_t)(end - data) >= LINE_BYTES_MAX) {
            return 0;
        }
        memcpy(lines[i], data, (size_t)(end - data));
        size -= (size_t)(end + 1 - data);
        data = end + 1;
    }
    const char *const texts[] = {lines[0]};
    mfn__webhook_keys *keys = NULL;
    mfn_error err = {.status = MFN_OK};
    if (mfn__webhook_keys_new(texts, 1, &keys, &err) != MFN_OK) {
        fuzz_require(keys == NULL && err.text[0] != '\0');
        fuzz_require(strncmp(lines[0], "wh", 2) != 0 || strlen(lines[0]) < SHORTEST_SECRET ||
                     strstr(err.text, lines[0]) == NULL);
        return 0;
    }
    const mfn__webhook_delivery delivery = {lines[1], lines[2], lines[3], data, size};
    mfn_status status =
        mfn__webhook_verify(keys, &delivery, INT64_C(1731705121), TOLERANCE_S, &err);
    fuzz_require(status == MFN_OK ||
                 (status == MFN_INVALID && strncmp(err.field, "webhook-", 8) == 0));
    check_round_trip(keys, lines[1], data, size);
    mfn__webhook_keys_free(keys);
    return 0;
}
