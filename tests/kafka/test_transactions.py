#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the Kafka publisher promises with transactions, against a real broker: every record of a
topic is copied to another one exactly once, whatever happens to the broker or to the copier.

    test_transactions.py PROGRAM        (the program of transact_driver.c)"""
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import proxy
from broker import Broker

PROGRAM = None
PARTITIONS = 4
PATIENCE_S = 120


class Copier:
    """The program, whose lines come in one by one."""

    def __init__(self, address, folder, timeout_s=10, batch=10, transactional_id="", replays=0):
        self.process = subprocess.Popen(
            [PROGRAM, folder, address, str(timeout_s), str(batch), transactional_id,
             *([str(replays)] if replays else [])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def committed(self):
        return sum(line.startswith("batch") and "MFN_OK" in line for line in list(self.lines))

    def troubles(self):
        return [line for line in list(self.lines) if line.startswith("batch") and "MFN_OK" not in line]

    def wait_for(self, batches):
        """Returns when it has committed so many batches, or is at its end."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and self.committed() < batches:
            if time.monotonic() > deadline:
                raise RuntimeError("no progress; last lines:\n" + "\n".join(self.lines[-20:]))
            time.sleep(0.002)

    def finish(self):
        """Waits for its end; returns what it had to say about batches that failed."""
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise RuntimeError("no end; last lines:\n" + "\n".join(self.lines[-20:])) from None
        self.reader.join()
        if code != 0 or self.lines[-1] != "end":
            raise RuntimeError(f"code {code}; last lines:\n" + "\n".join(self.lines[-20:]))
        return self.troubles()


