#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the plots of docs/validation.md from the program's own output:

    draw_validation.py MFN ACTIVATOR MANUFACTURED FOLDER

ACTIVATOR is bench_activator; MANUFACTURED is the test of the scheme's order, which prints what it
measured. The rest is measured as tools/measure_model.py does."""
import argparse
import pathlib
import re
import subprocess

import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402
import numpy as np  # noqa: E402

import measure_model as model  # noqa: E402

GREEN, RED, BLUE, GREY = "#1b7837", "#b2182b", "#2166ac", "#888888"
COLOURS = {"potential": GREEN, "activator": RED, "inhibitor": BLUE}
LINE = re.compile(r"(space|time), (\w+): side (\d+), steps (\d+), error (\S+)")


def new_plot(width, columns=1):
    plot, axes = pyplot.subplots(1, columns, figsize=(width, 3.8), layout="constrained", squeeze=False)
    for one in axes[0]:
        one.grid(True, which="major", color="#dddddd")
        one.set_axisbelow(True)
    return plot, axes[0]


def save(plot, folder, name):
    plot.savefig(folder / name, dpi=110, metadata={"Software": None})
    print(folder / name)


def manufactured(program):
    """{(what, field): [(side, steps, error), ...]}"""
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    found = {}
    for what, field, side, steps, error in LINE.findall(lines):
        found.setdefault((what, field), []).append((int(side), int(steps), float(error)))
    assert len(found) == 6, lines
    return found


def slope(axes, xs, last, order):
    xs = np.array(xs, float)
    axes.plot(xs, last * (xs / xs[-1]) ** -order, ":", color=GREY, label=f"order {order}")


def draw_orders(program, folder):
    plot, (space, time) = new_plot(8.6, 2)
    found = manufactured(program)
    for field, colour in COLOURS.items():
        rows = found["space", field]
        space.loglog([side for side, _, _ in rows], [error for _, _, error in rows], "o-", color=colour,
                     markersize=4, label=f"{field}, manufactured")
        rows = found["time", field]
        time.loglog([steps for _, steps, _ in rows], [error for _, _, error in rows], "o-", color=colour,
                    markersize=4, label=f"{field}, manufactured")
    sides = (16, 32, 64, 128)
    for boundary, wave, style in (("periodic", 2 * np.pi, "s--"), ("neumann", np.pi, "^--")):
        errors = [abs(model.eigenvalue(side, 0.2, (0, 1), boundary) * side ** 2 + wave ** 2) / wave ** 2
                  for side in sides]
        space.loglog(sides, errors, style, color="black", markersize=4, linewidth=1,
                     label=f"eigenvalue, {boundary}")
    slope(space, sides, errors[-1] / 2, 2)
    slope(time, (20, 40, 80), min(error for _, _, error in rows) / 2, 1)
    time.set_ylim(1e-3, 2e-2)
    space.set_xlabel("cells a side (manufactured: steps grow fourfold)")
    time.set_xlabel("steps to the same time (16 cells a side)")
    for axes, ticks in ((space, sides), (time, (20, 40, 80))):
        axes.set_ylabel("largest relative error")
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.legend(fontsize=7)
    save(plot, folder, "validation-orders.png")


def draw_activator(folder):
    plot, (axes,) = new_plot(6.0)
    steps = np.unique(np.geomspace(1, 3000, 40).round().astype(int))
    axes.loglog(steps, [field.mean() for field in model.activator(steps)], color=GREEN,
                label="defaults: mean activator")
    axes.loglog(steps, 0.05 / (1 + 0.02 * 0.05 * steps), ":", color="black", label="law of decay")
    axes.loglog(steps, 1 / (1 + 19 * np.exp(-0.01 * steps)), "--", color=BLUE,
                label="logistic law: without the inhibitor")
    fast = steps[steps < 1000]
    axes.loglog(fast, [field.mean() for field in model.activator(fast, r_activator=0.1, r_inhibitor=0.001)],
                color=RED, label="fast growth: mean activator")
    axes.axhline(0.5, color=GREY, linewidth=0.8)
    axes.text(1.1, 0.53, "lowest legal threshold", fontsize=7, color=GREY)
    axes.set_xlabel("steps")
    axes.set_ylabel("activator")
    axes.legend(fontsize=7)
    save(plot, folder, "validation-activator.png")


def active_and_dimension(results):
    found = [(one["f_active"], one["D_box"]) for one in results]
    return zip(*[pair for pair in found if pair[0] > 0])


def draw_dimension(folder):
    plot, (axes,) = new_plot(6.0)
    rng = np.random.default_rng(1)
    shares = np.geomspace(0.003, 0.95, 40)
    noise = [[model.features_of(np.where(rng.random((64, 64)) < share, -0.04, -0.07)) for _ in range(8)]
             for share in shares]
    noise = np.array([np.mean([(one["f_active"], one["D_box"]) for one in fields], axis=0) for fields in noise])
    jobs = [{"id": f"{name}{steps}-{seed}", "steps": steps, "seed": seed, **flags}
            for name, flags, times in (("f", model.FAST, range(50, 140, 5)), ("s", model.SPOTS, range(56, 140, 4)))
            for steps in times for seed in range(8)]
    jobs += [{"id": f"j{variance}-{seed}", "quantum_jitter": True, "jitter_var": variance, "seed": seed}
             for variance in (1e-5, 2e-5, 5e-5, 1e-4, 5e-4) for seed in range(8)]
    results = model.run_jobs(jobs)
    for letter, label, colour in (("f", "fast growth, 50 to 135 steps", RED), ("s", "spots, 56 to 136 steps", BLUE),
                                  ("j", "quantum jitter", GREEN)):
        chosen = [result["fractal_features"] for result in results if result["simulation_id"][0] == letter]
        axes.semilogx(*active_and_dimension(chosen), "o", color=colour, markersize=2.5, alpha=0.6, label=label)
    axes.semilogx(*noise.T, "k-", linewidth=1, label="independent random cells")
    axes.axhline(np.log(3) / np.log(2), color=GREY, linewidth=0.8)
    axes.text(0.0008, 1.6, "1.585, what the reference's documents promise", fontsize=7, color=GREY)
    axes.set_xlabel("share of active cells")
    axes.set_ylabel("box dimension")
    axes.legend(fontsize=7, loc="lower right")
    save(plot, folder, "validation-dimension.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("mfn", "activator", "manufactured", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    given = parser.parse_args()
    model.MFN = str(given.mfn.resolve())
    model.ACTIVATOR = str(given.activator.resolve())
    draw_orders(str(given.manufactured.resolve()), given.folder)
    draw_activator(given.folder)
    draw_dimension(given.folder)


if __name__ == "__main__":
    main()
