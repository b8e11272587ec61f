/* SPDX-License-Identifier: MIT */
/* retry_delay (delays by attempt number) and retry_op (scripted operations that fail a number of
 * times before they succeed). Where the reference breaks its own documentation, ours must do what
 * is documented:
 * - fixed_delay stays below max_retry_delay like the others;
 * - exponential delays do not overflow at attempt 1024 but stay at their maximum;
 * - no_retry makes one attempt, where the reference retries without delay;
 * - a negative max_retries is refused, where the reference fails with a TypeError when it is used.
 * The recorded counters are the reference's own bookkeeping around the same attempts. */
#include "stream/retry.h"

#include <inttypes.h>
#include <stdio.h>

#include "kinds.h"
#include "kinds/options.h"

static mfn_status configure(const record *rec, mfn__retry_options *ret, mfn_error *err)
{
    const mfn_option *table = mfn__retry_option_table();
    *ret = (mfn__retry_options){0};
    mfn_options_set_defaults(table, ret);
    mfn_status status = options_set_all(table, ret, json_object_get(rec->in, "config"), err);
    return status == MFN_OK ? mfn_options_check(table, ret, err) : status;
}

static void compare_delay(comparison *cmp, const mfn__retry_options *options, uint64_t attempt,
                          const json_t *expected)
{
    double got_s = mfn__retry_delay_s(options, attempt);
    double recorded_s = 0.0;
    bool overflowed = json_is_object(expected);
    char what[64];
    snprintf(what, sizeof what, "delay of attempt %" PRIu64, attempt);
    if (overflowed ||
        (record_real(expected, &recorded_s) && recorded_s > options->max_retry_delay)) {
        cmp->corrected = "no delay is longer than max_retry_delay";
        if (overflowed && options->retry_strategy != MFN__RETRY_EXPONENTIAL) {
            compare_malformed(cmp, what, "a delay");
        } else if (!overflowed && options->retry_strategy != MFN__RETRY_FIXED) {
            compare_malformed(cmp, what, "a delay of at most max_retry_delay");
        } else if (got_s != options->max_retry_delay) {
            compare_differs(cmp, what, "max_retry_delay", "%a (%.17g)", got_s, got_s);
        }
        return;
    }
    compare_real_value(cmp, what, expected, got_s, TOLERANCE_NONE);
}

void kind_retry_delay(const record *rec, comparison *cmp)
{
    const json_t *attempts = json_object_get(rec->in, "attempts");
    const json_t *delays = json_object_get(rec->out, "delays_s");
    mfn__retry_options options;
    mfn_error err;
    if (json_array_size(attempts) == 0 || json_array_size(attempts) != json_array_size(delays)) {
        compare_malformed(cmp, "in.attempts", "as many attempts as delays");
    } else if (compare_success(cmp, "in.config", configure(rec, &options, &err), &err)) {
        for (size_t i = 0; i < json_array_size(attempts); i++) {
            json_int_t attempt = json_integer_value(json_array_get(attempts, i));
            compare_delay(cmp, &options, (uint64_t)attempt, json_array_get(delays, i));
        }
    }
}

/* What was done over all operations of a record. */
typedef struct attempts {
    uint64_t calls;
    size_t sleeps;
} attempts;

/* Makes one operation that fails `failures` times, as a component would. */
static void operate(comparison *cmp, const mfn__retry_options *options, uint64_t failures,
                    const json_t *sleeps, attempts *made, char result[64])
{
    uint64_t attempt = 0;
    made->calls++;
    while (attempt < failures && mfn__retry_allows(options, attempt + 1)) {
        compare_delay(cmp, options, attempt, json_array_get(sleeps, made->sleeps));
        made->sleeps++;
        made->calls++;
        attempt++;
    }
    if (attempt < failures) {
        snprintf(result, 64, "scripted failure %" PRIu64, failures - 1 - attempt);
    } else {
        snprintf(result, 64, "ok");
    }
}

static void compare_operations(const record *rec, const mfn__retry_options *options,
                               comparison *cmp)
{
    const json_t *operations = json_object_get(rec->in, "operations");
    const json_t *results = json_object_get(rec->out, "results");
    const json_t *sleeps = json_object_get(rec->out, "sleeps_s");
    attempts made = {0};
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *result = json_array_get(results, i);
        const char *expected = json_string_value(json_object_get(result, "result"));
        if (expected == NULL) {
            expected = json_string_value(json_object_get(json_object_get(result, "err"), "msg"));
        }
        char got[64];
        operate(cmp, options, (uint64_t)json_integer_value(json_array_get(operations, i)), sleeps,
                &made, got);
        compare_text(cmp, "results", expected != NULL ? expected : "(nothing)", got);
    }
    compare_whole(cmp, rec->out, "calls", made.calls);
    if (made.sleeps != json_array_size(sleeps)) {
        compare_differs(cmp, "sleeps_s", "as many delays as recorded", "%zu", made.sleeps);
    }
}

void kind_retry_op(const record *rec, comparison *cmp)
{
    const json_t *config = json_object_get(rec->in, "config");
    mfn__retry_options options;
    mfn_error err;
    mfn_status status = configure(rec, &options, &err);
    if (json_integer_value(json_object_get(config, "max_retries")) < 0) {
        cmp->corrected = "a negative max_retries is refused at once";
        compare_refusal(cmp, "max_retries", status);
    } else if (compare_success(cmp, "in.config", status, &err)) {
        if (options.retry_strategy != MFN__RETRY_NONE) {
            compare_operations(rec, &options, cmp);
            return;
        }
        cmp->corrected = "no_retry makes one attempt";
        if (!mfn__retry_allows(&options, 0) || mfn__retry_allows(&options, 1)) {
            compare_differs(cmp, "no_retry", "one attempt", "another number");
        }
    }
}
