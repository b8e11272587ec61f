/* SPDX-License-Identifier: MIT */
/* A result: what one job gave, as bytes that depend on the job alone. */
#ifndef MFN_CODEC_RESULT_H
#define MFN_CODEC_RESULT_H

#include "codec/job.h"
#include "codec/json_writer.h"

#include "mfn/extended.h"
#include "mfn/features.h"

/* What was computed for a job; everything is borrowed. */
typedef struct mfn__result {
    const mfn__job *job;
    const mfn_simulation_summary *summary;
    const mfn_features *features;
    const mfn_extended *extended; /* NULL unless the job asks for it */
    const double *field_v;        /* grid_size * grid_size */
} mfn__result;

/* {"event": "simulation_complete", "simulation_id": …, "result_id": …, "fractal_dimension": …,
 * "features": [18 numbers], "fractal_features": {18 names}, "extended"?: {…}, counters, statistics,
 * "field_sha256": …, "config": {…}} on one line without a line break, or indented. */
void mfn__result_write(const mfn__result *result, int indent, mfn__buffer *buffer);

/* What `mfn simulate --format json` shares with a result. The first writes a value: an object of
 * the 18 names in canonical order, counts as whole numbers. The second writes members into the
 * object that is open. */
void mfn__features_write_json(const mfn_features *features, mfn__json_writer *json);
void mfn__summary_write_json(const mfn_simulation_summary *summary, mfn__json_writer *json);

#endif
