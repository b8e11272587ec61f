/* SPDX-License-Identifier: MIT */
#include "server/service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "server/crypto/vault.h"
#include "server/hosted_pipeline.h"
#include "server/jobs/job_runner.h"
#include "server/streams/stream.h"

#define BUCKETS_MAX      65536 /* of the rate limit: some 8 MiB */
#define PENDING_WORK_MAX 1024

#define COUNT(array)     (sizeof(array) / sizeof *(array))

/* The reference's buckets. */
static const double request_buckets[] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
static const double dimension_buckets[] = {0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2};
static const double simulation_buckets[] = {.001, .0025, .005, .01, .025, .05, .1, .25,
                                            .5,   1,     2.5,  5,   10,   30,  60};

const mfn__family mfn__http_requests_total = {.name = "mfn_http_requests_total",
                                              .type = MFN__COUNTER,
                                              .help = "Total number of HTTP requests",
                                              .labels = {"endpoint", "method", "status"}};
const mfn__family mfn__http_request_duration = {.name = "mfn_http_request_duration_seconds",
                                                .type = MFN__HISTOGRAM,
                                                .help = "HTTP request latency in seconds",
                                                .labels = {"endpoint", "method"},
                                                .buckets = request_buckets,
                                                .bucket_count = COUNT(request_buckets)};
const mfn__family mfn__http_in_progress = {.name = "mfn_http_requests_in_progress",
                                           .type = MFN__GAUGE,
                                           .help =
                                               "Number of HTTP requests currently being processed",
                                           .labels = {"endpoint", "method"}};
const mfn__family mfn__ws_connections = {
    .name = "mfn_ws_connections", .type = MFN__GAUGE, .help = "WebSocket connections"};
const mfn__family mfn__ws_streams = {.name = "mfn_ws_streams",
                                     .type = MFN__GAUGE,
                                     .help = "Streams that run",
                                     .labels = {"stream_type"}};
const mfn__family mfn__ws_messages_total = {.name = "mfn_ws_messages_total",
                                            .type = MFN__COUNTER,
                                            .help = "WebSocket messages",
                                            .labels = {"direction"}};
const mfn__family mfn__ws_updates_skipped = {.name = "mfn_ws_updates_skipped_total",
                                             .type = MFN__COUNTER,
                                             .help = "Updates left out because the client reads "
                                                     "too slowly or the machine is too busy",
                                             .labels = {"stream_type"}};
const mfn__family mfn__jobs_total = {.name = "mfn_jobs_total",
                                     .type = MFN__COUNTER,
                                     .help = "Jobs that have ended",
                                     .labels = {"outcome"}};
static const mfn__family jobs = {.name = "mfn_jobs",
                                 .type = MFN__GAUGE,
                                 .help = "Jobs that were accepted and have not ended",
                                 .labels = {"state"}};
static const mfn__family fractal_dimension = {.name = "mfn_fractal_dimension",
                                              .type = MFN__HISTOGRAM,
                                              .help = "Box-counting dimension of simulated fields",
                                              .buckets = dimension_buckets,
                                              .bucket_count = COUNT(dimension_buckets)};
static const mfn__family growth_events = {.name = "mfn_growth_events_total",
                                          .type = MFN__COUNTER,
                                          .help = "Growth events in simulations"};
static const mfn__family cell_steps = {
    .name = "mfn_cell_steps_total", .type = MFN__COUNTER, .help = "Cells times steps computed"};
static const mfn__family simulation_duration = {.name = "mfn_simulation_duration_seconds",
                                                .type = MFN__HISTOGRAM,
                                                .help = "Time that simulations took to compute",
                                                .buckets = simulation_buckets,
                                                .bucket_count = COUNT(simulation_buckets)};
static const mfn__family lyapunov = {.name = "mfn_lyapunov_exponent",
                                     .type = MFN__GAUGE,
                                     .help = "Lyapunov exponent of the last validation run"};
static const mfn__family pending = {.name = "mfn_work_pending",
                                    .type = MFN__GAUGE,
                                    .help = "Work that was admitted and is not done",
                                    .labels = {"state"}};
static const mfn__family pending_cost = {.name = "mfn_work_pending_cell_steps",
                                         .type = MFN__GAUGE,
                                         .help = "Cost of the work that is not done"};
