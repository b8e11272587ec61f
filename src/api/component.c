/* SPDX-License-Identifier: MIT */
#include "api/component.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "stream/settings.h"

#define SPOOL_BYTES_MAX ((uint64_t)1 << 30)

static const mfn_option component_table[] = {
    MFN__TEXT(mfn__component_options, state, "", "file that remembers what was acknowledged"),
    {0},
};

static void stay_quiet(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static mfn_status fail_with_first(const mfn__problems *problems, mfn_error *err)
{
    const char *line = problems->lines.data;
    return mfn__fail(err, MFN_INVALID, problems->field, "%.*s", (int)strcspn(line, "\n"), line);
}

static mfn_status apply_options(mfn__component *self, const mfn_option *table, mfn_error *err)
{
    const mfn_option *const tables[] = {table, mfn__retry_option_table(),
                                        mfn__breaker_option_table(), component_table};
    void *const structs[] = {self->options, &self->retry, &self->breaker, &self->own};
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__settings_apply(self->yaml, mfn__yaml_root(self->yaml), "", tables, structs, 4, NULL,
                        &problems);
    mfn_status status = problems.count > 0 ? fail_with_first(&problems, err) : MFN_OK;
    mfn__problems_deinit(&problems);
    return status;
}

mfn_status mfn__component_init(mfn__component *component, const char *options_text,
                               const mfn_option *table, size_t options_size,
                               mfn_status (*check)(const void *options, mfn_error *err),
                               mfn_error *err)
{
    *component = (mfn__component){.log = {stay_quiet, NULL}};
    component->jitter_state = (uint64_t)mfn__clock_wall_ns(mfn__clock_system());
    component->options = mfn__mem_new(1, options_size);
    if (component->options == NULL) {
        return mfn__fail_memory(err);
    }
    bool is_empty = options_text == NULL || options_text[strspn(options_text, " \n")] == '\0';
    const char *text = is_empty ? "{}" : options_text;
    mfn_status status = mfn__yaml_parse(text, strlen(text), "options", &component->yaml, err);
    if (status == MFN_OK) {
        status = apply_options(component, table, err);
    }
    if (status == MFN_OK && check != NULL) {
        status = check(component->options, err);
    }
    if (status != MFN_OK) {
        mfn__component_deinit(component);
        return status;
    }
    return MFN_OK;
}

void mfn__component_deinit(mfn__component *component)
{
    mfn__component_close(component);
    mfn__ledger_close(component->memory);
    mfn__mem_free(component->options);
    mfn__yaml_free(component->yaml);
    component->memory = NULL;
    component->options = NULL;
    component->yaml = NULL;
}

static mfn_status find_target(mfn__component *self, const char *key, mfn_error *err)
{
    mfn_status status = mfn__ledger_begin(self->around.ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__ledger_target(self->around.ledger, key, &self->around.target, err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(self->around.ledger);
        return status;
    }
    return mfn__ledger_commit(self->around.ledger, err);
}

mfn_status mfn__component_open_pool(mfn__component *component, mfn_error *err)
{
    mfn__http_pool_options options;
    mfn_options_set_defaults(mfn__http_pool_option_table(), &options);
    component->around = (mfn__surroundings){
        .clock = mfn__clock_system(),
        .log = &component->log,
        .abandon = &component->abandon,
        .halt = &component->abandon,
        .timeout_s = component->retry.timeout,
        .name = "component",
    };
    return mfn__http_pool_new(&options, &component->around.http, err);
}

/* A state file belongs to whoever is connected; what has none is remembered over connections. */
static mfn_status open_ledger(mfn__component *self, mfn_error *err)
{
    if (self->own.state[0] != '\0') {
        return mfn__ledger_open(self->own.state, &self->around.ledger, err);
    }
    mfn_status status = MFN_OK;
    if (self->memory == NULL) {
        status = mfn__ledger_open(MFN__LEDGER_MEMORY, &self->memory, err);
    }
    self->around.ledger = self->memory;
    return status;
}

mfn_status mfn__component_open(mfn__component *component, const char *key, mfn_error *err)
{
    mfn_status status = mfn__component_open_pool(component, err);
    if (status == MFN_OK) {
        status = open_ledger(component, err);
    }
    if (status == MFN_OK) {
        status = mfn__spool_new(component->around.ledger, SPOOL_BYTES_MAX, &component->around.spool,
                                err);
    }
    if (status == MFN_OK) {
        status = find_target(component, key, err);
    }
    if (status != MFN_OK) {
        mfn__component_close(component);
    }
    return status;
}

void mfn__component_close(mfn__component *component)
{
    mfn__http_pool_free(component->around.http);
    mfn__spool_free(component->around.spool);
    if (component->around.ledger != component->memory) {
        mfn__ledger_close(component->around.ledger);
    }
    component->around.http = NULL;
    component->around.spool = NULL;
    component->around.ledger = NULL;
}

static void sleep_s(double duration_s)
{
    struct timespec left = {.tv_sec = (time_t)duration_s};
    left.tv_nsec = (long)((duration_s - (double)left.tv_sec) * (double)MFN__NS_PER_S);
    while (nanosleep(&left, &left) != 0) {
    }
}

static bool may_retry(const mfn__component *self, const mfn__attempts *attempts,
                      const mfn__advice *advice, mfn_status status)
{
    mfn__trouble trouble = advice->trouble;
    if (trouble == MFN__TROUBLE_BY_STATUS && mfn_status_is_transient(status)) {
        trouble = MFN__TROUBLE_PASSING;
    }
    int64_t elapsed_ns = mfn__clock_monotonic_ns(mfn__clock_system()) - attempts->first_ns;
    double limit_s = self->retry.max_retry_time;
    return trouble == MFN__TROUBLE_PASSING && mfn__retry_allows(&self->retry, attempts->failed) &&
           (limit_s <= 0 || (double)elapsed_ns / (double)MFN__NS_PER_S < limit_s);
}

/* Uniform in [0, 1): SplitMix64, which is plenty for spreading retries. */
static double draw(mfn__component *self)
{
    uint64_t bits = self->jitter_state += UINT64_C(0x9E3779B97F4A7C15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((bits ^ bits >> 31) >> 11) * 0x1p-53;
}

bool mfn__component_retry(mfn__component *component, mfn__attempts *attempts,
                          const mfn__advice *advice, const mfn_error *why)
{
    const mfn__retry_options *retry = &component->retry;
    uint64_t attempt = attempts->failed++;
    if (attempt == 0) {
        attempts->first_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    }
    mfn__metrics_error(&component->metrics, why, mfn__clock_wall_ns(mfn__clock_system()));
    if (!may_retry(component, attempts, advice, why->status)) {
        return false;
    }
    component->metrics.retries++;
    double delay_s =
        mfn__retry_jittered_s(retry, mfn__retry_delay_s(retry, attempt), draw(component));
    double asked_s = (double)advice->retry_after_ns / (double)MFN__NS_PER_S;
    asked_s = asked_s < retry->max_retry_delay ? asked_s : retry->max_retry_delay;
    sleep_s(asked_s > delay_s ? asked_s : delay_s);
    return true;
}

void mfn__component_succeeded(mfn__component *component, uint64_t operations, uint64_t bytes)
{
    component->metrics.total += operations;
    component->metrics.successful += operations;
    component->metrics.bytes += bytes;
    component->metrics.last_wall_ns = mfn__clock_wall_ns(mfn__clock_system());
    component->state = MFN_STATE_CONNECTED;
}

void mfn__component_failed(mfn__component *component, uint64_t operations, const mfn_error *why)
{
    component->metrics.total += operations;
    component->metrics.failed += operations;
    mfn__metrics_error(&component->metrics, why, mfn__clock_wall_ns(mfn__clock_system()));
    component->state = MFN_STATE_ERROR;
}

void mfn__component_report(const mfn__component *component, mfn_component_metrics *ret)
{
    const mfn__metrics *metrics = &component->metrics;
    *ret = (mfn_component_metrics){
        .total = metrics->total,
        .successful = metrics->successful,
        .failed = metrics->failed,
        .retries = metrics->retries,
        .bytes = metrics->bytes,
        .last_timestamp = (double)metrics->last_wall_ns / (double)MFN__NS_PER_S,
        .last_error_timestamp = (double)metrics->last_error_wall_ns / (double)MFN__NS_PER_S,
        .success_rate =
            metrics->total > 0 ? (double)metrics->successful / (double)metrics->total : 0.0,
    };
    snprintf(ret->last_error, sizeof ret->last_error, "%s", metrics->last_error);
}

const char *mfn_component_state_name(mfn_component_state state)
{
    static const char *const names[] = {"idle", "connected", "error", "disconnected"};
    return names[state];
}
