/* SPDX-License-Identifier: MIT */
/* Connectors and publishers of a run as JSON. */
#include "stream/pipeline.h"

/* In the words of the C API: how the last operation ended. */
mfn__report_state mfn__report_state_of(const mfn__metrics *metrics, mfn__breaker_state breaker)
{
    bool has_failed = metrics->last_error_wall_ns > metrics->last_wall_ns;
    return breaker == MFN__BREAKER_OPEN || has_failed ? MFN__REPORT_ERROR
           : metrics->last_wall_ns > 0                ? MFN__REPORT_CONNECTED
                                                      : MFN__REPORT_IDLE;
}

static void write_state(const mfn__metrics *metrics, mfn__breaker_state breaker,
                        mfn__json_writer *json)
{
    static const char *const names[] = {"idle", "connected", "error"};
    mfn__json_key(json, "state");
    mfn__json_text(json, names[mfn__report_state_of(metrics, breaker)]);
    mfn__json_key(json, "breaker");
    mfn__json_text(json, mfn__breaker_state_name(breaker));
}

void mfn__publisher_report_write_json(const mfn__pipeline *pipeline, size_t index,
                                      const mfn__publisher_report *report, mfn__json_writer *json)
{
    char text[MFN__TARGET_MAX];
    mfn__json_object_begin(json);
    mfn__json_key(json, "name");
    mfn__pipeline_publisher_name(pipeline, index, text, sizeof text);
    mfn__json_text(json, text);
    mfn__json_key(json, "target");
    mfn__pipeline_target(pipeline, index, text);
    mfn__json_text(json, text);
    write_state(&report->metrics, report->breaker, json);
    mfn__json_key(json, "handed");
    mfn__json_u64(json, report->handed);
    mfn__json_key(json, "into_spool");
    mfn__json_u64(json, report->into_spool);
    mfn__json_key(json, "from_spool");
    mfn__json_u64(json, report->from_spool);
    mfn__json_key(json, "returned");
    mfn__json_u64(json, report->returned);
    mfn__json_key(json, "waiting");
    mfn__json_u64(json, report->waiting);
    mfn__json_key(json, "backlog");
    mfn__json_u64(json, report->backlog);
    mfn__json_key(json, "backlog_age_seconds");
    mfn__json_real(json, report->backlog_age_s);
    mfn__json_key(json, "duplicates");
    mfn__json_u64(json, report->duplicates);
    mfn__json_key(json, "metrics");
    mfn__metrics_write_json(&report->metrics, MFN__PUBLISHES, json);
    mfn__json_object_end(json);
}

void mfn__connector_report_write_json(const mfn__pipeline *pipeline,
                                      const mfn__connector_report *report, mfn__json_writer *json)
{
    char source[MFN__TARGET_MAX];
    mfn__pipeline_source(pipeline, source);
    mfn__json_object_begin(json);
    mfn__json_key(json, "source");
    mfn__json_text(json, source);
    write_state(&report->metrics, report->breaker, json);
    mfn__json_key(json, "lag");
    if (report->source.lag >= 0) {
        mfn__json_i64(json, report->source.lag);
    } else {
        mfn__json_null(json);
    }
    mfn__json_key(json, "metrics");
    mfn__metrics_write_json(&report->metrics, MFN__FETCHES, json);
    mfn__json_object_end(json);
}