static const mfn__family turned_away = {.name = "mfn_work_turned_away_total",
                                        .type = MFN__COUNTER,
                                        .help = "Requests that were refused because of too much "
                                                "work"};

static const mfn__family *const families[] = {&mfn__http_requests_total,
                                              &mfn__http_request_duration,
                                              &mfn__http_in_progress,
                                              &mfn__ws_connections,
                                              &mfn__ws_streams,
                                              &mfn__ws_messages_total,
                                              &mfn__ws_updates_skipped,
                                              &mfn__jobs_total,
                                              &jobs,
                                              &fractal_dimension,
                                              &growth_events,
                                              &cell_steps,
                                              &simulation_duration,
                                              &lyapunov,
                                              &pending,
                                              &pending_cost,
                                              &turned_away,
                                              NULL};

uint64_t mfn__service_workers(const mfn__settings *settings)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return settings->workers > 0 ? settings->workers : (uint64_t)(cores > 0 ? cores : 1);
}

static mfn_status open_admission(mfn__service *service, mfn_error *err)
{
    const mfn__settings *settings = service->settings;
    const mfn__admission_options options = {.threads = mfn__service_workers(settings),
                                            .pending_cost_max = settings->max_pending_cost,
                                            .pending_max = PENDING_WORK_MAX};
    return mfn__admission_new(&options, &service->admission, err);
}

static mfn_status open_vault(mfn__service *service, mfn_error *err)
{
    const mfn__settings *settings = service->settings;
    bool is_durable = settings->master_key[0] != '\0';
    const mfn__vault_options options = {.folder = is_durable ? settings->state_dir : "",
                                        .master_key = settings->master_key,
                                        .aes_bits = settings->crypto_key_size,
                                        .entropy = service->entropy};
    if (!is_durable && settings->env != MFN__ENV_DEV) {
        mfn__logger_say(
            service->logger, MFN__LOG_WARNING, "mfn.crypto",
            "cryptographic keys are kept in memory alone and end with this process: set "
            "MFN_STATE_DIR and MFN_MASTER_KEY to keep them");
    }
    return mfn__vault_open(&options, &service->vault, err);
}

static mfn_status open_parts(mfn__service *service, int log_descriptor, mfn_error *err)
{
    const mfn__settings *settings = service->settings;
    mfn_status status =
        mfn__logger_new(&(mfn__logger_options){.level = (mfn__log_level)settings->log_level,
                                               .is_json = mfn__settings_log_is_json(settings),
                                               .env = mfn__settings_env_name(settings),
                                               .descriptor = log_descriptor,
                                               .clock = service->clock},
                        &service->logger, err);
    if (status == MFN_OK) {
        status = mfn__registry_new(families, &service->registry, err);
    }
    if (status == MFN_OK) {
        status = mfn__keyring_new(mfn__settings_api_key(settings), settings->api_keys,
                                  settings->api_key_file, &service->keyring, err);
    }
    if (status == MFN_OK) {
        status = mfn__rate_limit_new(BUCKETS_MAX, &service->rate_limit, err);
    }
    if (status == MFN_OK) {
        status = mfn__cors_new(mfn__settings_cors_origins(settings), &service->cors, err);
    }
    if (status == MFN_OK) {
        status = open_admission(service, err);
    }
    if (status == MFN_OK && settings->crypto_enabled) {
        status = open_vault(service, err);
    }
    if (status == MFN_OK && settings->state_dir[0] != '\0') {
        status = mfn__job_runner_start(service, &service->jobs, err);
    }
    return status;
}

mfn_status mfn__service_new(const mfn__settings *settings, const mfn__service_world *world,
                            mfn__service **ret, mfn_error *err)
{
    mfn__service *service = mfn__mem_new(1, sizeof *service);
    if (service == NULL) {
        return mfn__fail_memory(err);
    }
    service->settings = settings;
    service->clock = world->clock != NULL ? world->clock : mfn__clock_system();
    service->entropy = world->entropy != NULL ? world->entropy : mfn__entropy_system();
    service->requires_key = mfn__settings_requires_key(settings);
    service->limits_requests = mfn__settings_limits_requests(settings);
    service->started_ns = mfn__clock_monotonic_ns(service->clock);
    mfn_status status = open_parts(service, world->log_descriptor, err);
    if (status == MFN_OK && world->pipeline != NULL) {
        status =
            mfn__hosted_pipeline_start(world->pipeline, service->logger, &service->pipeline, err);
    }
    if (status != MFN_OK) {
        mfn__service_free(service);
        return status;
    }
    *ret = service;
    return MFN_OK;
}

