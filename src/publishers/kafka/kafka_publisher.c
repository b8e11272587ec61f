/* SPDX-License-Identifier: MIT */
#include "publishers/kafka/kafka_publisher.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "publishers/kafka/transaction.h"

#define MESSAGE_BYTES_MIN 1000
#define MESSAGE_BYTES_MAX 1000000000
#define ID_BYTES_MAX      249

static const char *const compression_names[] = {"none", "gzip", "snappy", "lz4", "zstd", NULL};
static const char *const envelope_names[] = {"none", "cloudevents_structured", "cloudevents_binary",
                                             NULL};

/* clang-format off: one row per option */
static const mfn_option option_table[] = {
    MFN__TEXT(mfn__kafka_publisher_options, topic, NULL, "topic to write to"),
    MFN__CHOICE(mfn__kafka_publisher_options, compression, compression_names, "lz4",
                "compression of record batches"),
    MFN__WHOLE(mfn__kafka_publisher_options, batch_size, 1, MFN__PARCELS_MAX, "100", "",
               "results under way at a time; a transaction takes all that are there"),
    MFN__REAL(mfn__kafka_publisher_options, linger, 0, 1, "0", "s",
              "wait for more records to send together"),
    MFN__CHOICE(mfn__kafka_publisher_options, envelope, envelope_names, "none",
                "CloudEvents 1.0 around each result"),
    MFN__TEXT(mfn__kafka_publisher_options, dead_letter_topic, "",
              "topic for dead letters; empty: none, with exactly_once <topic of the job>.dlq"),
    MFN__BOOL(mfn__kafka_publisher_options, exactly_once, "false",
              "publish results and consumer offsets together in transactions"),
    MFN__TEXT(mfn__kafka_publisher_options, transactional_id, "",
              "name that no other producer of the cluster has; empty: a random one that is kept"),
    MFN__REAL(mfn__kafka_publisher_options, transaction_timeout, 1, 900, "60", "s",
              "the cluster aborts a transaction that takes longer"),
    MFN__WHOLE(mfn__kafka_publisher_options, max_message_bytes, MESSAGE_BYTES_MIN,
               MESSAGE_BYTES_MAX, "1000000", "bytes", "largest record; the topic must take it too"),
    MFN__KAFKA_ACCESS_ROWS(mfn__kafka_publisher_options, access.),
    {0},
};
/* clang-format on */

typedef struct publisher {
    mfn__kafka_publisher_options options;
    mfn__surroundings around;
    char transactional_id[ID_BYTES_MAX + 1];
    mfn__transactor *transactor;               /* NULL: not exactly once */
    mfn__producer producer;                    /* Thread: the publisher's own */
    mfn__shipment shipments[MFN__PARCELS_MAX]; /* likewise */
    mfn__producer letter_producer;             /* Thread: settling */
    mfn__shipment letter;                      /* likewise */
} publisher;

/* What options say. */

