/* SPDX-License-Identifier: MIT */
#include "server/cors.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"

#define METHODS "GET, POST, OPTIONS"
#define EXPOSED "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining"
#define MAX_AGE "600"

struct mfn__cors {
    char *text; /* the list, cut into the origins */
    const char **origins;
    size_t count;
    bool allows_all;
};

void mfn__cors_free(mfn__cors *cors)
{
    if (cors != NULL) {
        mfn__mem_free(cors->origins);
        mfn__mem_free(cors->text);
        mfn__mem_free(cors);
    }
}

/* Cuts the text at commas, without the spaces around; empty ones are dropped. */
static void cut(mfn__cors *cors)
{
    char *at = cors->text;
    while (*at != '\0') {
        at += strspn(at, " \t,");
        size_t size = strcspn(at, ",");
        char *next = at + size + (at[size] == ',' ? 1 : 0);
        while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t')) {
            size--;
        }
        if (size > 0) {
            at[size] = '\0';
            cors->allows_all = cors->allows_all || strcmp(at, "*") == 0;
            cors->origins[cors->count++] = at;
        }
        at = next;
    }
}

mfn_status mfn__cors_new(const char *origins, mfn__cors **ret, mfn_error *err)
{
    mfn__cors *cors = mfn__mem_new(1, sizeof *cors);
    if (cors == NULL) {
        return mfn__fail_memory(err);
    }
    /* A list of n characters holds fewer than n origins, and at least one more byte is needed. */
    cors->text = mfn__mem_new(strlen(origins) + 2, 1);
    cors->origins = mfn__mem_new(strlen(origins) + 1, sizeof *cors->origins);
    if (cors->text == NULL || cors->origins == NULL) {
        mfn__cors_free(cors);
        return mfn__fail_memory(err);
    }
    memcpy(cors->text, origins, strlen(origins));
    cut(cors);
    *ret = cors;
    return MFN_OK;
}

bool mfn__cors_is_on(const mfn__cors *cors)
{
    return cors->count > 0;
}

static bool allows(const mfn__cors *cors, const char *origin)
{
    for (size_t i = 0; i < cors->count; i++) {
        if (strcmp(cors->origins[i], origin) == 0) {
            return true;
        }
    }
    return cors->allows_all;
}

static void add(mfn__cors_answer *answer, const char *name, const char *value)
{
    answer->headers[answer->count++] = (mfn__cors_header){name, value};
}

static void judge_preflight(const mfn__cors *cors, const char *origin, const char *method,
                            const char *headers, mfn__cors_answer *ret)
{
    bool is_origin_fine = allows(cors, origin);
    bool is_method_fine =
        strcmp(method, "GET") == 0 || strcmp(method, "POST") == 0 || strcmp(method, "OPTIONS") == 0;
    if (cors->allows_all) {
        add(ret, "Access-Control-Allow-Origin", "*");
    } else {
        add(ret, "Vary", "Origin");
        add(ret, "Access-Control-Allow-Credentials", "true");
        if (is_origin_fine) {
            add(ret, "Access-Control-Allow-Origin", origin);
        }
    }
    add(ret, "Access-Control-Allow-Methods", METHODS);
    add(ret, "Access-Control-Max-Age", MAX_AGE);
    if (headers != NULL) {
        add(ret, "Access-Control-Allow-Headers", headers);
    }
    ret->status = is_origin_fine && is_method_fine ? 200 : 400;
    ret->body = is_origin_fine   ? (is_method_fine ? "OK" : "Disallowed CORS method")
                : is_method_fine ? "Disallowed CORS origin"
                                 : "Disallowed CORS origin, method";
}

void mfn__cors_judge(const mfn__cors *cors, const char *method, const char *origin,
                     const char *request_method, const char *request_headers, mfn__cors_answer *ret)
{
    *ret = (mfn__cors_answer){0};
    if (!mfn__cors_is_on(cors) || origin == NULL) {
        return;
    }
    if (strcmp(method, "OPTIONS") == 0 && request_method != NULL) {
        judge_preflight(cors, origin, request_method, request_headers, ret);
        return;
    }
    add(ret, "Access-Control-Expose-Headers", EXPOSED);
    if (cors->allows_all) {
        add(ret, "Access-Control-Allow-Origin", "*");
        return;
    }
    add(ret, "Access-Control-Allow-Credentials", "true");
    if (allows(cors, origin)) {
        add(ret, "Access-Control-Allow-Origin", origin);
        add(ret, "Vary", "Origin");
    }
}
