#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `mfn run` promises when the machine fails it: kills at random moments and at every call that
changes the disk, a full disk, an unwritable folder, a stop, a second process.

The judge knows every job that was handed in and what an undisturbed run makes of it; in the end each
must have exactly that result, once, and nothing else may lie in the folder.
Usage: crash_test.py MFN PRELOAD_LIBRARY    MFN_CRASH_KILLS: random kills per mode (20)"""
import csv
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MFN, PRELOAD = sys.argv[1:3]
KILLS = int(os.environ.get("MFN_CRASH_KILLS", "20"))
RUNS_MAX = 40  # a run that makes no progress must not go on for ever
MODES = ("single", "append")


class Place:
    """A folder with jobs and a pipeline, and what its results must be."""

    def __init__(self, root, mode, jobs, options=""):
        self.root, self.mode, self.jobs = root, mode, jobs
        self.out, self.dead = root / "out", root / "dead"
        (root / "jobs").mkdir(parents=True)
        self.write_jobs()
        name = "results.ndjson" if mode == "append" else "result_{id}.json"
        (root / "pipeline.yaml").write_text(f"""\
connector:
  kind: file
  directory: {root}/jobs
  pattern: "*.json,*.ndjson,*.csv"
  settle_time: 0
  initial_retry_delay: 10ms
publishers:
  - kind: file
    directory: {self.out}
    filename_pattern: "{name}"
    append_mode: {"true" if mode == "append" else "false"}
    initial_retry_delay: 10ms
dead_letter:
  directory: {self.dead}
