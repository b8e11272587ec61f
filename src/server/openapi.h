/* SPDX-License-Identifier: MIT */
/* The OpenAPI 3.1 document of the operations, made from the tables that validate their requests. */
#ifndef MFN_SERVER_OPENAPI_H
#define MFN_SERVER_OPENAPI_H

#include "codec/json_writer.h"
#include "server/operation.h"

/* Writes one value: the whole document. */
void mfn__openapi_write(const mfn__operation *const *operations, mfn__json_writer *json);

/* A page without outside resources that shows the same to people. */
void mfn__docs_page_write(const mfn__operation *const *operations, mfn__buffer *ret);

#endif
