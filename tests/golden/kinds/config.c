/* SPDX-License-Identifier: MIT */
/* config: ours accepts exactly the configurations that the reference can construct and run.
 *
 * The reference checks a simulation twice: its SimulationConfig accepts values that its engine
 * (ReactionDiffusionConfig) then refuses at run time; ours refuses them at once. NaN passes some of
 * its comparisons; it never passes ours. Of its two feature configurations ours is the one that the
 * feature code uses; the other is narrower, so ours takes all that it takes. */
#include <math.h>
#include <string.h>

#include "kinds.h"
#include "kinds/options.h"

#include "mfn/attention.h"
#include "mfn/features.h"
#include "mfn/fractal.h"
#include "mfn/krum.h"
#include "mfn/membrane.h"
#include "mfn/plasticity.h"

/* The largest grid that the reference's engine runs. */
#define ENGINE_GRID_MAX 1024

typedef struct options_class {
    const char *name;
    const mfn_option *(*table)(void);
    mfn_status (*accepts)(json_t *kwargs, mfn_error *err);
    bool is_narrower; /* its refusals say nothing about ours, save those of `common` */
    const char *common[4];
} options_class;

static const mfn_option *simulation_options(void)
{
    return mfn_models(NULL)[MFN_MODEL_V4_1].options;
}

/* NaN has no form as an option's text: it is written into the field, past the parser. */
static void plant_nan(const mfn_option *table, void *options, json_t *kwargs)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        const char *text = json_string_value(json_object_get(kwargs, option->name));
        if (text != NULL && strcmp(text, "nan") == 0 && option->type == MFN_OPTION_REAL) {
            *(double *)(void *)((char *)options + option->offset) = (double)NAN;
        }
    }
}

static mfn_status fill(const mfn_option *table, void *options, json_t *kwargs, bool has_nan,
                       mfn_error *err)
{
    if (has_nan) {
        plant_nan(table, options, kwargs);
        return MFN_OK;
    }
    return options_set_all(table, options, kwargs, err);
}

static bool has_nan(json_t *kwargs)
{
    for (void *at = json_object_iter(kwargs); at != NULL; at = json_object_iter_next(kwargs, at)) {
        const char *text = json_string_value(json_object_iter_value(at));
        if (text != NULL && strcmp(text, "nan") == 0) {
            return true;
        }
    }
    return false;
}

static mfn_status simulation_accepts(json_t *kwargs, mfn_error *err)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    mfn_status status = fill(simulation_options(), &config, kwargs, has_nan(kwargs), err);
    return status == MFN_OK ? mfn_simulation_config_check(&config, err) : status;
}

static mfn_status features_accept(json_t *kwargs, mfn_error *err)
{
    mfn_feature_config config;
    mfn_feature_config_init(&config);
    mfn_status status = fill(mfn_feature_options(), &config, kwargs, has_nan(kwargs), err);
    return status == MFN_OK ? mfn_feature_config_check(&config, err) : status;
}

static mfn_status ifs_accepts(json_t *kwargs, mfn_error *err)
{
    mfn_ifs_config config;
    mfn_ifs_config_init(&config);
    mfn_status status = fill(mfn_ifs_options(), &config, kwargs, has_nan(kwargs), err);
    return status == MFN_OK ? mfn_ifs_config_check(&config, err) : status;
}

static mfn_status aggregate_accepts(json_t *kwargs, mfn_error *err)
{
    mfn_aggregate_config config;
    mfn_aggregate_config_init(&config);
    mfn_status status = fill(mfn_aggregate_options(), &config, kwargs, has_nan(kwargs), err);
    return status == MFN_OK ? mfn_aggregate_config_check(&config, err) : status;
}

static mfn_status membrane_accepts(json_t *kwargs, mfn_error *err)
{
    mfn_membrane_config config;
    mfn_membrane_config_init(&config);
    mfn_status status = fill(mfn_membrane_options(), &config, kwargs, has_nan(kwargs), err);
    return status == MFN_OK ? mfn_membrane_config_check(&config, err) : status;
}

