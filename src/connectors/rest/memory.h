/* SPDX-License-Identifier: MIT */
/* What is remembered of a source from poll to poll, in the ledger: where to go on, which version of
 * the first page was seen, and which items the poll before gave. */
#ifndef MFN_CONNECTORS_REST_MEMORY_H
#define MFN_CONNECTORS_REST_MEMORY_H

#include "codec/sha256.h"
#include "connectors/rest/pages.h"

typedef struct mfn__rest_memory {
    int64_t polls; /* begun so far */
    char *cursor;  /* NULL: from the beginning */
    /* Of the first page of the last complete poll; each may be NULL. */
    char *etag, *last_modified;
    char request[MFN__SHA256_HEX_SIZE]; /* that gave them, as mfn__rest_request_digest has it */
} mfn__rest_memory;

/* Takes the ledger's lock itself. */
mfn_status mfn__rest_recall(const mfn__rest_connector_options *options,
                            const mfn__surroundings *around, mfn__rest_memory *ret, mfn_error *err);
void mfn__rest_memory_deinit(mfn__rest_memory *memory);

/* Stands for a request and for how its answer is read. */
mfn_status mfn__rest_request_digest(const mfn__rest_connector_options *options, const char *url,
                                    char ret[MFN__SHA256_HEX_SIZE], mfn_error *err);

/* What one page brings. Everything is borrowed. */
typedef struct mfn__rest_step {
    const mfn__rest_page *page;
    uint64_t number;                            /* of the page in its poll, from 1 */
    const char *shown;                          /* its URL without secrets */
    int64_t poll;                               /* number of the poll */
    const char *cursor;                         /* where to go on from now on; NULL: no change */
    bool is_complete;                           /* the source gave all that it has */
    const char *etag, *last_modified, *request; /* to be kept with a complete poll */
} mfn__rest_step;

/* Adds the page's items to the inbox, together with all that is to be remembered, in one durable
 * transaction. `*ret_known` says how many items were left out because the source gave them before.
 * Takes the ledger's lock itself. */
mfn_status mfn__rest_store(const mfn__rest_connector_options *options,
                           const mfn__surroundings *around, const mfn__rest_step *step,
                           uint64_t *ret_known, mfn_error *err);

#endif
