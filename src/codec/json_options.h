/* SPDX-License-Identifier: MIT */
/* JSON objects read into option tables: strict, typed, with errors that name the field. */
#ifndef MFN_CODEC_JSON_OPTIONS_H
#define MFN_CODEC_JSON_OPTIONS_H

#include <jansson.h>

#include "mfn/option.h"

/* Parses the text of one JSON object (RFC 8259; duplicate keys and more than 16 levels are
 * refused). Errors read "line 3, column 7: …". Whole numbers beyond 64 bits keep their value as
 * members of the object named in `exact_keys` (ends with NULL): they become texts of their digits;
 * elsewhere they become reals. Release with json_decref. */
mfn_status mfn__json_object_parse(const char *text, size_t size, const char *const *exact_keys,
                                  json_t **ret, mfn_error *err);

/* Sets the fields that `object` names; the others are left as they are. WHOLE takes whole numbers
 * (64, 64.0), REAL any number, BOOL true and false, TEXT and CHOICE strings, DIGITS a whole number
 * (up to 2^53 also as 42.0), a string of digits, or null for "not given". Members in `other_keys`
 * (ends with NULL, may be NULL) belong to somebody else. TEXT and DIGITS fields borrow from
 * `object`, in which whole numbers given for DIGITS are replaced by their text. On failure
 * `options` may be half set. */
mfn_status mfn__options_from_json(const mfn_option *table, json_t *object,
                                  const char *const *other_keys, void *options, mfn_error *err);

#endif
