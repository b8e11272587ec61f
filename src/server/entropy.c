/* SPDX-License-Identifier: MIT */
#include "server/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "base/error.h"

static mfn_status fill(void *context, void *ret, size_t size, mfn_error *err)
{
    (void)context;
    char *at = ret;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno != EINTR) {
            return mfn__fail_errno(err, errno, NULL, "cannot read random bytes");
        }
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
    return MFN_OK;
}

const mfn__entropy *mfn__entropy_system(void)
{
    static const mfn__entropy system = {fill, NULL};
    return &system;
}
