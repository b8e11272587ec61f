/* SPDX-License-Identifier: MIT */
/* The service: what all its operations and skins share, and its life. */
#ifndef MFN_SERVER_SERVICE_H
#define MFN_SERVER_SERVICE_H

#include "base/clock.h"
#include "observe/logger.h"
#include "observe/registry.h"
#include "server/admission.h"
#include "server/cors.h"
#include "server/entropy.h"
#include "server/keyring.h"
#include "server/operation.h"
#include "server/rate_limit.h"
#include "server/settings.h"

/* The version that /health answers: that of the API which clients know. */
#define MFN__API_VERSION "4.1.0"

struct mfn__hosted_pipeline;
struct mfn__job_runner;
struct mfn__pipeline;
struct mfn__vault;

typedef struct mfn__service {
    const mfn__settings *settings;
    const mfn__clock *clock;
    const mfn__entropy *entropy;
    mfn__logger *logger;
    mfn__registry *registry;
    mfn__keyring *keyring;
    mfn__rate_limit *rate_limit;
    mfn__cors *cors;
    mfn__admission *admission;
    struct mfn__vault *vault;              /* NULL: cryptography is disabled */
    struct mfn__job_runner *jobs;          /* NULL without a state_dir */
    struct mfn__hosted_pipeline *pipeline; /* NULL: none */
    bool requires_key;                     /* unless an operation is public */
    bool limits_requests;
    atomic_bool is_stopping; /* readiness is over */
    int64_t started_ns;      /* monotonic */
} mfn__service;

/* What the outer world is for the service; tests bring their own. NULL members: the system's. */
typedef struct mfn__service_world {
    const mfn__clock *clock;
    const mfn__entropy *entropy;
    int log_descriptor;             /* 1: standard output */
    struct mfn__pipeline *pipeline; /* to be run beside the API; must outlive the service */
} mfn__service_world;

/* `settings` must outlive the service. */
mfn_status mfn__service_new(const mfn__settings *settings, const mfn__service_world *world,
                            mfn__service **ret, mfn_error *err);
void mfn__service_free(mfn__service *service); /* NULL is allowed */

/* Threads that compute. */
uint64_t mfn__service_workers(const mfn__settings *settings);

/* Families of the service's metrics. */
extern const mfn__family mfn__http_requests_total;   /* endpoint, method, status */
extern const mfn__family mfn__http_request_duration; /* endpoint, method */
extern const mfn__family mfn__http_in_progress;      /* endpoint, method */

extern const mfn__family mfn__ws_connections;
extern const mfn__family mfn__ws_streams;         /* stream_type */
extern const mfn__family mfn__ws_messages_total;  /* direction */
extern const mfn__family mfn__ws_updates_skipped; /* stream_type */
extern const mfn__family mfn__jobs_total;         /* outcome */

/* The label `endpoint` of a path: the reference's, or that of the operation, or "/other". */
const char *mfn__endpoint_of_path(const char *path);

/* What a simulation was, for the metrics. */
typedef struct mfn__simulation_note {
    uint64_t cell_steps, growth_events;
    double fractal_dimension;
    double seconds;
} mfn__simulation_note;

/* Any thread. */
void mfn__service_note_simulation(mfn__service *service, const mfn__simulation_note *note);
void mfn__service_note_cell_steps(mfn__service *service, uint64_t cell_steps);
void mfn__service_note_lyapunov(mfn__service *service, double exponent);

/* Everything that /metrics shows. */
void mfn__service_write_metrics(mfn__service *service, mfn__buffer *ret);

#endif
