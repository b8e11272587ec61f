/* SPDX-License-Identifier: MIT */
/* A run's summary in Prometheus' text format 0.0.4. Labels are kinds and names of components, never
 * anything that came from outside the pipeline file. */
#include <inttypes.h>
#include <string.h>

#include "stream/pipeline_internal.h"

#define NAME_BYTES 64

typedef enum metric_type { COUNTER, GAUGE } metric_type;

static void head(mfn__buffer *text, const char *name, metric_type type, const char *help)
{
    mfn__buffer_append_format(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                              type == COUNTER ? "counter" : "gauge");
}

static void one(mfn__buffer *text, const char *name, metric_type type, const char *help,
                uint64_t value)
{
    head(text, name, type, help);
    mfn__buffer_append_format(text, "%s %" PRIu64 "\n", name, value);
}

/* In a label only backslash, quote and line break need care. */
static void append_label(mfn__buffer *text, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\\' || *c == '"') {
            mfn__buffer_append_char(text, '\\');
        }
        if (*c == '\n') {
            mfn__buffer_append_text(text, "\\n");
        } else {
            mfn__buffer_append_char(text, *c);
        }
    }
}

static void write_jobs(const mfn__run_summary *summary, mfn__buffer *text)
{
    const mfn__run_counts *counts = &summary->counts;
    one(text, "mfn_jobs_read_total", COUNTER, "Jobs taken in.", counts->read);
    one(text, "mfn_jobs_computed_total", COUNTER, "Results computed.", counts->computed);
    one(text, "mfn_jobs_published_total", COUNTER,
        "Jobs whose result every publisher has, some of them from the spool.", counts->published);
    one(text, "mfn_jobs_dead_lettered_total", COUNTER, "Jobs that became dead letters.",
        counts->dead_lettered);
    one(text, "mfn_jobs_spooled", GAUGE,
        "Jobs acknowledged whose result the spool still owes to a publisher.", counts->spooled);
    one(text, "mfn_jobs_in_flight", GAUGE, "Jobs taken in and not settled.", counts->in_flight);
    one(text, "mfn_jobs_handed_back_total", COUNTER,
        "Jobs whose partition went to another member of the group.", counts->handed_back);
    head(text, "mfn_jobs_unaccounted", GAUGE,
         "Read less published, dead-lettered, spooled, in flight and handed back: 0 unless there "
         "is a bug.");
    mfn__buffer_append_format(text, "mfn_jobs_unaccounted %" PRId64 "\n", counts->unaccounted);
    one(text, "mfn_jobs_waiting", GAUGE, "Jobs in the queue before the workers.",
        (uint64_t)summary->jobs_waiting);
    one(text, "mfn_retries_total", COUNTER, "Attempts after a failed one.", counts->retries);
    one(text, "mfn_spool_bytes", GAUGE, "Bytes that wait in the spool.", summary->spool_bytes);
    one(text, "mfn_pool_requests_total", COUNTER, "Requests through the connection pool.",
        summary->http.requests);
    one(text, "mfn_pool_connections_opened_total", COUNTER, "Connections opened by the pool.",
        summary->http.connections_opened);
    one(text, "mfn_pool_connections_reused_total", COUNTER, "Requests on an open connection.",
        summary->http.connections_reused);
}

static void write_time(mfn__buffer *text, int64_t wall_ns)
{
    mfn__buffer_append_format(text, "%" PRId64 ".%03" PRId64 "\n", wall_ns / MFN__NS_PER_S,
                              wall_ns % MFN__NS_PER_S / MFN__NS_PER_MS);
}

static const mfn__breaker_state breaker_states[] = {MFN__BREAKER_CLOSED, MFN__BREAKER_HALF_OPEN,
                                                    MFN__BREAKER_OPEN};
enum { BREAKER_STATES = sizeof breaker_states / sizeof breaker_states[0] };

/* As Prometheus' clients write an enumeration: 1 at the state that it is in. */
static void write_breaker_state(mfn__buffer *text, const char *name, mfn__breaker_state now,
                                const char *kind)
{
    head(text, name, GAUGE, "1 for the state that the breaker is in.");
    for (size_t i = 0; i < BREAKER_STATES; i++) {
        mfn__buffer_append_format(text, "%s{kind=\"%s\",state=\"%s\"} %d\n", name, kind,
                                  mfn__breaker_state_name(breaker_states[i]),
                                  now == breaker_states[i]);
    }
}

