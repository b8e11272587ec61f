/* SPDX-License-Identifier: MIT */
/* The connector "rest": jobs from a server that is asked at intervals, page by page. */
#ifndef MFN_CONNECTORS_REST_REST_CONNECTOR_H
#define MFN_CONNECTORS_REST_REST_CONNECTOR_H

#include "stream/kinds.h"

typedef enum mfn__rest_method { MFN__REST_GET, MFN__REST_POST } mfn__rest_method;

typedef enum mfn__rest_pagination {
    MFN__REST_ONE_PAGE,
    MFN__REST_LINK,   /* the Link header with rel="next" */
    MFN__REST_NEXT,   /* a URL or path in the answer */
    MFN__REST_NUMBER, /* page=1, page=2, ... */
    MFN__REST_CURSOR, /* a value in the answer that the next request repeats */
} mfn__rest_pagination;

typedef struct mfn__rest_connector_options {
    const char *base_url, *endpoint;
    uint32_t method; /* mfn__rest_method */
    mfn_texts params;
    const char *body; /* JSON of a POST; "" for none */
    mfn_texts headers;
    double interval;     /* s between polls */
    const char *items;   /* JSON Pointer to the items of a page */
    uint32_t pagination; /* mfn__rest_pagination */
    const char *next_pointer;
    const char *page_param;
    uint64_t page_start, page_size; /* page_size 0: not known */
    const char *cursor_param, *cursor_pointer;
    bool save_cursor;
    uint64_t max_pages;
    bool skip_known;
    uint64_t max_job_bytes;
    mfn__http_access access;
} mfn__rest_connector_options;

extern const mfn__connector_ops mfn__rest_connector;

#endif
