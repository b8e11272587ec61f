/* SPDX-License-Identifier: MIT */
/* The first line is a list of origins, then come the method, the origin, and the two headers of a
 * preflight: an origin is allowed exactly when the list names it or all, and never with credentials
 * where all are allowed. */
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "server/cors.h"

#define LINES 5

static const char *find_header(const mfn__cors_answer *answer, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < answer->count; i++) {
        if (strcmp(answer->headers[i].name, name) == 0) {
            fuzz_require(found == NULL);
            found = answer->headers[i].value;
        }
    }
    return found;
}

/* Whether the text stands between commas and white space in the list. */
static bool lists(const char *list, const char *wanted)
{
    for (const char *at = list; *at != '\0';) {
        at += strspn(at, " \t,");
        size_t size = strcspn(at, ",");
        size_t kept = size;
        while (kept > 0 && (at[kept - 1] == ' ' || at[kept - 1] == '\t')) {
            kept--;
        }
        if (kept > 0 && kept == strlen(wanted) && memcmp(at, wanted, kept) == 0) {
            return true;
        }
        at += size;
    }
    return false;
}

static void check_answer(char *const lines[LINES], const mfn__cors_answer *answer)
{
    const char *origin = lines[2];
    bool allows_all = lists(lines[0], "*");
    bool is_allowed = origin != NULL && (allows_all || lists(lines[0], origin));
    const char *shown = find_header(answer, "Access-Control-Allow-Origin");
    const char *credentials = find_header(answer, "Access-Control-Allow-Credentials");
    fuzz_require(answer->count <= MFN__CORS_HEADERS_MAX);
    fuzz_require((shown != NULL) == (is_allowed && answer->count > 0));
    fuzz_require(shown == NULL || strcmp(shown, allows_all ? "*" : origin) == 0);
    fuzz_require(!allows_all || credentials == NULL);
    fuzz_require(allows_all || shown == NULL || strcmp(find_header(answer, "Vary"), "Origin") == 0);
    fuzz_require(answer->status == 0 || (answer->status == 200 && is_allowed) ||
                 answer->status == 400);
    fuzz_require((answer->status == 0) == (answer->body == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mfn__mem_new(size + 1, 1);
    fuzz_require(text != NULL);
    memcpy(text, data, size);
    char *lines[LINES] = {text};
    for (size_t i = 1; i < LINES && lines[i - 1] != NULL; i++) {
        lines[i] = strchr(lines[i - 1], '\n');
        if (lines[i] != NULL) {
            *lines[i]++ = '\0';
        }
    }
    mfn__cors *cors = NULL;
    mfn__cors_answer answer;
    fuzz_require(mfn__cors_new(lines[0], &cors, NULL) == MFN_OK);
    mfn__cors_judge(cors, lines[1] != NULL ? lines[1] : "GET", lines[2], lines[3], lines[4],
                    &answer);
    fuzz_require(mfn__cors_is_on(cors) || answer.count == 0);
    if (mfn__cors_is_on(cors)) {
        check_answer(lines, &answer);
    }
    mfn__cors_free(cors);
    mfn__mem_free(text);
    return 0;
}
