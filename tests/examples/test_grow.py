#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the example that grows a mycelium.    test_grow.py PROGRAM"""
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
TIMEOUT_S = 60


def run(*arguments):
    """Returns exit code, output lines, error lines."""
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


class Grow(unittest.TestCase):
    def test_it_prints_what_grew_and_the_balance_adds_up(self):
        code, lines, errors = run("seed=7", "steps=300")
        self.assertEqual((code, errors, len(lines)), (0, [], 1))
        got = json.loads(lines[0])
        self.assertEqual(got["steps"], 300)
        self.assertAlmostEqual(got["medium"] + got["inside"] + got["length"] + got["respired"], got["given"],
                               delta=1e-9 * got["given"])
        self.assertEqual(got["tips"], 8 + got["branches"] - got["fusions"] - got["tips_left"])

    def test_the_dimension_is_the_slope_of_the_boxes_it_prints(self):
        got = json.loads(run("boxes=2:32")[1][0])
        self.assertEqual([size for size, _ in got["boxes"]], [2, 4, 7, 16, 32])
        x = [-math.log(size) for size, _ in got["boxes"]]
        y = [math.log(count) for _, count in got["boxes"]]
        mean_x, mean_y = sum(x) / 5, sum(y) / 5
        slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.assertAlmostEqual(got["dimension"], slope, places=12)

    def test_a_radius_ends_it_and_every_prints_on_the_way(self):
        lines = [json.loads(line) for line in run("radius=40", "every=10", "steps=5000")[1]]
        self.assertTrue(3 < len(lines) < 100)
        self.assertEqual([line["steps"] for line in lines], [10 * (i + 1) for i in range(len(lines))])
        self.assertTrue(30 < lines[-1]["radius"] < 46)

    def test_the_picture_has_the_size_of_the_grid(self):
        with tempfile.TemporaryDirectory(prefix="mfn-grow-") as folder:
            path = pathlib.Path(folder) / "colony.png"
            self.assertEqual(run("grid_size=256", "preset=solid", f"image={path}")[0], 0)
            head = path.read_bytes()[:24]
            self.assertEqual(struct.unpack(">II", head[16:24]), (512, 512))  # two pixels per cell

    def test_what_is_wrong_is_named(self):
        for argument, words in (("nutrient=-1", "nutrient: expected a number in [0, 10]"),
                                ("preset=ritch", "there is no 'ritch'"), ("colour=red", "no option 'colour=red'"),
                                ("grid_size=2000", "grid_size: expected a whole number in [16, 1024]"),
                                ("boxes=0:4", "min_box_size"), ("image=/nowhere/x.png", "/nowhere")):
            code, lines, errors = run(argument, "steps=1")
            self.assertEqual(code, 1, argument)
            self.assertIn(words, errors[0])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