state: {root}/state.db
{options}""", encoding="utf-8")

    def write_jobs(self):
        third = len(self.jobs) // 3
        folder = self.root / "jobs"
        with open(folder / "a.ndjson", "w", encoding="utf-8") as out:
            out.writelines(json.dumps(job) + "\n" for job in self.jobs[:third])
        (folder / "b.json").write_text(json.dumps(self.jobs[third:2 * third]), encoding="utf-8")
        with open(folder / "c.csv", "w", encoding="utf-8", newline="") as out:
            rows = csv.DictWriter(out, ["id", "grid_size", "steps", "seed"])
            rows.writeheader()
            rows.writerows(self.jobs[2 * third:])
        (folder / "bad.json").write_text('{"id": "bad", "grid_size": 3}', encoding="utf-8")

    def start(self, once=True, **environment):
        arguments = [MFN, "run", str(self.root / "pipeline.yaml")] + (["--once"] if once else [])
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, **environment})

    def run(self, **environment):
        process = self.start(**environment)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def results(self):
        """Every result by its simulation_id; fails on anything that should not be there."""
        found = {}
        for path in sorted(self.out.iterdir()):
            text = path.read_text(encoding="utf-8")
            assert text.endswith("\n"), f"{path} is torn"
            lines = text.splitlines() if self.mode == "append" else [text]
            for line in lines:
                result = json.loads(line)
                name = result["simulation_id"]
                assert name not in found, f"{name} is there twice"
                assert self.mode == "append" or path.name == f"result_{name}.json", path
                found[name] = line
        return found

    def judge(self, expected):
        found = self.results()
        assert set(found) == set(expected), (
            f"{len(set(expected) - set(found))} missing, {len(set(found) - set(expected))} too many")
        for name, text in expected.items():
            assert found[name] == text, f"{name} differs from the undisturbed run"
        letters = [path.name for path in self.dead.iterdir() if not path.name.startswith(".")]
        assert len(letters) == 1 and letters[0].startswith("bad.json-"), letters


def make_jobs(count):
    return [{"id": f"job-{i}", "grid_size": 8 + i % 5, "steps": 1 + i % 7, "seed": i}
            for i in range(count)]


def undisturbed(work, mode, jobs):
    place = Place(work / f"calm-{mode}-{len(jobs)}", mode, jobs)
    code, out, err = place.run()
    assert code == 0 and err == "", (code, err)
    assert len(place.results()) == len(jobs), out
    return place.results()


def random_kills(work):
    rng = random.Random(7)
    jobs = make_jobs(3000)
    for mode in MODES:
        expected = undisturbed(work, mode, jobs)
        kills = 0
        for attempt in range(1000):
            place = Place(work / f"kill-{mode}-{attempt}", mode, jobs)
            for _ in range(RUNS_MAX):
                process = place.start()
                try:
                    out, err = process.communicate(timeout=rng.uniform(0.01, 0.4))
                    assert process.returncode == 0, err
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    kills += 1
            else:
                assert place.run()[0] == 0
            place.judge(expected)
            shutil.rmtree(place.root)
            if kills >= KILLS:
                break
        print(f"{mode}: {len(jobs)} jobs, {kills} kills at random moments, lost 0, doubled 0")


def kills_at_every_call(work):
    jobs = make_jobs(6)
    for mode in MODES:
        expected = undisturbed(work, mode, jobs)
        moment = 0
        while True:
            moment += 1
            place = Place(work / f"call-{mode}-{moment}", mode, jobs)
            code, _, err = place.run(LD_PRELOAD=PRELOAD, MFN_TEST_CRASH_AT=str(moment))
            assert code in (0, 137), (code, err)
            if code == 137:
                code_after, _, err = place.run()
                assert code_after == 0, (moment, err)
            place.judge(expected)
            shutil.rmtree(place.root)
            if code == 0:
                break
        assert moment > 10, "the library was not loaded"
        print(f"{mode}: gone at each of {moment - 1} calls that change the disk, lost 0, doubled 0")


def full_disk(work):
    jobs = make_jobs(30)
    for mode in MODES:
        expected = undisturbed(work, mode, jobs)
        refused = 0
        for moment in range(1, 200, 7):
            place = Place(work / f"full-{mode}-{moment}", mode, jobs)
            code, _, err = place.run(LD_PRELOAD=PRELOAD, MFN_TEST_FULL_AT=str(moment))
            assert code in (0, 1), (code, err)
            if code == 1:
                refused += 1
                assert "No space left" in err or "the disk is full" in err, err
            assert place.run()[0] == 0
            place.judge(expected)
            shutil.rmtree(place.root)
        assert refused > 5, refused
        print(f"{mode}: the disk became full at {refused} moments, nothing lost")


def file_size_limit(work):
    place = Place(work / "limit", "append", make_jobs(300))
    expected = undisturbed(work, "append", make_jobs(300))

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))

    process = subprocess.run([MFN, "run", str(place.root / "pipeline.yaml"), "--once"],
                             capture_output=True, text=True, preexec_fn=limit, check=False)
    # Whichever file meets the limit first; of its own, SQLite says no more than this.
    refusals = ("File too large", "disk I/O error")
    assert process.returncode == 1 and any(text in process.stderr for text in refusals), process
    assert place.run()[0] == 0
    place.judge(expected)
    print("a limit on file sizes: nothing lost, no torn line")


def unwritable_folder(work):
    jobs = make_jobs(30)
    for mode in MODES:
        place = Place(work / f"blocked-{mode}", mode, jobs)
        place.out.write_text("in the way", encoding="utf-8")
        code, _, err = place.run()
        assert code == 1 and str(place.out) in err, err
        place.out.unlink()
        assert place.run()[0] == 0
        place.judge(undisturbed(work / "blocked", mode, jobs))
    print("a file in the place of the folder: refused, nothing lost")


def stop(work):
    jobs = make_jobs(3000)
    place = Place(work / "stop", "single", jobs)
    process = place.start(once=False)
    while not place.out.exists() or len(os.listdir(place.out)) < 50:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    assert "Unfinished" not in out, out
    done = len(place.results())
    assert place.run()[0] == 0
    place.judge(undisturbed(work, "single", jobs))
    print(f"stopped after {done} results, the next run did the rest")


def two_processes(work):
    place = Place(work / "two", "single", make_jobs(3))
    first = place.start(once=False)
    while not (place.root / "state.db").exists():
        assert first.poll() is None
        time.sleep(0.005)
    code, _, err = place.run()
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    assert code == 1 and "in use by another mfn" in err, (code, err)
    print("a second process on the same state is refused")


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for scene in (two_processes, stop, unwritable_folder, file_size_limit, full_disk,
                      kills_at_every_call, random_kills):
            scene_folder = work / scene.__name__
            scene_folder.mkdir()
            scene(scene_folder)


main()
