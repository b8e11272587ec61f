/* SPDX-License-Identifier: MIT */
#include "kinds/options.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

#define TEXT_MAX 64

/* The value as a person would type it; NULL for what has no such form. */
static const char *text_of(const json_t *value, char buffer[TEXT_MAX])
{
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_boolean(value)) {
        return json_is_true(value) ? "true" : "false";
    }
    if (json_is_integer(value)) {
        snprintf(buffer, TEXT_MAX, "%lld", (long long)json_integer_value(value));
        return buffer;
    }
    if (json_is_real(value)) {
        mfn__real_to_text(json_real_value(value), buffer);
        return buffer;
    }
    return NULL;
}

mfn_status options_set(const mfn_option *table, void *options, const char *name,
                       const json_t *value, mfn_error *err)
{
    char buffer[TEXT_MAX];
    const mfn_option *option = mfn_option_find(table, name);
    if (option == NULL) {
        return mfn__fail(err, MFN_NOT_FOUND, name, "%s: there is no such option", name);
    }
    if (json_is_null(value)) {
        return MFN_OK;
    }
    const char *text = text_of(value, buffer);
    bool is_kept = option->type == MFN_OPTION_DIGITS || option->type == MFN_OPTION_TEXT;
    if (text == NULL || (is_kept && text == buffer)) {
        return mfn__fail(err, MFN_FORMAT, name, "%s: expected a plain value", name);
    }
    return mfn_option_set_text(option, options, text, err);
}

mfn_status options_set_all(const mfn_option *table, void *options, json_t *object, mfn_error *err)
{
    mfn_status status = MFN_OK;
    for (void *at = json_object_iter(object); at != NULL && status == MFN_OK;
         at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        if (strcmp(name, "random_seed") == 0) {
            name = "seed";
        }
        /* The reference can leave out its search for NaN; ours cannot. */
        if (strcmp(name, "check_stability") != 0) {
            status = options_set(table, options, name, json_object_iter_value(at), err);
        }
    }
    return status;
}

mfn_status options_of_simulation(mfn_model_id model, json_t *object, mfn_simulation_config *ret,
                                 mfn_error *err)
{
    mfn_simulation_config_init(ret, model);
    mfn_status status = options_set_all(mfn_models(NULL)[model].options, ret, object, err);
    return status == MFN_OK ? mfn_simulation_config_check(ret, err) : status;
}
