/* SPDX-License-Identifier: MIT */
/* Base64 with padding, in the standard alphabet (RFC 4648, section 4). */
#ifndef MFN_CODEC_BASE64_H
#define MFN_CODEC_BASE64_H

#include <stddef.h>

#include "base/buffer.h"

/* Appends the text, without line breaks; a failure stays in the buffer's status. */
void mfn__base64_encode(const void *bytes, size_t size, mfn__buffer *ret);

/* Appends the bytes. Strict, so that each text has one meaning and each content one text:
 * MFN_FORMAT for any other character (white space too), missing or misplaced padding, and bits in
 * the last character that no byte uses. Errors name a position and never show the text, which may
 * be a key. After a failure `ret` holds what it held before. */
mfn_status mfn__base64_decode(const char *text, size_t size, mfn__buffer *ret, mfn_error *err);

#endif
