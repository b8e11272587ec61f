/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "base/option_table.h"
#include "net/http_options.h"

#define CONNECTIONS_MAX 10000

const mfn_option *mfn__http_pool_option_table(void)
{
    /* clang-format off: one row per option */
    static const mfn_option table[] = {
        MFN__WHOLE(mfn__http_pool_options, pool_size, 1, CONNECTIONS_MAX, "100", "",
                   "open HTTP connections in all"),
        MFN__WHOLE(mfn__http_pool_options, pool_size_per_host, 1, CONNECTIONS_MAX, "30", "",
                   "open HTTP connections to one host"),
        {0},
    };
    /* clang-format on */
    return table;
}

const mfn_option *mfn__http_access_option_table(void)
{
    static const mfn_option table[] = {
        MFN__HTTP_ACCESS_ROWS(mfn__http_access, ),
        {0},
    };
    return table;
}

mfn_status mfn__http_access_check(const mfn__http_access *access, mfn_error *err)
{
    for (const char *at = access->bearer_token; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7F) {
            return mfn__fail(err, MFN_INVALID, "bearer_token",
                             "bearer_token: it has a space, a line break or another control "
                             "character, which no token has");
        }
    }
    bool has_certificate = access->client_certificate_file[0] != '\0';
    if (has_certificate != (access->client_key_file[0] != '\0')) {
        const char *missing = has_certificate ? "client_key_file" : "client_certificate_file";
        return mfn__fail(err, MFN_INVALID, missing,
                         "%s: a client's certificate needs its key, and the key its certificate "
                         "(one file may be named twice)",
                         missing);
    }
    if (strchr(access->username, ':') != NULL) {
        return mfn__fail(err, MFN_INVALID, "username",
                         "username: it has a colon, which ends the name in basic authentication");
    }
    return MFN_OK;
}
