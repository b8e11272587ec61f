/* SPDX-License-Identifier: MIT */
/* stdp: the batch rule. The reference computes in the type of its input; ours always in double. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "kinds.h"
#include "kinds/options.h"

#include "mfn/plasticity.h"

#define DOUBLE_PRECISION 1e-12
#define SINGLE_PRECISION 1e-5

/* Within a part of the largest magnitude. */
static void compare_changes(const record *rec, const double *got, size_t count, comparison *cmp)
{
    record_array expected;
    mfn_error err = {0};
    mfn_status status =
        record_array_read(json_object_get(rec->out, "delta_w"), 1.0, 0.0, &expected, &err);
    if (!compare_success(cmp, "out.delta_w", status, &err)) {
        return;
    }
    if (expected.count != count) {
        compare_differs(cmp, "delta_w", "another number of values", "%zu", count);
    }
    const char *type = json_string_value(json_object_get(rec->in, "dtype"));
    double precision =
        type != NULL && strcmp(type, "float64") == 0 ? DOUBLE_PRECISION : SINGLE_PRECISION;
    double largest = 0.0;
    for (size_t i = 0; i < expected.count; i++) {
        largest = fmax(largest, fabs(expected.values[i]));
    }
    for (size_t i = 0; i < expected.count && i < count; i++) {
        if (!(fabs(got[i] - expected.values[i]) <= precision * largest)) {
            char text[64];
            snprintf(text, sizeof text, "%.17g", expected.values[i]);
            compare_differs(cmp, "delta_w", text, "%.17g", got[i]);
        }
    }
    record_array_deinit(&expected);
}

static void replay(const record *rec, const record_array *pre, const record_array *post,
                   comparison *cmp)
{
    mfn_stdp_config config;
    mfn_stdp_config_init(&config);
    mfn_error err = {0};
    const mfn_stdp_batch batch = {pre->values, post->values, pre->shape[0], pre->shape[1],
                                  post->shape[1]};
    size_t count = pre->shape[1] * post->shape[1];
    double *got = mfn__mem_new(count, sizeof *got);
    mfn_status status =
        options_set_all(mfn_stdp_options(), &config, json_object_get(rec->in, "params"), &err);
    if (status == MFN_OK && got != NULL) {
        status = mfn_stdp_pairs(&config, &batch, got, &err);
    }
    if (compare_success(cmp, "mfn_stdp_pairs", status, &err)) {
        compare_changes(rec, got, count, cmp);
    }
    mfn__mem_free(got);
}

void kind_stdp(const record *rec, comparison *cmp)
{
    record_array pre = {0};
    record_array post = {0};
    mfn_error err = {0};
    mfn_status status = record_array_read(json_object_get(rec->in, "pre"), 1.0, 0.0, &pre, &err);
    if (status == MFN_OK) {
        status = record_array_read(json_object_get(rec->in, "post"), 1.0, 0.0, &post, &err);
    }
    if (compare_success(cmp, "in", status, &err)) {
        replay(rec, &pre, &post, cmp);
    }
    record_array_deinit(&pre);
    record_array_deinit(&post);
}
