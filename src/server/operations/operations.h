/* SPDX-License-Identifier: MIT */
/* Every operation of the service, and what they have in common. */
#ifndef MFN_SERVER_OPERATIONS_H
#define MFN_SERVER_OPERATIONS_H

#include "codec/json_writer.h"
#include "server/operation.h"
#include "server/service.h"

#include "mfn/simulation.h"

/* Tags: groups in the documentation, and the scopes of API keys. */
#define MFN__TAG_META    "meta"
#define MFN__TAG_COMPUTE "compute"
#define MFN__TAG_CRYPTO  "crypto"
#define MFN__TAG_JOBS    "jobs"

extern const mfn__operation mfn__operation_health;
extern const mfn__operation mfn__operation_health_connectors;
extern const mfn__operation mfn__operation_livez;
extern const mfn__operation mfn__operation_readyz;
extern const mfn__operation mfn__operation_version;
extern const mfn__operation mfn__operation_metrics;
extern const mfn__operation mfn__operation_simulate;
extern const mfn__operation mfn__operation_nernst;
extern const mfn__operation mfn__operation_validate;
extern const mfn__operation mfn__operation_aggregate;
extern const mfn__operation mfn__operation_features;
extern const mfn__operation mfn__operation_job_post;
extern const mfn__operation mfn__operation_job_get;
extern const mfn__operation mfn__operation_encrypt;
extern const mfn__operation mfn__operation_decrypt;
extern const mfn__operation mfn__operation_sign;
extern const mfn__operation mfn__operation_verify;
extern const mfn__operation mfn__operation_keypair;
extern const mfn__operation mfn__operation_openapi;
extern const mfn__operation mfn__operation_docs;
extern const mfn__operation mfn__operation_redoc;

/* An answer that is one JSON object: begin, write members, end. */
void mfn__answer_begin(mfn__call *call, mfn__json_writer *ret_json);
void mfn__answer_text(mfn__json_writer *json, const char *key, const char *value);
void mfn__answer_real(mfn__json_writer *json, const char *key, double value);
void mfn__answer_u64(mfn__json_writer *json, const char *key, uint64_t value);
void mfn__answer_bool(mfn__json_writer *json, const char *key, bool value);
void mfn__answer_end(mfn__json_writer *json);

#endif