void mfn__service_free(mfn__service *service)
{
    if (service == NULL) {
        return;
    }
    mfn__hosted_pipeline_free(service->pipeline);
    mfn__job_runner_stop(service->jobs);
    mfn__admission_free(service->admission);
    mfn__vault_close(service->vault);
    mfn__cors_free(service->cors);
    mfn__rate_limit_free(service->rate_limit);
    mfn__keyring_free(service->keyring);
    mfn__registry_free(service->registry);
    mfn__logger_free(service->logger);
    mfn__mem_free(service);
}

const char *mfn__endpoint_of_path(const char *path)
{
    const mfn__operation *shown = NULL;
    for (const mfn__operation *const *at = mfn__operations; *at != NULL; at++) {
        const char *brace = strchr((*at)->path, '{');
        size_t fixed = brace != NULL ? (size_t)(brace - (*at)->path) : strlen((*at)->path);
        if (strncmp(path, (*at)->path, fixed) == 0 && (brace != NULL || path[fixed] == '\0')) {
            shown = *at;
        }
    }
    const mfn__stream_kind *stream = mfn__stream_kind_of_path(path);
    return shown != NULL ? shown->path : stream != NULL ? stream->path : "/other";
}

void mfn__service_note_simulation(mfn__service *service, const mfn__simulation_note *note)
{
    mfn__registry *registry = service->registry;
    mfn__series_observe(mfn__registry_series(registry, &fractal_dimension, NULL),
                        note->fractal_dimension);
    mfn__series_add(mfn__registry_series(registry, &growth_events, NULL),
                    (double)note->growth_events);
    mfn__series_add(mfn__registry_series(registry, &cell_steps, NULL), (double)note->cell_steps);
    mfn__series_observe(mfn__registry_series(registry, &simulation_duration, NULL), note->seconds);
}

void mfn__service_note_cell_steps(mfn__service *service, uint64_t cells)
{
    mfn__series_add(mfn__registry_series(service->registry, &cell_steps, NULL), (double)cells);
}

void mfn__service_note_lyapunov(mfn__service *service, double exponent)
{
    mfn__series_set(mfn__registry_series(service->registry, &lyapunov, NULL), exponent);
}

static void set_jobs(mfn__service *service)
{
    static const char *const waiting[] = {"queued"};
    static const char *const running[] = {"running"};
    uint64_t counts[2];
    if (service->jobs != NULL && mfn__job_store_count(mfn__job_runner_store(service->jobs),
                                                      &counts[0], &counts[1], NULL) == MFN_OK) {
        mfn__series_set(mfn__registry_series(service->registry, &jobs, waiting), (double)counts[0]);
        mfn__series_set(mfn__registry_series(service->registry, &jobs, running), (double)counts[1]);
    }
}

void mfn__service_write_metrics(mfn__service *service, mfn__buffer *ret)
{
    static const char *const waiting[] = {"waiting"};
    static const char *const running[] = {"running"};
    mfn__registry *registry = service->registry;
    mfn__admission_state state;
    mfn__admission_look(service->admission, &state);
    mfn__series_set(mfn__registry_series(registry, &pending, waiting), (double)state.waiting);
    mfn__series_set(mfn__registry_series(registry, &pending, running), (double)state.running);
    mfn__series_set(mfn__registry_series(registry, &pending_cost, NULL),
                    (double)state.pending_cost);
    mfn__series_set(mfn__registry_series(registry, &turned_away, NULL), (double)state.turned_away);
    set_jobs(service);
    mfn__registry_write(registry, ret);
    if (service->pipeline != NULL) {
        mfn__hosted_pipeline_write_metrics(service->pipeline, ret);
    }
    mfn__process_metrics_write(ret);
}
