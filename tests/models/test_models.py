#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The models of two species against the same equations in NumPy, bit by bit: how they begin, how they
step, what is shown.    test_models.py MFN"""
import hashlib
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import pattern_peer  # noqa: E402

MFN = None


def run(*flags):
    done = subprocess.run([MFN, "simulate", "--format", "json", *map(str, flags)], capture_output=True,
                          text=True, timeout=60, check=True)
    return json.loads(done.stdout)


class Models(unittest.TestCase):
    def test_every_model_is_that_of_numpy(self):
        for model in pattern_peer.MODELS:
            for side, steps, seed in ((32, 1, 3), (64, 200, 7), (129, 40, 42)):
                with self.subTest(model=model, side=side):
                    ours = run("--model", model, "--grid-size", side, "--steps", steps, "--seed", seed)
                    field = pattern_peer.simulate(model, side, steps, seed).astype("<f8")
                    self.assertEqual(ours["field_sha256"], hashlib.sha256(field.tobytes()).hexdigest())

    def test_the_models_here_are_all_with_presets(self):
        listed = json.loads(subprocess.run([MFN, "models", "--format", "json"], capture_output=True, text=True,
                                           check=True).stdout)
        self.assertEqual([model["name"] for model in listed if model["presets"]], list(pattern_peer.MODELS))

    def test_every_preset_makes_a_pattern(self):
        listed = json.loads(subprocess.run([MFN, "models", "--format", "json"], capture_output=True, text=True,
                                           check=True).stdout)
        for model in listed:
            for preset in model["presets"]:
                with self.subTest(model=model["name"], preset=preset):
                    ours = run("--model", model["name"], "--preset", preset)
                    self.assertGreater(ours["features"]["V_std"], 5.0)  # mV of what is shown


if __name__ == "__main__":
    MFN = sys.argv.pop(1)
    unittest.main(verbosity=2)
