/* SPDX-License-Identifier: MIT */
/* Servers like to repeat what they do not accept, and that can be the key. Whether a header or a
 * parameter is a secret nobody can tell here, so each of their words from a length on counts as
 * one; those that describe the body do not. */
#include "net/http_excerpt.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "codec/base64.h"

#define WORD_MIN          5
#define SECRETS_BYTES_MAX ((size_t)1 << 20)

/* `secrets` are texts with a NUL after each. */
static void add(mfn__buffer *secrets, const char *text, size_t length, size_t least)
{
    if (length >= least) {
        mfn__buffer_append(secrets, text, length);
        mfn__buffer_append_char(secrets, '\0');
    }
}

static void add_credentials(mfn__buffer *secrets, const mfn__http_access *access)
{
    add(secrets, access->bearer_token, strlen(access->bearer_token), 1);
    add(secrets, access->password, strlen(access->password), 1);
    if (access->username[0] != '\0') {
        mfn__buffer pair;
        mfn__buffer_init(&pair, SECRETS_BYTES_MAX);
        mfn__buffer_append_format(&pair, "%s:%s", access->username, access->password);
        if (pair.status == MFN_OK) {
            mfn__base64_encode(pair.data, pair.size, secrets);
            mfn__buffer_append_char(secrets, '\0');
        } else {
            secrets->status = pair.status;
        }
        mfn__buffer_deinit(&pair);
    }
}

static void add_header(mfn__buffer *secrets, const char *line)
{
    static const char between[] = " \t,;=\"";
    const char *value = strchr(line, ':');
    if (value == NULL || strncasecmp(line, "Content-", 8) == 0 ||
        strncasecmp(line, "Accept", 6) == 0) {
        return;
    }
    for (value++; *value != '\0'; value += strspn(value, between)) {
        size_t length = strcspn(value, between);
        add(secrets, value, length, WORD_MIN);
        value += length;
    }
}

static void add_query(mfn__buffer *secrets, const char *url)
{
    for (const char *at = strchr(url, '?'); at != NULL; at = strchr(at, '&')) {
        at++;
        size_t length = strcspn(at, "&");
        const char *equals = memchr(at, '=', length);
        const char *value = equals != NULL ? equals + 1 : at;
        length -= (size_t)(value - at);
        if (length < WORD_MIN) {
            continue;
        }
        add(secrets, value, length, WORD_MIN);
        char *plain = curl_easy_unescape(NULL, value, (int)length, NULL);
        if (plain == NULL) {
            secrets->status = MFN_NO_MEMORY;
            return;
        }
        add(secrets, plain, strlen(plain), WORD_MIN);
        curl_free(plain);
    }
}

/* The length of the longest secret at the start of `text`, or 0. */
static size_t secret_at(const mfn__buffer *secrets, const char *text, size_t left)
{
    size_t longest = 0;
    for (size_t i = 0; i < secrets->size;) {
        const char *secret = secrets->data + i;
        size_t length = strlen(secret);
        if (length <= left && length > longest && memcmp(secret, text, length) == 0) {
            longest = length;
        }
        i += length + 1;
    }
    return longest;
}

void mfn__http_excerpt(const mfn__http_exchange *exchange, char *ret, size_t size)
{
    const mfn__buffer *answer = &exchange->answer;
    mfn__buffer secrets;
    mfn__buffer shown;
    mfn__buffer_init(&secrets, SECRETS_BYTES_MAX);
    mfn__buffer_init(&shown, size + sizeof "…");
    add_credentials(&secrets, exchange->access);
    for (const char *const *line = exchange->headers; line != NULL && *line != NULL; line++) {
        add_header(&secrets, *line);
    }
    add_query(&secrets, exchange->url);
    for (size_t i = 0; i < answer->size && shown.size < size && secrets.status == MFN_OK;) {
        size_t length = secret_at(&secrets, answer->data + i, answer->size - i);
        if (length > 0) {
            mfn__buffer_append_text(&shown, "…");
        } else {
            bool is_space = strchr("\t\r\n", answer->data[i]) != NULL && answer->data[i] != '\0';
            mfn__buffer_append_char(&shown, is_space ? ' ' : answer->data[i]);
        }
        i += length > 0 ? length : 1;
    }
    bool is_known = secrets.status == MFN_OK && shown.status == MFN_OK && shown.size > 0;
    mfn__text_printable(is_known ? shown.data : "", is_known ? shown.size : 0, ret, size);
    mfn__buffer_deinit(&secrets);
    mfn__buffer_deinit(&shown);
}
