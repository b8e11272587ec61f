/* SPDX-License-Identifier: MIT */
/* The retry contract: which failures heal by themselves, which need somebody, and which never. */
#include <stdio.h>

#include "base/error.h"
#include "net/http_excerpt.h"
#include "net/url.h"

#define URL_SHOWN    160
#define ANSWER_SHOWN 200

static bool contains(const int *statuses, int status)
{
    for (; statuses != NULL && *statuses != 0; statuses++) {
        if (*statuses == status) {
            return true;
        }
    }
    return false;
}

static mfn__trouble trouble_of(int status)
{
    static const int passing[] = {408, 425, 429, 500, 502, 503, 504, 0};
    static const int paused[] = {401, 403, 404, 407, 0};
    if (contains(passing, status)) {
        return MFN__TROUBLE_PASSING;
    }
    if (contains(paused, status)) {
        return MFN__TROUBLE_PAUSED;
    }
    return status == 410 ? MFN__TROUBLE_GONE : MFN__TROUBLE_PERMANENT;
}

static mfn_status status_of(mfn__trouble trouble, int status)
{
    switch (trouble) {
    case MFN__TROUBLE_PASSING:
        return status == 408 || status == 504 ? MFN_TIMED_OUT : MFN_IO;
    case MFN__TROUBLE_PAUSED:
        return status == 404 ? MFN_NOT_FOUND : MFN_ACCESS;
    case MFN__TROUBLE_GONE:
        return MFN_NOT_FOUND;
    case MFN__TROUBLE_BY_STATUS:
    case MFN__TROUBLE_PERMANENT:
        break;
    }
    return status == 413 ? MFN_TOO_LARGE : MFN_REFUSED;
}

static mfn_status judge_problem(const mfn__http_exchange *exchange, mfn__advice *ret_advice,
                                mfn_error *err)
{
    char url[URL_SHOWN];
    mfn__url_redact(exchange->url, url, sizeof url);
    if (exchange->is_paused) {
        ret_advice->trouble = MFN__TROUBLE_PAUSED;
    } else if (exchange->problem.status == MFN_CANCELLED ||
               mfn_status_is_transient(exchange->problem.status)) {
        ret_advice->trouble = MFN__TROUBLE_PASSING;
    } else {
        ret_advice->trouble = MFN__TROUBLE_PERMANENT;
    }
    return mfn__fail(err, exchange->problem.status, exchange->problem.field, "%s %s: %s",
                     exchange->method, url, exchange->problem.text);
}

mfn_status mfn__http_judge(const mfn__http_exchange *exchange, const int *also_successful,
                           mfn__advice *ret_advice, mfn_error *err)
{
    if (exchange->problem.status != MFN_OK) {
        return judge_problem(exchange, ret_advice, err);
    }
    int status = exchange->status;
    if ((status >= 200 && status < 300) || contains(also_successful, status)) {
        return MFN_OK;
    }
    char url[URL_SHOWN];
    char answer[ANSWER_SHOWN];
    mfn__url_redact(exchange->url, url, sizeof url);
    mfn__http_excerpt(exchange, answer, sizeof answer);
    ret_advice->trouble = trouble_of(status);
    ret_advice->retry_after_ns = exchange->retry_after_ns;
    return mfn__fail(err, status_of(ret_advice->trouble, status), NULL, "%s %s: HTTP status %d%s%s",
                     exchange->method, url, status, answer[0] != '\0' ? ": " : "", answer);
}
