/* SPDX-License-Identifier: MIT */
/* A job: a small JSON object that asks for one simulation. */
#ifndef MFN_CODEC_JOB_H
#define MFN_CODEC_JOB_H

#include "base/buffer.h"
#include "codec/sha256.h"

#include "mfn/simulation.h"

typedef struct mfn__job_limits {
    uint64_t max_cell_steps; /* grid_size^2 * steps; 0: no limit */
} mfn__job_limits;

/* Owns its texts; release with mfn__job_deinit. */
typedef struct mfn__job {
    char *id;                     /* as given, or "job-" and the start of result_id */
    mfn_simulation_config config; /* config.seed points into the job */
    char *seed;
    bool is_extended;                     /* the result shall hold the extended features, too */
    char result_id[MFN__SHA256_HEX_SIZE]; /* SHA-256 of the canonical job and numeric version */
} mfn__job;

/* Parses {"id"?: text or whole number, "model"?: name, "preset"?: name, "extended"?: bool, and any
 * field of the simulation's option table}. Strict: unknown fields (the nearest name is suggested),
 * duplicates, wrong types and values out of range are refused, with line and column where the
 * syntax is at fault and field, value and range where a value is. A null seed means the default
 * seed. */
mfn_status mfn__job_parse(const char *text, size_t size, const mfn__job_limits *limits,
                          mfn__job *ret, mfn_error *err);
void mfn__job_deinit(mfn__job *job);

/* The configuration as a JSON object's text with every field of the model's table in its order,
 * "model" first. The canonical job is {"id": …, "config": this}, with "extended": true before the
 * last where that is asked for. */
struct mfn__json_writer;
void mfn__config_write_json(const mfn_simulation_config *config, struct mfn__json_writer *json);

#endif
