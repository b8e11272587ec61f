#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the model does, measured: the tables of docs/validation.md.

    measure_model.py MFN ACTIVATOR [--seeds N]

Runs the program (and bench_activator for the one field that its files do not hold), reads the results
with NumPy, and computes beside it only what can be checked by hand: Fourier modes, the Jacobian, sets
of known dimension."""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np

MFN = ACTIVATOR = None
PIPELINE = """\
connector:
  kind: file
  directory: {folder}/jobs
  pattern: "*.ndjson"
publishers:
  - kind: file
    directory: {folder}/out
    filename_pattern: results.ndjson
    append_mode: true
dead_letter:
  directory: {folder}/dead
state: {folder}/state.db
"""
LOG3_2 = np.log(3) / np.log(2)
FAST = {"r_activator": 0.1, "r_inhibitor": 0.001, "turing_threshold": 0.5}
SPOTS = {"d_activator": 0.01, "d_inhibitor": 0.24, "r_activator": 0.1, "r_inhibitor": 0.03,
         "turing_threshold": 0.5}


def run_jobs(jobs):
    """The results of many jobs, in any order."""
    with tempfile.TemporaryDirectory(prefix="mfn-measure-") as folder:
        root = pathlib.Path(folder)
        (root / "jobs").mkdir()
        (root / "jobs" / "jobs.ndjson").write_text("".join(json.dumps(job) + "\n" for job in jobs))
        (root / "pipeline.yaml").write_text(PIPELINE.format(folder=folder))
        subprocess.run([MFN, "run", str(root / "pipeline.yaml"), "--once"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        results = [json.loads(line) for line in (root / "out" / "results.ndjson").read_text().splitlines()]
    assert len(results) == len(jobs)
    return results


def history(*flags):
    """The potential after every step, (steps, side, side) in volts."""
    with tempfile.TemporaryDirectory(prefix="mfn-measure-") as folder:
        path = f"{folder}/history.npy"
        subprocess.run([MFN, "simulate", "--save-history", path, *map(str, flags)], check=True,
                       stdout=subprocess.DEVNULL)
        return np.load(path)


def activator(steps, d_activator=0.1, d_inhibitor=0.05, r_activator=0.01, r_inhibitor=0.02):
    """The activator after each of the steps, ascending."""
    out = subprocess.run([ACTIVATOR, *map(str, (d_activator, d_inhibitor, r_activator, r_inhibitor, *steps))],
                         check=True, capture_output=True).stdout
    return np.frombuffer(out).reshape(len(steps), 64, 64)


def features_of(field, *flags):
    """The 18 features of a field in volts."""
    with tempfile.TemporaryDirectory(prefix="mfn-measure-") as folder:
        path = f"{folder}/field.npy"
        np.save(path, np.ascontiguousarray(field))
        out = subprocess.run([MFN, "features", path, "--format", "json", *map(str, flags)], check=True,
                             capture_output=True, text=True).stdout
        return json.loads(out)["features"]


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def table(title, *heads):
    print(f"\n{title}\n")
    row(*heads)
    print("|" + "---|" * len(heads))


def show_runs(seeds):
    def summary(name, **job):
        results = run_jobs([{"id": f"r{seed}", "seed": seed, **job} for seed in range(seeds)])
        pick = {key: np.array([result["fractal_features"][key] for result in results])
                for key in ("D_box", "D_r2", "V_min", "V_max", "f_active", "N_clusters_low")}
        row(name, f"{pick['V_min'].min():.1f} .. {pick['V_max'].max():.1f}",
            f"{100 * np.mean(pick['f_active'] > 0):.1f} %", f"{pick['f_active'].mean():.3f}",
            f"{pick['N_clusters_low'].mean():.1f}", f"{pick['D_box'].mean():.3f} ± {pick['D_box'].std():.3f}",
            f"{pick['D_r2'].mean():.3f}", f"{np.mean([r['turing_activations'] for r in results]):.0f}",
            f"{np.mean([r['growth_events'] for r in results]):.1f}")

    table(f"Runs, {seeds} seeds each (means, but for the range of mV)", "parameters", "mV, lowest .. highest",
          "runs with an active cell", "active cells", "clusters", "D_box", "D_r2", "Turing activations",
          "growth events")
    summary("defaults, 64x64, 64 steps")
    summary("defaults, 64x64, 100 steps", steps=100)
    summary("spike at every step, 300 steps", spike_probability=1.0, steps=300)
    summary("quantum_jitter", quantum_jitter=True)
    summary("quantum_jitter, 0.00002 V²", quantum_jitter=True, jitter_var=0.00002)
    for steps in (60, 100, 300):
        summary(f"fast growth, {steps} steps", steps=steps, **FAST)
    for steps in (60, 80, 300):
        summary(f"spots, {steps} steps", steps=steps, **SPOTS)


def legal_jobs(count, steps, wanted=lambda job: True):
    """Parameters from the whole legal range, rates and diffusion evenly in their logarithms."""
    rng = np.random.default_rng(0)

    def draw(low, high):
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    jobs = []
    while len(jobs) < count:
        job = {"id": f"s{len(jobs)}", "seed": len(jobs), "steps": steps, "d_activator": draw(0.01, 0.2499),
               "d_inhibitor": draw(0.01, 0.2499), "r_activator": draw(0.001, 0.1),
               "r_inhibitor": draw(0.001, 0.1), "turing_threshold": rng.uniform(0.5, 0.95),
               "alpha": rng.uniform(0.05, 0.2499), "spike_probability": rng.random()}
        if wanted(job):
            jobs.append(job)
    return jobs


def scan(count):
    jobs = {job["id"]: job for job in legal_jobs(count, 200)}
    results = run_jobs(jobs.values())
    activated = [result for result in results if result["turing_activations"] > 0]
    d = np.array([result["fractal_features"]["D_box"] for result in activated])
    quiet = max(result["fractal_features"]["D_box"] for result in results if not result["turing_activations"])
    used = [jobs[result["simulation_id"]] for result in activated]
    table(f"{count} legal parameter sets at random, 64x64, 200 steps, without jitter", "outcome", "runs")
    row("no activation", f"{count - len(activated)}, largest D_box {quiet:.3f}")
    row("activations, D_box up to 1: a few cells", np.sum(d <= 1))
    row("activations, 1 < D_box < 1.95", np.sum((d > 1) & (d < 1.95)))
    row("activations, D_box from 1.95: nearly all cells", np.sum(d >= 1.95))
    row("smallest r_activator that activated", f"{min(job['r_activator'] for job in used):.3f}")
    row("largest r_inhibitor / r_activator that activated",
        f"{max(job['r_inhibitor'] / job['r_activator'] for job in used):.3f}")


def scan_patterns(count):
    jobs = legal_jobs(count, 1, lambda job: job["r_activator"] < job["r_inhibitor"] and
                      job["d_inhibitor"] * job["r_activator"] > job["d_activator"] * job["r_inhibitor"])
    fields = [activator((20000,), *(job[name] for name in ("d_activator", "d_inhibitor", "r_activator",
                                                           "r_inhibitor")))[0] for job in jobs]
    highest = np.array([field.max() for field in fields])
    uneven = sum(field.std() > 0.5 * field.mean() for field in fields)
    print(f"\nLegal parameter sets with trace < 0 and C > 0, {count} at random: after 20000 steps {uneven} are "
          f"uneven (above 0.5), highest values: median {np.median(highest):.3f}, of all {highest.max():.3f}")


def activator_over_time():
    steps = (1, 10, 30, 100, 300, 1000, 3000)
    slow, fast = activator(steps), activator(steps, r_activator=0.1, r_inhibitor=0.001)
    table("The activator over time, defaults and fast growth (seed 42)", "steps", "defaults: mean",
          "law of decay", "logistic law", "defaults: highest", "fast growth: mean", "fast growth: highest")
    for step, a, b in zip(steps, slow, fast):
        decay = 0.05 / (1 + 0.02 * 0.05 * step)
        logistic = 1 / (1 + (1 / 0.05 - 1) * np.exp(-0.01 * step))
        row(step, f"{a.mean():.5f}", f"{decay:.5f}", f"{logistic:.5f}", f"{a.max():.5f}", f"{b.mean():.5f}",
            f"{b.max():.5f}")


def patterns():
    table("Linear stability at a = h = 0, and the activator itself (seed 42): highest value and unevenness"
          " (standard deviation / mean) after 10000 steps, correlation with that after 3000", "d_a", "d_h", "r_a",
          "r_h", "trace", "determinant", "C", "C² - 4 d_a d_h determinant", "highest", "unevenness", "correlation")
    for d_a, d_h, r_a, r_h in ((0.1, 0.05, 0.01, 0.02), (0.01, 0.24, 0.01, 0.02), (0.01, 0.24, 0.05, 0.1),
                               (0.01, 0.24, 0.09, 0.1), (0.01, 0.24, 0.1, 0.03)):
        (f_a, f_h), (g_a, g_h) = (r_a, -r_a), (r_h, -r_h)
        determinant = f_a * g_h - f_h * g_a
        c = d_h * f_a + d_a * g_h
        early, late = activator((3000, 10000), d_a, d_h, r_a, r_h)
        row(d_a, d_h, r_a, r_h, f"{f_a + g_h:+.2f}", f"{determinant:.0f}", f"{c:+.4f}",
            f"{c * c - 4 * d_a * d_h * determinant:.1e}", f"{late.max():.3f}", f"{late.std() / late.mean():.3f}",
            f"{np.corrcoef(early.ravel(), late.ravel())[0, 1]:.3f}")


def sierpinski_triangle(order):
    side = 2 ** order
    i, j = np.indices((side, side))
    return (i & j) == 0


def sierpinski_carpet(order):
    carpet = np.ones((1, 1), bool)
    for _ in range(order):
        carpet = np.block([[carpet, carpet, carpet], [carpet, carpet & False, carpet],
                           [carpet, carpet, carpet]])
    return carpet


def exact_dimension(mask, base):
    """Of boxes of base^k cells, which fill the side exactly."""
    side, size, points = len(mask), 1, []
    while size < side:
        boxes = mask.reshape(side // size, size, side // size, size).any(axis=(1, 3))
        points.append((-np.log(size), np.log(boxes.sum())))
        size *= base
    return np.polyfit(*np.array(points).T, 1)[0]


def known_sets():
    table("Box counting on sets of known dimension", "set", "side", "dimension", "default boxes",
          "boxes that fill the side")
    line = np.zeros((256, 256), bool)
    line[128] = True
    dust = np.random.default_rng(1).random((256, 256)) < 0.01
    for name, mask, base, known in (("filled square", np.ones((256, 256), bool), 2, 2.0), ("line", line, 2, 1.0),
                                    ("Sierpinski triangle", sierpinski_triangle(8), 2, LOG3_2),
                                    ("Sierpinski carpet", sierpinski_carpet(5), 3, np.log(8) / np.log(3)),
                                    ("random cells, 1 %", dust, 2, 2.0)):
        row(name, len(mask), f"{known:.4f}", f"{features_of(np.where(mask, -0.04, -0.07))['D_box']:.4f}",
            f"{exact_dimension(mask, base):.4f}")
    table("Independent random cells, 64x64, 20 fields each", "active cells", "D_box", "D_r2")
    rng = np.random.default_rng(1)
    for share in (0.01, 0.02, 0.06, 0.12, 0.3, 0.8):
        found = [features_of(np.where(rng.random((64, 64)) < share, -0.04, -0.07)) for _ in range(20)]
        d = [features["D_box"] for features in found]
        row(share, f"{np.mean(d):.3f} ± {np.std(d):.3f}", f"{np.mean([f['D_r2'] for f in found]):.3f}")


DIFFUSION = ("--spike-probability", 0, "--no-turing")


def eigenvalue(side, alpha, mode, boundary="periodic"):
    """Of the discrete Laplacian for a mode, as the engine's own steps show it: V' = (1 + alpha e) V."""
    before, after = history("--grid-size", side, "--steps", 2, "--alpha", alpha, "--boundary", boundary,
                            *DIFFUSION)
    if boundary == "neumann":  # cos(pi k (x + 1/2)) is the mode of walls without flux
        wave = np.cos(np.pi * mode[1] * (np.arange(side) + 0.5) / side)
        return ((after @ wave).sum() / (before @ wave).sum() - 1.0) / alpha
    return ((np.fft.fft2(after)[mode] / np.fft.fft2(before)[mode]).real - 1.0) / alpha


def orders():
    table("Order in space: the slowest mode of diffusion along a side, alpha 0.2", "cells per side",
          "periodic: eigenvalue x side²", "error", "order", "neumann: eigenvalue x side²", "error", "order")
    last = {}
    for side in (16, 32, 64, 128, 256):
        cells = []
        for boundary, wave in (("periodic", 2 * np.pi), ("neumann", np.pi)):
            got = eigenvalue(side, 0.2, (0, 1), boundary) * side ** 2
            error = abs(got + wave ** 2)
            cells += [f"{got:.6f}", f"{error:.2e}",
                      f"{np.log2(last[boundary] / error):.3f}" if boundary in last else ""]
            last[boundary] = error
        row(side, *cells)
    row("exact", f"{-4 * np.pi ** 2:.6f}", "", "2", f"{-np.pi ** 2:.6f}", "", "2")
    table("Order in time: the same mode on 16 cells, up to alpha x steps = 20", "alpha", "steps", "decay",
          "exact in time", "error", "order")
    continuous, last = 2 * (np.cos(2 * np.pi / 16) - 1), None
    for alpha in (0.2, 0.1, 0.05):
        steps = round(20 / alpha)
        frames = np.fft.fft2(history("--grid-size", 16, "--steps", steps + 1, "--alpha", alpha,
                                     *DIFFUSION)[[0, -1]])
        got = (frames[1][0, 1] / frames[0][0, 1]).real
        exact = np.exp(20 * continuous)
        error = abs(got - exact)
        row(alpha, steps, f"{got:.8f}", f"{exact:.8f}", f"{error:.2e}",
            "" if last is None else f"{np.log2(last / error):.3f}")
        last = error
    table("The highest mode, a checkerboard, per step (16 cells)", "alpha", "factor", "1 - 8 alpha")
    for alpha in (0.05, 0.125, 0.2, 0.24):
        row(alpha, f"{1 + alpha * eigenvalue(16, alpha, (8, 8)):.6f}", f"{1 - 8 * alpha:.6f}")
    table("Mean potential after 2000 steps without spikes, 16x16 (mV)", "boundary", "step 1", "step 2000")
    for boundary in ("periodic", "neumann", "dirichlet"):
        frames = 1e3 * history("--grid-size", 16, "--steps", 2000, "--boundary", boundary,
                               *DIFFUSION).mean(axis=(1, 2))
        row(boundary, f"{frames[0]:.6f}", f"{frames[-1]:.6f}")


def history_exponent(frames):
    """The reference's: the mean of ln |step| over steps that moved."""
    norms = np.sqrt((np.diff(frames, axis=0) ** 2).sum(axis=(1, 2)))
    return np.log(norms[norms > 1e-10]).mean()


