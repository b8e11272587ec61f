#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether this tree is faster than another revision: both engines take turns, measurement by measurement,
so that a busy machine slows both down alike.

bench_compare.py BUILD REVISION [--rounds N] [--only TEXT] [--json FILE]

The revision is built in a temporary folder, with the benchmarks of this tree if it has what they call."""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from measured import cores, machine

TREE = pathlib.Path(__file__).resolve().parent.parent
# What, side, steps.
MEASUREMENTS = (
    ("steps", 32, 20000), ("steps", 64, 8000), ("steps", 128, 2000), ("steps", 256, 600),
    ("steps", 512, 150), ("steps", 1024, 40), ("steps-features", 64, 4000), ("steps-features", 512, 100),
    ("steps-jitter", 64, 2000), ("steps-jitter", 512, 40), ("initialisations", 64, 500),
    ("initialisations", 1024, 4), ("features", 32, 50), ("features", 64, 100), ("features", 512, 20),
    ("jobs", 32, 50), ("jobs", 64, 100), ("normals", 256, 50), ("uniforms", 256, 50))


def build(source, folder):
    """Where the bench_engine of a source tree lies; None when it cannot be built."""
    done = subprocess.run(["cmake", "--preset", "release", "-S", source, "-B", folder], cwd=source, check=False,
                          capture_output=True)
    if done.returncode == 0:
        done = subprocess.run(["cmake", "--build", folder, "-j", str(cores()), "--target", "bench_engine"],
                              check=False, capture_output=True)
    return folder / "bench_engine" if done.returncode == 0 else None


def build_revision(revision, folder):
    """With the benchmarks of this tree, or with its own when it lacks what these measure."""
    source = folder / "source"
    source.mkdir()
    archive = subprocess.run(["git", "-C", TREE, "archive", revision], stdout=subprocess.PIPE, check=False)
    if archive.returncode != 0:
        sys.exit(f"bench_compare: no such revision: {revision}")
    subprocess.run(["tar", "-x", "-C", source], input=archive.stdout, check=True)
    own = folder / "own-bench"
    shutil.move(source / "bench", own)
    shutil.copytree(TREE / "bench", source / "bench")
    engine = build(source, folder / "build")
    if engine is None:
        shutil.rmtree(source / "bench")
        shutil.move(own, source / "bench")
        engine = build(source, folder / "build")
    return engine or sys.exit(f"bench_compare: {revision} cannot be built")


def rate(engine, what, side, steps):
    done = subprocess.run([engine, what, str(side), str(steps)], capture_output=True, text=True, check=True)
    units, seconds = map(float, done.stdout.split())
    return units / seconds


def compare(here, there, rounds, measurement):
    """The rates here and there, each round in the other order."""
    pairs = []
    for i in range(rounds):
        engines = (here, there) if i % 2 == 0 else (there, here)
        found = [rate(engine, *measurement) for engine in engines]
        pairs.append(tuple(found if i % 2 == 0 else reversed(found)))
    return pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("revision")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="mfn-compare-") as name:
        there = build_revision(args.revision, pathlib.Path(name))
        here = pathlib.Path(args.build) / "bench_engine"
        print(f"this tree against {args.revision}, {args.rounds} rounds: the median of the ratios, its quartiles")
        print(f"{'what':16} {'side':>5} {'here/s':>10} {'there/s':>10} {'ratio':>7} {'quartiles':>13}")
        for measurement in MEASUREMENTS:
            if args.only not in measurement[0]:
                continue
            pairs = compare(here, there, args.rounds, measurement)
            ratios = sorted(a / b for a, b in pairs)
            ours, theirs = (statistics.median(side) for side in zip(*pairs))
            low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else 3 * ratios
            print(f"{measurement[0]:16} {measurement[1]:5} {ours:10.4g} {theirs:10.4g} {middle:7.3f} "
                  f"{low:6.3f}-{high:6.3f}", flush=True)
            rows.append({"what": measurement[0], "side": measurement[1], "steps": measurement[2],
                         "pairs": pairs, "ratio": middle})
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "revision": args.revision, "rows": rows},
                                        indent=1) + "\n", encoding="utf-8")


main()
