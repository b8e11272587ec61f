/* SPDX-License-Identifier: MIT */
#include "server/websocket/handshake.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "codec/base64.h"

#define KEY_BYTES 16
#define KEY_CHARS 24
#define GUID      "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* Whether a comma-separated list holds the word, whatever its case. */
static bool has_word(const char *list, const char *word)
{
    size_t size = strlen(word);
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ", \t");
        if (length == size && strncasecmp(list, word, size) == 0) {
            return true;
        }
        list += length;
    }
    return false;
}

bool mfn__ws_is_wanted(const mfn__ws_request *request)
{
    return has_word(request->upgrade, "websocket") && has_word(request->connection, "upgrade");
}

static bool is_key(const char *key)
{
    mfn__buffer bytes;
    mfn__buffer_init(&bytes, KEY_CHARS);
    bool is_one = key != NULL && strlen(key) == KEY_CHARS &&
                  mfn__base64_decode(key, KEY_CHARS, &bytes, NULL) == MFN_OK &&
                  bytes.size == KEY_BYTES;
    mfn__buffer_deinit(&bytes);
    return is_one;
}

unsigned mfn__ws_judge(const mfn__ws_request *request, const char **ret_problem)
{
    if (strcmp(request->method, "GET") != 0) {
        *ret_problem = "Method Not Allowed";
        return 405;
    }
    if (!mfn__ws_is_wanted(request) || strcmp(request->http_version, "HTTP/1.1") != 0) {
        *ret_problem = "This path speaks WebSocket: expected Connection: Upgrade and Upgrade: "
                       "websocket over HTTP/1.1";
        return 426;
    }
    if (request->version == NULL || strcmp(request->version, MFN__WS_VERSION) != 0) {
        *ret_problem = "Sec-WebSocket-Version: expected " MFN__WS_VERSION;
        return 426;
    }
    if (!is_key(request->key)) {
        *ret_problem = "Sec-WebSocket-Key: expected 16 bytes in Base64";
        return 400;
    }
    return 101;
}

mfn_status mfn__ws_accept(const char *key, char ret[MFN__WS_ACCEPT_MAX], mfn_error *err)
{
    char joined[KEY_CHARS + sizeof GUID];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int length = snprintf(joined, sizeof joined, "%.24s" GUID, key);
    if (EVP_Digest(joined, (size_t)length, digest, &size, EVP_sha1(), NULL) != 1) {
        return mfn__fail(err, MFN_INTERNAL, NULL, "cannot compute SHA-1");
    }
    mfn__buffer text;
    mfn__buffer_init(&text, MFN__WS_ACCEPT_MAX - 1);
    mfn__base64_encode(digest, size, &text);
    mfn_status status = mfn__buffer_check(&text, "Sec-WebSocket-Accept", err);
    if (status == MFN_OK) {
        memcpy(ret, text.data, text.size + 1);
    }
    mfn__buffer_deinit(&text);
    return status;
}
