/* SPDX-License-Identifier: MIT */
#include "stream/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "stream/dead_letter.h"
#include "stream/lane.h"

/* Waiting looks at the flags this often. */
#define WAIT_STEP_NS (20 * MFN__NS_PER_MS)

int64_t mfn__run_now_ns(const mfn__run *run)
{
    return mfn__clock_monotonic_ns(run->options->clock);
}

void mfn__run_warn(const mfn__run *run, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    run->options->log.warn(run->options->log.context, line);
}

bool mfn__run_must_end(const mfn__run *run)
{
    return run->options->once || atomic_load(run->options->stop);
}

bool mfn__run_is_abandoned(const mfn__run *run)
{
    return atomic_load(&run->abandon);
}

void mfn__run_abandon(mfn__run *run)
{
    atomic_store(&run->abandon, true);
    atomic_store(&run->halt, true);
}

void mfn__run_watch_stop(mfn__run *run)
{
    if (!atomic_load(run->options->stop)) {
        return;
    }
    int64_t now_ns = mfn__run_now_ns(run);
    int_fast64_t seen_ns = 0;
    atomic_store(&run->halt, true);
    if (atomic_compare_exchange_strong(&run->stop_seen_ns, &seen_ns, now_ns)) {
        return;
    }
    double passed_s = (double)(now_ns - seen_ns) / (double)MFN__NS_PER_S;
    if (passed_s > run->pipeline->general.grace_time) {
        mfn__run_abandon(run);
    }
}

void mfn__run_fail(mfn__run *run, const mfn_error *err)
{
    pthread_mutex_lock(&run->mutex);
    if (run->failure.status == MFN_OK) {
        run->failure = *err;
    }
    pthread_mutex_unlock(&run->mutex);
    mfn__run_abandon(run);
}

void mfn__run_sleep(mfn__run *run, double duration_s)
{
    int64_t end_ns = mfn__run_now_ns(run) + (int64_t)(duration_s * (double)MFN__NS_PER_S);
    while (!mfn__run_is_abandoned(run)) {
        int64_t left_ns = end_ns - mfn__run_now_ns(run);
        if (left_ns <= 0) {
            return;
        }
        const struct timespec step = {.tv_nsec = left_ns < WAIT_STEP_NS ? left_ns : WAIT_STEP_NS};
        nanosleep(&step, NULL);
        mfn__run_watch_stop(run);
    }
}

/* Uniform in [0, 1): SplitMix64, which is plenty for spreading retries. */
static double draw(mfn__run *run)
{
    pthread_mutex_lock(&run->mutex);
    uint64_t bits = run->jitter_state += UINT64_C(0x9E3779B97F4A7C15);
    pthread_mutex_unlock(&run->mutex);
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((bits ^ bits >> 31) >> 11) * 0x1p-53;
}

double mfn__run_delay_s(mfn__run *run, const mfn__retry_options *retry, uint64_t attempt,
                        const mfn__advice *advice)
{
    double delay_s = mfn__retry_jittered_s(retry, mfn__retry_delay_s(retry, attempt), draw(run));
    double asked_s = (double)advice->retry_after_ns / (double)MFN__NS_PER_S;
    if (asked_s > retry->max_retry_delay) {
        asked_s = retry->max_retry_delay;
    }
    return asked_s > delay_s ? asked_s : delay_s;
}

mfn__trouble mfn__run_trouble(mfn_status status, const mfn__advice *advice)
{
    if (advice->trouble != MFN__TROUBLE_BY_STATUS) {
        return advice->trouble;
    }
    return mfn_status_is_transient(status) ? MFN__TROUBLE_PASSING : MFN__TROUBLE_PERMANENT;
}

static mfn_status bury_once(mfn__run *run, const mfn__dead_letter *letter, mfn_error *err)
{
    pthread_mutex_lock(&run->letter_mutex);
    mfn_status status = mfn__dead_letter_write(run->pipeline->dead_letter.directory, letter,
                                               run->options->clock, err);
    for (size_t i = 0; status == MFN_OK && i < run->lane_count; i++) {
        status = mfn__lane_put_dead_letter(run->lanes[i], letter, err);
    }
    pthread_mutex_unlock(&run->letter_mutex);
    return status;
}

bool mfn__run_bury(mfn__run *run, const mfn__dead_letter *letter)
{
    const mfn__retry_options *retry = &run->pipeline->connector_retry;
    const mfn__advice no_advice = {0};
    for (uint64_t attempt = 0;; attempt++) {
        mfn_error err = {0};
        if (bury_once(run, letter, &err) == MFN_OK) {
            return true;
        }
        bool may_retry = mfn__retry_allows(retry, attempt + 1);
        if (mfn__run_is_abandoned(run) || (!may_retry && mfn__run_must_end(run))) {
            mfn__run_warn(run,
                          "writing a dead letter failed after %llu attempt%s: %s. Nothing is lost: "
                          "mend it and run again",
                          (unsigned long long)attempt + 1, attempt == 0 ? "" : "s", err.text);
            mfn__run_fail(run, &err);
            return false;
        }
        double delay_s =
            may_retry ? mfn__run_delay_s(run, retry, attempt, &no_advice) : retry->max_retry_delay;
        mfn__run_warn(run, "writing a dead letter failed, retrying in %.2fs (attempt %llu): %s",
                      delay_s, (unsigned long long)attempt + 1, err.text);
        atomic_fetch_add(&run->account.retries, 1);
        mfn__run_sleep(run, delay_s);
    }
}

void mfn__run_return(mfn__run *run, mfn__message *message)
{
    atomic_fetch_add(
        mfn__run_is_abandoned(run) ? &run->account.returned : &run->account.handed_back, 1);
    atomic_fetch_sub(&run->account.alive, 1);
    mfn__message_free(message);
}
