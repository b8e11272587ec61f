/* SPDX-License-Identifier: MIT */
/* From a pattern and a result to a file name. */
#ifndef MFN_PUBLISHERS_FILE_FILE_NAMES_H
#define MFN_PUBLISHERS_FILE_FILE_NAMES_H

#include "stream/ledger.h"
#include "stream/message.h"

/* A file name is shorter than MFN__NAME_MAX. */
typedef struct mfn__name_parts {
    const char *id;        /* may hold anything: it is made safe */
    const char *result_id; /* "" when the pattern stands for many results */
    int64_t wall_ms;
    uint64_t sequence;
} mfn__name_parts;

/* Checks a pattern with {timestamp} {id} {result_id} {sequence}: known placeholders, no folder. */
mfn_status mfn__name_pattern_check(const char *pattern, mfn_error *err);

void mfn__name_expand(const char *pattern, const mfn__name_parts *parts, char ret[MFN__NAME_MAX]);

/* Puts "-suffix" before the extension: "a.json" becomes "a-7f3a.json". */
void mfn__name_with_suffix(const char *name, const char *suffix, char ret[MFN__NAME_MAX]);

#endif
