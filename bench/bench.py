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
    import numpy as np
except ImportError:
    np = None

RUNS = 5


def laplacian(field):
    up, down = np.roll(field, 1, axis=0), np.roll(field, -1, axis=0)
    left, right = np.roll(field, 1, axis=1), np.roll(field, -1, axis=1)
    return up + down + left + right - 4.0 * field


def numpy_run(side, steps, seed):
    """The default simulation (mfn-v4.1) as NumPy expressions."""
    random = np.random.default_rng(seed)
    field = random.normal(-0.07, 0.005, size=(side, side))
    activator = random.uniform(0, 0.1, size=(side, side))
    inhibitor = random.uniform(0, 0.1, size=(side, side))
    start = time.perf_counter()
    for _ in range(steps):
        if random.random() < 0.25:
            i, j = random.integers(0, side), random.integers(0, side)
            field[i, j] += random.normal(0.02, 0.005)
        field = field + 0.18 * laplacian(field)
        da = 0.1 * laplacian(activator)
        da = da + 0.01 * (activator * (1.0 - activator) - inhibitor)
        dh = 0.05 * laplacian(inhibitor)
        dh = dh + 0.02 * (activator - inhibitor)
        activator, inhibitor = activator + da, inhibitor + dh
        field[activator > 0.75] += 0.005
        activator, inhibitor = np.clip(activator, 0, 1), np.clip(inhibitor, 0, 1)
        field = np.clip(field, -0.095, 0.040)
    return field, time.perf_counter() - start


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
    if np is not None:
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
