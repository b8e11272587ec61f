#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the plots of docs/performance.md from the figures of one run of bench.py:
draw_plots.py FIGURES.json FOLDER

Speed over the size of the grid and over threads, and the roofline: what the machine's arithmetic and its
caches allow beside what was reached."""
import json
import pathlib
import sys

import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402

COLOURS = {"mfn": "#1b7837", "together": "#7fbf7b", "NumPy": "#b2182b", "Numba": "#2166ac"}
LABELS = {"mfn": "mfn", "together": "mfn, one simulation", "NumPy": "NumPy", "Numba": "Numba"}
LEVELS = ("L1", "L2", "L3", "memory")


def median(figures, what, who, threads, side):
    for row in figures["rows"]:
        if (row["what"], row["who"], row["threads"], row["side"]) == (what, who, threads, side):
            return row["median"]
    return None


def found(figures, who, key):
    return sorted({row[key] for row in figures["rows"] if (row["what"], row["who"]) == ("cell-steps", who)})


def new_plot(x_label, y_label):
    plot, axes = pyplot.subplots(figsize=(6.4, 4.0), layout="constrained")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(True, which="major", color="#dddddd")
    axes.set_axisbelow(True)
    return plot, axes


def save(plot, folder, name):
    plot.savefig(folder / name, dpi=120, metadata={"Software": None})
    print(folder / name)


def draw_sides(figures, folder):
    plot, axes = new_plot("cells along a side", "million cell-steps per second")
    for who in COLOURS:
        for threads in found(figures, who, "threads"):
            style = "-" if threads == 1 else "--"
            points = [(side, median(figures, "cell-steps", who, threads, side))
                      for side in found(figures, who, "side")]
            points = [(side, rate / 1e6) for side, rate in points if rate]
            if points:
                cores = "core" if threads == 1 else "cores"
                axes.plot(*zip(*points), style, marker="o", markersize=4, color=COLOURS[who],
                          label=f"{LABELS[who]}, {threads} {cores}")
    sides = found(figures, "mfn", "side")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sides, [str(side) for side in sides])
    axes.legend(fontsize=8)
    save(plot, folder, "speed-sides.png")


def draw_threads(figures, folder):
    plot, axes = new_plot("threads", "million cell-steps per second")
    threads = found(figures, "mfn", "threads")
    for side in found(figures, "mfn", "side"):
        rates = [median(figures, "cell-steps", "mfn", count, side) for count in threads]
        line, = axes.plot(threads, [rate / 1e6 for rate in rates], marker="o", markersize=4,
                          label=f"{side}x{side}")
        together = [median(figures, "cell-steps", "together", count, side) for count in threads[1:]]
        axes.plot(threads, [rate / 1e6 for rate in rates[:1] + together], "--", color=line.get_color())
    axes.plot([], [], "--", color="#555555", label="on one simulation")
    axes.set_xticks(threads)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, ncols=2)
    save(plot, folder, "speed-threads.png")


def draw_roofline(figures, folder):
    plot, axes = new_plot("additions and multiplications per byte moved", "G operations per second, one core")
    peaks = figures["peaks"]
    operations = figures["additions"] + figures["multiplications"]
    arithmetic = peaks["add_and_multiply"] / 1e9
    widths = [2 ** (k / 8) for k in range(-40, 33)]
    for level in LEVELS:
        roof = [min(arithmetic, width * peaks[f"{level}_copy"] / 1e9) for width in widths]
        axes.plot(widths, roof, color="#888888", linewidth=1)
        axes.annotate(level, (widths[6], roof[6]), fontsize=8, color="#555555", rotation=38,
                      xytext=(0, 2), textcoords="offset points")
    axes.annotate("additions and multiplications", (widths[-1], arithmetic), fontsize=8, color="#555555",
                  ha="right", xytext=(0, 3), textcoords="offset points")
    intensity = operations / figures["bytes"]
    for side in found(figures, "mfn", "side"):
        rate = median(figures, "cell-steps", "mfn", 1, side) * operations / 1e9
        axes.plot([intensity], [rate], "o", markersize=5, label=f"{side}x{side}")
    axes.axvline(intensity, color="#cccccc", linestyle=":")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=10)
    axes.legend(fontsize=8, loc="lower right", title="mfn", title_fontsize=8)
    save(plot, folder, "speed-roofline.png")


def main():
    figures = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = pathlib.Path(sys.argv[2])
    matplotlib.rcParams.update({"font.size": 9})
    draw_sides(figures, folder)
    draw_threads(figures, folder)
    draw_roofline(figures, folder)


main()
