/* SPDX-License-Identifier: MIT */
#ifndef MFN_CODEC_EXTENDED_JSON_H
#define MFN_CODEC_EXTENDED_JSON_H

#include "codec/json_writer.h"

#include "mfn/extended.h"

/* An object with the extended features by name, then "scaling", "correlation" and "spectrum": what
 * they were made of, an array of objects each. */
void mfn__extended_write_json(const mfn_extended *extended, mfn__json_writer *json);

#endif
