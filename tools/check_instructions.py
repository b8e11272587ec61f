#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions of a few fixed runs and compares them with tests/instructions.json: what makes
the engine slower by accident is seen on any machine, however busy.

check_instructions.py BUILD [--update]

Counted by valgrind's callgrind on one thread. It knows no AVX-512. The counts depend on the compiler, so
that they are compared only where it is the recorded one; fewer instructions than recorded are recorded
with --update, or the next accident would go unnoticed."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

FIGURES = pathlib.Path(__file__).resolve().parent.parent / "tests" / "instructions.json"
MARGIN = 0.02
RUNS = (  # variant, what, side, steps
    ("scalar", "steps", 64, 300),
    ("avx2", "steps", 64, 2000),
    ("avx2", "steps", 512, 32),
    ("avx2", "steps-features", 64, 1000),
    ("avx2", "steps-jitter", 64, 300),
    ("avx2", "initialisations", 128, 50),
    ("avx2", "features", 64, 10),
    ("avx2", "jobs", 32, 50),
)


def name_of(run):
    variant, what, side, steps = run
    return f"{what} {side}x{side}, {steps} steps, {variant}"


def compiler_of(build):
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    compiler = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", cache, re.MULTILINE).group(1)
    done = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    return f"{done.stdout.splitlines()[0]}, {os.uname().machine}"


def count(build, run):
    """None where the machine lacks the instruction set."""
    variant, what, side, steps = run
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           build / "bench_engine", "--variant", variant, what, str(side), str(steps)],
                          capture_output=True, text=True, check=False)
    if "this machine has no" in done.stderr:
        return None
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"check_instructions: {name_of(run)} failed:\n{done.stderr[-2000:]}")
    return int(found.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="record what is counted")
    args = parser.parse_args()
    compiler = compiler_of(args.build)
    recorded = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    if not args.update and recorded.get("compiler") != compiler:
        print(f"check_instructions: not compared: the figures are those of {recorded.get('compiler')}, "
              f"this is {compiler}")
        return
    counts, bad = {}, False
    for run in RUNS:
        name, before = name_of(run), recorded.get("instructions", {}).get(name_of(run))
        now = count(args.build, run)
        if now is None:
            print(f"{name:42} not counted: this machine has no {run[0]}")
            continue
        counts[name] = now
        change = now / before - 1 if before else None
        is_off = change is None or abs(change) > MARGIN
        bad = bad or is_off
        print(f"{name:42} {now:14,} {'new' if change is None else f'{change:+.2%}'}{' <<<' if is_off else ''}")
    if args.update:
        FIGURES.write_text(json.dumps({"compiler": compiler, "instructions": counts}, indent=2) + "\n",
                           encoding="utf-8")
    elif bad:
        sys.exit(f"check_instructions: more than {MARGIN:.0%} off. If that is meant: "
                 f"tools/check_instructions.py {args.build} --update")


main()
