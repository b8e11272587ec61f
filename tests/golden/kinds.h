/* SPDX-License-Identifier: MIT */
/* The kinds of records, and how each is replayed against the code. One file per group in kinds/. */
#ifndef GOLDEN_KINDS_H
#define GOLDEN_KINDS_H

#include <stdbool.h>

#include "compare.h"
#include "record.h"

typedef void (*kind_replay)(const record *rec, comparison *cmp);

typedef struct vector_kind {
    const char *name;
    kind_replay replay; /* NULL: documented, but this version has nothing to replay it with */
    bool every_variant; /* the kernels take part: replay under each variant of this machine */
} vector_kind;

/* Every documented kind; ends with an entry whose name is NULL. */
extern const vector_kind kinds[];

void kind_rng(const record *rec, comparison *cmp);
void kind_ziggurat(const record *rec, comparison *cmp);
void kind_simulate(const record *rec, comparison *cmp);
void kind_engine(const record *rec, comparison *cmp);
void kind_model_field(const record *rec, comparison *cmp);
void kind_numerics(const record *rec, comparison *cmp);
void kind_config(const record *rec, comparison *cmp);
void kind_features_sim(const record *rec, comparison *cmp);
void kind_features_field(const record *rec, comparison *cmp);
void kind_boxsizes(const record *rec, comparison *cmp);
void kind_boxcount(const record *rec, comparison *cmp);
void kind_ifs(const record *rec, comparison *cmp);
void kind_ifs_engine(const record *rec, comparison *cmp);
void kind_lyapunov(const record *rec, comparison *cmp);
void kind_nernst(const record *rec, comparison *cmp);
void kind_membrane(const record *rec, comparison *cmp);
void kind_stdp(const record *rec, comparison *cmp);
void kind_retry_delay(const record *rec, comparison *cmp);
void kind_retry_op(const record *rec, comparison *cmp);
void kind_http_client(const record *rec, comparison *cmp);
void kind_file_io(const record *rec, comparison *cmp);
void kind_kafka(const record *rec, comparison *cmp);
void kind_io_defaults(const record *rec, comparison *cmp);
void kind_krum(const record *rec, comparison *cmp);
void kind_krum_aggregate(const record *rec, comparison *cmp);
void kind_attention(const record *rec, comparison *cmp);
void kind_validation(const record *rec, comparison *cmp);

#endif
