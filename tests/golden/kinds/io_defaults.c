/* SPDX-License-Identifier: MIT */
/* io_defaults: the options that all connectors and publishers share, their counters and states
 * before the first call. Where ours has less than the reference: batch_size is an option of the
 * kinds that have batches (the reference never uses it), and a call that is under way cannot be
 * looked at, so that there are no states "connecting", "fetching" and "publishing". */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "codec/json_writer.h"
#include "kinds.h"
#include "kinds/options.h"
#include "publishers/file/file_publisher.h"
#include "publishers/kafka/kafka_publisher.h"
#include "stream/metrics.h"
#include "stream/retry.h"

#include "mfn/stream.h"

#define BYTES_MAX 4096

/* Setting an option to what is recorded must leave the defaults as they are. */
static void compare_config(json_t *recorded, comparison *cmp)
{
    const mfn_option *table = mfn__retry_option_table();
    mfn__retry_options ours = {0};
    mfn__retry_options set = {0};
    mfn_options_set_defaults(table, &ours);
    mfn_options_set_defaults(table, &set);
    set.max_retries++;
    set.retry_strategy = MFN__RETRY_NONE;
    set.initial_retry_delay = set.max_retry_delay = set.timeout = 0.5;
    set.enabled = !set.enabled;
    json_t *copy = json_copy(recorded);
    mfn_error err = {0};
    json_object_del(copy, "batch_size");
    (void)compare_success(cmp, "options", options_set_all(table, &set, copy, &err), &err);
    json_decref(copy);
    if (set.max_retries != ours.max_retries || set.retry_strategy != ours.retry_strategy ||
        set.initial_retry_delay != ours.initial_retry_delay ||
        set.max_retry_delay != ours.max_retry_delay || set.timeout != ours.timeout ||
        set.enabled != ours.enabled) {
        compare_differs(cmp, "options", "the recorded defaults", "others");
    }
}

static void compare_batch_size(const json_t *recorded, comparison *cmp)
{
    mfn__file_publisher_options file = {0};
    mfn__kafka_publisher_options kafka = {0};
    mfn_options_set_defaults(mfn__file_publisher.options, &file);
    mfn_options_set_defaults(mfn__kafka_publisher.options, &kafka);
    compare_whole(cmp, recorded, "batch_size", file.batch_size);
    compare_whole(cmp, recorded, "batch_size", kafka.batch_size);
}

/* The counters of a component that did nothing, with the names of the reference. */
static void compare_counters(const char *what, const json_t *recorded, mfn__metrics_side side,
                             comparison *cmp)
{
    const mfn__metrics metrics = {0};
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, BYTES_MAX);
    mfn__json_start(&json, &text, 0);
    mfn__metrics_write_json(&metrics, side, &json);
    json_t *ours = json_loadb(text.data, text.size, 0, NULL);
    char *expected = json_dumps(recorded, 0);
    char *got = json_dumps(ours, JSON_REAL_PRECISION(3));
    compare_text(cmp, what, expected, got);
    free(expected);
    free(got);
    json_decref(ours);
    mfn__buffer_deinit(&text);
}

static void compare_strategies(const json_t *recorded, comparison *cmp)
{
    const char *const *names =
        mfn_option_find(mfn__retry_option_table(), "retry_strategy")->choices;
    for (size_t i = 0; names[i] != NULL || i < json_array_size(recorded); i++) {
        const char *expected = json_string_value(json_array_get(recorded, i));
        compare_text(cmp, "RetryStrategy", expected != NULL ? expected : "(no more)",
                     names[i] != NULL ? names[i] : "(no more)");
    }
}

static void compare_states(const char *what, const json_t *recorded, comparison *cmp)
{
    static const mfn_component_state states[] = {MFN_STATE_IDLE, MFN_STATE_CONNECTED,
                                                 MFN_STATE_ERROR, MFN_STATE_DISCONNECTED};
    static const char *const under_way[] = {"connecting", "fetching", "publishing"};
    size_t next = 0;
    size_t index = 0;
    json_t *value = NULL;
    json_array_foreach(recorded, index, value)
    {
        const char *name = json_string_value(value);
        bool is_under_way = false;
        for (size_t i = 0; i < sizeof under_way / sizeof *under_way; i++) {
            is_under_way |= strcmp(under_way[i], name) == 0;
        }
        if (!is_under_way) {
            const char *ours = next < sizeof states / sizeof *states
                                   ? mfn_component_state_name(states[next++])
                                   : "(no more)";
            compare_text(cmp, what, name, ours);
        }
    }
    if (next != sizeof states / sizeof *states) {
        compare_differs(cmp, what, "all our states", "%zu of them", next);
    }
}

void kind_io_defaults(const record *rec, comparison *cmp)
{
    const json_t *out = rec->out;
    cmp->corrected = "no states of calls that are under way; batch_size where there are batches";
    compare_config(json_object_get(out, "ConnectorConfig"), cmp);
    compare_config(json_object_get(out, "PublisherConfig"), cmp);
    compare_batch_size(json_object_get(out, "PublisherConfig"), cmp);
    compare_counters("ConnectorMetrics", json_object_get(out, "ConnectorMetrics"), MFN__FETCHES,
                     cmp);
    compare_counters("PublisherMetrics", json_object_get(out, "PublisherMetrics"), MFN__PUBLISHES,
                     cmp);
    compare_strategies(json_object_get(out, "RetryStrategy"), cmp);
    compare_states("ConnectorStatus", json_object_get(out, "ConnectorStatus"), cmp);
    compare_states("PublisherStatus", json_object_get(out, "PublisherStatus"), cmp);
}
