#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs bench_krum and, when NumPy is there, its BLAS beside it: the same Gram matrix in float32 and
float64, on one thread and on as many as there are cores."""
import json
import os
import statistics
import subprocess
import sys

RUNS = 5
BLAS = """
import numpy, time
values = numpy.random.default_rng(1).normal(size=(1000, 10000)).astype("%s")
times = []
for _ in range(%d + 1):
    start = time.perf_counter()
    gram = values @ values.T
    times.append(1e3 * (time.perf_counter() - start))
print(*times[1:])
"""


def blas_rows(cores):
    for kind in ("float32", "float64"):
        for threads in sorted({1, cores}):
            env = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads))
            done = subprocess.run([sys.executable, "-c", BLAS % (kind, RUNS)], env=env,
                                  capture_output=True, text=True, check=False)
            if done.returncode != 0:
                return
            times = [float(word) for word in done.stdout.split()]
            yield {"what": "NumPy's Gram matrix", "variant": kind, "threads": threads,
                   "ms": statistics.median(times), "fastest_ms": min(times),
                   "slowest_ms": max(times), "products": 0.5 * 1000 * 1001 * 10000}


def main():
    cores = len(os.sched_getaffinity(0))
    out = subprocess.run([sys.argv[1], str(cores)], capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in out.stdout.splitlines()] + list(blas_rows(cores))
    print(f"1,000 gradients of 10,000 values\n\n{'what':22} {'variant':8} {'threads':>7} "
          f"{'median ms':>10} {'spread':>8} {'10^9 products/s':>16}")
    for row in rows:
        spread = (row["slowest_ms"] - row["fastest_ms"]) / row["ms"]
        rate = f"{row['products'] / row['ms'] / 1e6:.1f}" if row["products"] else ""
        print(f"{row['what']:22} {row['variant']:8} {row['threads']:>7} {row['ms']:10.4g} "
              f"{spread:8.1%} {rate:>16}")


main()
