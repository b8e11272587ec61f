/* SPDX-License-Identifier: MIT */
/* Whether a text is JSON, without building anything from it. */
#ifndef MFN_CODEC_JSON_GRAMMAR_H
#define MFN_CODEC_JSON_GRAMMAR_H

#include <stddef.h>

#include "mfn/status.h"

#define MFN__JSON_LEVELS_MAX 64

/* MFN_OK when the text is one JSON value as RFC 8259 wants it, in UTF-8, with at most
 * MFN__JSON_LEVELS_MAX levels of brackets; MFN_FORMAT with line and column otherwise. */
mfn_status mfn__json_grammar_check(const char *text, size_t size, mfn_error *err);

#endif
