#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Dead letters that are tried again, with the power cut at every call that changes the disk: first
under `mfn dlq replay`, then under the run that takes them. In the end every job has its result, the
folders are empty, and nothing waits.
Usage: replay_test.py MFN PRELOAD_LIBRARY"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MFN, PRELOAD = sys.argv[1:3]
KILLED = 137
JOBS = 2
PIPELINE = """\
connector:
  kind: file
  directory: jobs
  pattern: "*.csv"
  settle_time: 0
engine:
  max_cell_steps: ${LIMIT:-10}
publishers:
  - kind: file
    directory: out
    filename_pattern: "{id}.json"
dead_letter:
  directory: dead
state: state.db
"""


def mfn(place, *arguments, crash_at=0, limit="100000"):
    crash = {"LD_PRELOAD": PRELOAD, "MFN_TEST_CRASH_AT": str(crash_at)} if crash_at > 0 else {}
    done = subprocess.run([MFN, *arguments], cwd=place, env={**os.environ, "LIMIT": limit, **crash},
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, KILLED if crash_at > 0 else 0), done
    return done


def letters(folder):
    return sorted(path.name for path in folder.glob("[!.]*.json"))


def make_letters(place):
    (place / "jobs").mkdir(parents=True)
    rows = "".join(f"job-{i},8,{3 + i}\n" for i in range(JOBS))
    (place / "jobs" / "a.csv").write_text("id,grid_size,steps\n" + rows, encoding="utf-8")
    (place / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    mfn(place, "run", "pipeline.yaml", "--once", limit="10")
    assert len(letters(place / "dead")) == JOBS


def moving(work, start):
    """A letter is never nowhere."""
    names = letters(start / "dead")
    for crash_at in range(1, 1000):
        place = shutil.copytree(start, work / f"move-{crash_at}")
        done = mfn(place, "dlq", "replay", "pipeline.yaml", "--all", crash_at=crash_at)
        found = letters(place / "dead") + letters(place / "dead" / "replay")
        assert sorted(found) == names, (crash_at, found)
        if done.returncode == 0:
            print(f"dlq replay: {crash_at - 1} cuts, lost 0")
            return place
        shutil.rmtree(place)
    raise AssertionError("there is no end of it")


def taking(work, start):
    """Every job is tried again, whenever the run that began with it ended."""
    for crash_at in range(1, 1000):
        place = shutil.copytree(start, work / f"take-{crash_at}")
        done = mfn(place, "run", "pipeline.yaml", "--once", crash_at=crash_at)
        mfn(place, "run", "pipeline.yaml", "--once")
        found = sorted(path.name for path in (place / "out").iterdir())
        assert found == [f"job-{i}.json" for i in range(JOBS)], (crash_at, found)
        assert letters(place / "dead") == letters(place / "dead" / "replay") == [], crash_at
        summary = json.loads(mfn(place, "run", "pipeline.yaml", "--once", "--format", "json").stdout)
        assert summary["jobs_read"] == 0 and summary["spool_bytes"] == 0, (crash_at, summary)
        if done.returncode == 0:
            print(f"run: {crash_at - 1} cuts, lost 0")
            return
        shutil.rmtree(place)
    raise AssertionError("there is no end of it")


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        make_letters(work / "start")
        taking(work, moving(work, work / "start"))


main()
