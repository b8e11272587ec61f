/* SPDX-License-Identifier: MIT */
/* Numbers that Prometheus reads: counters, gauges and histograms with labels.
 *
 * A series is found once and then updated with relaxed atomics: no lock that others wait for. */
#ifndef MFN_OBSERVE_REGISTRY_H
#define MFN_OBSERVE_REGISTRY_H

#include "base/buffer.h"

#define MFN__LABELS_MAX  4
#define MFN__BUCKETS_MAX 16

typedef enum mfn__family_type { MFN__COUNTER, MFN__GAUGE, MFN__HISTOGRAM } mfn__family_type;

/* Constant data. */
typedef struct mfn__family {
    const char *name; /* with its prefix, unit and suffix: mfn_http_requests_total */
    mfn__family_type type;
    const char *help;
    const char *labels[MFN__LABELS_MAX + 1]; /* names; ends with NULL */
    const double *buckets;                   /* HISTOGRAM: upper bounds, ascending, without +Inf */
    size_t bucket_count;
} mfn__family;

typedef struct mfn__registry mfn__registry;
typedef struct mfn__series mfn__series;

/* `families` ends with NULL; all of them are shown, also without a series. */
mfn_status mfn__registry_new(const mfn__family *const *families, mfn__registry **ret,
                             mfn_error *err);
void mfn__registry_free(mfn__registry *registry); /* NULL is allowed */

/* The series of a family with these label values (as many as it has labels; copied), made at the
 * first call. Finding one that exists takes no lock. A family holds 1,000 series at most; when it
 * is full, or memory is, all new label values share one series whose values are "other". Never
 * NULL; valid until the registry is freed. */
mfn__series *mfn__registry_series(mfn__registry *registry, const mfn__family *family,
                                  const char *const *values);

/* Any thread. */
void mfn__series_add(mfn__series *series, double amount); /* counters and gauges */
void mfn__series_set(mfn__series *series, double value);  /* gauges, and counters kept elsewhere */
void mfn__series_observe(mfn__series *series, double value);

/* Appends everything in the text format 0.0.4: HELP, TYPE, then the series in the order in which
 * they were made. */
void mfn__registry_write(const mfn__registry *registry, mfn__buffer *ret);

/* The process's own families, with the names of the Prometheus client libraries:
 * process_cpu_seconds_total, process_open_fds, process_max_fds, process_resident_memory_bytes,
 * process_virtual_memory_bytes, process_start_time_seconds. */
void mfn__process_metrics_write(mfn__buffer *ret);

#endif
