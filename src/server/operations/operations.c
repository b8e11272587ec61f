/* SPDX-License-Identifier: MIT */
#include "server/operations/operations.h"

/* In the order of the documentation. */
const mfn__operation *const mfn__operations[] = {
    &mfn__operation_health,   &mfn__operation_health_connectors,
    &mfn__operation_livez,    &mfn__operation_readyz,
    &mfn__operation_version,  &mfn__operation_metrics,
    &mfn__operation_simulate, &mfn__operation_validate,
    &mfn__operation_nernst,   &mfn__operation_aggregate,
    &mfn__operation_features, &mfn__operation_job_post,
    &mfn__operation_job_get,  &mfn__operation_encrypt,
    &mfn__operation_decrypt,  &mfn__operation_sign,
    &mfn__operation_verify,   &mfn__operation_keypair,
    &mfn__operation_openapi,  &mfn__operation_docs,
    &mfn__operation_redoc,    NULL,
};

void mfn__answer_begin(mfn__call *call, mfn__json_writer *ret_json)
{
    mfn__json_start(ret_json, &call->answer, 0);
    mfn__json_object_begin(ret_json);
}

void mfn__answer_text(mfn__json_writer *json, const char *key, const char *value)
{
    mfn__json_key(json, key);
    mfn__json_text(json, value);
}

void mfn__answer_real(mfn__json_writer *json, const char *key, double value)
{
    mfn__json_key(json, key);
    mfn__json_real(json, value);
}

void mfn__answer_u64(mfn__json_writer *json, const char *key, uint64_t value)
{
    mfn__json_key(json, key);
    mfn__json_u64(json, value);
}

void mfn__answer_bool(mfn__json_writer *json, const char *key, bool value)
{
    mfn__json_key(json, key);
    mfn__json_bool(json, value);
}

void mfn__answer_end(mfn__json_writer *json)
{
    mfn__json_object_end(json);
}
