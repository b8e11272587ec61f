/* SPDX-License-Identifier: MIT */
/* What records of connectors and publishers have in common when they are replayed through the
 * public API. */
#ifndef GOLDEN_KINDS_COMPONENT_H
#define GOLDEN_KINDS_COMPONENT_H

#include "compare.h"
#include "record.h"

#include "mfn/stream.h"

/* A record in which the reference breaks its own documentation or ours does better on purpose, and
 * what must come out instead; NULL: as recorded. */
typedef struct correction {
    const char *id; /* its end; NULL at the end of the table */
    const char *why;
    const char *results; /* by operation: a value, "problem" for an item that is none, "failure" */
    const char *files;   /* names (the number in them is any) and contents at the end */
    const char *counts;  /* [total, successful, failed, retries, bytes] */
} correction;

/* What a record says, with its correction. Release with expected_deinit. */
typedef struct expected {
    json_t *results, *files, *counts;
    bool is_corrected;
} expected;

/* Notes the correction in `cmp`. */
void expected_init(expected *self, const record *rec, const correction *table, comparison *cmp);
void expected_deinit(expected *self);

/* The options of the record's config with those of `more`, which it takes over, as YAML. */
char *expected_options(const record *rec, json_t *more);

/* Compares one operation's result; `got` is taken over. */
void expected_compare_result(const expected *self, size_t index, json_t *got, comparison *cmp);

/* Compares the state after an operation with the recorded one, which knows more of them. */
void expected_compare_state(const expected *self, const record *rec, size_t index,
                            mfn_component_state state, comparison *cmp);

void expected_compare_counts(const expected *self, const mfn_component_metrics *got,
                             comparison *cmp);

#endif
