/* SPDX-License-Identifier: MIT */
/* validation: all metrics but the losses, which are ours (over all samples, from our own weights).
 * A record with a trace gives the reference's weights and batches: from there each of its losses
 * is met within a part in 10^4 (it trains in float32), and its samples are ours to the bit.
 * use_stdp says nothing: the reference's run has no STDP in it. */
#include "engine/learning/validation.h"

#include <math.h>
#include <string.h>

#include "kinds.h"
#include "kinds/options.h"

#define LOSS_PRECISION ((tolerance){1e-4, 0.0})
#define LAYER_KEY_MAX  64

static mfn_status configure(const record *rec, mfn_validation_config *ret, mfn_error *err)
{
    json_t *given = json_copy(json_object_get(rec->in, "config"));
    json_object_del(given, "use_stdp");
    mfn_validation_config_init(ret);
    char buffer[RECORD_WHOLE_MAX];
    const char *seed = record_whole(json_object_get(given, "seed"), buffer);
    mfn_status status = MFN_OK;
    if (seed != NULL) {
        status =
            mfn_option_set_text(mfn_option_find(mfn_validation_options(), "seed"), ret, seed, err);
    }
    json_object_del(given, "seed");
    if (status == MFN_OK) {
        status = options_set_all(mfn_validation_options(), ret, given, err);
    }
    json_decref(given);
    return status;
}

static void compare_metrics(const mfn_validation_metrics *metrics, const json_t *out,
                            comparison *cmp)
{
    const json_t *expected = json_object_get(out, "metrics");
    for (size_t i = 0; i < MFN_VALIDATION_METRIC_COUNT; i++) {
        const char *name = mfn_validation_metric_name((mfn_validation_metric)i);
        if (strncmp(name, "loss_", 5) != 0) {
            compare_real(cmp, expected, name, metrics->value[i], TOLERANCE_OF_REALS);
        }
    }
    if (!(metrics->value[MFN_VALIDATION_loss_drop] > 0.0)) {
        compare_differs(cmp, "loss_drop", "a loss that falls", "%.17g",
                        metrics->value[MFN_VALIDATION_loss_drop]);
    }
}

static bool take_array(const json_t *object, const char *key, double *ret, size_t count,
                       comparison *cmp)
{
    record_array array = {0};
    mfn_error err;
    mfn_status status = record_array_read(json_object_get(object, key), 1.0, 0.0, &array, &err);
    if (!compare_success(cmp, key, status, &err)) {
        return false;
    }
    bool fits = array.count == count;
    if (fits) {
        memcpy(ret, array.values, count * sizeof *ret);
    } else {
        compare_malformed(cmp, key, "as many values as the network has");
    }
    record_array_deinit(&array);
    return fits;
}

static mfn_network *begin_from(const json_t *weights, comparison *cmp)
{
    static double parameters[MFN_NETWORK_PARAMETERS];
    size_t count;
    const mfn_network_layer *layers = mfn_network_layers(&count);
    for (size_t i = 0; i < count; i++) {
        char key[LAYER_KEY_MAX];
        double *at = parameters + layers[i].offset;
        size_t size = (size_t)layers[i].inputs * layers[i].outputs;
        snprintf(key, sizeof key, "%s.weight", layers[i].name);
        if (!take_array(weights, key, at, size, cmp)) {
            return NULL;
        }
        snprintf(key, sizeof key, "%s.bias", layers[i].name);
        if (!take_array(weights, key, at + size, layers[i].outputs, cmp)) {
            return NULL;
        }
    }
    mfn_network *network = NULL;
    mfn_error err;
    mfn_status status = mfn_network_new(NULL, &network, &err);
    if (status == MFN_OK) {
        status = mfn_network_set_parameters(network, parameters, &err);
    }
    compare_success(cmp, "mfn_network_set_parameters", status, &err);
    return network;
}

/* Each recorded sample must be one of ours, bit for bit. */
static void find_samples(const record_array *x, const record_array *y,
                         const mfn__validation_data *data, comparison *cmp)
{
    for (size_t i = 0; i < y->count; i++) {
        bool is_found = false;
        for (size_t j = 0; j < MFN__VALIDATION_FIELDS; j++) {
            is_found |= memcmp(x->values + i * MFN_NETWORK_INPUTS, data->inputs[j],
                               sizeof data->inputs[j]) == 0 &&
                        fabs(y->values[i] - data->targets[j]) <= 0.0;
        }
        if (!is_found) {
            compare_differs(cmp, "batches_x", "samples of this run",
                            "no sample (%.9g, %.9g, %.9g, %.9g) -> %.9g", x->values[4 * i],
                            x->values[4 * i + 1], x->values[4 * i + 2], x->values[4 * i + 3],
                            y->values[i]);
        }
    }
}

static void replay_batch(mfn_network *network, const json_t *trace, size_t batch,
                         const mfn__validation_data *data, comparison *cmp)
{
    record_array x = {0};
    record_array y = {0};
    mfn_error err;
    mfn_status status = record_array_read(
        json_array_get(json_object_get(trace, "batches_x"), batch), 1.0, 0.0, &x, &err);
    if (status == MFN_OK) {
        status = record_array_read(json_array_get(json_object_get(trace, "batches_y"), batch), 1.0,
                                   0.0, &y, &err);
    }
    if (compare_success(cmp, "batches", status, &err)) {
        if (x.count != y.count * MFN_NETWORK_INPUTS) {
            compare_malformed(cmp, "batches_x", "four inputs for each target");
        } else {
            double loss = 0.0;
            const mfn_samples samples = {x.values, y.values, y.count};
            find_samples(&x, &y, data, cmp);
            status = mfn_network_train(network, &samples, &loss, &err);
            compare_success(cmp, "mfn_network_train", status, &err);
            compare_real_value(cmp, "losses",
                               json_array_get(json_object_get(trace, "losses"), batch), loss,
                               LOSS_PRECISION);
        }
    }
    record_array_deinit(&x);
    record_array_deinit(&y);
}

static void replay_trace(const mfn_validation_config *config, const json_t *trace, comparison *cmp)
{
    mfn__validation_watch watch = {0};
    mfn__validation_data data;
    mfn_error err;
    mfn_status status = mfn__validation_collect(config, &watch, &data, &err);
    mfn_network *network = begin_from(json_object_get(trace, "init_weights"), cmp);
    if (compare_success(cmp, "mfn__validation_collect", status, &err) && network != NULL) {
        size_t batches = json_array_size(json_object_get(trace, "losses"));
        for (size_t i = 0; i < batches && cmp->verdict == COMPARE_PASSED; i++) {
            replay_batch(network, trace, i, &data, cmp);
        }
    }
    mfn_network_free(network);
}

void kind_validation(const record *rec, comparison *cmp)
{
    mfn_validation_config config;
    mfn_validation_metrics metrics;
    mfn_error err;
    mfn_status status = configure(rec, &config, &err);
    if (status == MFN_OK) {
        status = mfn_validate(&config, NULL, NULL, &metrics, &err);
    }
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_validate", status);
        return;
    }
    if (!compare_success(cmp, "mfn_validate", status, &err)) {
        return;
    }
    compare_metrics(&metrics, rec->out, cmp);
    const json_t *trace = json_object_get(rec->out, "trace");
    if (trace != NULL) {
        replay_trace(&config, trace, cmp);
    }
}
