/* SPDX-License-Identifier: MIT */
/* What a connector or publisher has done, in the fields of the connectors guide. An operation
 * counts once, however many attempts it took; retries are the attempts after its first. */
#ifndef MFN_STREAM_METRICS_H
#define MFN_STREAM_METRICS_H

#include <stdint.h>

#include "codec/json_writer.h"

#include "mfn/status.h"

typedef struct mfn__metrics {
    uint64_t total, successful, failed;
    uint64_t retries;
    uint64_t bytes;
    int64_t last_wall_ns; /* of the last success; 0: never */
    char last_error[256]; /* "" for none */
    int64_t last_error_wall_ns;
} mfn__metrics;

typedef enum mfn__metrics_side { MFN__FETCHES, MFN__PUBLISHES } mfn__metrics_side;

void mfn__metrics_error(mfn__metrics *metrics, const mfn_error *err, int64_t wall_ns);

/* An object with the guide's names: total_requests … or total_publishes … */
void mfn__metrics_write_json(const mfn__metrics *metrics, mfn__metrics_side side,
                             mfn__json_writer *json);

#endif
