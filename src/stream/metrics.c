/* SPDX-License-Identifier: MIT */
#include "stream/metrics.h"

#include <stdio.h>

#include "base/clock.h"

void mfn__metrics_error(mfn__metrics *metrics, const mfn_error *err, int64_t wall_ns)
{
    snprintf(metrics->last_error, sizeof metrics->last_error, "%.*s",
             (int)sizeof metrics->last_error - 1, err->text);
    metrics->last_error_wall_ns = wall_ns;
}

static void write_time(mfn__json_writer *json, const char *key, int64_t wall_ns)
{
    mfn__json_key(json, key);
    if (wall_ns != 0) {
        mfn__json_real(json, (double)wall_ns / (double)MFN__NS_PER_S);
    } else {
        mfn__json_null(json);
    }
}

static void write_count(mfn__json_writer *json, const char *key, uint64_t value)
{
    mfn__json_key(json, key);
    mfn__json_u64(json, value);
}

void mfn__metrics_write_json(const mfn__metrics *metrics, mfn__metrics_side side,
                             mfn__json_writer *json)
{
    bool fetches = side == MFN__FETCHES;
    mfn__json_object_begin(json);
    write_count(json, fetches ? "total_requests" : "total_publishes", metrics->total);
    write_count(json, fetches ? "successful_requests" : "successful_publishes",
                metrics->successful);
    write_count(json, fetches ? "failed_requests" : "failed_publishes", metrics->failed);
    write_count(json, "total_retries", metrics->retries);
    write_count(json, fetches ? "total_bytes_fetched" : "total_bytes_published", metrics->bytes);
    write_time(json, fetches ? "last_fetch_timestamp" : "last_publish_timestamp",
               metrics->last_wall_ns);
    mfn__json_key(json, "last_error");
    if (metrics->last_error[0] != '\0') {
        mfn__json_text(json, metrics->last_error);
    } else {
        mfn__json_null(json);
    }
    write_time(json, "last_error_timestamp", metrics->last_error_wall_ns);
    mfn__json_key(json, "success_rate");
    mfn__json_real(json,
                   metrics->total > 0 ? (double)metrics->successful / (double)metrics->total : 0.0);
    mfn__json_object_end(json);
}
