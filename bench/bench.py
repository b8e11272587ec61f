#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast the engine is on this machine, in one run: beside the machine's own limits, beside the
reference's method in NumPy and beside Numba, where these are installed.

bench.py BUILD [--rounds N] [--quick] [--json FILE]

BUILD is the folder with mfn, bench_engine and bench_machine. Programs that are compared take turns,
round by round: a ratio is the median of the rounds' ratios, which hold however busy the machine is; a
rate is the median of the rounds' rates. The peers' results are compared with ours first."""
import argparse
import dataclasses
import hashlib
import itertools
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from measured import cores, machine, measure, spread

try:
    import numpy_peer
    import pattern_peer
except ImportError:
    numpy_peer = pattern_peer = None
try:
    import numba_peer
except ImportError:
    numba_peer = None

# Of one cell in one step, counted in src/kernels/step_columns.h: what the equations need.
ADDITIONS, MULTIPLICATIONS = 21, 9
BYTES = 48  # three values read and written: what a step moves that is blocked in no cache

SIDES = (32, 64, 128, 256, 512, 1024, 2048, 4096)
NUMPY_SIDES_MAX = 1024
# Additions, multiplications (and divisions) of one cell in one step, counted in src/kernels/pattern_body.h.
PATTERNS = {"gray-scott": (15, 10), "gierer-meinhardt": (15, 11), "schnakenberg": (15, 8),
            "fitzhugh-nagumo": (16, 10), "logistic-inhibitor": (15, 9)}
PATTERN_SIDES = (128, 512)
DATASET = (64, 100)  # side and steps
SMALL = (32, 50)
PEAK_NAMES = ("add", "multiply", "add_and_multiply", "L1_read", "L1_copy", "L2_read", "L2_copy", "L3_read",
              "L3_copy", "memory_read", "memory_copy")


@dataclasses.dataclass
class Series:
    """A rate that was measured round by round."""
    what: str
    who: str
    threads: int
    rates: list
    side: int = 0
    unit: str = "/s"

    def row(self):
        return {"what": self.what, "who": self.who, "threads": self.threads, "side": self.side,
                "unit": self.unit, "median": statistics.median(self.rates), "spread": spread(self.rates),
                "rates": self.rates}


class Bench:
    def __init__(self, build, rounds, quick):
        self.build, self.rounds, self.quick = pathlib.Path(build), rounds, quick
        self.series = {}
        self.peaks = {}
        self.run_peak_bytes = 0

    def engine(self, what, side, steps, threads=1, variant="auto", together=1,
               model="mfn-v4.1"):
        """Units per second of one measurement: one simulation on each of `threads`, or one on `together`."""
        done = subprocess.run([self.build / "bench_engine", "--variant", variant, "--threads", str(threads),
                               "--together", str(together), "--model", model, what, str(side), str(steps)],
                              capture_output=True, text=True, check=True)
        units, seconds = map(float, done.stdout.split())
        return units / seconds

    def can(self, side=8, variant="auto"):
        """Whether the engine takes this size of grid, and has the instruction set."""
        done = subprocess.run([self.build / "bench_engine", "--variant", variant, "steps", str(side), "1"],
                              capture_output=True, check=False)
        return done.returncode == 0

    def take_turns(self, what, side, contenders, unit="/s"):
        """`contenders`: {(who, threads): function that measures a rate}."""
        rates = {key: [] for key in contenders}
        for _ in range(self.rounds):
            for key, measure_rate in contenders.items():
                rates[key].append(measure_rate())
        for (who, threads), found in rates.items():
            self.series[what, side, who, threads] = Series(what, who, threads, found, side, unit)

    def rate(self, what, side, who="mfn", threads=1):
        return statistics.median(self.series[what, side, who, threads].rates)

    def ratio(self, one, other):
        """The median of the rounds' ratios of two series, or None."""
        if one not in self.series or other not in self.series:
            return None
        pairs = zip(self.series[one].rates, self.series[other].rates)
        return statistics.median(a / b for a, b in pairs)


def numpy_rate(side, steps):
    random, *fields = numpy_peer.draw(side, 1)
    start = time.perf_counter()
    for _ in range(steps):
        fields = numpy_peer.advance(random, *fields)
    return side * side * steps / (time.perf_counter() - start)


def numba_rate(side, steps, threads):
    prepared = numba_peer.prepare(numpy_peer.draw, side, steps, 1)
    start = time.perf_counter()
    numba_peer.run(prepared, threads)
    return side * side * steps / (time.perf_counter() - start)