static void describe(const void *options, char *ret, size_t size)
{
    const mfn__kafka_publisher_options *given = options;
    const mfn_texts *servers = &given->access.bootstrap_servers;
    int used = snprintf(ret, size, "topic %s at", given->topic);
    for (size_t i = 0; i < servers->count && used >= 0 && (size_t)used < size; i++) {
        used += snprintf(ret + used, size - (size_t)used, "%s%s", i > 0 ? ", " : " ",
                         servers->values[i]);
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void identify(const void *options, mfn__buffer *ret)
{
    const mfn__kafka_publisher_options *given = options;
    const mfn_texts *servers = &given->access.bootstrap_servers;
    const char **sorted = mfn__mem_new(servers->count + 1, sizeof *sorted);
    if (sorted == NULL) {
        ret->status = MFN_NO_MEMORY;
        return;
    }
    for (size_t i = 0; i < servers->count; i++) {
        sorted[i] = servers->values[i];
    }
    qsort(sorted, servers->count, sizeof *sorted, compare_texts);
    mfn__buffer_append_text(ret, "kafka\n");
    for (size_t i = 0; i < servers->count; i++) {
        mfn__buffer_append_text(ret, i > 0 ? "," : "");
        mfn__buffer_append_text(ret, sorted[i]);
    }
    mfn__buffer_append_format(ret, "\n%s", given->topic);
    mfn__mem_free(sorted);
}

static mfn__content content(const void *options)
{
    (void)options;
    return MFN__CONTENT_LINE;
}

static size_t capacity(const void *options)
{
    const mfn__kafka_publisher_options *given = options;
    return given->exactly_once ? MFN__PARCELS_MAX : (size_t)given->batch_size;
}

static bool is_exactly_once(const void *options)
{
    const mfn__kafka_publisher_options *given = options;
    return given->exactly_once;
}

static mfn_status check_topic(const char *topic, const char *field, mfn_error *err)
{
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(topic);
    if (length == 0 || length > MFN__KAFKA_TOPIC_BYTES_MAX || strspn(topic, allowed) != length ||
        strcmp(topic, ".") == 0 || strcmp(topic, "..") == 0) {
        return mfn__fail(err, MFN_INVALID, field,
                         "%s: '%.64s': expected the name of a topic: 1 to %d letters, digits, "
                         "'.', '_' and '-'",
                         field, topic, MFN__KAFKA_TOPIC_BYTES_MAX);
    }
    return MFN_OK;
}

static mfn_status check_transactional_id(const mfn__kafka_publisher_options *options,
                                         mfn_error *err)
{
    const char *id = options->transactional_id;
    if (id[0] != '\0' && !options->exactly_once) {
        return mfn__fail(err, MFN_INVALID, "transactional_id",
                         "transactional_id: expected exactly_once: true with it");
    }
    if (strlen(id) > ID_BYTES_MAX) {
        return mfn__fail(err, MFN_INVALID, "transactional_id",
                         "transactional_id has %zu bytes: expected at most %d", strlen(id),
                         ID_BYTES_MAX);
    }
    return MFN_OK;
}

static mfn_status check(const void *given, mfn_error *err)
{
    const mfn__kafka_publisher_options *options = given;
    mfn_status status = mfn__kafka_access_check(&options->access, err);
    if (status == MFN_OK) {
        status = check_topic(options->topic, "topic", err);
    }
    if (status == MFN_OK && options->dead_letter_topic[0] != '\0') {
        status = check_topic(options->dead_letter_topic, "dead_letter_topic", err);
    }
    if (status == MFN_OK && strcmp(options->topic, options->dead_letter_topic) == 0) {
        status =
            mfn__fail(err, MFN_INVALID, "dead_letter_topic",
                      "dead_letter_topic is '%s': expected another one than topic", options->topic);
    }
    return status == MFN_OK ? check_transactional_id(options, err) : status;
}

static mfn_status probe(const void *given, const mfn__surroundings *surroundings, mfn_error *err)
{
    const mfn__kafka_publisher_options *options = given;
    return mfn__kafka_probe(&options->access, options->topic, surroundings->timeout_s, err);
}

/* Opening and closing. */

/* Drawn once and kept in the ledger: the next run must have the same name to end a transaction
 * that this one leaves open. */
static mfn_status find_token(const publisher *self, uint64_t *ret, mfn_error *err)
{
    mfn__ledger *ledger = self->around.ledger;
    int64_t token = 0;
    mfn_status status = mfn__ledger_begin(ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__ledger_number(ledger, self->around.target, "token", &token, err);
    if (status == MFN_OK && token == 0) {
        if (getrandom(&token, sizeof token, 0) == (ssize_t)sizeof token) {
            token |= 1;
            status = mfn__ledger_number_set(ledger, self->around.target, "token", token, err);
        } else {
            status = mfn__fail_errno(err, errno, NULL, "cannot draw a random number");
        }
    }
    if (status != MFN_OK) {
        mfn__ledger_rollback(ledger);
        return status;
    }
    *ret = (uint64_t)token;
    return mfn__ledger_commit(ledger, err);
}

static mfn_status start_transactor(publisher *self, mfn_error *err)
{
    uint64_t token = 0;
    if (self->options.transactional_id[0] == '\0') {
        mfn_status status = find_token(self, &token, err);
        if (status != MFN_OK) {
            return status;
        }
        snprintf(self->transactional_id, sizeof self->transactional_id, "mfn-%016" PRIx64, token);
    } else {
        snprintf(self->transactional_id, sizeof self->transactional_id, "%s",
                 self->options.transactional_id);
    }
    self->transactor = mfn__mem_new(1, sizeof *self->transactor);
    if (self->transactor == NULL) {
        return mfn__fail_memory(err);
    }
    self->transactor->producer = (mfn__producer){.options = &self->options,
                                                 .around = &self->around,
                                                 .transactional_id = self->transactional_id};
    return mfn__transactor_start(self->transactor, err);
}

static void close_publisher(void *opaque)
{
    publisher *self = opaque;
    if (self == NULL) {
        return;
    }
    mfn__transactor_free(self->transactor);
    mfn__producer_drop(&self->producer);
    mfn__producer_drop(&self->letter_producer);
    mfn__mem_free(self);
}

static mfn_status open_publisher(const void *options, const mfn__surroundings *surroundings,
                                 void **ret_self, mfn_error *err)
{
    publisher *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->options = *(const mfn__kafka_publisher_options *)options;
    self->around = *surroundings;
    self->producer = (mfn__producer){.options = &self->options, .around = &self->around};
    self->letter_producer = self->producer;
    mfn_status status = self->options.exactly_once ? start_transactor(self, err)
                                                   : mfn__producer_ensure(&self->producer, err);
    if (status != MFN_OK) {
        close_publisher(self);
        return status;
    }
    *ret_self = self;
    return MFN_OK;
}

/* Publishing. */

static int64_t deadline_ns(const publisher *self)
{
    return mfn__producer_now_ns(&self->producer) +
           (int64_t)(self->around.timeout_s * (double)MFN__NS_PER_S);
}

/* The first thing that stood in the way; all zero: nothing. */
typedef struct obstacle {
    rd_kafka_resp_err_t code;
    mfn_status status; /* of what is no matter of Kafka's */
    mfn_error error;
    bool is_over; /* the deadline passed, or the run was abandoned */
} obstacle;

static bool is_clear(const obstacle *all)
{
    return all->code == RD_KAFKA_RESP_ERR_NO_ERROR && all->status == MFN_OK && !all->is_over;
}

static bool is_marked(const mfn__parcel *parcel)
{
    return parcel->is_done || parcel->problem.status != MFN_OK;
}

static void refuse(mfn__parcel *parcel, rd_kafka_resp_err_t code)
{
    mfn__advice advice = {0};
    (void)mfn__kafka_fail(code, "Kafka refuses the result", rd_kafka_err2str(code), &advice,
                          &parcel->problem);
}

static void send_parcel(publisher *self, mfn__parcel *parcel, mfn__shipment *shipment,
                        int64_t until_ns, obstacle *all)
{
    mfn__kafka_outgoing record;
    all->status = mfn__kafka_outgoing_result(&self->options, parcel, &record, &all->error);
    if (all->status != MFN_OK) {
        return;
    }
    rd_kafka_resp_err_t code = mfn__producer_send(&self->producer, &record, until_ns, shipment);
    mfn__kafka_outgoing_deinit(&record);
    if (mfn__producer_is_refusal(code)) {
        refuse(parcel, code);
    } else {
        all->code = code;
    }
}

/* Waits for the reports and marks the parcels by them. A refusal that was meant for a whole batch
 * of records marks none. */
static void settle(publisher *self, mfn__parcel *parcels, const mfn__shipment *shipments,
                   size_t count, int64_t until_ns, obstacle *all)
{
    all->is_over = !mfn__producer_wait(&self->producer, until_ns);
    for (size_t i = 0; i < count; i++) {
        const mfn__shipment *shipment = &shipments[i];
        if (is_marked(&parcels[i]) || !shipment->is_reported) {
            continue;
        }
        if (shipment->code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            parcels[i].is_done = true;
        } else if (!mfn__producer_is_refusal(shipment->code)) {
            all->code = all->code == RD_KAFKA_RESP_ERR_NO_ERROR ? shipment->code : all->code;
        } else if (count == 1) {
            refuse(&parcels[i], shipment->code);
        }
    }
}

/* Sends all that is not marked, first together; what was refused with others then alone. */
static void ship(publisher *self, mfn__parcel *parcels, size_t count, obstacle *all)
{
    int64_t until_ns = deadline_ns(self);
    memset(self->shipments, 0, sizeof self->shipments);
    for (size_t i = 0; i < count && is_clear(all); i++) {
        if (!is_marked(&parcels[i])) {
            send_parcel(self, &parcels[i], &self->shipments[i], until_ns, all);
        }
    }
    settle(self, parcels, self->shipments, count, until_ns, all);
    for (size_t i = 0; i < count && is_clear(all); i++) {
        if (!is_marked(&parcels[i])) {
            send_parcel(self, &parcels[i], &self->shipments[i], until_ns, all);
            settle(self, &parcels[i], &self->shipments[i], 1, until_ns, all);
        }
    }
}

static mfn_status publish(void *opaque, mfn__parcel *parcels, size_t count, mfn__advice *ret_advice,
                          mfn_error *err)
{
    publisher *self = opaque;
    mfn_status status = mfn__producer_ensure(&self->producer, err);
    if (status != MFN_OK) {
        return status;
    }
    obstacle all = {0};
    ship(self, parcels, count, &all);
    if (all.status != MFN_OK) {
        status = mfn__fail(err, all.status, all.error.field, "%s", all.error.text);
    } else if (all.code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = mfn__producer_fail(&self->producer, all.code, NULL, "cannot publish to Kafka",
                                    ret_advice, err);
    } else if (all.is_over && mfn__producer_is_abandoned(&self->producer)) {
        status = mfn__producer_fail_abandoned(ret_advice, err);
    } else if (all.is_over) {
        status = mfn__producer_fail(&self->producer, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL,
                                    "cannot publish to Kafka", ret_advice, err);
    }
    if (all.is_over) {
        mfn__producer_drop(&self->producer);
    }
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): the contract of stream/kinds.h, taken apart at once */
static mfn_status transact(void *opaque, mfn__parcel *parcels, size_t count,
                           const mfn__dead_letter *letters, size_t letter_count,
                           const mfn__kafka_position *position, mfn__advice *ret_advice,
                           mfn_error *err)
{
    publisher *self = opaque;
    const mfn__bundle bundle = {parcels, count, letters, letter_count, position};
    return mfn__transactor_run(self->transactor, &bundle, ret_advice, err);
}

/* The code of the report, or of what came instead of one. */
static rd_kafka_resp_err_t ship_letter(publisher *self, mfn__kafka_outgoing *record)
{
    mfn__producer *producer = &self->letter_producer;
    int64_t until_ns = deadline_ns(self);
    rd_kafka_resp_err_t code = mfn__producer_send(producer, record, until_ns, &self->letter);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return code;
    }
    return mfn__producer_wait(producer, until_ns) ? self->letter.code
                                                  : RD_KAFKA_RESP_ERR__TIMED_OUT;
}

/* The folder has its copy already, so a letter that the topic never takes holds nothing up. */
static mfn_status send_letter(publisher *self, mfn__kafka_outgoing *record, mfn_error *err)
{
    mfn__producer *producer = &self->letter_producer;
    mfn__advice advice = {0};
    mfn_status status = mfn__producer_ensure(producer, err);
    if (status != MFN_OK) {
        return status;
    }
    rd_kafka_resp_err_t code = ship_letter(self, record);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return MFN_OK;
    }
    if (mfn__producer_is_refusal(code)) {
        mfn__producer_warn_letter(producer, record->topic, code);
        return MFN_OK;
    }
    status = mfn__producer_is_abandoned(producer)
                 ? mfn__producer_fail_abandoned(&advice, err)
                 : mfn__producer_fail(producer, code, NULL,
                                      "cannot put a dead letter into its topic", &advice, err);
    if (producer->unreported > 0) {
        mfn__producer_drop(producer);
    }
    return status;
}

/* With transactions the letter travels in one. */
static mfn_status put_dead_letter(void *opaque, const mfn__dead_letter *letter, mfn_error *err)
{
    publisher *self = opaque;
    if (self->options.exactly_once || self->options.dead_letter_topic[0] == '\0') {
        return MFN_OK;
    }
    mfn__kafka_outgoing record;
    mfn_status status = mfn__kafka_outgoing_letter(&self->options, letter, &record, err);
    if (status == MFN_OK) {
        status = send_letter(self, &record, err);
        mfn__kafka_outgoing_deinit(&record);
    }
    return status;
}

const mfn__publisher_ops mfn__kafka_publisher = {
    .kind = "kafka",
    .help = "results as records of a Kafka topic",
    .options = option_table,
    .options_size = sizeof(mfn__kafka_publisher_options),
    .describe = describe,
    .identify = identify,
    .check = check,
    .probe = probe,
    .content = content,
    .capacity = capacity,
    .open = open_publisher,
    .publish = publish,
    .transact = transact,
    .is_exactly_once = is_exactly_once,
    .put_dead_letter = put_dead_letter,
    .close = close_publisher,
};
