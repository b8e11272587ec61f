#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the Kafka examples against a real broker; 77 where there is none.
    test_kafka_examples.py FOLDER-OF-PROGRAMS"""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "kafka"))
from broker import Broker  # noqa: E402

PROGRAMS = None
BROKER = None
TIMEOUT_S = 60


def run(program, *arguments):
    """Returns the output lines of a program that must succeed."""
    done = subprocess.run([f"{PROGRAMS}/{program}", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{program}: exit code {done.returncode}: {done.stderr}")
    return done.stdout.splitlines()


class Kafka(unittest.TestCase):
    def test_what_was_acknowledged_is_not_received_again(self):
        BROKER.produce("jobs", [(None, b'{"seed": %d}' % seed) for seed in range(3)])
        self.assertEqual(run("kafka_connector", BROKER.address, "group", "jobs", 3),
                         [f'Received: {{"seed": {seed}}} (kafka:jobs[0]@{seed})'
                          for seed in range(3)])
        BROKER.produce("jobs", [(None, b'{"seed": 3}')])
        self.assertEqual(run("kafka_connector", BROKER.address, "group", "jobs", 1),
                         ['Received: {"seed": 3} (kafka:jobs[0]@3)'])

    def test_a_result_is_published_under_its_id(self):
        BROKER.create_topic("results")
        self.assertEqual(run("kafka_publisher", BROKER.address, "results"), ["Published: 1"])
        messages = BROKER.consume("results")
        self.assertEqual([message.key for message in messages], [b"sim-12345"])
        self.assertEqual(json.loads(messages[0].value)["fractal_dimension"], 1.584)


if __name__ == "__main__":
    PROGRAMS = sys.argv.pop(1)
    with Broker() as BROKER:
        result = unittest.main(verbosity=2, exit=False).result
    sys.exit(0 if result.wasSuccessful() else 1)