class CopyTest(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.broker = Broker(self.settings)
        self.addCleanup(self.broker.close)
        folder = tempfile.TemporaryDirectory(prefix="mfn-transactions-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def make_topics(self, count, config=()):
        self.broker.create_topic("in", PARTITIONS)
        self.broker.create_topic("out", PARTITIONS, config)
        self.sent = [(b"key %d" % number, b"value %d" % number) for number in range(count)]
        self.broker.produce("in", self.sent)

    def lag(self):
        """How many records the group has not committed."""
        committed = self.broker.committed("copy", "in")
        return sum(self.broker.end_offset("in", number) - committed.get(number, 0)
                   for number in range(PARTITIONS))

    def check_copies(self, sent=None):
        sent = self.sent if sent is None else sent
        self.broker.wait_until_decided("out")
        copies = [(message.key, message.value) for message in self.broker.consume("out")]
        lost = set(sent) - set(copies)
        self.assertEqual(0, len(lost), f"of {len(sent)} are lost, such as {sorted(lost)[:3]}")
        self.assertEqual(len(sent), len(copies), "some are there more than once")
        self.assertEqual(0, self.lag())


class TransactionTest(CopyTest):
    def test_every_record_is_copied_once(self):
        self.make_topics(3000)
        with Copier(self.broker.address, self.folder, batch=100) as copier:
            self.assertEqual([], copier.finish())
        self.check_copies()

    def test_the_headers_and_keys_are_those_of_results(self):
        self.make_topics(1)
        with Copier(self.broker.address, self.folder) as copier:
            copier.finish()
        (message,) = self.broker.consume("out")
        self.assertEqual(b"key 0", message.key)
        self.assertEqual({"mfn-result-id": b"key 0", "content-type": b"application/json"},
                         dict(message.headers))

    def test_a_record_that_the_broker_refuses_becomes_a_dead_letter_and_the_rest_goes_on(self):
        self.make_topics(200, {"max.message.bytes": "20000"})
        self.broker.create_topic("in.dlq")
        large = [(b"large %d" % number, os.urandom(15000).hex().encode()) for number in range(2)]
        self.broker.produce("in", large)
        with Copier(self.broker.address, self.folder, batch=50) as copier:
            copier.finish()
        with self.subTest("copies"):
            self.check_copies()
        letters = self.broker.consume("in.dlq")
        self.assertEqual(sorted(large), sorted((letter.key, letter.value) for letter in letters))
        headers = dict(letters[0].headers)
        self.assertEqual(b"in", headers["__connect.errors.topic"])
        self.assertEqual(b"MFN_TOO_LARGE", headers["__connect.errors.exception.class.name"])

    def test_a_dead_letter_that_its_topic_refuses_is_left_out(self):
        self.make_topics(100, {"max.message.bytes": "20000"})
        self.broker.create_topic("in.dlq", 1, {"max.message.bytes": "20000"})
        self.broker.produce("in", [(b"large", os.urandom(15000).hex().encode())])
        with Copier(self.broker.address, self.folder, batch=50) as copier:
            copier.finish()
        self.assertEqual(1, sum("in.dlq does not take a dead letter" in line for line in copier.lines))
        self.check_copies()
        self.assertEqual([], self.broker.consume("in.dlq"))

    def test_a_broker_that_is_killed_again_and_again_loses_and_doubles_nothing(self):
        self.make_topics(2000)
        with Copier(self.broker.address, self.folder) as copier:
            for kills in range(3):
                copier.wait_for(20 + 50 * kills)
                self.broker.kill()
                self.broker.start()
            copier.finish()
        self.check_copies()

    def test_a_broker_that_does_not_answer_in_time_loses_and_doubles_nothing(self):
        self.make_topics(2000)
        with Copier(self.broker.address, self.folder, timeout_s=1) as copier:
            for pauses in range(5):
                copier.wait_for(20 + 30 * pauses)
                time.sleep(0.001 * pauses)
                self.broker.pause()
                time.sleep(2.5)
                self.broker.resume()
            troubles = copier.finish()
        self.assertTrue(troubles)
        self.check_copies()

    def test_a_copier_that_is_killed_again_and_again_loses_and_doubles_nothing(self):
        self.make_topics(2000)
        for kills in range(5):
            with Copier(self.broker.address, self.folder) as copier:
                copier.wait_for(1 + 10 * kills)
                time.sleep(0.002 * kills)
        with Copier(self.broker.address, self.folder) as copier:
            copier.finish()
        self.check_copies()

    def test_another_producer_with_the_same_name_is_shut_out_in_turn(self):
        self.make_topics(2000)
        with Copier(self.broker.address, self.folder, transactional_id="copier") as copier:
            for intrusions in range(4):
                copier.wait_for(20 + 40 * intrusions)
                with self.broker.transaction("copier"):
                    pass
            troubles = copier.finish()
        self.assertTrue(troubles)
        self.check_copies()

    def test_copiers_that_take_each_others_partitions_away_double_nothing(self):
        self.make_topics(3000)
        others = [tempfile.mkdtemp(dir=self.folder) for _ in range(3)]
        with Copier(self.broker.address, self.folder) as copier:
            for number, folder in enumerate(others):
                copier.wait_for(20 + 60 * number)
                with Copier(self.broker.address, folder) as other:
                    other.wait_for(10 + number)
            copier.finish()
        while self.lag() > 0:  # a killed one keeps its partitions until its session is over
            with Copier(self.broker.address, self.folder) as copier:
                copier.finish()
        self.check_copies()


class NetworkTest(CopyTest):
    """The silence lasts longer than the copier waits for a commit, so that it must find out
    afterwards what became of it, but not so long that it loses its partitions."""

    SILENCE_S = 4.5

    def setUp(self):
        self.proxy = proxy.Proxy()
        self.addCleanup(self.proxy.__exit__)
        self.settings = self.proxy.settings()
        super().setUp()
        self.proxy.lead_to(self.broker)

    def run_with(self, faults):
        self.make_topics(1000)
        with Copier(self.proxy.address, self.folder, timeout_s=1) as copier:
            for number, (lose, api) in enumerate(faults):
                copier.wait_for(10 + 20 * number)
                with self.subTest(f"{lose.__name__} {api}"):
                    self.assertTrue(lose(api, self.SILENCE_S).wait())
            troubles = copier.finish()
        self.assertGreaterEqual(len(troubles), len(faults))
        self.check_copies()

    def test_a_commit_whose_answer_is_lost_is_not_repeated(self):
        self.run_with([(self.proxy.lose_answer, proxy.END_TXN)] * 2)

    def test_a_commit_that_does_not_arrive_is_repeated(self):
        self.run_with([(self.proxy.lose_request, proxy.END_TXN)] * 2)

    def test_replays_have_no_offsets_and_are_published_once_all_the_same(self):
        self.broker.create_topic("out", PARTITIONS)
        faults = (self.proxy.lose_answer, self.proxy.lose_request)
        with Copier(self.proxy.address, self.folder, timeout_s=1, replays=600) as copier:
            for number, lose in enumerate(faults):
                copier.wait_for(10 + 20 * number)
                self.assertTrue(lose(proxy.END_TXN, self.SILENCE_S).wait())
            troubles = copier.finish()
        self.assertGreaterEqual(len(troubles), len(faults))
        self.broker.wait_until_decided("out")
        keys = [message.key for message in self.broker.consume("out")]
        self.assertEqual({b"key %d" % number for number in range(600)}, set(keys))
        self.assertEqual(600, len(keys))

    def test_answers_that_are_lost_at_other_places_double_nothing(self):
        self.run_with([(self.proxy.lose_answer, api) for api in (
            proxy.PRODUCE, proxy.ADD_PARTITIONS_TO_TXN, proxy.ADD_OFFSETS_TO_TXN,
            proxy.TXN_OFFSET_COMMIT)])

    def test_requests_that_are_lost_at_other_places_lose_nothing(self):
        self.run_with([(self.proxy.lose_request, api) for api in (
            proxy.PRODUCE, proxy.ADD_PARTITIONS_TO_TXN, proxy.ADD_OFFSETS_TO_TXN,
            proxy.TXN_OFFSET_COMMIT)])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
