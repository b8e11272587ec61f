/* SPDX-License-Identifier: MIT */
/* What a page of an answer holds, and where the next one is. No network, no ledger. */
#ifndef MFN_CONNECTORS_REST_PAGES_H
#define MFN_CONNECTORS_REST_PAGES_H

#include "codec/json_slice.h"
#include "connectors/rest/rest_connector.h"

/* Borrowed from the answer's bytes. */
typedef struct mfn__rest_page {
    bool is_empty; /* there is nothing in it, not even JSON */
    mfn__json_slice whole;
    mfn__json_slice items; /* an array of items, or an object that is the only one */
    size_t count;
} mfn__rest_page;

/* MFN_FORMAT when it is no JSON, or has no items where they should be. */
mfn_status mfn__rest_page_read(const mfn__rest_connector_options *options, const char *bytes,
                               size_t size, mfn__rest_page *ret, mfn_error *err);

/* Walks over the items: start with `*position` 0; false at the end. */
bool mfn__rest_page_item(const mfn__rest_page *page, size_t *position, mfn__json_slice *ret);

/* Where a page is. */
typedef struct mfn__rest_place {
    uint64_t number; /* of the page in its poll, from 1 */
    char *url;
    char *cursor; /* the cursor that is part of the URL; NULL for none */
} mfn__rest_place;

void mfn__rest_place_deinit(mfn__rest_place *place);

/* base_url and endpoint, without any query. */
mfn_status mfn__rest_address(const mfn__rest_connector_options *options, mfn__buffer *ret,
                             mfn_error *err);

/* The first page of a poll; `cursor` is NULL for a poll from the beginning. */
mfn_status mfn__rest_first_place(const mfn__rest_connector_options *options, const char *cursor,
                                 mfn__rest_place *ret, mfn_error *err);

/* The page after `place`, which gave `page`; `next_link` is that of its headers or NULL. `ret->url`
 * stays NULL when `page` was the last one. */
mfn_status mfn__rest_next_place(const mfn__rest_connector_options *options,
                                const mfn__rest_place *place, const mfn__rest_page *page,
                                const char *next_link, mfn__rest_place *ret, mfn_error *err);

#endif
