/* SPDX-License-Identifier: MIT */
/* One option as a JSON Schema. */
#ifndef MFN_STREAM_SCHEMA_OPTION_H
#define MFN_STREAM_SCHEMA_OPTION_H

#include "codec/json_writer.h"

#include "mfn/option.h"

/* Writes "key": "text". */
void mfn__schema_write_text(mfn__json_writer *json, const char *key, const char *text);

/* Writes the members "variable" and "text" of "$defs", to which options refer. */
void mfn__schema_write_definitions(mfn__json_writer *json);

/* Writes what the option's value may be, as an object. */
void mfn__schema_write_option(const mfn_option *option, mfn__json_writer *json);

/* Writes {"$ref": "#/$defs/<prefix><name>"}; both names are short. */
void mfn__schema_write_reference(mfn__json_writer *json, const char *prefix, const char *name);

#endif
