#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A pipeline inside `mfn serve`: it runs, it is seen, it ends in good order.

    test_pipeline.py MFN"""
import http.server
import json
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from serving import PATIENCE_S, Serve

PIPELINE = """
connector:
  kind: file
  directory: {folder}/jobs
  pattern: "*.ndjson"
  poll_interval: 0.05
publishers:
  - kind: file
    directory: {folder}/results
  - kind: webhook
    name: hook
    allow_internal_addresses: true
    webhook_url: {url}
    max_retries: 0
    failure_threshold: 1
    recovery_timeout: 0.2
dead_letter:
  directory: {folder}/dead
state: {folder}/state.db
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.taken += self.server.status == 200
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class PipelineTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        (self.folder / "jobs").mkdir()
        self.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.receiver.status, self.receiver.taken, self.receiver.lock = 200, 0, threading.Lock()
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)
        self.file = self.folder / "pipeline.yaml"
        url = f"http://127.0.0.1:{self.receiver.server_port}/in?token=SECRET"
        self.file.write_text(PIPELINE.format(folder=self.folder, url=url))

    def add_jobs(self, name, count):
        lines = "".join(json.dumps({"id": f"{name}-{i}", "grid_size": 16, "steps": 5, "seed": i}) + "\n"
                        for i in range(count))
        hidden = self.folder / f"jobs/.{name}"
        hidden.write_text(lines)
        hidden.rename(self.folder / f"jobs/{name}.ndjson")

    def await_that(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def health(self, service):
        status, _, content = service.ask("GET", "/health/connectors")
        self.assertNotIn("SECRET", content.decode())
        return status, json.loads(content)

    def test_jobs_flow_while_requests_are_answered(self):
        with Serve("--pipeline", str(self.file)) as service:
            self.add_jobs("first", 50)
            self.await_that(lambda: self.receiver.taken == 50)
            self.assertEqual(200, service.ask("POST", "/simulate", {"grid_size": 16, "steps": 2})[0])
            self.await_that(lambda: self.health(service)[1]["connector"]["metrics"]["total_requests"] > 0)
            status, health = self.health(service)
            self.assertEqual((200, "ok"), (status, health["status"]))
            self.assertEqual(["connected", "connected"], [p["state"] for p in health["publishers"]])
            self.assertEqual("hook", health["publishers"][1]["name"])
            metrics = service.ask("GET", "/metrics")[2]
            self.assertIn(b"mfn_publisher_", metrics)
            self.assertNotIn(b"SECRET", metrics)
            promtool = shutil.which("promtool")
            if promtool:
                done = subprocess.run([promtool, "check", "metrics"], input=metrics, capture_output=True)
                self.assertEqual((0, b""), (done.returncode, done.stderr))
            code, said = service.end()
            self.assertEqual(0, code, said)
        self.assertEqual(50, len(list((self.folder / "results").glob("*.json"))))

    def test_a_receiver_that_is_down_is_seen_and_owed(self):
        with Serve("--pipeline", str(self.file)) as service:
            self.receiver.status = 503
            self.add_jobs("first", 20)
            self.await_that(lambda: self.health(service)[0] == 503)
            health = self.health(service)[1]
            self.assertEqual(("degraded", "error"), (health["status"], health["publishers"][1]["state"]))
            self.assertEqual(200, service.ask("GET", "/health")[0])
            self.receiver.status = 200
            self.await_that(lambda: self.receiver.taken == 20)
            self.await_that(lambda: self.health(service)[1]["status"] == "ok")
            self.assertEqual(0, service.end()[0])

    def test_what_is_left_is_told_by_the_exit_code(self):
        self.receiver.status = 503
        with Serve("--pipeline", str(self.file)) as service:
            self.add_jobs("first", 20)
            self.await_that(lambda: self.health(service)[0] == 503)
            code, said = service.end()
            self.assertEqual(1, code)
            self.assertIn("left work to the next run", said)

    def test_without_a_pipeline_there_is_none_to_look_at(self):
        with Serve() as service:
            self.assertEqual(404, service.ask("GET", "/health/connectors")[0])

    def test_a_pipeline_file_with_mistakes_stops_the_start(self):
        self.file.write_text(self.file.read_text().replace("max_retries: 0", "max_retires: 0"))
        with self.assertRaisesRegex(RuntimeError, "max_retries"):
            Serve("--pipeline", str(self.file))

    def test_a_state_file_in_use_is_told(self):
        with Serve("--pipeline", str(self.file)) as service:
            self.await_that(lambda: self.health(service)[0] == 200)
            with Serve("--pipeline", str(self.file)) as other:
                self.await_that(lambda: self.health(other)[1]["status"] == "ended")
                self.assertIn("in use", self.health(other)[1]["failure"])
                self.assertEqual(1, other.end()[0])


if __name__ == "__main__":
    unittest.main(verbosity=1)
