#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs bench_engine and, when NumPy is there, the reference's method beside it, in one run.

The peer is the reference's own way of computing: whole-array NumPy expressions with np.roll. Its
result is compared with ours before anything is timed, so that both do the same work.
"""
import json
import statistics
import subprocess
import sys
import time

try:
    import numpy_peer
except ImportError:
    numpy_peer = None

RUNS = 5


def numpy_run(side, steps, seed):
    """The last field and the seconds that the steps took."""
    random, *fields = numpy_peer.draw(side, seed)
    start = time.perf_counter()
    for _ in range(steps):
        fields = numpy_peer.advance(random, *fields)
    return fields[0], time.perf_counter() - start


def same_result(program):
    field, _ = numpy_run(32, 50, 7)
    import hashlib
    expected = hashlib.sha256(field.astype("<f8").tobytes()).hexdigest()
    out = subprocess.run([program, "simulate", "--grid-size", "32", "--steps", "50", "--seed", "7",
                          "--format", "json"], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)["field_sha256"] == expected


def numpy_rate(side):
    steps = max(3, int(4e6 / side / side))
    rates = [side * side * steps / numpy_run(side, steps, 1)[1] for _ in range(RUNS)]
    return statistics.median(rates)


def main():
    engine, program = sys.argv[1:3]
    out = subprocess.run([engine], capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    peer = {}
    if numpy_peer is not None:
        if not same_result(program):
            sys.exit("bench: the NumPy peer computes another field: the ratio would mean nothing")
        peer = {side: numpy_rate(side) for side in (32, 64, 128, 256, 512, 1024)}
    print(f"{'what':24} {'side':>5} {'variant':8} {'median/s':>12} {'spread':>8} {'over NumPy':>11}")
    for row in rows:
        spread = (row["fastest"] - row["slowest"]) / row["per_second"]
        ratio = ""
        if row["what"] == "cell-steps" and row["side"] in peer:
            ratio = f"{row['per_second'] / peer[row['side']]:.1f}x"
        side = row["side"] or ""
        print(f"{row['what']:24} {side:>5} {row['variant']:8} {row['per_second']:12.4g} "
              f"{spread:8.1%} {ratio:>11}")
    for side, rate in peer.items():
        print(f"{'NumPy cell-steps':24} {side:>5} {'':8} {rate:12.4g}")


main()
