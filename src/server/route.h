/* SPDX-License-Identifier: MIT */
/* From a method and path to an operation. */
#ifndef MFN_SERVER_ROUTE_H
#define MFN_SERVER_ROUTE_H

#include "server/operation.h"

#define MFN__ALLOW_MAX         32
#define MFN__PATH_ARGUMENT_MAX 128

typedef struct mfn__route {
    unsigned status;                       /* 200, 307, 404 or 405 */
    const mfn__operation *operation;       /* of 200 */
    char argument[MFN__PATH_ARGUMENT_MAX]; /* of 200: what stands for {id} */
    char allow[MFN__ALLOW_MAX];            /* of 405: the methods that the path knows */
    size_t path_size;                      /* of 307: the path without its last slash */
    const mfn__operation *of_path; /* the first operation with this path, whatever its method */
} mfn__route;

void mfn__route_find(const mfn__operation *const *operations, const char *method, const char *path,
                     mfn__route *ret);

#endif
