#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the curl examples of docs/api.md, in order, against one service; "..." stands for anything.

    test_docs.py MFN"""
import re
import shlex
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from serving import PATIENCE_S, Serve

PAGE = Path(__file__).parents[2] / "docs/api.md"
EXAMPLE = re.compile(r"^\$ (curl .*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)


def pattern_of(said):
    said = re.sub(r'"status": "queued".*', "...", said)  # it may be further by now
    return re.compile("".join(".*" if part == "..." else re.escape(part)
                              for part in re.split(r"(\.\.\.)", said.strip())), re.DOTALL)


class ExamplesTest(unittest.TestCase):
    def test_every_example_answers_what_is_shown(self):
        examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
        self.assertGreater(len(examples), 4)
        with tempfile.TemporaryDirectory() as folder, Serve("--state-dir", folder) as service:
            for command, said in examples:
                with self.subTest(command):
                    self.check(command.replace("localhost:8000", f"{service.host}:{service.port}"),
                               pattern_of(said))

    def check(self, command, pattern):
        """A job that is looked at may still be under way."""
        end = time.monotonic() + PATIENCE_S
        while True:
            done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            if pattern.fullmatch(done.stdout.strip()):
                return
            if '"status": "queued"' not in done.stdout and '"status": "running"' not in done.stdout \
                    or time.monotonic() > end:
                self.fail(f"{done.stdout!r} is not {pattern.pattern!r}")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main(verbosity=1)
