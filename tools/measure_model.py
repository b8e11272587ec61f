#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the model does, measured: the tables of docs/validation.md.

    measure_model.py MFN [--seeds N]

Runs the program, reads its results with NumPy, and computes beside it only what can be checked by
hand: Fourier modes, the Jacobian, sets of known dimension."""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np

MFN = None
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
        pick = [result["fractal_features"] for result in results]
        d = np.array([f["D_box"] for f in pick])
        active = np.array([f["f_active"] for f in pick])
        low = min(f["V_min"] for f in pick)
        high = max(f["V_max"] for f in pick)
        turing = sum(result["turing_activations"] for result in results)
        growth = np.mean([result["growth_events"] for result in results])
        row(name, f"{low:.1f} .. {high:.1f}", f"{100 * np.mean(active > 0):.1f} %", f"{active.mean():.3f}",
            f"{d.mean():.3f} ± {d.std():.3f}", turing, f"{growth:.1f}")

    table(f"Runs, {seeds} seeds each", "parameters", "mV, lowest .. highest", "runs with an active cell",
          "active cells", "D_box", "Turing activations", "growth events")
    summary("defaults, 64x64, 64 steps")
    summary("defaults, 64x64, 100 steps", steps=100)
    summary("spike at every step, 300 steps", spike_probability=1.0, steps=300)
    summary("quantum_jitter", quantum_jitter=True)
    summary("quantum_jitter, 0.00002 V²", quantum_jitter=True, jitter_var=0.00002)
    summary("r_activator 0.1, r_inhibitor 0.001, threshold 0.5", r_activator=0.1, r_inhibitor=0.001,
            turing_threshold=0.5, steps=100)
    summary("the same, 300 steps", r_activator=0.1, r_inhibitor=0.001, turing_threshold=0.5, steps=300)


def fixed_points():
    table("The activator's mean over time, defaults and the fastest legal growth (seed 42)", "steps",
          "defaults", "r_activator 0.1, r_inhibitor 0.001")
    for steps in (1, 10, 30, 100, 300, 1000):
        pair = run_jobs([{"id": "a", "steps": steps}, {"id": "b", "steps": steps, "r_activator": 0.1,
                                                       "r_inhibitor": 0.001}])
        means = {result["simulation_id"]: result["activator_mean"] for result in pair}
        row(steps, f"{means['a']:.6f}", f"{means['b']:.6f}")
    d_a, d_h, r_a, r_h = 0.1, 0.05, 0.01, 0.02
    jacobian = np.array([[r_a, -r_a], [r_h, -r_h]])
    table("Linear stability at rest (a = h = 0), defaults", "quantity", "value", "a Turing pattern needs")
    row("trace", f"{np.trace(jacobian):.4f}", "below 0")
    row("determinant", f"{np.linalg.det(jacobian):.1e}", "above 0")
    row("d_inhibitor f_a + d_activator g_h", f"{d_h * jacobian[0, 0] + d_a * jacobian[1, 1]:.4f}", "above 0")
    row("d_inhibitor / d_activator", f"{d_h / d_a:.2f}", "above 1")


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


def known_sets():
    table("Box counting on sets of known dimension", "set", "side", "dimension", "default boxes",
          "boxes 1, 2, 4 ... half the side")
    line = np.zeros((256, 256), bool)
    line[128] = True
    dust = np.random.default_rng(1).random((256, 256)) < 0.01
    for name, mask, known in (("filled square", np.ones((256, 256), bool), 2.0), ("line", line, 1.0),
                              ("Sierpinski triangle", sierpinski_triangle(8), LOG3_2),
                              ("Sierpinski carpet", sierpinski_carpet(5), np.log(8) / np.log(3)),
                              ("random cells, 1 %", dust, 2.0)):
        field = np.where(mask, -0.04, -0.07)
        side = len(mask)
        scales = int(np.log2(side))
        fine = features_of(field, "--min-box-size", 1, "--max-box-size", 2 ** (scales - 1),
                           "--num-scales", scales)
        row(name, side, f"{known:.4f}", f"{features_of(field)['D_box']:.4f}", f"{fine['D_box']:.4f}")


DIFFUSION = ("--spike-probability", 0, "--no-turing")


def eigenvalue(side, alpha, mode, steps=2):
    """Of the discrete Laplacian for a mode, as the engine's own steps show it: V' = (1 + alpha e) V."""
    before, after = np.fft.fft2(history("--grid-size", side, "--steps", steps, "--alpha", alpha,
                                        *DIFFUSION)[-2:])
    return ((after[mode] / before[mode]).real - 1.0) / alpha


def orders():
    table("Order in space: the slowest Fourier mode of diffusion, periodic, alpha 0.2", "cells per side",
          "eigenvalue x side²", "exact, -(2 pi)²", "error", "order")
    exact, last = -(2 * np.pi) ** 2, None
    for side in (16, 32, 64, 128, 256):
        got = eigenvalue(side, 0.2, (0, 1)) * side ** 2
        error = abs(got - exact)
        row(side, f"{got:.6f}", f"{exact:.6f}", f"{error:.2e}",
            "" if last is None else f"{np.log2(last / error):.3f}")
        last = error
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
    for name, flags in (("defaults", ()), ("quantum_jitter", ("--quantum-jitter",))):
        cells = []
        for side in (16, 64, 128):
            values = [history_exponent(history("--grid-size", side, "--seed", seed, *flags))
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
    global MFN
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mfn", help="the program")
    parser.add_argument("--seeds", type=int, default=200)
    arguments = parser.parse_args()
    MFN = str(pathlib.Path(arguments.mfn).resolve())
    show_runs(arguments.seeds)
    fixed_points()
    known_sets()
    orders()
    exponents(5 * arguments.seeds)


if __name__ == "__main__":
    main()
