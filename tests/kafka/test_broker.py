#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tests' Kafka broker does what the tests built on it rely on."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import wire
from broker import Broker

PATIENCE_S = 30
ODD_BYTES = bytes(range(256)) + b"\xff\xfe\xc3\x28\xed\xa0\x80\\u0000\r\n"


def values(messages):
    return [message.value for message in messages]


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:
        found = {int(child) for child in listed.read().split()}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as listed:
            found |= {int(child) for child in listed.read().split()}
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as status:
            return status.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class BrokerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin = time.monotonic()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        print(f"started in {time.monotonic() - begin:.1f} s, "
              f"{cls.broker.resident_bytes() / 2**20:.0f} MiB resident", file=sys.stderr)

    def test_everything_produced_is_consumed_in_order_within_each_partition(self):
        self.broker.create_topic("numbers", 3)
        sent = [(b"key %d" % (number % 50), b"%d" % number) for number in range(1000)]
        self.broker.produce("numbers", sent)
        received = self.broker.consume("numbers")
        self.assertEqual(sorted(sent), sorted((message.key, message.value) for message in received))
        for partition in range(3):
            part = [message for message in received if message.partition == partition]
            self.assertEqual(list(range(len(part))), [message.offset for message in part])
            numbers = [int(message.value) for message in part]
            self.assertEqual(sorted(numbers), numbers)
            self.assertEqual(len(part), self.broker.end_offset("numbers", partition))
        self.assertEqual(3, self.broker.topics()["numbers"])

    def test_any_bytes_come_back_as_they_were(self):
        sent = [(ODD_BYTES, ODD_BYTES, [("odd", ODD_BYTES), ("twice", b"1"), ("twice", b"2")]),
                (None, b""), (b"", None, [("none", None), ("empty", b"")])]
        self.broker.produce("bytes", sent)
        received = [(message.key, message.value, message.headers)
                    for message in self.broker.consume("bytes")]
        self.assertEqual([(message + ([],))[:3] for message in sent], received)

    def test_messages_of_more_than_a_batch_go_out_in_several(self):
        sent = [b"%d" % number * 60000 for number in range(10)] * 4
        self.broker.produce("large", [(None, value) for value in sent])
        self.assertEqual(sent, values(self.broker.consume("large")))
        with self.broker.transaction("large") as transaction:
            transaction.produce("large", [(None, value) for value in sent])
            transaction.commit()
        self.broker.wait_until_decided("large")
        self.assertEqual(2 * sent, values(self.broker.consume("large")))

    def test_a_message_that_is_too_large_is_an_error(self):
        with self.assertRaisesRegex(wire.WireError, "too-large/0.*MESSAGE_TOO_LARGE"):
            self.broker.produce("too-large", [(None, bytes(2 << 20))])

    def test_a_topic_is_created_once(self):
        self.broker.create_topic("once")
        with self.assertRaisesRegex(wire.WireError, "once.*TOPIC_ALREADY_EXISTS"):
            self.broker.create_topic("once")

    def test_consuming_a_topic_that_does_not_exist_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "nothing-here|[Uu]nknown"):
            self.broker.consume("nothing-here")

    def test_consuming_a_number_of_messages_waits_for_them_and_no_longer_than_told(self):
        self.broker.produce("few", [(None, b"1"), (None, b"2")])
        self.assertEqual([b"1"], values(self.broker.consume("few", count=1)))
        with self.assertRaisesRegex(RuntimeError, "few: reading was not over"):
            self.broker.consume("few", count=3, timeout_s=1)

    def test_a_group_commits_where_it_stopped_and_goes_on_there(self):
        self.broker.create_topic("shared", 2)
        self.assertEqual({}, self.broker.committed("readers", "shared"))
        self.broker.produce("shared", [(None, b"a"), (None, b"b")], partition=1)
        self.assertEqual([b"a", b"b"], values(self.broker.consume("shared", group="readers")))
        self.assertEqual({1: 2}, self.broker.committed("readers", "shared"))
        self.assertEqual({}, self.broker.committed("others", "shared"))
        self.broker.produce("shared", [(None, b"c")], partition=0)
        self.assertEqual([b"c"], values(self.broker.consume("shared", group="readers")))
        self.assertEqual({0: 1, 1: 2}, self.broker.committed("readers", "shared"))

    def test_what_a_transaction_wrote_is_read_as_committed_only_after_its_commit(self):
        self.broker.create_topic("ledger")
        read = self.broker.consume
        with self.broker.transaction("writer") as transaction:
            transaction.produce("ledger", [(None, b"aborted", [("try", b"1")])])
            self.assertEqual(([], [b"aborted"]), (values(read("ledger")),
                                                  values(read("ledger", "read_uncommitted"))))
            transaction.abort()
            self.broker.wait_until_decided("ledger")
            transaction.produce("ledger", [(None, b"committed")])
            self.assertEqual([], values(read("ledger")))
            transaction.commit()
            self.broker.wait_until_decided("ledger")
            transaction.produce("ledger", [(None, b"open")])
            self.broker.produce("ledger", [(None, b"behind the open one")])
            self.assertEqual([b"committed"], values(read("ledger")))
            self.assertEqual((4, 6), (self.broker.end_offset("ledger", committed_only=True),
                                      self.broker.end_offset("ledger")))
            with self.broker.transaction("writer"):
                with self.assertRaisesRegex(wire.WireError, "INVALID_PRODUCER_EPOCH|PRODUCER_FENCED"):
                    transaction.commit()
        deadline = time.monotonic() + PATIENCE_S  # the markers of the abort are written afterwards
        while self.broker.end_offset("ledger", committed_only=True) < 7 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([b"committed", b"behind the open one"], values(read("ledger")))

    def test_the_broker_comes_back_with_all_it_had_after_a_kill_and_after_a_stop(self):
        self.broker.produce("kept", [(None, b"%d" % number) for number in range(1000)])
        before = self.broker.consume("kept", group="keepers")
        address = self.broker.address
        for end in (self.broker.kill, self.broker.stop):
            end()
            with self.assertRaises(ConnectionRefusedError):
                self.broker.connect()
            begin = time.monotonic()
            starter = threading.Thread(target=self.broker.start)  # which the broker outlives
            starter.start()
            starter.join()
            print(f"back after a {end.__name__} in {time.monotonic() - begin:.1f} s", file=sys.stderr)
            self.assertEqual(address, self.broker.address)
            self.assertEqual(before, self.broker.consume("kept"))
            self.assertEqual({0: 1000}, self.broker.committed("keepers", "kept"))
        self.broker.produce("kept", [(None, b"new")])
        self.assertEqual(b"new", self.broker.consume("kept")[-1].value)

    def test_a_paused_broker_accepts_and_does_not_answer(self):
        self.broker.pause()
        try:
            with self.broker.connect() as connection:
                connection.socket.settimeout(0.3)
                with self.assertRaises(TimeoutError):
                    connection.metadata()
        finally:
            self.broker.resume()
        self.broker.produce("resumed", [(None, b"value")])
        self.assertEqual([b"value"], values(self.broker.consume("resumed")))

    def test_only_brokers_of_this_machine_are_talked_to(self):
        for address in ("localhost:9092", "10.0.0.1:9092", "127.0.0.1", "127.0.0.1:0",
                        "127.0.0.1:1,x:2", "127.0.0.1:9092\n", "127.0.0.10:9092", ""):
            with self.subTest(address), self.assertRaisesRegex(ValueError, "127.0.0.1:PORT alone"):
                wire.Connection(address)


