/* SPDX-License-Identifier: MIT */
/* Retries are librdkafka's alone: idempotent, in order, until delivery.timeout.ms. Our own deadline
 * comes a little later; when it passes, the handle ends, and a new one begins with a new producer
 * id: the broker takes nothing that is still on its way for part of the new one's sequence. */
#include "publishers/kafka/producer.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define POLL_MS 20 /* abandoning is noticed this soon */
#define MS_MIN  1

static const char *const compression_values[] = {"none", "gzip", "snappy", "lz4", "zstd"};

int64_t mfn__producer_now_ns(const mfn__producer *producer)
{
    return mfn__clock_monotonic_ns(producer->around->clock);
}

bool mfn__producer_is_abandoned(const mfn__producer *producer)
{
    return atomic_load(producer->around->abandon);
}

static void note_report(rd_kafka_t *handle, const rd_kafka_message_t *report, void *opaque)
{
    (void)handle;
    mfn__producer *producer = opaque;
    mfn__shipment *shipment = report->_private;
    shipment->is_reported = true;
    shipment->code = report->err;
    producer->unreported--;
    if (report->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer->trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
}

static void note_trouble(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    (void)handle;
    mfn__producer *producer = opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN &&
        producer->trouble != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return; /* what came before says why */
    }
    producer->trouble = (rd_kafka_resp_err_t)code;
    snprintf(producer->trouble_text, sizeof producer->trouble_text, "%s", reason);
}

static mfn_status set_number(rd_kafka_conf_t *conf, const char *name, double value, mfn_error *err)
{
    char text[32];
    snprintf(text, sizeof text, "%.0f", value < MS_MIN ? MS_MIN : value);
    return mfn__kafka_conf_set(conf, name, text, err);
}

/* It looks for late records once a second, so it shall give up somewhat before we do; and never
 * after the transaction would be over. */
static double delivery_timeout_ms(const mfn__producer *producer)
{
    double timeout_ms = producer->around->timeout_s * 1000.0;
    double ret_ms = timeout_ms > 3000 ? timeout_ms - 1000 : timeout_ms * 2 / 3;
    double transaction_ms = producer->options->transaction_timeout * 1000.0;
    double linger_ms = producer->options->linger * 1000.0;
    if (producer->transactional_id != NULL && ret_ms > transaction_ms) {
        ret_ms = transaction_ms;
    }
    return ret_ms > linger_ms + 1 ? ret_ms : linger_ms + 1;
}

static bool is_given(const mfn_texts *properties, const char *name)
{
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->keys[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Better defaults than librdkafka's, for properties that may be given. */
static mfn_status set_defaults(const mfn__producer *producer, rd_kafka_conf_t *conf, mfn_error *err)
{
    static const struct {
        const char *name, *value;
    } defaults[] = {
        {"partitioner",
         "murmur2_random"}, /* as the Java clients: a key has one partition for all */
        {"reconnect.backoff.max.ms", "2000"},
    };
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < sizeof defaults / sizeof *defaults; i++) {
        if (!is_given(&producer->options->access.properties, defaults[i].name)) {
            status = mfn__kafka_conf_set(conf, defaults[i].name, defaults[i].value, err);
        }
    }
    return status;
}

static mfn_status set_all(const mfn__producer *producer, rd_kafka_conf_t *conf, mfn_error *err)
{
    const mfn__kafka_publisher_options *options = producer->options;
    char linger[32];
    snprintf(linger, sizeof linger, "%.3f", options->linger * 1000.0);
    const struct {
        const char *name, *value;
    } texts[] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"compression.type", compression_values[options->compression]},
        {"linger.ms", linger},
    };
    mfn_status status = set_defaults(producer, conf, err);
    for (size_t i = 0; status == MFN_OK && i < sizeof texts / sizeof *texts; i++) {
        status = mfn__kafka_conf_set(conf, texts[i].name, texts[i].value, err);
    }
    if (status == MFN_OK) {
        status = set_number(conf, "message.max.bytes", (double)options->max_message_bytes, err);
    }
    if (status == MFN_OK) {
        status = set_number(conf, "delivery.timeout.ms", delivery_timeout_ms(producer), err);
    }
    if (status == MFN_OK && producer->transactional_id != NULL) {
        status = mfn__kafka_conf_set(conf, "transactional.id", producer->transactional_id, err);
        if (status == MFN_OK) {
            status = set_number(conf, "transaction.timeout.ms",
                                options->transaction_timeout * 1000.0, err);
        }
    }
    return status;
}

