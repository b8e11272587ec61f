#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the example that aggregates particles.    test_aggregate.py PROGRAM"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from PIL import Image

PROGRAM = None


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


class Aggregate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mfn-aggregate-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_the_film_grows_and_ends_with_the_picture(self):
        film, picture = self.folder / "a.gif", self.folder / "a.png"
        code, out, errors = run("grid_size=128", "particles=600", f"gif={film}", f"image={picture}")
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(out, r"^600 particles, radius \d+\.\d cells, mass dimension 1\.\d+\n$")
        cells = []
        with Image.open(film) as frames, Image.open(picture) as still:
            for number in range(frames.n_frames):
                frames.seek(number)
                shown = frames.convert("RGB")
                empty = shown.getpixel((0, 0))
                cells.append(sum(colour != empty for colour in shown.getdata()) // 16)  # 4 x 4 pixels each
            self.assertEqual(shown.tobytes(), still.convert("RGB").tobytes())
        self.assertEqual((len(cells), cells[0]), (61, 1))
        self.assertEqual(cells, sorted(cells))
        self.assertTrue(400 < cells[-1] <= 600, cells[-1])

    def test_the_seed_decides(self):
        first, again, other = (run("grid_size=96", "particles=300", f"seed={seed}")[1] for seed in (1, 1, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_what_is_wrong_is_named(self):
        for argument, words in (("particles=-1", "particles: expected"), ("colour=red", "no option 'colour=red'"),
                                ("seed=x", "seed"), ("gif=/nowhere/x.gif", "/nowhere"),
                                ("image=/nowhere/x.png", "/nowhere")):
            code, _, errors = run("grid_size=64", argument)
            self.assertEqual(code, 1, argument)
            self.assertIn(words, errors)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
