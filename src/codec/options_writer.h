/* SPDX-License-Identifier: MIT */
/* An options struct as members of a JSON object. */
#ifndef MFN_CODEC_OPTIONS_WRITER_H
#define MFN_CODEC_OPTIONS_WRITER_H

#include "codec/json_writer.h"

#include "mfn/option.h"

/* Writes every field of the table in its order, inside an object that the caller has begun. Whole
 * numbers of any size are written as numbers; a text that is not set becomes null. */
void mfn__options_write_json(const mfn_option *table, const void *options, mfn__json_writer *json);

#endif
