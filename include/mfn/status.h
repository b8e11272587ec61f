/* SPDX-License-Identifier: MIT */
/* What a call answers: a status code, and on failure an error that says what was wrong. */
#ifndef MFN_STATUS_H
#define MFN_STATUS_H

#include <stdbool.h>

#include "mfn/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* code, name, text. Codes never change their meaning. */
#define MFN_STATUS_LIST(X)                                                                         \
    X(0, OK, "success")                                                                            \
    X(-1, INVALID, "a value is outside its allowed range")                                         \
    X(-2, FORMAT, "the input is not in the expected format")                                       \
    X(-3, TOO_LARGE, "the input is larger than the limit")                                         \
    X(-4, NO_MEMORY, "out of memory")                                                              \
    X(-5, NOT_FOUND, "there is no such thing")                                                     \
    X(-6, EXISTS, "it is there already")                                                           \
    X(-7, ACCESS, "permission denied")                                                             \
    X(-8, NO_SPACE, "the disk or a quota is full")                                                 \
    X(-9, IO, "reading or writing failed")                                                         \
    X(-10, UNSTABLE, "the computation produced NaN or infinity")                                   \
    X(-11, CANCELLED, "the caller asked to stop")                                                  \
    X(-12, TIMED_OUT, "the time limit passed")                                                     \
    X(-13, UNSUPPORTED, "this build or machine cannot do that")                                    \
    X(-14, BUSY, "somebody else is using it")                                                      \
    X(-15, INTERNAL, "a bug in mfn: please report it")                                             \
    X(-16, REFUSED, "the other side does not take it")

typedef enum mfn_status {
#define MFN_STATUS_ENUM(code, name, text) MFN_##name = (code),
    MFN_STATUS_LIST(MFN_STATUS_ENUM)
#undef MFN_STATUS_ENUM
} mfn_status;

/* Owned by the caller and written only on failure; every function accepts NULL for it. */
typedef struct mfn_error {
    mfn_status status;
    char field[96]; /* the parameter or key at fault, "" when there is none */
    char text[512]; /* one line for people: the value, what was expected, what to do */
} mfn_error;

/* "MFN_INVALID" and the like; never NULL. Static text. */
MFN_API const char *mfn_status_name(mfn_status status);

/* The general meaning of a status; never NULL. Static text. */
MFN_API const char *mfn_status_text(mfn_status status);

/* True when the same call may succeed later without a change to its input: a full disk, a
 * permission that somebody can grant, a busy lock. False for bad input. */
MFN_API bool mfn_status_is_transient(mfn_status status);

#ifdef __cplusplus
}
#endif

#endif
