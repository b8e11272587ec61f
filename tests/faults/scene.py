# SPDX-License-Identifier: MIT
"""What the fault tests share: jobs with known results, a pipeline that is started, killed and started
again, and the judge who compares what was accepted with what was delivered."""
import collections
import json
import os
import pathlib
import random
import subprocess
import time

RUN_TIMEOUT_S = 300


def make_jobs(count, first=0):
    """Near-empty jobs, each with a result of its own."""
    return [{"id": f"job-{i}", "grid_size": 4, "steps": 1, "seed": i}
            for i in range(first, first + count)]


class Place:
    """A folder with a pipeline file in it."""

    def __init__(self, mfn, root, pipeline):
        self.mfn, self.root = mfn, pathlib.Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.pipeline = self.root / "pipeline.yaml"
        self.dead = self.root / "dead"
        self.pipeline.write_text(pipeline + f"""
dead_letter: {{directory: {self.dead}}}
state: {self.root}/state.db
""", encoding="utf-8")
        self.warnings = open(self.root / "warnings.txt", "ab")

    def start(self, *arguments, **environment):
        return subprocess.Popen([self.mfn, "run", str(self.pipeline), "--format", "json", *arguments],
                                stdout=subprocess.PIPE, stderr=self.warnings,
                                env={**os.environ, **environment})

    def finish(self, process, timeout_s=RUN_TIMEOUT_S):
        """Waits for the end; the summary must account for every job."""
        out, _ = process.communicate(timeout=timeout_s)
        summary = json.loads(out) if out else None
        if summary is not None:
            assert summary["jobs_unaccounted"] == 0, summary
        return process.returncode, summary

    def run(self, *arguments, **environment):
        return self.finish(self.start("--once", *arguments, **environment))

    def letters(self):
        if not self.dead.exists():
            return []
        return [json.loads(path.read_text(encoding="utf-8")) for path in self.dead.glob("*.json")]

    def last_warnings(self):
        return (self.root / "warnings.txt").read_text(encoding="utf-8")[-3000:]


def expected_results(mfn, root, jobs):
    """{id: the line that an undisturbed run makes of the job}"""
    place = Place(mfn, root, f"""
connector: {{kind: file, directory: {root}/jobs, pattern: "*.ndjson", settle_time: 0}}
publishers:
  - {{kind: file, directory: {root}/out, filename_pattern: results.ndjson, append_mode: true}}
""")
    (root / "jobs").mkdir(exist_ok=True)
    with open(root / "jobs" / "all.ndjson", "w", encoding="utf-8") as out:
        out.writelines(json.dumps(job) + "\n" for job in jobs)
    code, summary = place.run()
    assert code == 0 and summary["jobs_published"] == len(jobs), summary
    lines = (root / "out" / "results.ndjson").read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["simulation_id"]: line for line in lines}


class Judge:
    """Counts what arrived against what was accepted."""

    def __init__(self, expected):
        self.expected, self.counts = expected, collections.Counter()

    def deliver(self, text):
        text = text.decode() if isinstance(text, bytes) else text
        name = json.loads(text)["simulation_id"]
        assert name in self.expected, f"{name} was never asked for"
        assert text == self.expected[name], f"{name} differs from the undisturbed run"
        self.counts[name] += 1

    def lost(self):
        return sorted(set(self.expected) - set(self.counts))

    def duplicates(self):
        return sum(self.counts.values()) - len(self.counts)

    def check(self, exactly_once=False):
        lost = self.lost()
        assert not lost, f"{len(lost)} of {len(self.expected)} lost: {lost[:5]}"
        if exactly_once:
            assert self.duplicates() == 0, f"{self.duplicates()} came twice"


class Killer:
    """Starts a pipeline again and again and kills it at random moments."""

    def __init__(self, place, seed, shortest_s, longest_s):
        self.place, self.random = place, random.Random(seed)
        self.shortest_s, self.longest_s, self.kills = shortest_s, longest_s, 0

    def bounce(self, times, is_done=lambda: False):
        for _ in range(times):
            process = self.place.start()
            deadline = time.monotonic() + self.random.uniform(self.shortest_s, self.longest_s)
            while time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.01)
            assert process.poll() is None, self.place.last_warnings()
            process.kill()
            process.communicate()
            self.kills += 1
            if is_done():
                return