def exponents(seeds):
    table("The reference's Lyapunov exponent of a history (10 seeds)", "run", "16x16", "64x64", "128x128")
    for name, unit, flags in (("defaults, V", 1, ()), ("defaults, mV", 1000, ()),
                              ("quantum_jitter, V", 1, ("--quantum-jitter",))):
        cells = []
        for side in (16, 64, 128):
            values = [history_exponent(unit * history("--grid-size", side, "--seed", seed, *flags))
                      for seed in range(10)]
            cells.append(f"{np.mean(values):+.3f} ± {np.std(values):.3f}")
        row(name, *cells)
    values = []
    for seed in range(seeds):
        out = subprocess.run([MFN, "validate", "--seed", str(seed), "--grid-size", "8", "--steps", "1",
                              "--format", "json"], check=True, capture_output=True, text=True).stdout
        values.append(json.loads(out)["metrics"]["lyapunov_exponent"])
    print(f"\nIterated function systems, {seeds} seeds: exponent {np.mean(values):.3f} ± {np.std(values):.3f},"
          f" highest {max(values):.3f}, {sum(v >= 0 for v in values)} not negative")


def main():
    global MFN, ACTIVATOR
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mfn", help="the program")
    parser.add_argument("activator", help="bench_activator")
    parser.add_argument("--seeds", type=int, default=200)
    arguments = parser.parse_args()
    MFN = str(pathlib.Path(arguments.mfn).resolve())
    ACTIVATOR = str(pathlib.Path(arguments.activator).resolve())
    show_runs(arguments.seeds)
    scan(5 * arguments.seeds)
    activator_over_time()
    patterns()
    scan_patterns(arguments.seeds // 2)
    known_sets()
    orders()
    exponents(5 * arguments.seeds)


if __name__ == "__main__":
    main()