mfn_status mfn__producer_ensure(mfn__producer *producer, mfn_error *err)
{
    producer->trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (producer->handle != NULL) {
        return MFN_OK;
    }
    rd_kafka_conf_t *conf = NULL;
    mfn_status status = mfn__kafka_conf_new(&producer->options->access, &conf, err);
    if (status != MFN_OK) {
        return status;
    }
    status = set_all(producer, conf, err);
    if (status != MFN_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, note_report);
    rd_kafka_conf_set_error_cb(conf, note_trouble);
    char reason[512];
    producer->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return mfn__fail(err, MFN_INVALID, NULL, "cannot make a Kafka producer: %s", reason);
    }
    /* To know the topic makes it look for the leaders now, not at the first record. */
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer->handle, producer->options->topic, NULL);
    if (topic != NULL) {
        rd_kafka_topic_destroy(topic);
    }
    return MFN_OK;
}

void mfn__producer_drop(mfn__producer *producer)
{
    if (producer->handle != NULL) {
        rd_kafka_destroy(producer->handle);
    }
    producer->handle = NULL;
    producer->is_initialized = false;
    producer->unreported = 0;
}

/* librdkafka takes what it only reads without const. */
static void *readable(const void *bytes)
{
    return (void *)(uintptr_t)bytes; /* NOLINT(performance-no-int-to-ptr): see above */
}

static rd_kafka_resp_err_t send_once(mfn__producer *producer, const mfn__kafka_outgoing *record,
                                     mfn__shipment *shipment)
{
    rd_kafka_vu_t parts[6] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = record->topic},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {readable(record->value), record->size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = shipment},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = record->headers},
    };
    size_t count = 5;
    if (record->key != NULL) {
        parts[count].vtype = RD_KAFKA_VTYPE_KEY;
        parts[count].u.mem.ptr = readable(record->key);
        parts[count].u.mem.size = record->key_size;
        count++;
    }
    rd_kafka_error_t *error = rd_kafka_produceva(producer->handle, parts, count);
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
    return code;
}

rd_kafka_resp_err_t mfn__producer_send(mfn__producer *producer, mfn__kafka_outgoing *record,
                                       int64_t deadline_ns, mfn__shipment *ret)
{
    *ret = (mfn__shipment){0};
    rd_kafka_resp_err_t code = send_once(producer, record, ret);
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && !mfn__producer_is_abandoned(producer) &&
           mfn__producer_now_ns(producer) < deadline_ns) {
        rd_kafka_poll(producer->handle, POLL_MS);
        code = send_once(producer, record, ret);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        record->headers = NULL;
        producer->unreported++;
    }
    return code;
}

bool mfn__producer_wait(mfn__producer *producer, int64_t deadline_ns)
{
    while (producer->unreported > 0) {
        if (mfn__producer_is_abandoned(producer) || mfn__producer_now_ns(producer) >= deadline_ns) {
            return false;
        }
        rd_kafka_poll(producer->handle, POLL_MS);
    }
    return true;
}

bool mfn__producer_is_refusal(rd_kafka_resp_err_t code)
{
    mfn__advice advice = {0};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)mfn__kafka_fail(code, "", NULL, &advice, NULL);
    }
    return advice.trouble == MFN__TROUBLE_PERMANENT;
}

/* True when the code says that something ended, but not why. */
static bool is_vague(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
           code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

mfn_status mfn__producer_fail(mfn__producer *producer, rd_kafka_resp_err_t code, const char *detail,
                              const char *doing, mfn__advice *ret_advice, mfn_error *err)
{
    char reason[512];
    rd_kafka_resp_err_t fatal = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (producer->handle != NULL) {
        fatal = rd_kafka_fatal_error(producer->handle, reason, sizeof reason);
    }
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = fatal;
        detail = reason;
    } else if (is_vague(code) && producer->trouble != RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = producer->trouble;
        detail = producer->trouble_text;
    }
    mfn_status status = mfn__kafka_fail(code, doing, detail, ret_advice, err);
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
        ret_advice->trouble = MFN__TROUBLE_PASSING; /* the next handle has not seen it */
    }
    /* What a topic or a right lacks is remembered for minutes after somebody mended it. */
    bool is_remembered = status != MFN_IO && status != MFN_TIMED_OUT;
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR || is_remembered) {
        mfn__producer_drop(producer);
    }
    return status;
}

mfn_status mfn__producer_fail_abandoned(mfn__advice *ret_advice, mfn_error *err)
{
    ret_advice->trouble = MFN__TROUBLE_PASSING;
    return mfn__fail(err, MFN_CANCELLED, NULL, "the run ended while Kafka was being waited for");
}

void mfn__producer_warn_letter(const mfn__producer *producer, const char *topic,
                               rd_kafka_resp_err_t code)
{
    char line[512];
    snprintf(line, sizeof line,
             "%s: the topic %s does not take a dead letter (%s), which is in the folder alone",
             producer->around->name, topic, rd_kafka_err2str(code));
    producer->around->log->warn(producer->around->log->context, line);
}
