/* SPDX-License-Identifier: MIT */
/* boxsizes and boxcount. The reference has three box counters that differ only at the edges of
 * their arguments; ours stands for all of them:
 * - model_estimate_fractal_dimension takes its arguments as they are, and raises IndexError when a
 *   size exceeds the field, where ours counts the sizes that fit, like the next one;
 * - engine_estimate_dimension takes an argument of 0 as "the default";
 * - box_counting_dimension_nsK counts the cells above a threshold at K scales. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kinds.h"
#include "kinds/box.h"

void kind_boxsizes(const record *rec, comparison *cmp)
{
    const json_t *pairs = json_object_get(rec->in, "pairs");
    const json_t *lists = json_object_get(rec->out, "sizes");
    json_int_t min = json_integer_value(json_object_get(rec->in, "min"));
    if (min < 1 || json_array_size(pairs) == 0 ||
        json_array_size(pairs) != json_array_size(lists)) {
        compare_malformed(cmp, "in.pairs", "a minimum and as many pairs as lists of sizes");
        return;
    }
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        const json_t *pair = json_array_get(pairs, i);
        json_int_t max = json_integer_value(json_array_get(pair, 0));
        json_int_t scales = json_integer_value(json_array_get(pair, 1));
        uint32_t sizes[MFN_BOX_SCALES_MAX];
        uint32_t count = 0;
        mfn_error err;
        char what[96];
        snprintf(what, sizeof what, "sizes from %lld to %lld in %lld scales", (long long)min,
                 (long long)max, (long long)scales);
        mfn_status status =
            mfn_box_sizes((uint64_t)min, (uint64_t)max, (uint64_t)scales, sizes, &count, &err);
        if (compare_success(cmp, what, status, &err)) {
            box_compare_sizes(cmp, what, json_array_get(lists, i), sizes, count);
        }
    }
}

typedef struct square_mask {
    uint8_t *cells;
    uint32_t side;
} square_mask;

/* Sets a field unless the record leaves it out; negative values wrap to huge ones, which are as
 * much out of range. */
static void set_argument(const json_t *args, const char *name, bool zero_is_default, uint64_t *ret)
{
    const json_t *value = json_object_get(args, name);
    json_int_t given = json_integer_value(value);
    if (json_is_integer(value) && !(zero_is_default && given == 0)) {
        *ret = (uint64_t)given;
    }
}

static mfn_box_config config_of(const json_t *args, bool zero_is_default)
{
    mfn_box_config config;
    mfn_box_config_init(&config);
    set_argument(args, "min_box_size", zero_is_default, &config.min_box_size);
    set_argument(args, "max_box_size", zero_is_default, &config.max_box_size);
    set_argument(args, "num_scales", zero_is_default, &config.num_scales);
    return config;
}

static bool raised(const json_t *answer, const char *type)
{
    const json_t *exception = json_object_get(answer, "err");
    const char *found = json_string_value(json_object_get(exception, "type"));
    return exception != NULL && (type == NULL || (found != NULL && strcmp(found, type) == 0));
}

/* The reference answers 0 to a negative minimum; ours says what is wrong with it. */
static bool has_negative_minimum(const json_t *args)
{
    return json_integer_value(json_object_get(args, "min_box_size")) < 0;
}

static void compare_estimate(const square_mask *mask, const json_t *answer,
                             const mfn_box_config *config, bool is_refused, comparison *cmp)
{
    mfn_box_counting counting;
    mfn_error err;
    mfn_status status = mfn_box_count(mask->cells, mask->side, config, &counting, &err);
    if (is_refused) {
        compare_refusal(cmp, "mfn_box_count", status);
        return;
    }
    if (!compare_success(cmp, "mfn_box_count", status, &err) || raised(answer, "IndexError")) {
        return;
    }
    compare_real(cmp, answer, "value", counting.dimension, TOLERANCE_OF_REALS);
    box_compare(cmp, answer, &counting, config->min_box_size);
    double r_squared;
    const json_t *expected = json_object_get(answer, "r_squared");
    /* With equal counts R^2 is rounding noise. The reference does not confine it to [0, 1]. */
    if (record_real(expected, &r_squared) &&
        (counting.dimension > 1e-9 || counting.dimension < -1e-9) && r_squared >= 0.0) {
        compare_real(cmp, answer, "r_squared", counting.r_squared, TOLERANCE_OF_REALS);
    }
    if (!(counting.r_squared >= 0.0 && counting.r_squared <= 1.0)) {
        compare_differs(cmp, "r_squared", "a number in [0, 1]", "%a", counting.r_squared);
    }
}

static void compare_by_threshold(const square_mask *mask, const record *rec, comparison *cmp)
{
    const json_t *scales = json_object_get(rec->in, "volts");
    for (size_t i = 0; i < json_array_size(scales); i++) {
        mfn_box_config config;
        mfn_box_counting counting;
        mfn_error err;
        mfn_box_config_init(&config);
        config.num_scales = (uint64_t)json_integer_value(json_array_get(scales, i));
        char key[64];
        snprintf(key, sizeof key, "box_counting_dimension_ns%u", (unsigned)config.num_scales);
        mfn_status status = mfn_box_count(mask->cells, mask->side, &config, &counting, &err);
        if (compare_success(cmp, key, status, &err)) {
            compare_real(cmp, rec->out, key, counting.dimension, TOLERANCE_OF_REALS);
        }
    }
}

void kind_boxcount(const record *rec, comparison *cmp)
{
    record_array data;
    mfn_error err;
    mfn_status status = record_array_read(json_object_get(rec->in, "data"), 1.0, 0.0, &data, &err);
    if (!compare_success(cmp, "in.data", status, &err)) {
        return;
    }
    square_mask mask = {NULL, (uint32_t)data.shape[0]};
    if (data.dimensions != 2 || data.shape[0] != data.shape[1]) {
        /* The reference refuses other fields; ours takes one side and cannot be given them. */
        compare_not_covered(cmp);
        goto done;
    }
    mask.cells = box_mask(cmp, data.values, data.count, 0.5);
    if (mask.cells == NULL) {
        goto done;
    }
    const json_t *args = json_object_get(rec->in, "args");
    const json_t *model = json_object_get(rec->out, "model_estimate_fractal_dimension");
    const json_t *engine = json_object_get(rec->out, "engine_estimate_dimension");
    mfn_box_config config = config_of(args, false);
    bool is_refused =
        (raised(model, NULL) && !raised(model, "IndexError")) || has_negative_minimum(args);
    compare_estimate(&mask, model, &config, is_refused, cmp);
    config = config_of(args, true);
    compare_estimate(&mask, engine, &config, raised(engine, NULL) || has_negative_minimum(args),
                     cmp);
    compare_by_threshold(&mask, rec, cmp);
done:
    mfn__mem_free(mask.cells);
    record_array_deinit(&data);
}
