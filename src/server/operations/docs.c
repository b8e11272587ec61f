/* SPDX-License-Identifier: MIT */
/* GET /openapi.json and GET /docs. */
#include "server/openapi.h"
#include "server/operations/operations.h"

static mfn_status run_openapi(mfn__call *call, mfn_error *err)
{
    (void)err;
    mfn__json_writer json;
    mfn__json_start(&json, &call->answer, 0);
    mfn__openapi_write(mfn__operations, &json);
    return MFN_OK;
}

const mfn__operation mfn__operation_openapi = {
    .name = "openapi",
    .method = "GET",
    .path = "/openapi.json",
    .tag = MFN__TAG_META,
    .summary = "This document (OpenAPI 3.1)",
    .answer_schema = "{\"type\": \"object\"}",
    .is_public = true,
    .run = run_openapi,
};

static mfn_status run_docs(mfn__call *call, mfn_error *err)
{
    (void)err;
    call->content_type = "text/html; charset=utf-8";
    mfn__docs_page_write(mfn__operations, &call->answer);
    return MFN_OK;
}

const mfn__operation mfn__operation_docs = {
    .name = "docs",
    .method = "GET",
    .path = "/docs",
    .tag = MFN__TAG_META,
    .summary = "The operations on a page to read",
    .is_public = true,
    .run = run_docs,
};

/* The reference's second page: the same here. */
const mfn__operation mfn__operation_redoc = {
    .name = "redoc",
    .method = "GET",
    .path = "/redoc",
    .tag = MFN__TAG_META,
    .summary = "The same page under the reference's other name",
    .is_public = true,
    .run = run_docs,
};
