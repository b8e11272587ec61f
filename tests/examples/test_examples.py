#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the examples against real files and HTTP servers.    test_examples.py FOLDER-OF-PROGRAMS"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from http_peer import Reply, RestSource, WebhookReceiver  # noqa: E402

PROGRAMS = None
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "connectors"
TIMEOUT_S = 60


def run(program, *arguments, **environment):
    """Returns exit code, output lines, error lines."""
    done = subprocess.run([f"{PROGRAMS}/{program}", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def published(receiver):
    return sorted(json.loads(body)["simulation_id"] for body in receiver.bodies().values())


class Files(unittest.TestCase):
    def setUp(self):
        self.holder = tempfile.TemporaryDirectory(prefix="mfn-examples-")
        self.addCleanup(self.holder.cleanup)
        self.folder = pathlib.Path(self.holder.name)

    def test_every_file_is_processed_once_and_deleted(self):
        source = self.folder / "in"
        source.mkdir()
        (source / "a.json").write_text('{"seed": 1}')
        (source / "b.json").write_text('{broken')
        (source / "c.txt").write_text("no job")
        code, lines, errors = run("file_connector", source, self.folder / "state.db")
        self.assertEqual((code, errors), (0, []))
        self.assertEqual(len(lines), 2)
        self.assertIn('Processed: {"seed": 1}', lines)
        self.assertTrue(any(line.startswith("Unusable: ") for line in lines), lines)
        self.assertFalse((source / "a.json").exists())
        self.assertTrue((source / "c.txt").exists())
        self.assertEqual(run("file_connector", source, self.folder / "state.db"), (0, [], []))

    def test_a_result_becomes_one_file_however_often_it_is_published(self):
        for _ in range(2):
            self.assertEqual(run("file_publisher", self.folder / "out", self.folder / "state.db"),
                             (0, ["Published: 1"], []))
        names = [path.name for path in (self.folder / "out").iterdir()]
        self.assertEqual(names, ["result_sim-12345.json"])
        result = json.loads((self.folder / "out" / names[0]).read_text())
        self.assertEqual(result["fractal_dimension"], 1.584)

    def test_a_missing_folder_is_an_error_with_its_name(self):
        code, lines, errors = run("file_connector", self.folder / "gone", self.folder / "state.db")
        self.assertEqual((code, lines), (1, []))
        self.assertIn(str(self.folder / "gone"), errors[0])


class Http(unittest.TestCase):
    def test_items_are_fetched_with_token_and_parameters(self):
        with RestSource([{"seed": 1}, {"seed": 2}], is_bare=True) as source:
            source.next(Reply(503))
            got = run("rest_connector", source.url, "/data/latest", API_TOKEN="token-1")
            self.assertEqual(got, (0, ['{"seed": 1}', '{"seed": 2}',
                                       "Success rate: 100.00%, retries: 1"], []))
            self.assertEqual([(each.path, each.query["limit"], each.headers["authorization"])
                              for each in source.requests],
                             [("/data/latest", "100", "Bearer token-1")] * 2)

    def test_a_source_that_is_down_is_given_up_after_all_retries(self):
        with RestSource([]) as source:
            source.next(*[Reply(500)] * 4)
            code, lines, errors = run("rest_connector", source.url, "/data")
            self.assertEqual((code, lines), (1, ["Success rate: 0.00%, retries: 3"]))
            self.assertIn("500", errors[0])
            self.assertEqual(len(source.requests), 4)

    def test_a_result_is_posted_until_it_is_taken(self):
        with WebhookReceiver() as receiver:
            receiver.next(Reply(503), Reply.drop())
            self.assertEqual(run("webhook_publisher", receiver.url, WEBHOOK_TOKEN="token-2"),
                             (0, ["Published: 1"], []))
            self.assertEqual(published(receiver), ["sim-12345"])
            self.assertEqual(len(receiver.requests), 3)
            self.assertEqual(receiver.requests[0].headers["authorization"], "Bearer token-2")
            self.assertEqual(receiver.requests[0].headers["content-type"], "application/json")

    def test_a_result_that_is_refused_is_reported_at_once(self):
        with WebhookReceiver() as receiver:
            receiver.next(Reply(400))
            code, lines, errors = run("webhook_publisher", receiver.url)
            self.assertEqual((code, lines), (1, ["Published: 0"]))
            self.assertIn("400", errors[0])
            self.assertEqual(len(receiver.requests), 1)

    def test_parameters_become_results(self):
        jobs = [{"grid_size": 32, "steps": 20, "seed": 7}, {"other": True},
                {"grid_size": 16, "steps": 5, "seed": 8}]
        with RestSource(jobs, is_bare=True) as source, WebhookReceiver() as receiver:
            code, lines, errors = run("complete_integration", source.url, receiver.url)
            self.assertEqual((code, errors), (0, ['No parameters: {"other": true}']))
            self.assertEqual(lines[-1], "Pipeline complete!")
            self.assertRegex(lines[0], r"^Fetched: 1 of 1, 0 retries, \d+ bytes$")
            self.assertRegex(lines[1], r"^Published: 2 of 2, 0 retries, \d+ bytes$")
            self.assertEqual(published(receiver),
                             ["job-7", "job-8"])


class Usage(unittest.TestCase):
    def test_without_arguments_every_example_says_what_it_wants(self):
        for source in sorted(SOURCES.glob("*.c")):
            code, lines, errors = run(source.stem)
            self.assertEqual((code, lines), (2, []), source.stem)
            self.assertRegex(errors[0], f"^usage: .*{source.stem} ")


if __name__ == "__main__":
    PROGRAMS = sys.argv.pop(1)
    unittest.main(verbosity=2)
