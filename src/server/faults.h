/* SPDX-License-Identifier: MIT */
/* What is wrong with a request: a list of faults in the form that the reference's clients know from
 * pydantic 2, and any other refusal. */
#ifndef MFN_SERVER_FAULTS_H
#define MFN_SERVER_FAULTS_H

#include <jansson.h>

#include "codec/json_writer.h"

#define MFN__FAULTS_MAX 32

typedef struct mfn__fault {
    const char *type;  /* "greater_than_equal": static text */
    char where[96];    /* the field, "" for the body as a whole */
    int64_t index[2];  /* positions inside lists, or in the text; -1: none */
    char message[160]; /* "Input should be greater than or equal to 8" */
    char input[256];   /* JSON text, cut when it is long; "" leaves it out */
    char context[96];  /* JSON object, such as {"ge":8}; "" leaves it out */
} mfn__fault;

typedef struct mfn__faults {
    mfn__fault items[MFN__FAULTS_MAX];
    size_t count; /* never above the maximum: what comes later is not noted */
} mfn__faults;

/* The next fault to fill in, with everything but `type` and `where` empty. Its memory is that of
 * the last one when there are too many. */
mfn__fault *mfn__faults_add(mfn__faults *faults, const char *type, const char *where);

/* The list of objects with type, loc, msg, input and ctx. */
void mfn__faults_write_json(const mfn__faults *faults, mfn__json_writer *json);

/* How a request is refused. */
typedef struct mfn__refusal {
    unsigned status;           /* of HTTP */
    const char *code;          /* error_code, static: "validation_error" */
    char text[512];            /* `detail` and `message` */
    const mfn__faults *faults; /* NULL, or the list that takes the place of `detail` */
    double retry_after_s;      /* 0: not told */
} mfn__refusal;

/* {"detail": …, "error_code": …, "message": …, "details": …, "request_id": …, "timestamp": …}, or
 * application/problem+json of RFC 9457 with `as_problem`. */
void mfn__refusal_write_json(const mfn__refusal *refusal, const char *request_id, int64_t wall_ns,
                             const char *path, bool as_problem, mfn__json_writer *json);

#endif
