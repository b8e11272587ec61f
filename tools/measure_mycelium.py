#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the mycelium does, measured: the tables of docs/mycelium.md.

    measure_mycelium.py GROW [--seeds N]

GROW is examples/mycelium's program. Intervals are 95 % confidence intervals of the mean over seeds
(Student's t)."""
import argparse
import json
import math
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor

GROW = None
SEEDS = ()
SIDE, RADIUS, SMALLEST, LARGEST, STEPS_MAX = 384, 170, 2, 32, 3000
T_OF_NORMAL = statistics.NormalDist().inv_cdf(0.975)


def student_t(freedom):
    """The 97.5 % quantile by its expansion in 1 / freedom; within 0.001 from 9 on."""
    z = T_OF_NORMAL
    return (z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
            + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3))


def grow(**options):
    """What the program says at the end, or every so many steps: a list."""
    settings = {"grid_size": SIDE, "steps": STEPS_MAX, "boxes": f"{SMALLEST}:{LARGEST}", **options}
    done = subprocess.run([GROW, *(f"{name}={value}" for name, value in settings.items())], check=True,
                          capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines if "every" in options else lines[0]


def colonies(**options):
    """One colony per seed."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda seed: grow(seed=seed, **options), SEEDS))


def interval(values, digits):
    half = student_t(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):.{digits}f} ± {half:.{digits}f}"


def table(title, *names):
    print(f"\n{title}\n\n| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def of(results, name):
    return [result[name] for result in results]


def over_nutrient_and_branching():
    rates = (0.001, 0.003, 0.01)
    table(f"Box dimension over nutrient (rows) and branching (columns): colonies of {RADIUS} cells radius, or as "
          f"they are after {STEPS_MAX} steps where they stop before (then with their radius); boxes of {SMALLEST} "
          f"to {LARGEST} cells; {len(SEEDS)} seeds", "nutrient", *(f"branching {rate}" for rate in rates))
    for nutrient in (0.05, 0.1, 0.2, 0.3, 0.5, 0.9):
        cells = []
        for rate in rates:
            grown = colonies(nutrient=nutrient, branching=rate, radius=RADIUS)
            radius = statistics.mean(of(grown, "radius"))
            cells.append(interval(of(grown, "dimension"), 3) +
                         (f" (radius {radius:.0f})" if radius < RADIUS else ""))
        row(nutrient, *cells)


def over_presets():
    table("Presets, under the same conditions", "preset", "box dimension", "R²", "radius, cells",
          "steps", "tips", "hypha, cells", "fusions")
    for preset in ("poor", "agar", "rich", "solid", "patchy", "explorer", "tree"):
        grown = colonies(preset=preset, radius=RADIUS)
        row(preset, interval(of(grown, "dimension"), 3), f"{statistics.mean(of(grown, 'r_squared')):.4f}",
            *(f"{statistics.mean(of(grown, name)):.0f}" for name in ("radius", "steps", "tips", "length",
                                                                     "fusions")))


def slopes():
    table("The slope between one box size and the next, which a fractal would have in common",
          "preset", "2 to 4", "4 to 7", "7 to 16", "16 to 32")
    for preset in ("poor", "agar", "rich", "solid", "explorer"):
        local = []
        for result in colonies(preset=preset, radius=RADIUS):
            boxes = result["boxes"]
            local.append([math.log(a[1] / b[1]) / math.log(b[0] / a[0]) for a, b in zip(boxes, boxes[1:])])
        row(preset, *(interval(values, 2) for values in zip(*local)))


def over_radius():
    radii = (40, 80, 120, 170)
    table("Box dimension while a colony grows (preset agar)", "radius, cells", "box dimension", "steps")
    for radius in radii:
        grown = colonies(radius=radius)
        row(radius, interval(of(grown, "dimension"), 3), f"{statistics.mean(of(grown, 'steps')):.0f}")


def over_one_parameter():
    table("One option changed at a time (preset agar)", "option", "value", "box dimension", "hypha, cells")
    for name, values in (("anastomosis", (0, 0.8, 1)), ("autotropism", (0, 5, 20)), ("wobble", (0.03, 0.1, 0.3)),
                         ("nutrient_diffusion", (0, 720)), ("internal_diffusion", (5, 48, 500)),
                         ("mass_flow", (0, 1))):
        for value in values:
            grown = colonies(radius=RADIUS, **{name: value})
            row(name, value, interval(of(grown, "dimension"), 3), interval(of(grown, "length"), 0))


# Options that change with the step, the cell, or both: the power of each with which they do.
SCALES = {"nutrient": (0, 1), "nutrient_diffusion": (1, -2), "uptake": (1, -1), "maintenance": (1, 0),
          "internal_diffusion": (1, -2), "extension": (1, -1), "branching": (1, 1), "wobble": (0, 0.5),
          "autotropism": (0, -1), "inoculum": (0, -1)}
DEFAULTS = {"nutrient": 0.3, "nutrient_diffusion": 300, "uptake": 0.05, "maintenance": 0.0007,
            "internal_diffusion": 48, "extension": 0.5, "branching": 0.003, "wobble": 0.1, "autotropism": 5,
            "inoculum": 50}


def refinement():
    """The same colony with steps and cells that are fractions of the defaults'."""
    table("The same 13 hours with other steps and cells, in the default's cells", "nutrient", "step", "cell",
          "hypha, cells", "radius, cells", "tips", "box dimension")
    for name, changes in (("diffuses", {}), ("does not", {"nutrient_diffusion": 0, "nutrient": 0.6})):
        for step, cell in ((1, 1), (0.5, 1), (0.25, 1), (0.5, 0.5)):
            options = {name: value * step ** SCALES[name][0] * cell ** SCALES[name][1]
                       for name, value in {**DEFAULTS, **changes}.items()}
            grown = colonies(grid_size=round(320 / cell), steps=round(400 / step),
                             boxes=f"{round(2 / cell)}:{round(LARGEST / cell)}", **options)
            row(name, step, cell, *(interval([value * factor for value in of(grown, key)], digits)
                                    for key, factor, digits in (("length", cell, 0), ("radius", cell, 1),
                                                                ("tips", 1, 0), ("dimension", 1, 3))))


def exponential_growth():
    """Small colonies on plenty, between two times: rates of length and tips, and length per tip."""
    table("Colonies of 500 to 3000 cells of hypha on a plate of 1024 x 1024 cells, which they hardly deplete",
          "nutrient", "rate of length, per step", "rate of tips, per step", "growth unit, cells",
          "branches per cell of hypha", "the same / rate of length, steps")
    for nutrient in (0.15, 0.3, 0.6, 1.0):
        found = []
        for series in colonies(grid_size=1024, nutrient=nutrient, branching=0.01, tips=2, inoculum=20,
                               steps=1500, radius=400, every=10):
            inside = [point for point in series if 500 <= point["length"] <= 3000]
            first, last = inside[0], inside[-1]
            span = last["steps"] - first["steps"]
            rate = math.log(last["length"] / first["length"]) / span
            density = (last["branches"] - first["branches"]) / (last["length"] - first["length"])
            found.append((rate, math.log(last["tips"] / first["tips"]) / span,
                          statistics.mean(point["length"] / point["tips"] for point in inside),
                          density, density / rate))
        row(nutrient, *(interval(values, digits) for values, digits in zip(zip(*found), (5, 5, 1, 4, 2))))


def main():
    global GROW, SEEDS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("grow", help="the program of examples/mycelium")
    parser.add_argument("--seeds", type=int, default=12)
    arguments = parser.parse_args()
    GROW, SEEDS = arguments.grow, range(1, arguments.seeds + 1)
    over_nutrient_and_branching()
    over_presets()
    slopes()
    over_radius()
    over_one_parameter()
    refinement()
    exponential_growth()


if __name__ == "__main__":
    main()
