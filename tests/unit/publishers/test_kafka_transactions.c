/* SPDX-License-Identifier: MIT */
#include "kafka_place.h"

static void place_open_transactional(place *self)
{
    mfn_error err = {0};
    char path[MFN_TEST_PATH_MAX];
    snprintf(path, sizeof path, "%s", mfn_test_path(mfn_test_folder(), "state.db"));
    mfn_status status = mfn__ledger_open(path, &self->around.ledger, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    ck_assert_int_eq(mfn__ledger_begin(self->around.ledger, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_target(self->around.ledger, "kafka", &self->around.target, &err),
                     MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(self->around.ledger, &err), MFN_OK);
    self->options.exactly_once = true;
    place_open(self);
}

static mfn_status transact(place *self, size_t count, const mfn__dead_letter *letters,
                           size_t letter_count, mfn__advice *ret_advice, mfn_error *err)
{
    char group[] = "workers";
    mfn__kafka_position position = {rd_kafka_topic_partition_list_new(1),
                                    rd_kafka_consumer_group_metadata_new(group), group};
    rd_kafka_topic_partition_list_add(position.offsets, "in", 0)->offset = 10;
    mfn_status status = mfn__kafka_publisher.transact(
        self->publisher, self->parcels, count, letters, letter_count, &position, ret_advice, err);
    rd_kafka_topic_partition_list_destroy(position.offsets);
    rd_kafka_consumer_group_metadata_destroy(position.group);
    return status;
}

START_TEST(a_transaction_carries_results_and_dead_letters)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    char topic[] = "in";
    const mfn__kafka_record record = {.topic = topic, .partition = 0, .offset = 9};
    const mfn__dead_letter letter = {.problem = &bad_job,
                                     .origin = "in[0]",
                                     .original = "nonsense",
                                     .original_size = 8,
                                     .extra = &record};
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = transact(&self, 3, &letter, 1, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 2);
    contents_free(&out);
    contents_read(&out, &self, "in.dlq");
    ck_assert_uint_eq(out.count, 1);
    check_value(out.records[0], "nonsense");
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_transaction_is_aborted_because_of_a_result_that_is_too_large)
{
    place self;
    place_make(&self);
    self.options.max_message_bytes = 1000;
    place_open_transactional(&self);
    char large[2000];
    memset(large, ' ', sizeof large);
    self.parcels[1].bytes = large;
    self.parcels[1].size = sizeof large;
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_ne(transact(&self, 3, NULL, 0, &advice, &err), MFN_OK);
    ck_assert_int_eq(self.parcels[0].problem.status, MFN_OK);
    ck_assert_int_eq(self.parcels[1].problem.status, MFN_TOO_LARGE);
    ck_assert_int_eq(self.parcels[2].problem.status, MFN_OK);
    self.parcels[1] = self.parcels[2];
    mfn_status status = transact(&self, 2, NULL, 0, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    place_close(&self);
}
END_TEST

START_TEST(a_group_that_changes_ends_the_transaction)
{
    static const struct {
        rd_kafka_resp_err_t code;
        mfn_status status;
        mfn__trouble trouble;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, MFN_CANCELLED, MFN__TROUBLE_BY_STATUS},
        {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, MFN_CANCELLED, MFN__TROUBLE_BY_STATUS},
        {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, MFN_CANCELLED, MFN__TROUBLE_BY_STATUS},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, MFN_ACCESS, MFN__TROUBLE_PAUSED},
    };
    place self;
    place_make(&self);
    place_open_transactional(&self);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__advice advice = {0};
        mfn_error err = {0};
        rd_kafka_mock_push_request_errors(self.cluster, TXN_OFFSET_COMMIT, 1, cases[i].code);
        mfn_status status = transact(&self, 2, NULL, 0, &advice, &err);
        ck_assert_msg(status == cases[i].status, "%s: %s", rd_kafka_err2name(cases[i].code),
                      err.text);
        ck_assert_int_eq(advice.trouble, cases[i].trouble);
    }
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = transact(&self, 2, NULL, 0, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    place_close(&self);
}
END_TEST

/* "in.dlq" takes letters; those of no record have no topic there and stay in the folder. */
START_TEST(a_letter_without_topic_is_left_out_of_the_transaction)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = transact(&self, 1, &file_letter, 1, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    ck_assert_int_eq(self.warnings, 0);
    place_close(&self);
}
END_TEST

START_TEST(a_transaction_of_replays_alone_needs_no_position)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = mfn__kafka_publisher.transact(self.publisher, self.parcels, 3, NULL, 0,
                                                      NULL, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 2);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(the_transactional_id_is_kept)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    int64_t first = 0;
    int64_t second = 0;
    mfn_error err = {0};
    mfn__ledger *ledger = self.around.ledger;
    ck_assert_int_eq(mfn__ledger_begin(ledger, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_number(ledger, self.around.target, "token", &first, &err), MFN_OK);
    mfn__ledger_rollback(ledger);
    mfn__kafka_publisher.close(self.publisher);
    place_open(&self);
    ck_assert_int_eq(mfn__ledger_begin(ledger, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_number(ledger, self.around.target, "token", &second, &err),
                     MFN_OK);
    mfn__ledger_rollback(ledger);
    ck_assert_int_ne(first, 0);
    ck_assert_int_eq(first, second);
    place_close(&self);
}
END_TEST

START_TEST(transactions_with_brokers_that_are_down_are_a_passing_trouble)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 1;
    place_open_transactional(&self);
    mfn__advice advice = {0};
    mfn_error err = {0};
    rd_kafka_mock_broker_set_down(self.cluster, 1);
    double before_s = now_s();
    ck_assert_int_ne(transact(&self, 2, NULL, 0, &advice, &err), MFN_OK);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(now_s() - before_s < 8, "%f s", now_s() - before_s);
    rd_kafka_mock_broker_set_up(self.cluster, 1);
    mfn_status status = MFN_IO;
    for (int i = 0; i < 10 && status != MFN_OK; i++) {
        status = transact(&self, 2, NULL, 0, &advice, &err);
    }
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    place_close(&self);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_transaction_carries_results_and_dead_letters,
        a_transaction_is_aborted_because_of_a_result_that_is_too_large,
        a_group_that_changes_ends_the_transaction,
        a_letter_without_topic_is_left_out_of_the_transaction,
        a_transaction_of_replays_alone_needs_no_position,
        the_transactional_id_is_kept,
        transactions_with_brokers_that_are_down_are_a_passing_trouble,
        NULL,
    };
    return mfn_test_run("kafka_transactions", tests);
}