def our_field(bench, *flags):
    """The digest of the field of 32 x 32 cells after 50 steps."""
    out = measure([bench.build / "mfn", "simulate", "--grid-size", 32, "--steps", 50, "--seed", 7, "--format",
                   "json", *flags]).output
    return json.loads(out)["field_sha256"]


def digest(field):
    return hashlib.sha256(field.astype("<f8").tobytes()).hexdigest()


def check_peers(bench):
    """All peers compute the field that mfn computes, bit by bit; this also compiles the Numba one."""
    ours = our_field(bench)
    for model in PATTERNS if pattern_peer else ():
        if digest(pattern_peer.simulate(model, 32, 50, 7)) != our_field(bench, "--model", model):
            sys.exit(f"bench: the NumPy peer of {model} computes another field")
    fields = [("NumPy", numpy_peer.simulate(32, 50, 7)[-1])] if numpy_peer else []
    for threads in sorted({1, cores()}) if numba_peer else ():
        fields.append(("Numba", numba_peer.run(numba_peer.prepare(numpy_peer.draw, 32, 50, 7), threads)))
    for who, field in fields:
        if digest(field) != ours:
            sys.exit(f"bench: the {who} peer computes another field: the ratio would mean nothing")


def measure_peaks(bench):
    out = measure([bench.build / "bench_machine", *machine()["cache_bytes"]]).output
    bench.peaks = {name: float(value) for name, value in map(str.split, out.splitlines())}


def thread_counts():
    counts = {2 ** power for power in range(cores().bit_length()) if 2 ** power <= cores()}
    return sorted(counts | {cores()})


def measure_steps(bench):
    work = 2e7 if bench.quick else 8e7
    for side in filter(bench.can, SIDES):
        steps = max(16, int(work / side / side))
        contenders = {("mfn", threads): lambda threads=threads: bench.engine("steps", side, steps, threads)
                      for threads in thread_counts()}
        for threads in thread_counts()[1:]:
            contenders["together", threads] = lambda threads=threads: bench.engine(
                "steps", side, steps, together=threads)
        if numpy_peer and side <= NUMPY_SIDES_MAX:
            numpy_steps = max(3, int(work / 20 / side / side))
            contenders["NumPy", 1] = lambda: numpy_rate(side, numpy_steps)
        if numba_peer:
            numba_steps = max(4, int(work / 2 / side / side))
            for threads in sorted({1, cores()}):
                contenders["Numba", threads] = lambda threads=threads: numba_rate(side, numba_steps, threads)
        bench.take_turns("cell-steps", side, contenders)
    for variant in ("scalar", "avx2", "neon"):
        if bench.can(variant=variant):
            for side in (64, 512):
                steps = int(work / 4 / side / side)
                bench.take_turns("cell-steps", side, {(variant, 1): lambda: bench.engine(
                    "steps", side, steps, variant=variant)})


def pattern_rate(model, side, steps):
    fields = pattern_peer.draw(model, side, 1)
    start = time.perf_counter()
    for _ in range(steps):
        fields = pattern_peer.advance(model, *fields)
    return side * side * steps / (time.perf_counter() - start)


