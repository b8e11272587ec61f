/* SPDX-License-Identifier: MIT */
/* libcurl's URL parser does the work, so that what is checked is what is requested. */
#include "net/url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"

#define SECRET_LENGTH_MIN 16
#define URL_BYTES_MAX     ((size_t)8192)

static bool has_control_characters(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= 0x20 || *c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* A part of the URL in fresh memory (curl_free), or NULL when it has none. */
static char *part_of(CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = part_of(url, part, 0);
    curl_free(text);
    return text != NULL;
}

static const char *what_is_wrong(CURLU *url, const char *text)
{
    if (text[0] == '\0') {
        return "it is empty";
    }
    if (strlen(text) > URL_BYTES_MAX) {
        return "it is too long";
    }
    if (has_control_characters(text)) {
        return "it has spaces or control characters";
    }
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        return "it cannot be understood";
    }
    char *scheme = part_of(url, CURLUPART_SCHEME, 0);
    bool is_http = scheme != NULL && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    if (!is_http) {
        return "its scheme is neither http nor https";
    }
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD)) {
        return "it has a user name or password in it: use username and password";
    }
    if (has_part(url, CURLUPART_FRAGMENT)) {
        return "it has a fragment (#...)";
    }
    return NULL;
}

mfn_status mfn__url_check(const char *url, const char *field, mfn_error *err)
{
    CURLU *parsed = curl_url();
    if (parsed == NULL) {
        return mfn__fail_memory(err);
    }
    const char *wrong = what_is_wrong(parsed, url);
    curl_url_cleanup(parsed);
    if (wrong != NULL) {
        return mfn__fail(err, MFN_INVALID, field,
                         "%s: expected a URL such as https://example.com/path, but %s", field,
                         wrong);
    }
    return MFN_OK;
}

/* Long, with letters and digits mixed: keys look like that, words do not. */
static bool looks_secret(const char *segment, size_t length)
{
    size_t letters = 0;
    size_t digits = 0;
    for (size_t i = 0; i < length; i++) {
        letters += isalpha((unsigned char)segment[i]) != 0;
        digits += isdigit((unsigned char)segment[i]) != 0;
    }
    return length >= SECRET_LENGTH_MIN && letters > 0 && digits > 0;
}

static void append_path(mfn__buffer *text, const char *path)
{
    while (*path != '\0') {
        size_t slash = strspn(path, "/");
        mfn__buffer_append(text, path, slash);
        path += slash;
        size_t length = strcspn(path, "/");
        if (looks_secret(path, length)) {
            mfn__buffer_append_text(text, "…");
        } else {
            mfn__buffer_append(text, path, length);
        }
        path += length;
    }
}

void mfn__url_redact(const char *url, char *ret, size_t size)
{
    snprintf(ret, size, "(a URL)");
    CURLU *parsed = curl_url();
    if (parsed != NULL &&
        curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
        char *scheme = part_of(parsed, CURLUPART_SCHEME, 0);
        char *host = part_of(parsed, CURLUPART_HOST, 0);
        char *port = part_of(parsed, CURLUPART_PORT, 0);
        char *path = part_of(parsed, CURLUPART_PATH, 0);
        mfn__buffer text;
        mfn__buffer_init(&text, 4 * URL_BYTES_MAX);
        mfn__buffer_append_format(&text, "%s://%s%s%s", scheme != NULL ? scheme : "?",
                                  host != NULL ? host : "?", port != NULL ? ":" : "",
                                  port != NULL ? port : "");
        append_path(&text, path != NULL ? path : "");
        if (text.status == MFN_OK) {
            mfn__text_printable(text.data, text.size, ret, size);
        }
        mfn__buffer_deinit(&text);
        curl_free(scheme);
        curl_free(host);
        curl_free(port);
        curl_free(path);
    }
    curl_url_cleanup(parsed);
}

mfn_status mfn__url_resolve(const char *base, const char *reference, mfn__buffer *ret,
                            mfn_error *err)
{
    CURLU *parsed = curl_url();
    if (parsed == NULL) {
        return mfn__fail_memory(err);
    }
    char *text = NULL;
    if (!has_control_characters(reference) &&
        curl_url_set(parsed, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl_url_set(parsed, CURLUPART_URL, reference, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
        (void)curl_url_set(parsed, CURLUPART_FRAGMENT, NULL, 0);
        text = part_of(parsed, CURLUPART_URL, 0);
    }
    curl_url_cleanup(parsed);
    if (text == NULL) {
        return mfn__fail(err, MFN_FORMAT, NULL, "a link of the answer is no URL");
    }
    mfn__buffer_append_text(ret, text);
    curl_free(text);
    return mfn__buffer_check(ret, "the URL", err);
}

static bool parts_agree(CURLU *a, CURLU *b, CURLUPart part)
{
    char *one = part_of(a, part, CURLU_DEFAULT_PORT);
    char *other = part_of(b, part, CURLU_DEFAULT_PORT);
    bool agree = one != NULL && other != NULL && strcasecmp(one, other) == 0;
    curl_free(one);
    curl_free(other);
    return agree;
}

static bool urls_agree(const char *a, const char *b, bool with_scheme)
{
    CURLU *one = curl_url();
    CURLU *other = curl_url();
    bool agree = one != NULL && other != NULL &&
                 curl_url_set(one, CURLUPART_URL, a, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                 curl_url_set(other, CURLUPART_URL, b, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                 parts_agree(one, other, CURLUPART_HOST) &&
                 parts_agree(one, other, CURLUPART_PORT) &&
                 (!with_scheme || parts_agree(one, other, CURLUPART_SCHEME));
    curl_url_cleanup(one);
    curl_url_cleanup(other);
    return agree;
}

bool mfn__url_same_origin(const char *a, const char *b)
{
    return urls_agree(a, b, true);
}

bool mfn__url_same_host(const char *a, const char *b)
{
    return urls_agree(a, b, false);
}

static void append_encoded(mfn__buffer *url, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (isalnum(byte) != 0 || strchr("-._~", byte) != NULL) {
            mfn__buffer_append_char(url, *c);
        } else {
            mfn__buffer_append_format(url, "%%%02X", byte);
        }
    }
}

void mfn__url_add_query(mfn__buffer *url, const char *key, const char *value)
{
    bool has_query = url->data != NULL && strchr(url->data, '?') != NULL;
    mfn__buffer_append_char(url, has_query ? '&' : '?');
    append_encoded(url, key);
    mfn__buffer_append_char(url, '=');
    append_encoded(url, value);
}
