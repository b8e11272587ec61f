/* SPDX-License-Identifier: MIT */
#include "codec/result.h"

#include "codec/extended_json.h"
#include "codec/sha256.h"

#define WHOLE_LIMIT 18446744073709551616.0 /* 2^64 */

static void write_feature(const mfn_features *features, mfn_feature feature, mfn__json_writer *json)
{
    double value = features->value[feature];
    if (mfn_feature_is_integer(feature) && value >= 0 && value < WHOLE_LIMIT) {
        mfn__json_u64(json, (uint64_t)value);
    } else {
        mfn__json_real(json, value);
    }
}

void mfn__features_write_json(const mfn_features *features, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        mfn__json_key(json, mfn_feature_name((mfn_feature)i));
        write_feature(features, (mfn_feature)i, json);
    }
    mfn__json_object_end(json);
}

static void write_feature_array(const mfn_features *features, mfn__json_writer *json)
{
    mfn__json_array_begin(json);
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        write_feature(features, (mfn_feature)i, json);
    }
    mfn__json_array_end(json);
}

void mfn__summary_write_json(const mfn_simulation_summary *summary, mfn__json_writer *json)
{
    const struct {
        const char *key;
        uint64_t value;
    } counters[] = {
        {"growth_events", summary->growth_events},
        {"turing_activations", summary->turing_activations},
        {"clamping_events", summary->clamping_events},
        {"steps_computed", summary->steps_computed},
    };
    const struct {
        const char *key;
        double value;
    } statistics[] = {
        {"field_min_v", summary->field_min_v},       {"field_max_v", summary->field_max_v},
        {"field_mean_v", summary->field_mean_v},     {"field_std_v", summary->field_std_v},
        {"activator_mean", summary->activator_mean}, {"inhibitor_mean", summary->inhibitor_mean},
    };
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        mfn__json_key(json, counters[i].key);
        mfn__json_u64(json, counters[i].value);
    }
    for (size_t i = 0; i < sizeof statistics / sizeof statistics[0]; i++) {
        mfn__json_key(json, statistics[i].key);
        mfn__json_real(json, statistics[i].value);
    }
}

static void write_text(mfn__json_writer *json, const char *key, const char *text)
{
    mfn__json_key(json, key);
    mfn__json_text(json, text);
}

void mfn__result_write(const mfn__result *result, int indent, mfn__buffer *buffer)
{
    const mfn_simulation_config *config = &result->job->config;
    size_t cells = (size_t)config->grid_size * (size_t)config->grid_size;
    char field_hash[MFN__SHA256_HEX_SIZE];
    mfn__sha256_of_reals(result->field_v, cells, field_hash);

    mfn__json_writer json;
    mfn__json_start(&json, buffer, indent);
    mfn__json_object_begin(&json);
    write_text(&json, "event", "simulation_complete");
    write_text(&json, "simulation_id", result->job->id);
    write_text(&json, "result_id", result->job->result_id);
    mfn__json_key(&json, "fractal_dimension");
    mfn__json_real(&json, result->features->value[MFN_FEATURE_D_box]);
    mfn__json_key(&json, "features");
    write_feature_array(result->features, &json);
    mfn__json_key(&json, "fractal_features");
    mfn__features_write_json(result->features, &json);
    if (result->extended != NULL) {
        mfn__json_key(&json, "extended");
        mfn__extended_write_json(result->extended, &json);
    }
    mfn__summary_write_json(result->summary, &json);
    write_text(&json, "field_sha256", field_hash);
    mfn__json_key(&json, "config");
    mfn__config_write_json(config, &json);
    mfn__json_object_end(&json);
}
