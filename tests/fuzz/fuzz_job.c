/* SPDX-License-Identifier: MIT */
/* Any bytes are a job that can run or an error; a job's configuration written as JSON is a job with
 * the same configuration. */
#include <string.h>

#include "codec/job.h"
#include "codec/json_writer.h"
#include "fuzz.h"

static void write_config(const mfn__job *job, mfn__buffer *ret)
{
    mfn__json_writer json;
    mfn__buffer_init(ret, SIZE_MAX);
    mfn__json_start(&json, ret, 0);
    mfn__config_write_json(&job->config, &json);
    fuzz_require(ret->status == MFN_OK);
}

static void check_round_trip(const mfn__job *job)
{
    mfn__buffer first;
    mfn__buffer second;
    mfn__job again;
    write_config(job, &first);
    fuzz_require(mfn__job_parse(first.data, first.size, NULL, &again, NULL) == MFN_OK);
    write_config(&again, &second);
    fuzz_require(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    mfn__job_deinit(&again);
    mfn__buffer_deinit(&first);
    mfn__buffer_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const mfn__job_limits limits = {.max_cell_steps = 1000000};
    mfn__job job;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__job_parse((const char *)data, size, &limits, &job, &err);
    if (status != MFN_OK) {
        fuzz_require(status == MFN_FORMAT || status == MFN_INVALID);
        fuzz_require(err.status == status && err.text[0] != '\0');
        return 0;
    }
    fuzz_require(mfn_simulation_config_check(&job.config, NULL) == MFN_OK);
    fuzz_require(job.id[0] != '\0' && strlen(job.result_id) == MFN__SHA256_HEX_SIZE - 1);
    check_round_trip(&job);
    mfn__job_deinit(&job);
    return 0;
}
