/* SPDX-License-Identifier: MIT */
/* Walks once through both trains. A trace holds sum exp((t - base) / tau) over the spikes t of one
 * train that are younger than 50 tau; those that are older count exp(-50) each, as in the pair
 * rule, and leave the trace when they reach that age. A spike meets the trace of the other train's
 * earlier spikes; spikes at the same time do not meet. */
#include "base/error.h"
#include "engine/learning/stdp.h"
#include "engine/quick_exp.h"

/* The base of a trace moves on when a spike comes later than this, in units of tau: often enough
 * for no overflow, seldom enough for little rounding. */
#define BASE_DISTANCE_MAX 8.0

/* One train as the other one sees it. */
typedef struct trace {
    const mfn_spike_train *train;
    uint64_t entered; /* spikes that are part of the sum or were */
    uint64_t left;    /* of these, those older than 50 tau */
    double tau_s;
    double base_s; /* the sum is that of exp((t - base) / tau) */
    double sum;
} trace;

static void enter(trace *self, double time_s)
{
    double distance = (time_s - self->base_s) / self->tau_s;
    if (distance > BASE_DISTANCE_MAX) {
        self->sum *= mfn__exp_quick(-distance);
        self->base_s = time_s;
        distance = 0.0;
    }
    self->sum += mfn__exp_quick(distance);
    self->entered++;
}

/* Takes in the spikes before `now_s`, and out those that have become too old. */
static void advance(trace *self, double now_s)
{
    while (self->entered < self->train->count && self->train->times_s[self->entered] < now_s) {
        enter(self, self->train->times_s[self->entered]);
    }
    while (self->left < self->entered &&
           (now_s - self->train->times_s[self->left]) / self->tau_s > MFN__STDP_EXPONENT_MAX) {
        self->sum -=
            mfn__exp_quick((self->train->times_s[self->left++] - self->base_s) / self->tau_s);
    }
    if (self->left == self->entered || self->sum < 0.0) {
        self->sum = 0.0; /* what rounding left behind */
    }
}

/* Sum over the earlier spikes of exp(-distance / tau), confined. */
static double value(const trace *self, double now_s)
{
    return self->sum * mfn__exp_quick((self->base_s - now_s) / self->tau_s) +
           (double)self->left * mfn__exp_quick(-MFN__STDP_EXPONENT_MAX);
}

/* Of all spikes of one train, each meeting the earlier ones of the other. */
static double meet_all(const mfn_spike_train *later, const mfn_spike_train *earlier, double tau_s)
{
    if (earlier->count == 0) {
        return 0.0;
    }
    trace self = {.train = earlier, .tau_s = tau_s, .base_s = earlier->times_s[0]};
    double sum = 0.0;
    for (uint64_t i = 0; i < later->count; i++) {
        if (later->times_s[i] > earlier->times_s[0]) {
            advance(&self, later->times_s[i]);
            sum += value(&self, later->times_s[i]);
        }
    }
    return sum;
}

static mfn_status check_order(const char *field, const mfn_spike_train *train, mfn_error *err)
{
    const double *times_s = train->times_s;
    mfn_status status = mfn__stdp_check_times(field, times_s, train->count, err);
    for (uint64_t i = 1; status == MFN_OK && i < train->count; i++) {
        if (times_s[i] < times_s[i - 1]) {
            status = mfn__fail(err, MFN_INVALID, field,
                               "%s: expected ascending times, got %.17g s after %.17g s at "
                               "position %llu",
                               field, times_s[i], times_s[i - 1], (unsigned long long)i);
        }
    }
    return status;
}

mfn_status mfn_stdp_trains(const mfn_stdp_config *config, const mfn_spike_train *pre,
                           const mfn_spike_train *post, double *ret_delta_w, mfn_error *err)
{
    mfn_stdp_config used;
    mfn_status status = mfn__stdp_prepare(config, &used, err);
    if (status == MFN_OK) {
        status = check_order("pre", pre, err);
    }
    if (status == MFN_OK) {
        status = check_order("post", post, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    double potentiation = meet_all(post, pre, used.tau_plus);
    double depression = meet_all(pre, post, used.tau_minus);
    *ret_delta_w = used.a_plus * potentiation - used.a_minus * depression;
    return MFN_OK;
}
