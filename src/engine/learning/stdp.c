/* SPDX-License-Identifier: MIT */
#include "engine/learning/stdp.h"

#include <math.h>

#include "base/error.h"
#include "base/option_table.h"
#include "engine/quick_exp.h"

#define CONFIG     mfn_stdp_config
#define VALUES_MAX (UINT64_C(1) << 60) /* no memory holds more doubles */

static const mfn_option options[] = {
    MFN__REAL(CONFIG, tau_plus, 0.005, 0.1, "0.02", "s", "time constant of potentiation"),
    MFN__REAL(CONFIG, tau_minus, 0.005, 0.1, "0.02", "s", "time constant of depression"),
    MFN__REAL(CONFIG, a_plus, 0.001, 0.1, "0.01", "", "strength of potentiation"),
    MFN__REAL(CONFIG, a_minus, 0.001, 0.1, "0.012", "", "strength of depression"),
    {0},
};

const mfn_option *mfn_stdp_options(void)
{
    return options;
}

void mfn_stdp_config_init(mfn_stdp_config *config)
{
    *config = (mfn_stdp_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_stdp_config_check(const mfn_stdp_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_stdp_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

mfn_status mfn__stdp_prepare(const mfn_stdp_config *config, mfn_stdp_config *ret, mfn_error *err)
{
    mfn_stdp_config_init(ret);
    if (config == NULL) {
        return MFN_OK;
    }
    mfn_status status = mfn_stdp_config_check(config, err);
    if (status == MFN_OK) {
        *ret = *config;
    }
    return status;
}

mfn_status mfn__stdp_check_times(const char *field, const double *times_s, uint64_t count,
                                 mfn_error *err)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!isfinite(times_s[i])) {
            return mfn__fail(err, MFN_INVALID, field,
                             "%s: expected finite times in s, got %g at position %llu", field,
                             times_s[i], (unsigned long long)i);
        }
    }
    return MFN_OK;
}

static double confined_exp(double exponent)
{
    double x = exponent < -MFN__STDP_EXPONENT_MAX  ? -MFN__STDP_EXPONENT_MAX
               : exponent > MFN__STDP_EXPONENT_MAX ? MFN__STDP_EXPONENT_MAX
                                                   : exponent;
    return mfn__exp_quick(x);
}

static double change(const mfn_stdp_config *config, double pre_s, double post_s)
{
    double distance_s = post_s - pre_s;
    if (distance_s > 0.0) {
        return config->a_plus * confined_exp(-distance_s / config->tau_plus);
    }
    if (distance_s < 0.0) {
        return -config->a_minus * confined_exp(distance_s / config->tau_minus);
    }
    return 0.0;
}

static mfn_status check_batch(const mfn_stdp_batch *batch, mfn_error *err)
{
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {{"batch", batch->batch},
                  {"pre_count", batch->pre_count},
                  {"post_count", batch->post_count}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].value == 0) {
            return mfn__fail(err, MFN_INVALID, counts[i].name, "%s: expected at least 1, got 0",
                             counts[i].name);
        }
    }
    uint64_t larger = batch->pre_count > batch->post_count ? batch->pre_count : batch->post_count;
    if (larger > VALUES_MAX / batch->batch || batch->pre_count > VALUES_MAX / batch->post_count) {
        return mfn__fail(err, MFN_TOO_LARGE, "batch",
                         "batch: expected at most 2^60 times and changes, got %llu times %llu and "
                         "%llu neurons",
                         (unsigned long long)batch->batch, (unsigned long long)batch->pre_count,
                         (unsigned long long)batch->post_count);
    }
    mfn_status status =
        mfn__stdp_check_times("pre_s", batch->pre_s, batch->batch * batch->pre_count, err);
    return status == MFN_OK ? mfn__stdp_check_times("post_s", batch->post_s,
                                                    batch->batch * batch->post_count, err)
                            : status;
}

mfn_status mfn_stdp_pairs(const mfn_stdp_config *config, const mfn_stdp_batch *batch,
                          double *ret_delta_w, mfn_error *err)
{
    mfn_stdp_config used;
    mfn_status status = mfn__stdp_prepare(config, &used, err);
    if (status == MFN_OK) {
        status = check_batch(batch, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    for (uint64_t i = 0; i < batch->pre_count; i++) {
        for (uint64_t j = 0; j < batch->post_count; j++) {
            double sum = 0.0;
            for (uint64_t b = 0; b < batch->batch; b++) {
                sum += change(&used, batch->pre_s[b * batch->pre_count + i],
                              batch->post_s[b * batch->post_count + j]);
            }
            ret_delta_w[i * batch->post_count + j] = sum / (double)batch->batch;
        }
    }
    return MFN_OK;
}
