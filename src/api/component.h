/* SPDX-License-Identifier: MIT */
/* What a connector and a publisher outside a pipeline have in common: options, surroundings, retry,
 * counters. */
#ifndef MFN_API_COMPONENT_H
#define MFN_API_COMPONENT_H

#include "codec/yaml.h"
#include "stream/breaker.h"
#include "stream/kinds.h"
#include "stream/metrics.h"
#include "stream/retry.h"

#include "mfn/stream.h"

typedef struct mfn__component_options {
    const char *state;
} mfn__component_options;

typedef struct mfn__component {
    mfn__yaml *yaml; /* owns the texts of all options */
    void *options;   /* of the kind */
    mfn__retry_options retry;
    mfn__breaker_options breaker; /* checked and not used: it serves runs that have to go on */
    mfn__component_options own;
    uint64_t jitter_state;
    mfn__log log;
    atomic_bool abandon;
    mfn__surroundings around; /* ledger, spool and pool are open while connected */
    mfn__ledger *memory;      /* without a state file: what was acknowledged, until the end */
    mfn_component_state state;
    mfn__metrics metrics;
} mfn__component;

/* Reads options against the kind's table and the common ones. `check` may be NULL. */
mfn_status mfn__component_init(mfn__component *component, const char *options_text,
                               const mfn_option *table, size_t options_size,
                               mfn_status (*check)(const void *options, mfn_error *err),
                               mfn_error *err);
void mfn__component_deinit(mfn__component *component);

/* Opens ledger, spool and pool, and finds the component's number in the ledger. */
mfn_status mfn__component_open(mfn__component *component, const char *key, mfn_error *err);
/* Opens the pool alone, which is what a probe needs. */
mfn_status mfn__component_open_pool(mfn__component *component, mfn_error *err);
void mfn__component_close(mfn__component *component);

/* The attempts of one operation. Starts as zeros. */
typedef struct mfn__attempts {
    uint64_t failed;
    int64_t first_ns; /* monotonic; when the first one failed */
} mfn__attempts;

/* Notes a failed attempt and waits before the next. False: there is none, the operation failed. */
bool mfn__component_retry(mfn__component *component, mfn__attempts *attempts,
                          const mfn__advice *advice, const mfn_error *why);

void mfn__component_succeeded(mfn__component *component, uint64_t operations, uint64_t bytes);
void mfn__component_failed(mfn__component *component, uint64_t operations, const mfn_error *why);
void mfn__component_report(const mfn__component *component, mfn_component_metrics *ret);

#endif
