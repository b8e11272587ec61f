/* SPDX-License-Identifier: MIT */
/* One poll of a source: its pages one after the other, each stored before the next is asked for. */
#ifndef MFN_CONNECTORS_REST_POLL_H
#define MFN_CONNECTORS_REST_POLL_H

#include "connectors/rest/memory.h"

typedef struct mfn__rest_poll {
    const mfn__rest_connector_options *options; /* both borrowed */
    const mfn__surroundings *around;
    mfn__rest_place place;   /* of the next page; its url is NULL when no poll is under way */
    mfn__rest_memory memory; /* as it was when the poll began */
    char request[MFN__SHA256_HEX_SIZE]; /* stands for the first page */
    char *etag, *last_modified;         /* of the first page; or NULL */
    char items[MFN__SHA256_HEX_SIZE];   /* of the poll's last page, "" before the second */
} mfn__rest_poll;

/* What asking for a page came to. */
typedef struct mfn__rest_outcome {
    bool is_over;       /* the poll is */
    bool is_cut;        /* it ended because of max_pages */
    bool is_repeated;   /* it ended because the page was the one before once more */
    bool is_asked;      /* a request was made */
    uint64_t known;     /* items left out, see skip_known */
    mfn__advice advice; /* after a failure */
} mfn__rest_outcome;

/* No poll is under way. */
void mfn__rest_poll_init(mfn__rest_poll *poll, const mfn__rest_connector_options *options,
                         const mfn__surroundings *around);
void mfn__rest_poll_deinit(mfn__rest_poll *poll);

/* Asks for the poll's next page, of a new poll when none is under way, and stores its items. After
 * a failure that may pass the same page is asked for again; after another the poll begins anew. */
mfn_status mfn__rest_poll_page(mfn__rest_poll *poll, mfn__rest_outcome *ret, mfn_error *err);

/* Asks for the first page without taking anything. */
mfn_status mfn__rest_poll_probe(const mfn__rest_connector_options *options,
                                const mfn__surroundings *around, mfn_error *err);

/* Headers that the connector sets itself; ends with NULL. */
extern const char *const mfn__rest_reserved_headers[];

#endif
