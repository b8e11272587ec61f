#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The metrics file of a run is what Prometheus wants, and says what the summary says.
Usage: test_metrics.py MFN"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

MFN = sys.argv[1]


def sample(text, name):
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "jobs").mkdir()
        (root / "jobs" / "a.ndjson").write_text(
            '{"id": "one", "grid_size": 8, "steps": 2}\n{"id": "bad", "grid_size": 1}\n',
            encoding="utf-8")
        (root / "pipeline.yaml").write_text(f"""
connector: {{kind: file, directory: {root}/jobs, pattern: "*", settle_time: 0}}
publishers:
  - {{kind: file, name: 'a "quoted" \\ name', directory: {root}/out}}
  - {{kind: file, directory: {root}/pictures, content: image, filename_pattern: "{{id}}.png"}}
dead_letter: {{directory: {root}/dead}}
state: {root}/state.db
metrics_file: {root}/metrics.prom
""", encoding="utf-8")
        run = subprocess.run([MFN, "run", str(root / "pipeline.yaml"), "--once", "--format", "json"],
                             check=True, capture_output=True, text=True)
        summary = json.loads(run.stdout)
        text = (root / "metrics.prom").read_text(encoding="utf-8")
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                 capture_output=True, check=False)
        assert checked.returncode == 0 and checked.stderr == "", checked.stderr + checked.stdout
        assert sample(text, "mfn_jobs_read_total") == summary["jobs_read"] == 2
        assert sample(text, "mfn_jobs_published_total") == summary["jobs_published"] == 1
        assert sample(text, "mfn_jobs_dead_lettered_total") == summary["jobs_failed"] == 1
        assert sample(text, "mfn_jobs_unaccounted") == summary["jobs_unaccounted"] == 0
        label = '{kind="file",publisher="a \\"quoted\\" \\\\ name"}'
        assert sample(text, "mfn_publisher_successful_publishes_total" + label) == 1
        assert str(root) not in text, "labels hold no places"
        print(f"{text.count('# TYPE')} metrics, promtool agrees")


main()