static mfn_status stdp_accepts(json_t *kwargs, mfn_error *err)
{
    mfn_stdp_config config;
    mfn_stdp_config_init(&config);
    mfn_status status = fill(mfn_stdp_options(), &config, kwargs, has_nan(kwargs), err);
    return status == MFN_OK ? mfn_stdp_config_check(&config, err) : status;
}

static mfn_status attention_accepts(json_t *kwargs, mfn_error *err)
{
    mfn_attention_config config;
    mfn_attention_config_init(&config);
    mfn_status status = fill(mfn_attention_options(), &config, kwargs, has_nan(kwargs), err);
    return status == MFN_OK ? mfn_attention_config_check(&config, err) : status;
}

static const options_class classes[] = {
    {"SimulationConfig", simulation_options, simulation_accepts, false, {NULL}},
    {"ReactionDiffusionConfig", simulation_options, simulation_accepts, false, {NULL}},
    {"analytics.FeatureConfig", mfn_feature_options, features_accept, false, {NULL}},
    {"config.FeatureConfig", mfn_feature_options, features_accept, true, {NULL}},
    {"MembraneConfig", mfn_membrane_options, membrane_accepts, false, {NULL}},
    {"STDPPlasticity", mfn_stdp_options, stdp_accepts, false, {NULL}},
    {"FractalConfig",
     mfn_ifs_options,
     ifs_accepts,
     true,
     {"scale_min", "scale_max", "translation_range", NULL}},
    {"SparseAttention", mfn_attention_options, attention_accepts, false, {NULL}},
    {"HierarchicalKrumAggregator", mfn_aggregate_options, aggregate_accepts, false, {NULL}},
};

#define CLASS_COUNT (sizeof classes / sizeof classes[0])

static const options_class *find_class(const char *name)
{
    for (size_t i = 0; name != NULL && i < CLASS_COUNT; i++) {
        if (strcmp(classes[i].name, name) == 0) {
            return &classes[i];
        }
    }
    return NULL;
}

/* Whether the reference both constructs the configuration and runs it. */
static bool reference_runs(const record *rec, json_t *kwargs)
{
    const json_t *run = json_object_get(rec->out, "run_mycelium_simulation");
    if (!json_is_true(json_object_get(rec->out, "constructed")) || has_nan(kwargs)) {
        return false;
    }
    if (run != NULL) {
        return json_is_string(run);
    }
    /* Configurations that would take long were not run. */
    return json_integer_value(json_object_get(kwargs, "grid_size")) <= ENGINE_GRID_MAX;
}

static bool knows_all(const mfn_option *table, json_t *kwargs)
{
    for (void *at = json_object_iter(kwargs); at != NULL; at = json_object_iter_next(kwargs, at)) {
        const char *name = json_object_iter_key(at);
        if (mfn_option_find(table, strcmp(name, "random_seed") == 0 ? "seed" : name) == NULL) {
            return false;
        }
    }
    return true;
}

static bool mentions_common(const options_class *class, json_t *kwargs)
{
    for (const char *const *name = class->common; *name != NULL; name++) {
        if (json_object_get(kwargs, *name) != NULL) {
            return true;
        }
    }
    return false;
}

void kind_config(const record *rec, comparison *cmp)
{
    json_t *kwargs = json_object_get(rec->in, "kwargs");
    const options_class *class = find_class(json_string_value(json_object_get(rec->in, "class")));
    if (class == NULL || !knows_all(class->table(), kwargs)) {
        compare_not_covered(cmp);
        return;
    }
    mfn_error err;
    mfn_status status = class->accepts(kwargs, &err);
    if (reference_runs(rec, kwargs)) {
        compare_success(cmp, class->name, status, &err);
    } else if (class->is_narrower && !mentions_common(class, kwargs)) {
        compare_not_covered(cmp);
    } else {
        compare_refusal(cmp, class->name, status);
    }
}
