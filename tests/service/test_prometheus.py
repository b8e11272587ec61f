#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A Prometheus server scrapes `mfn serve`: what it then answers to queries is what was requested.

    test_prometheus.py MFN"""
import json
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from serving import PATIENCE_S, Serve

CONFIGURATION = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: mfn
    static_configs: [{{targets: ["{host}:{port}"]}}]
"""


class Prometheus:
    """The server on a port that the kernel chose, with its storage in a folder that goes away."""

    def __init__(self, host, port):
        self.folder = tempfile.TemporaryDirectory()
        with open(f"{self.folder.name}/prometheus.yml", "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(host=host, port=port))
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder.name}/prometheus.yml", "--log.format=json",
             f"--storage.tsdb.path={self.folder.name}/storage", "--web.listen-address=127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True)
        self.url = f"http://{self.address()}"

    def address(self):
        said = []
        for line in self.process.stderr:
            said.append(line)
            record = json.loads(line)
            if record.get("msg") == "Listening on":
                return record["address"]
        self.process.wait()
        self.folder.cleanup()
        raise RuntimeError("".join(said))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE_S)
        self.folder.cleanup()

    def query(self, expression):
        """The values of all series that answer."""
        url = f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
                series = json.load(response)["data"]["result"]
        except urllib.error.HTTPError:  # 503 until its storage is open
            return []
        return [float(one["value"][1]) for one in series]

    def targets(self):
        with urllib.request.urlopen(f"{self.url}/api/v1/targets", timeout=PATIENCE_S) as response:
            return json.load(response)["data"]["activeTargets"]


class PrometheusTest(unittest.TestCase):
    def wait_for(self, prometheus, expression, expected):
        deadline = time.monotonic() + PATIENCE_S
        while (got := prometheus.query(expression)) != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(expected, got, f"{expression}; {prometheus.targets()}")

    def test_what_was_requested_is_what_it_shows(self):
        with Serve("--workers", "2") as service, Prometheus(service.host, service.port) as prometheus:
            self.wait_for(prometheus, "up", [1.0])
            for seed in range(3):
                body = {"grid_size": 8, "steps": 5, "seed": seed}
                self.assertEqual(200, service.ask("POST", "/simulate", body)[0])
            self.assertEqual(422, service.ask("POST", "/simulate", {"grid_size": 1})[0])
            self.assertEqual(404, service.ask("GET", "/nowhere")[0])
            for expression, expected in {
                'mfn_http_requests_total{endpoint="/simulate",method="POST",status="200"}': [3.0],
                'mfn_http_requests_total{endpoint="/simulate",method="POST",status="422"}': [1.0],
                'sum(mfn_http_requests_total{endpoint!="/metrics"})': [5.0],
                'mfn_http_request_duration_seconds_count{endpoint="/simulate",method="POST"}': [4.0],
                'mfn_http_request_duration_seconds_bucket{endpoint="/simulate",le="+Inf"}': [4.0],
                "mfn_cell_steps_total": [3.0 * 8 * 8 * 5],
                "mfn_simulation_duration_seconds_count": [3.0],
                "mfn_work_pending_cell_steps": [0.0],
                'mfn_http_requests_in_progress{endpoint="/simulate"}': [0.0],
                "process_resident_memory_bytes > bool 1e6": [1.0],
                "abs(process_start_time_seconds - time()) < bool 600": [1.0],
            }.items():
                with self.subTest(expression):
                    self.wait_for(prometheus, expression, expected)
            target, = prometheus.targets()
            self.assertEqual(("up", ""), (target["health"], target["lastError"]))
            self.assertEqual(0, service.end()[0])
            self.wait_for(prometheus, "up", [0.0])

    def test_promtool_finds_nothing_to_say(self):
        with Serve() as service:
            service.ask("POST", "/simulate", {"grid_size": 8, "steps": 2})
            service.ask("POST", "/federated/aggregate", {"gradients": [[1, 2], [1, 2], [1, 2]]})
            service.ask("GET", "/a\"quoted\\path")
            text = service.ask("GET", "/metrics")[2].decode()
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                     capture_output=True, check=False)
            self.assertEqual((0, "", ""), (checked.returncode, checked.stderr, checked.stdout))


if __name__ == "__main__":
    unittest.main(verbosity=1)
