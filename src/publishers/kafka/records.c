/* SPDX-License-Identifier: MIT */
/* Names of the error headers: Kafka Connect, DeadLetterQueueReporter; of the CloudEvents headers:
 * Kafka Protocol Binding for CloudEvents 1.0.2, section 3. Header values are UTF-8 text. */
#include "publishers/kafka/records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "codec/cloud_event.h"

#define ENVELOPE_BYTES_MAX ((size_t)1 << 30)
#define HEADERS_MAX        16 /* librdkafka takes more, this is room made at once */
#define NAME_BYTES_MAX     64
#define LETTER_PREFIX      "__connect.errors."
#define LETTER_TOPIC_END   ".dlq"
#define EVENT_SOURCE       "/mfn"
#define EVENT_TYPE         "io.mycelium-fractal-net.simulation.complete"

static void add_header(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    (void)rd_kafka_header_add(headers, name, -1, value, (ssize_t)strlen(value));
}

static void put_attribute(void *context, const char *name, const char *value)
{
    if (strcmp(name, "datacontenttype") == 0) {
        return; /* which is content-type in Kafka */
    }
    char header[NAME_BYTES_MAX];
    snprintf(header, sizeof header, "ce_%s", name);
    add_header(context, header, value);
}

static mfn_status set_envelope(mfn__kafka_outgoing *outgoing, const mfn__cloud_event *event,
                               mfn_error *err)
{
    mfn__json_writer json;
    mfn__json_start(&json, &outgoing->envelope, 0);
    mfn__cloud_event_write(event, &json);
    outgoing->value = outgoing->envelope.data;
    outgoing->size = outgoing->envelope.size;
    return mfn__buffer_check(&outgoing->envelope, "the CloudEvent", err);
}

mfn_status mfn__kafka_outgoing_result(const mfn__kafka_publisher_options *options,
                                      const mfn__parcel *parcel, mfn__kafka_outgoing *ret,
                                      mfn_error *err)
{
    const mfn__cloud_event event = {
        .id = parcel->result_id,
        .source = EVENT_SOURCE,
        .type = EVENT_TYPE,
        .subject = parcel->simulation_id,
        .wall_ns = parcel->wall_ns,
        .data = parcel->bytes,
        .data_size = parcel->size,
    };
    bool is_structured = options->envelope == MFN__KAFKA_STRUCTURED;
    mfn__kafka_outgoing made = {
        .key = parcel->simulation_id,
        .key_size = strlen(parcel->simulation_id),
        .value = parcel->bytes,
        .size = parcel->size,
        .headers = rd_kafka_headers_new(HEADERS_MAX),
    };
    snprintf(made.topic, sizeof made.topic, "%s", options->topic);
    mfn__buffer_init(&made.envelope, ENVELOPE_BYTES_MAX);
    add_header(made.headers, "mfn-result-id", parcel->result_id);
    add_header(made.headers, "content-type",
               is_structured ? "application/cloudevents+json; charset=UTF-8" : "application/json");
    if (options->envelope == MFN__KAFKA_BINARY) {
        mfn__cloud_event_attributes(&event, put_attribute, made.headers);
    }
    if (is_structured) {
        mfn_status status = set_envelope(&made, &event, err);
        if (status != MFN_OK) {
            mfn__kafka_outgoing_deinit(&made);
            return status;
        }
    }
    *ret = made;
    return MFN_OK;
}

/* Where a job came from that was no record of Kafka. */
static void add_origin(rd_kafka_headers_t *headers, const mfn__dead_letter *letter)
{
    char number[NAME_BYTES_MAX];
    add_header(headers, "mfn-origin", letter->origin);
    if (letter->line > 0) {
        snprintf(number, sizeof number, "%" PRIu64, letter->line);
        add_header(headers, "mfn-line", number);
    }
}

static void add_record_position(rd_kafka_headers_t *headers, const mfn__kafka_record *record)
{
    char number[NAME_BYTES_MAX];
    add_header(headers, LETTER_PREFIX "topic", record->topic);
    snprintf(number, sizeof number, "%" PRId32, record->partition);
    add_header(headers, LETTER_PREFIX "partition", number);
    snprintf(number, sizeof number, "%" PRId64, record->offset);
    add_header(headers, LETTER_PREFIX "offset", number);
}

/* Stages are those of Kafka Connect: what failed is computing the result or publishing it. */
static void add_reason(rd_kafka_headers_t *headers, const mfn__dead_letter *letter)
{
    bool was_computed = letter->publisher != NULL;
    char number[NAME_BYTES_MAX];
    add_header(headers, LETTER_PREFIX "stage", was_computed ? "TASK_PUT" : "TRANSFORMATION");
    add_header(headers, LETTER_PREFIX "class.name", was_computed ? letter->publisher : "mfn");
    add_header(headers, LETTER_PREFIX "exception.class.name",
               mfn_status_name(letter->problem->status));
    add_header(headers, LETTER_PREFIX "exception.message", letter->problem->text);
    snprintf(number, sizeof number, "%u", letter->attempts);
    add_header(headers, "mfn-attempts", number);
}

static mfn_status name_letter_topic(const mfn__kafka_publisher_options *options,
                                    const mfn__kafka_record *record, mfn__kafka_outgoing *made,
                                    mfn_error *err)
{
    if (options->dead_letter_topic[0] != '\0') {
        snprintf(made->topic, sizeof made->topic, "%s", options->dead_letter_topic);
        return MFN_OK;
    }
    if (!options->exactly_once || record == NULL) {
        return MFN_OK;
    }
    size_t max = sizeof made->topic - sizeof LETTER_TOPIC_END;
    if (strlen(record->topic) > max) {
        return mfn__fail(err, MFN_INVALID, "dead_letter_topic",
                         "dead_letter_topic must be given: '%s" LETTER_TOPIC_END
                         "' is longer than %d bytes",
                         record->topic, MFN__KAFKA_TOPIC_BYTES_MAX);
    }
    snprintf(made->topic, sizeof made->topic, "%.*s" LETTER_TOPIC_END, (int)max, record->topic);
    return MFN_OK;
}

mfn_status mfn__kafka_outgoing_letter(const mfn__kafka_publisher_options *options,
                                      const mfn__dead_letter *letter, mfn__kafka_outgoing *ret,
                                      mfn_error *err)
{
    const mfn__kafka_record *record = letter->extra;
    mfn__kafka_outgoing made = {.value = letter->original, .size = letter->original_size};
    mfn_status status = name_letter_topic(options, record, &made, err);
    if (status != MFN_OK) {
        return status;
    }
    if (record != NULL) {
        made.key = record->key;
        made.key_size = record->key_size;
    }
    made.headers = record != NULL && record->headers != NULL
                       ? rd_kafka_headers_copy(record->headers)
                       : rd_kafka_headers_new(HEADERS_MAX);
    if (record != NULL) {
        add_record_position(made.headers, record);
    } else {
        add_origin(made.headers, letter);
    }
    add_reason(made.headers, letter);
    mfn__buffer_init(&made.envelope, ENVELOPE_BYTES_MAX);
    *ret = made;
    return MFN_OK;
}

void mfn__kafka_outgoing_deinit(mfn__kafka_outgoing *outgoing)
{
    if (outgoing->headers != NULL) {
        rd_kafka_headers_destroy(outgoing->headers);
    }
    outgoing->headers = NULL;
    mfn__buffer_deinit(&outgoing->envelope);
}
