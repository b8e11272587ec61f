#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pipelines between real HTTP servers, as a user at the command line sees them.
Usage: test_http.py MFN"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from http_peer import Reply, RestSource, WebhookReceiver  # noqa: E402

MFN = sys.argv.pop(1)
PATIENCE_S = 60
AT_ONCE_S = 5  # far less than the timeout of a request
JOB = {"id": "one", "grid_size": 4, "steps": 1}


def jobs(count):
    return [{"id": f"job-{i}", "grid_size": 4, "steps": 1, "seed": i} for i in range(count)]


class Place(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.warnings = self.root / "warnings.txt"

    def peer(self, made):
        self.addCleanup(made.close)
        return made

    def write(self, connector, publishers, more=""):
        (self.root / "pipeline.yaml").write_text(
            f"connector: {{{connector}}}\npublishers:\n{publishers}"
            "dead_letter: {directory: dead}\nstate: state.db\nmetrics_file: metrics.prom\n" + more,
            encoding="utf-8")

    def write_rest(self, source, more=""):
        self.write(f"kind: rest, base_url: '{source.url}', endpoint: /jobs, items: /items, "
                   "allow_internal_addresses: true, initial_retry_delay: 10ms, " + more,
                   "  - {kind: file, directory: results, filename_pattern: '{id}.json'}\n")

    def mfn(self, *arguments, code=0):
        done = subprocess.run([MFN, *arguments], cwd=self.root, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def start(self):
        with open(self.warnings, "ab") as warnings:
            process = subprocess.Popen([MFN, "run", "pipeline.yaml", "--format", "json"],
                                       cwd=self.root, stdout=subprocess.PIPE, stderr=warnings,
                                       text=True)
        self.addCleanup(process.kill)
        return process

    def finish(self, process):
        """The exit code, the summary, and what was warned of."""
        out, _ = process.communicate(timeout=PATIENCE_S)
        summary = json.loads(out)
        self.assertEqual(summary["jobs_unaccounted"], 0)
        return process.returncode, summary, self.warnings.read_text(encoding="utf-8")

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def sample(self, name):
        """The value of a metric, labels included in its name; None when there is none yet."""
        path = self.root / "metrics.prom"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return float(found[1]) if found else None


class Stop(Place):
    def stop(self, process):
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        outcome = self.finish(process)
        self.assertLess(time.monotonic() - begin, AT_ONCE_S)
        return outcome

    def test_a_request_that_waits_for_its_answer_is_given_up(self):
        source = self.peer(RestSource([JOB]))
        source.next(Reply.hang())
        self.write_rest(source)
        process = self.start()
        self.assertTrue(source.wait(lambda: source.requests))
        code, summary, warnings = self.stop(process)
        self.assertEqual((code, warnings, summary["failure"]), (0, "", None))
        self.assertEqual((summary["jobs_read"], summary["finished"]), (0, True))
        self.assertEqual(summary["connector"]["metrics"]["failed_requests"], 0)
        self.assertEqual(len(source.requests), 1)

    def test_an_idle_poller_ends_well_and_its_polls_are_counted(self):
        source = self.peer(RestSource())
        self.write_rest(source, "interval: 10ms")
        process = self.start()
        # A fetch is what is counted: it polls for 200 ms, and the one that is cut off counts for nothing.
        self.assertTrue(source.wait(lambda: len(source.requests) > 2 * 200 // 10))
        code, summary, warnings = self.stop(process)
        self.assertEqual((code, warnings), (0, ""))
        metrics = summary["connector"]["metrics"]
        self.assertGreater(metrics["total_requests"], 0)
        self.assertEqual(metrics["successful_requests"], metrics["total_requests"])
        self.assertEqual(metrics["success_rate"], 1.0)
        self.assertAlmostEqual(metrics["last_fetch_timestamp"], time.time(), delta=PATIENCE_S)

    def test_a_page_that_comes_after_the_stop_is_left_to_the_next_run(self):
        source = self.peer(RestSource(jobs(20), paging="page", page_size=10, has_etag=False))
        self.write_rest(source, "pagination: page, interval: 1h")
        source.next(Reply.json({"items": jobs(10)}), Reply.hang())
        process = self.start()
        self.until(lambda: len(list(self.root.glob("results/*.json"))) == 10)
        self.assertTrue(source.wait(lambda: len(source.requests) == 2))
        code, summary, warnings = self.stop(process)
        self.assertEqual((code, warnings, summary["jobs_published"]), (0, "", 10))
        self.assertIn("Published              10 ",
                      self.mfn("run", "pipeline.yaml", "--once").stdout)

    def test_waiting_for_a_source_that_is_away_is_given_up(self):
        source = self.peer(RestSource([JOB]))
        source.down()
        self.write_rest(source, "max_retry_delay: 1h, retry_strategy: fixed_delay, "
                        "failure_threshold: 1, recovery_timeout: 1h")
        process = self.start()
        self.until(lambda: self.warnings.exists() and b"retrying" in self.warnings.read_bytes())
        code, summary, warnings = self.stop(process)
        self.assertEqual((code, warnings.count("\n"), summary["failure"]), (0, 1, None))

    def test_two_signals_together_are_one_wish(self):
        source = self.peer(RestSource([{"id": "long", "grid_size": 256, "steps": 1000}]))
        self.write_rest(source)
        process = self.start()
        self.assertTrue(source.wait(lambda: source.requests))
        self.until(lambda: self.sample("mfn_jobs_in_flight") is not None)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        code, summary, warnings = self.finish(process)
        self.assertEqual((code, warnings), (0, ""))
        self.assertEqual(summary["jobs_published"], summary["jobs_read"])


class Recovery(Place):
    def write_both(self, receiver, more="max_retries: 1"):
        (self.root / "jobs").mkdir()
        (self.root / "jobs" / "a.ndjson").write_text(
            "".join(json.dumps(job) + "\n" for job in jobs(30)), encoding="utf-8")
        self.write("kind: file, directory: jobs, pattern: '*', settle_time: 0",
                   f"  - {{kind: webhook, webhook_url: '{receiver.url}', recovery_timeout: 50ms, "
                   f"allow_internal_addresses: true, initial_retry_delay: 10ms, {more}}}\n"
                   "  - {kind: file, directory: results, filename_pattern: '{id}.json'}\n")

    def test_what_the_spool_delivers_in_the_same_run_is_published(self):
        receiver = self.peer(WebhookReceiver())
        receiver.down()
        self.write_both(receiver)
        process = self.start()
        label = '{kind="webhook",publisher="webhook"}'
        self.until(lambda: self.sample("mfn_publisher_backlog" + label) == 30)
        self.assertEqual(self.sample("mfn_jobs_spooled"), 30)
        self.assertEqual(self.sample("mfn_jobs_published_total"), 0)
        age_s = self.sample("mfn_publisher_backlog_age_seconds" + label)
        self.assertGreater(age_s, 0)
        self.assertLess(age_s, PATIENCE_S)
        closed = '{kind="webhook",publisher="webhook",state="closed"}'
        self.assertEqual(self.sample("mfn_publisher_breaker_state" + closed), 0)
        receiver.up()
        self.assertTrue(receiver.wait_for(30))
        process.send_signal(signal.SIGTERM)
        code, summary, warnings = self.finish(process)
        self.assertEqual((code, summary["jobs_published"], summary["jobs_spooled"]), (0, 30, 0))
        self.assertEqual(self.sample("mfn_publisher_breaker_state" + closed), 1)
        for words in ("is tried again", "is back", "the spool owes it nothing any more"):
            self.assertIn(words, warnings)
        self.assertEqual(summary["publishers"][0]["from_spool"], 30)

    def test_what_is_still_owed_is_spooled_and_the_exit_code_says_so(self):
        receiver = self.peer(WebhookReceiver())
        receiver.down()
        self.write_both(receiver)
        first = json.loads(self.mfn("run", "pipeline.yaml", "--once", "--format", "json",
                                    code=1).stdout)
        self.assertEqual((first["jobs_spooled"], first["jobs_published"]), (30, 0))
        self.assertGreater(first["publishers"][0]["backlog_age_seconds"], 0)
        receiver.up()
        second = json.loads(self.mfn("run", "pipeline.yaml", "--once", "--format", "json").stdout)
        self.assertEqual((second["jobs_read"], second["jobs_published"]), (0, 0))
        self.assertEqual(second["publishers"][0]["from_spool"], 30)

    def test_a_refusal_is_told_from_a_bad_job(self):
        receiver = self.peer(WebhookReceiver())
        self.write_both(receiver)
        receiver.next(Reply(422, body=b"no"))
        self.mfn("run", "pipeline.yaml", "--once")
        listed = json.loads(self.mfn("dlq", "ls", "pipeline.yaml", "--format", "json").stdout)
        letter, = listed["letters"]
        self.assertEqual(("MFN_REFUSED", 422, "webhook"),
                         (letter["type"], letter["status"], letter["publisher"]))
        self.assertTrue(letter["id"].startswith("job-"))
        self.mfn("dlq", "replay", "pipeline.yaml", letter["id"])
        self.mfn("run", "pipeline.yaml", "--once")
        self.assertTrue(receiver.wait_for(30))

    def test_what_a_look_at_a_webhook_means_is_said(self):
        receiver = self.peer(WebhookReceiver())
        self.write_both(receiver)
        receiver.next(Reply(501))
        said = self.mfn("check", "--connect", "pipeline.yaml")
        self.assertRegex(said.stdout, r"(?m)^publishers\[0\] .* reachable in \d+ ms$")
        self.assertIn("HTTP status 501", said.stderr)
        self.assertIn("does not know OPTIONS", said.stderr)
        self.assertIn("POST was not tried", said.stderr)


if __name__ == "__main__":
    unittest.main()