static void write_lags(const mfn__source_report *source, const char *kind, mfn__buffer *text)
{
    static const char name[] = "mfn_connector_partition_lag";
    if (source->lag_count == 0) {
        return;
    }
    head(text, name, GAUGE, "Records that wait in a partition that this process has.");
    for (size_t i = 0; i < source->lag_count; i++) {
        const mfn__partition_lag *lag = &source->lags[i];
        mfn__buffer_append_format(text, "%s{kind=\"%s\",topic=\"", name, kind);
        append_label(text, lag->topic);
        mfn__buffer_append_format(text, "\",partition=\"%" PRId32 "\"} %" PRId64 "\n",
                                  lag->partition, lag->lag);
    }
}

static void write_connector(const mfn__pipeline *pipeline, const mfn__run_summary *summary,
                            mfn__buffer *text)
{
    const mfn__metrics *metrics = &summary->connector.metrics;
    const char *kind = pipeline->connector->kind;
    const struct {
        const char *name;
        metric_type type;
        const char *help;
        uint64_t value;
    } rows[] = {
        {"mfn_connector_requests_total", COUNTER, "Fetches begun.", metrics->total},
        {"mfn_connector_successful_requests_total", COUNTER, "Fetches that gave jobs.",
         metrics->successful},
        {"mfn_connector_failed_requests_total", COUNTER, "Fetches given up.", metrics->failed},
        {"mfn_connector_retries_total", COUNTER, "Fetch attempts after a failed one.",
         metrics->retries},
        {"mfn_connector_fetched_bytes_total", COUNTER, "Bytes of jobs taken in.", metrics->bytes},
        {"mfn_connector_breaker_open", GAUGE, "1 while the breaker is open or half open.",
         summary->connector.breaker != MFN__BREAKER_CLOSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        head(text, rows[i].name, rows[i].type, rows[i].help);
        mfn__buffer_append_format(text, "%s{kind=\"%s\"} %" PRIu64 "\n", rows[i].name, kind,
                                  rows[i].value);
    }
    write_breaker_state(text, "mfn_connector_breaker_state", summary->connector.breaker, kind);
    if (summary->connector.source.lag >= 0) {
        head(text, "mfn_connector_lag", GAUGE, "Items that wait at the source.");
        mfn__buffer_append_format(text, "mfn_connector_lag{kind=\"%s\"} %" PRId64 "\n", kind,
                                  summary->connector.source.lag);
    }
    write_lags(&summary->connector.source, kind, text);
    head(text, "mfn_connector_last_success_timestamp_seconds", GAUGE,
         "When jobs were last taken in; 0: never.");
    mfn__buffer_append_format(text, "mfn_connector_last_success_timestamp_seconds{kind=\"%s\"} ",
                              kind);
    write_time(text, metrics->last_wall_ns);
}

/* One metric of every publisher. */
struct publisher_row {
    const char *name;
    metric_type type;
    const char *help;
    uint64_t (*value)(const mfn__publisher_report *report);
};

static uint64_t total(const mfn__publisher_report *report)
{
    return report->metrics.total;
}

static uint64_t successful(const mfn__publisher_report *report)
{
    return report->metrics.successful;
}

static uint64_t failed(const mfn__publisher_report *report)
{
    return report->metrics.failed;
}

static uint64_t retries(const mfn__publisher_report *report)
{
    return report->metrics.retries;
}

static uint64_t bytes(const mfn__publisher_report *report)
{
    return report->metrics.bytes;
}

static uint64_t duplicates(const mfn__publisher_report *report)
{
    return report->duplicates;
}

static uint64_t waiting(const mfn__publisher_report *report)
{
    return report->waiting;
}

static uint64_t backlog(const mfn__publisher_report *report)
{
    return report->backlog;
}

static uint64_t is_open(const mfn__publisher_report *report)
{
    return report->breaker != MFN__BREAKER_CLOSED;
}

static uint64_t openings(const mfn__publisher_report *report)
{
    return report->breaker_openings;
}

static const struct publisher_row publisher_rows[] = {
    {"mfn_publisher_publishes_total", COUNTER, "Results handed to the publisher and decided.",
     total},
    {"mfn_publisher_successful_publishes_total", COUNTER, "Results published.", successful},
    {"mfn_publisher_failed_publishes_total", COUNTER, "Results refused for ever, or given up.",
     failed},
    {"mfn_publisher_retries_total", COUNTER, "Attempts after a failed one.", retries},
    {"mfn_publisher_published_bytes_total", COUNTER, "Bytes of published results.", bytes},
    {"mfn_publisher_duplicates_total", COUNTER, "Results that were there before.", duplicates},
    {"mfn_publisher_waiting", GAUGE, "Results in the publisher's queue.", waiting},
    {"mfn_publisher_backlog", GAUGE, "Results that wait for the publisher in the spool.", backlog},
    {"mfn_publisher_breaker_open", GAUGE, "1 while the breaker is open or half open.", is_open},
    {"mfn_publisher_breaker_openings_total", COUNTER, "Times that the breaker opened.", openings},
};

/* `state` may be NULL. */
static void append_labels(const mfn__pipeline *pipeline, size_t number, const char *state,
                          mfn__buffer *text)
{
    char name[NAME_BYTES];
    mfn__pipeline_publisher_name(pipeline, number, name, sizeof name);
    mfn__buffer_append_format(text, "{kind=\"%s\",publisher=\"",
                              pipeline->publishers[number].ops->kind);
    append_label(text, name);
    if (state != NULL) {
        mfn__buffer_append_format(text, "\",state=\"%s", state);
    }
    mfn__buffer_append_text(text, "\"} ");
}

static void write_publisher_breakers(const mfn__pipeline *pipeline, const mfn__run_summary *summary,
                                     mfn__buffer *text)
{
    static const char name[] = "mfn_publisher_breaker_state";
    head(text, name, GAUGE, "1 for the state that the breaker is in.");
    for (size_t i = 0; i < summary->publisher_count; i++) {
        for (size_t s = 0; s < BREAKER_STATES; s++) {
            mfn__buffer_append_text(text, name);
            append_labels(pipeline, i, mfn__breaker_state_name(breaker_states[s]), text);
            mfn__buffer_append_format(text, "%d\n",
                                      summary->publishers[i].breaker == breaker_states[s]);
        }
    }
}

static void write_publishers(const mfn__pipeline *pipeline, const mfn__run_summary *summary,
                             mfn__buffer *text)
{
    for (size_t r = 0; r < sizeof publisher_rows / sizeof publisher_rows[0]; r++) {
        const struct publisher_row *row = &publisher_rows[r];
        head(text, row->name, row->type, row->help);
        for (size_t i = 0; i < summary->publisher_count; i++) {
            mfn__buffer_append_text(text, row->name);
            append_labels(pipeline, i, NULL, text);
            mfn__buffer_append_format(text, "%" PRIu64 "\n", row->value(&summary->publishers[i]));
        }
    }
    write_publisher_breakers(pipeline, summary, text);
    const char *name = "mfn_publisher_backlog_age_seconds";
    head(text, name, GAUGE, "Since the oldest result in the spool was computed; 0: none waits.");
    for (size_t i = 0; i < summary->publisher_count; i++) {
        mfn__buffer_append_text(text, name);
        append_labels(pipeline, i, NULL, text);
        mfn__buffer_append_format(text, "%.3f\n", summary->publishers[i].backlog_age_s);
    }
    name = "mfn_publisher_last_success_timestamp_seconds";
    head(text, name, GAUGE, "When a result was last published; 0: never.");
    for (size_t i = 0; i < summary->publisher_count; i++) {
        mfn__buffer_append_text(text, name);
        append_labels(pipeline, i, NULL, text);
        write_time(text, summary->publishers[i].metrics.last_wall_ns);
    }
}

void mfn__run_summary_write_prometheus(const mfn__pipeline *pipeline,
                                       const mfn__run_summary *summary, mfn__buffer *text)
{
    write_jobs(summary, text);
    write_connector(pipeline, summary, text);
    write_publishers(pipeline, summary, text);
}
