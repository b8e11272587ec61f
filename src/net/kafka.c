/* SPDX-License-Identifier: MIT */
/* What librdkafka's errors mean, and how a cluster is reached. */
#include "net/kafka.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* The first wait for metadata; it doubles, so that errors are seen between the requests and a slow
 * cluster still has the time that it needs. */
#define FIRST_WAIT_NS (500 * MFN__NS_PER_MS)

/* Somebody must mend it: a password, a right, a certificate, a name. */
static mfn_status paused_status(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
        return MFN_ACCESS;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: /* a name that no topic can have */
        return MFN_INVALID;
    default:
        return MFN_OK;
    }
}

static mfn_status permanent_status(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return MFN_TOO_LARGE;
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return MFN_REFUSED;
    default:
        return MFN_OK;
    }
}

static mfn_status passing_status(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        return MFN_TIMED_OUT;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return MFN_NOT_FOUND;
    default:
        return MFN_IO;
    }
}

mfn_status mfn__kafka_fail(rd_kafka_resp_err_t code, const char *doing, const char *detail,
                           mfn__advice *ret_advice, mfn_error *err)
{
    mfn__trouble trouble = MFN__TROUBLE_PAUSED;
    mfn_status status = paused_status(code);
    if (status == MFN_OK) {
        trouble = MFN__TROUBLE_PERMANENT;
        status = permanent_status(code);
    }
    if (status == MFN_OK) {
        trouble = MFN__TROUBLE_PASSING;
        status = passing_status(code);
    }
    if (ret_advice != NULL) {
        *ret_advice = (mfn__advice){.trouble = trouble};
    }
    const char *why = detail != NULL && detail[0] != '\0' ? detail : rd_kafka_err2str(code);
    char shown[320];
    mfn__text_printable(why, strlen(why), shown, sizeof shown);
    return mfn__fail(err, status, NULL, "%s: %s (%s)", doing, shown, rd_kafka_err2name(code));
}

static mfn_status judge_metadata(const struct rd_kafka_metadata *metadata, const char *topic,
                                 mfn__advice *ret_advice, mfn_error *err)
{
    for (int i = 0; topic != NULL && i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[i];
        if (strcmp(found->topic, topic) == 0 && found->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            char doing[300];
            snprintf(doing, sizeof doing, "topic '%s'", topic);
            return mfn__kafka_fail(found->err, doing, NULL, ret_advice, err);
        }
    }
    return MFN_OK;
}

mfn_status mfn__kafka_reach(rd_kafka_t *handle, const char *topic, double timeout_s,
                            mfn__advice *ret_advice, mfn_error *err)
{
    rd_kafka_topic_t *wanted = topic == NULL ? NULL : rd_kafka_topic_new(handle, topic, NULL);
    if (topic != NULL && wanted == NULL) {
        return mfn__kafka_fail(rd_kafka_last_error(), "topic", NULL, ret_advice, err);
    }
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(handle, 0, wanted, &metadata, (int)(timeout_s * 1e3));
    if (wanted != NULL) {
        rd_kafka_topic_destroy(wanted);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mfn__kafka_fail(code, "asking the cluster for its metadata", NULL, ret_advice, err);
    }
    mfn_status status = judge_metadata(metadata, topic, ret_advice, err);
    rd_kafka_metadata_destroy(metadata);
    return status;
}

void mfn__kafka_complain(mfn__kafka_complaint *complaint, rd_kafka_resp_err_t code,
                         const char *reason)
{
    bool is_final = paused_status(code) != MFN_OK;
    bool was_final = complaint->is_grave && paused_status(complaint->code) != MFN_OK;
    complaint->is_grave |= is_final || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    /* That all are down says less than why one is, and a refusal says most. */
    if (complaint->reason[0] == '\0' || is_final ||
        (!was_final && code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)) {
        complaint->code = code;
        snprintf(complaint->reason, sizeof complaint->reason, "%s", reason);
    }
}

static void note_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    (void)handle;
    mfn__kafka_complain(opaque, (rd_kafka_resp_err_t)code, reason);
}

static mfn_status probe_handle(rd_kafka_t *handle, const mfn__kafka_complaint *last,
                               const char *topic, double timeout_s, mfn_error *err)
{
    const mfn__clock *clock = mfn__clock_system();
    int64_t end_ns = mfn__clock_monotonic_ns(clock) + (int64_t)(timeout_s * (double)MFN__NS_PER_S);
    int64_t wait_ns = FIRST_WAIT_NS;
    for (;;) {
        int64_t left_ns = end_ns - mfn__clock_monotonic_ns(clock);
        wait_ns = wait_ns < left_ns ? wait_ns : left_ns;
        mfn__advice advice = {0};
        mfn_error problem = {0};
        mfn_status status = mfn__kafka_reach(
            handle, topic, (double)(wait_ns > 0 ? wait_ns : 0) / 1e9, &advice, &problem);
        rd_kafka_poll(handle, 0);
        bool is_over = mfn__clock_monotonic_ns(clock) >= end_ns || last->is_grave;
        if (status == MFN_OK) {
            return MFN_OK;
        }
        if ((status != MFN_TIMED_OUT && status != MFN_IO) || is_over) {
            if (last->reason[0] != '\0' && status != MFN_NOT_FOUND) {
                return mfn__kafka_fail(last->code, "reaching the cluster", last->reason, NULL, err);
            }
            if (err != NULL) {
                *err = problem;
            }
            return status;
        }
        wait_ns *= 2;
    }
}

mfn_status mfn__kafka_probe(const mfn__kafka_access *access, const char *topic, double timeout_s,
                            mfn_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    mfn_status status = mfn__kafka_conf_new(access, &conf, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__kafka_complaint last = {0};
    rd_kafka_conf_set_opaque(conf, &last);
    rd_kafka_conf_set_error_cb(conf, note_error);
    char reason[256];
    /* A consumer: a producer's question would create the topic. */
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return mfn__fail(err, MFN_INVALID, NULL, "librdkafka does not take the settings: %s",
                         reason);
    }
    status = probe_handle(handle, &last, topic, timeout_s, err);
    rd_kafka_destroy(handle);
    return status;
}

void mfn__kafka_record_free(void *opaque)
{
    mfn__kafka_record *record = opaque;
    if (record == NULL) {
        return;
    }
    mfn__mem_free(record->topic);
    mfn__mem_free(record->key);
    if (record->headers != NULL) {
        rd_kafka_headers_destroy(record->headers);
    }
    mfn__mem_free(record);
}

void mfn__kafka_position_free(mfn__kafka_position *position)
{
    if (position == NULL) {
        return;
    }
    if (position->offsets != NULL) {
        rd_kafka_topic_partition_list_destroy(position->offsets);
    }
    if (position->group != NULL) {
        rd_kafka_consumer_group_metadata_destroy(position->group);
    }
    mfn__mem_free(position->group_id);
    mfn__mem_free(position);
}
