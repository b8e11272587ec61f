/* SPDX-License-Identifier: MIT */
/* The operations of the service, independent of what carries them: HTTP, WebSocket and gRPC are
 * skins over this table. */
#ifndef MFN_SERVER_OPERATION_H
#define MFN_SERVER_OPERATION_H

#include <stdatomic.h>

#include "server/faults.h"

#include "mfn/option.h"

struct mfn__service; /* what all calls share: service.h */

/* One call, from its checked request to its answer. */
typedef struct mfn__call {
    struct mfn__service *service;
    const char *request_id;
    const char *client;        /* who pays: the name of the API key, or the address */
    const char *key;           /* the name of its API key; "" for none */
    const char *argument;      /* what stands for {id} in the path, or NULL */
    void *request;             /* of the operation's type */
    const atomic_bool *cancel; /* set when nobody waits any more: stop between steps */
    unsigned status;           /* 200 unless the operation says otherwise */
    const char *content_type;  /* application/json unless the operation says otherwise */
    mfn__buffer answer;        /* the body */
    char location[64];         /* of what the call made; "": nothing */
    mfn__refusal refusal;      /* filled by mfn__call_refuse */
} mfn__call;

typedef struct mfn__operation {
    const char *name;          /* "simulate" */
    const char *method, *path; /* "POST", "/simulate"; a last part {id} is passed as text */
    const char *tag, *summary; /* for the documentation */
    const mfn_option *fields;  /* of the request, or: */
    const mfn_option *(*library_fields)(void); /* those of a library's table */
    size_t request_size;                       /* 0: takes no body */
    const char *const *others; /* members that `read` takes; ends with NULL, may be NULL */
    /* JSON Schema texts for the OpenAPI document: of each of `others`, and of the answer; and the
     * one of `others` that must be there (NULL: none). */
    const char *const *other_schemas;
    const char *required_other, *answer_schema;
    const char *example;     /* a body, for the documentation; NULL: none */
    bool is_public;          /* needs no key */
    bool refuses_unknown;    /* members, whatever the service's setting says */
    uint64_t body_bytes_max; /* 0: the service's limit */
    /* Reads `others` into the request and checks what the table cannot. NULL: nothing. */
    mfn_status (*read)(json_t *body, void *request, mfn__faults *ret_faults);
    /* Takes a body that is not JSON (a .npy file) by its Content-Type; NULL: none is taken. */
    mfn_status (*read_raw)(const char *content_type, const char *bytes, size_t size, void *request,
                           mfn__faults *ret_faults);
    void (*release)(void *request); /* of what these two allocated; NULL: nothing */
    /* What it costs in cell steps, for admission. NULL: little; then `run` is called on the thread
     * that carries the call, and must not block. */
    uint64_t (*cost)(const void *request);
    /* Writes the answer. On failure the error becomes the refusal, unless the call has one. */
    mfn_status (*run)(mfn__call *call, mfn_error *err);
} mfn__operation;

/* The fields of its request; NULL: none. */
const mfn_option *mfn__operation_fields(const mfn__operation *operation);

/* Ends with NULL. */
extern const mfn__operation *const mfn__operations[];

/* Refuses with a status and error code of its own; returns the mfn_status for `run` to return. */
mfn_status mfn__call_refuse(mfn__call *call, unsigned status, const char *code, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

#endif