class CommandTest(unittest.TestCase):
    SCRIPT = pathlib.Path(__file__).resolve().parent / "broker.py"

    def start(self):
        place = tempfile.TemporaryDirectory()  # a broker that is killed leaves its storage behind
        self.addCleanup(place.cleanup)
        process = subprocess.Popen([sys.executable, self.SCRIPT, "jobs:2", "results"], text=True,
                                   stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": place.name})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        address = process.stdout.readline().strip()
        brokers = children_of(process.pid)
        self.assertEqual(1, len(brokers))
        return process, address, brokers.pop()

    def assert_ends(self, pid):
        deadline = time.monotonic() + PATIENCE_S
        while is_alive(pid):
            self.assertLess(time.monotonic(), deadline, f"process {pid} goes on")
            time.sleep(0.01)

    def test_the_command_gives_an_address_with_the_topics_and_ends_at_a_signal(self):
        process, address, broker = self.start()
        with wire.Connection(address) as connection:
            topics = connection.metadata()[1]
        self.assertEqual({"jobs": 2, "results": 1}, {name: len(topics[name]) for name in topics})
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(PATIENCE_S))
        self.assert_ends(broker)

    def test_the_broker_dies_with_a_test_that_is_killed(self):
        process, _, broker = self.start()
        process.kill()
        self.assert_ends(broker)

    def run_without(self, missing, maven="exit 1"):
        """With an empty cache, a Maven that fails, and stand-ins for all other programs."""
        with tempfile.TemporaryDirectory() as place:
            for program in {"java", "kcat", "setpriv", "mvn"} - {missing}:
                path = pathlib.Path(place, program)
                path.write_text(f"#!/bin/sh\n{maven}\n", encoding="ascii")
                path.chmod(0o755)
            cache = pathlib.Path(place, "cache")
            done = subprocess.run([sys.executable, self.SCRIPT], capture_output=True, text=True,
                                  env={"PATH": place, "MFN_CACHE": str(cache)}, check=False,
                                  timeout=PATIENCE_S)
            left = sorted(path.name for path in cache.glob("*"))
        return done.returncode, done.stdout, done.stderr, left

    def test_the_command_is_skipped_with_the_reason_when_something_is_missing(self):
        for program in ("java", "kcat", "setpriv", "mvn"):
            with self.subTest(program):
                code, out, err, _ = self.run_without(program)
                self.assertEqual((77, ""), (code, out))
                self.assertRegex(err, f"^skipped: {program} is missing")

    def test_a_fetch_that_fails_is_skipped_with_mavens_words_and_leaves_nothing_half_done(self):
        code, out, err, left = self.run_without(None, "echo no route to host; exit 1")
        self.assertEqual((77, "", ["kafka.lock"]), (code, out, left))
        self.assertRegex(err, "^skipped: Maven cannot fetch .*\nno route to host")


if __name__ == "__main__":
    unittest.main()