def measure_patterns(bench):
    work = 1e7 if bench.quick else 4e7
    for model, side in itertools.product(PATTERNS, PATTERN_SIDES):
        steps = int(work / side / side)
        contenders = {("mfn", threads): lambda threads=threads: bench.engine(
            "steps", side, steps, together=threads, model=model) for threads in thread_counts()}
        if pattern_peer:
            contenders["NumPy", 1] = lambda: pattern_rate(model, side, max(3, steps // 20))
        bench.take_turns(model, side, contenders)


def print_patterns(bench):
    rows = []
    for model, side in itertools.product(PATTERNS, PATTERN_SIDES):
        limit = 1 / max(sum(PATTERNS[model]) / bench.peaks["add_and_multiply"],
                        2 / 3 * BYTES / bench.peaks["L1_copy"])
        rates = [bench.rate(model, side, "mfn", threads) for threads in thread_counts()]
        rows.append((model, f"{side}x{side}", *map(million, rates), f"{rates[0] / limit:.0%}",
                     times(bench.ratio((model, side, "mfn", 1), (model, side, "NumPy", 1)))))
    table("Models of two species, million cell-steps per second of one simulation",
          ("model", "grid", *(f"{count} threads" for count in thread_counts()), "one of limit", "one over NumPy"), rows)


def measure_features(bench):
    work = 1e7 if bench.quick else 4e7
    for side in (32, 64, 128, 256, 512, 1024):
        steps = max(16, int(work / side / side))
        bench.take_turns("with features", side, {
            ("plain", 1): lambda: bench.engine("steps", side, steps),
            ("mfn", 1): lambda: bench.engine("steps-features", side, steps)})
        bench.take_turns("features at the end", side, {
            ("mfn", 1): lambda: bench.engine("features", side, 5)}, "cells/s")


def measure_random(bench):
    for side in (64, 256, 1024):
        steps = max(4, int(1e7 / side / side))
        bench.take_turns("with jitter", side, {
            ("normals", 1): lambda: bench.engine("normals", side, steps),
            ("mfn", 1): lambda: bench.engine("steps-jitter", side, steps)})
        bench.take_turns("initialisation", side, {
            ("mfn", 1): lambda: bench.engine("initialisations", side, max(2, steps // 3))}, "cells/s")
    bench.take_turns("draws", 256, {("normals", 1): lambda: bench.engine("normals", 256, 100),
                                    ("uniforms", 1): lambda: bench.engine("uniforms", 256, 100)})


def peer_jobs_rate(side, steps, count):
    start = time.perf_counter()
    for seed in range(count):
        numpy_peer.features(numpy_peer.simulate(side, steps, seed))
    return count / (time.perf_counter() - start)


def measure_jobs(bench):
    side, steps = DATASET
    contenders = {("mfn", threads): lambda threads=threads: bench.engine("jobs", side, steps, threads)
                  for threads in sorted({1, cores()})}
    if numpy_peer:
        contenders["NumPy", 1] = lambda: peer_jobs_rate(side, steps, 5)
    bench.take_turns("dataset jobs", side, contenders, "jobs/s")
    return measure([bench.build / "bench_engine", "--threads", cores(), "jobs", side, steps]).peak_bytes


def mfn_run_rate(bench, count):
    side, steps = SMALL
    with tempfile.TemporaryDirectory(prefix="mfn-bench-") as name:
        folder = pathlib.Path(name)
        (folder / "jobs").mkdir()
        jobs = [json.dumps({"id": f"job-{i}", "grid_size": side, "steps": steps, "seed": i})
                for i in range(count)]
        (folder / "jobs" / "jobs.ndjson").write_text("\n".join(jobs) + "\n", encoding="utf-8")
        (folder / "pipeline.yaml").write_text(f"""
connector: {{kind: file, directory: {folder}/jobs, pattern: "*.ndjson", settle_time: 0}}
publishers:
  - {{kind: file, directory: {folder}/out, filename_pattern: results.ndjson, append_mode: true}}
dead_letter: {{directory: {folder}/dead}}
state: {folder}/state.db
""", encoding="utf-8")
        use = measure([bench.build / "mfn", "run", folder / "pipeline.yaml", "--once", "--format", "json"])
        results = (folder / "out" / "results.ndjson").read_bytes().count(b"\n")
        if results != count:
            sys.exit(f"bench: {count} jobs gave {results} results")
        bench.run_peak_bytes = use.peak_bytes
        return count / use.seconds


def measure_run(bench):
    side, steps = SMALL
    count = 4000 if bench.quick else 20000
    bench.take_turns("small jobs", side, {
        ("engine", cores()): lambda: bench.engine("jobs", side, steps, cores()),
        ("mfn run", cores()): lambda: mfn_run_rate(bench, count)}, "jobs/s")


# What is printed.

def table(title, head, rows):
    """As Markdown, to be read here and copied to docs/performance.md."""
    print(f"\n{title}\n")
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(4, *map(len, column)) for column in zip(*rows)]
    rows.insert(1, ["-" * (width - 1) + ":" for width in widths])
    for row in rows:
        print("| " + " | ".join(cell.rjust(width) for cell, width in zip(row, widths)) + " |")


def times(ratio):
    return "" if ratio is None else f"{ratio:.3g}x"


def million(rate):
    return f"{rate / 1e6:.0f}"


def step_limit(peaks, threads):
    """Cell-steps per second that arithmetic, or else the nearest cache, allows."""
    seconds = max((ADDITIONS + MULTIPLICATIONS) / peaks["add_and_multiply"], ADDITIONS / 2 / peaks["add"],
                  BYTES / peaks["L1_copy"])
    return threads / seconds


def print_machine(bench):
    here = machine()
    print(f"{here['cpu']}, {here['cores']} cores, load {here['load']:.1f}; "
          f"median and spread of {bench.rounds} rounds")
    table("What one core can do at most", ("", "G/s"),
          [(name.replace("_", " "), f"{bench.peaks[name] / 1e9:.1f}") for name in PEAK_NAMES])


def print_steps(bench):
    rows = []
    names = {"mfn": "a simulation each", "together": "one simulation"}
    for side in filter(bench.can, SIDES):
        for who, threads in [("mfn", 1), *itertools.product(names, thread_counts()[1:])]:
            ours = "cell-steps", side, who, threads
            limit = step_limit(bench.peaks, threads)
            rate = bench.rate(*ours)
            rows.append((f"{side}x{side}", threads, names[who] if threads > 1 else "", million(rate),
                         f"{spread(bench.series[ours].rates):.0%}", f"{rate / limit:.0%}",
                         times(bench.ratio(ours, ("cell-steps", side, "NumPy", 1))),
                         times(bench.ratio(ours, ("cell-steps", side, "Numba", threads)))))
    limit = step_limit(bench.peaks, 1)
    through = bench.peaks["memory_copy"] / BYTES
    table(f"Million cell-steps per second; a core's limit is {million(limit)}, "
          f"{million(through)} when each step goes through memory",
          ("grid", "threads", "with", "M/s", "spread", "of limit", "over NumPy", "over Numba"), rows)
    rows = [(who, f"{side}x{side}", million(bench.rate(what, side, who)))
            for what, side, who, _ in bench.series if what == "cell-steps" and who in ("scalar", "avx2", "neon")]
    table("Other instruction sets, one core", ("variant", "grid", "M/s"), rows)


def print_rest(bench, peak_bytes):
    rows = []
    for side in (32, 64, 128, 256, 512, 1024):
        slowdown = bench.ratio(("with features", side, "plain", 1), ("with features", side, "mfn", 1))
        rows.append((f"{side}x{side}", f"{slowdown - 1:+.0%}",
                     f"{1e9 / bench.rate('features at the end', side):.2f}"))
    table("All 18 features: time on top of the steps, and ns per cell at the end",
          ("grid", "on top", "at the end"), rows)
    rows = [(f"{side}x{side}", f"{1e9 / bench.rate('with jitter', side, 'normals'):.2f}",
             f"{bench.ratio(('with jitter', side, 'normals', 1), ('with jitter', side, 'mfn', 1)):.2f}x",
             f"{1e3 * side * side / bench.rate('initialisation', side):.3f}")
            for side in (64, 256, 1024)]
    table("Jitter: ns per normal, a step in normals; and ms to draw the fields",
          ("grid", "normal", "step", "fields"), rows)
    side, steps = DATASET
    rows = [(who, threads, f"{bench.rate('dataset jobs', side, who, threads):.0f}",
             times(bench.ratio(("dataset jobs", side, who, threads), ("dataset jobs", side, "NumPy", 1))))
            for what, _, who, threads in bench.series if what == "dataset jobs"]
    table(f"Dataset jobs ({side}x{side}, {steps} steps, 18 features); peak memory "
          f"{peak_bytes / 2**20:.1f} MiB", ("who", "threads", "jobs/s", "over NumPy"), rows)
    side, steps = SMALL
    engine, run = ("small jobs", side, "engine", cores()), ("small jobs", side, "mfn run", cores())
    table(f"Jobs of {side}x{side}, {steps} steps, 18 features; peak memory of mfn run "
          f"{bench.run_peak_bytes / 2**20:.1f} MiB", ("who", "jobs/s", "of the engine's"),
          [("engine alone", f"{bench.rate(*engine):.0f}", ""),
           ("mfn run, NDJSON to NDJSON", f"{bench.rate(*run):.0f}", f"{bench.ratio(run, engine):.0%}")])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="less work in each round")
    parser.add_argument("--json", type=pathlib.Path, help="write all figures here as well")
    args = parser.parse_args()
    bench = Bench(args.build, args.rounds, args.quick)
    for peer, name in ((numpy_peer, "NumPy"), (numba_peer, "Numba")):
        if peer is None:
            print(f"{name} is not installed: nothing is compared with it")
    check_peers(bench)
    measure_peaks(bench)
    print_machine(bench)
    measure_steps(bench)
    print_steps(bench)
    measure_patterns(bench)
    print_patterns(bench)
    measure_features(bench)
    measure_random(bench)
    peak_bytes = measure_jobs(bench)
    measure_run(bench)
    print_rest(bench, peak_bytes)
    if args.json:
        args.json.write_text(json.dumps({
            "machine": machine(), "peaks": bench.peaks, "additions": ADDITIONS,
            "multiplications": MULTIPLICATIONS, "bytes": BYTES, "rounds": bench.rounds,
            "peak_bytes": {"dataset jobs": peak_bytes, "mfn run": bench.run_peak_bytes},
            "rows": [series.row() for series in bench.series.values()]}, indent=1) + "\n", encoding="utf-8")


main()
