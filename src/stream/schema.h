/* SPDX-License-Identifier: MIT */
/* The JSON Schema (draft 2020-12) of pipeline files, made from the option tables that check them.
 * Editors use it to complete and to mark mistakes. It takes every file that mfn__pipeline_load
 * takes, and refuses what names, types, ranges and choices tell; what needs the environment, other
 * values or arithmetic (a number in quotes or with a unit) is left to mfn__pipeline_load. */
#ifndef MFN_STREAM_SCHEMA_H
#define MFN_STREAM_SCHEMA_H

#include "codec/json_writer.h"
#include "stream/kinds.h"

void mfn__schema_write(const mfn__kinds *kinds, mfn__json_writer *json);

#endif
