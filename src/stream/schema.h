/* SPDX-License-Identifier: MIT */
/* The JSON Schema (draft 2020-12) of pipeline files, made from the option tables that check them.
 * Editors use it to complete and to mark mistakes. */
#ifndef MFN_STREAM_SCHEMA_H
#define MFN_STREAM_SCHEMA_H

#include "codec/json_writer.h"
#include "stream/kinds.h"

void mfn__schema_write(const mfn__kinds *kinds, mfn__json_writer *json);

#endif
