#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a transcript cannot show: how the program behaves at a terminal, and what signals do.
Usage: test_terminal.py MFN"""
import fcntl
import json
import os
import pathlib
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

MFN = sys.argv.pop(1)
PATIENCE_S = 120
ROWS, COLUMNS = 24, 72
HALF_BLOCK = "\N{UPPER HALF BLOCK}"
SHORT_JOB = {"id": "short", "grid_size": 8, "steps": 2}
ENDLESS_JOB = {"id": "endless", "grid_size": 8, "steps": 1000000000}


class Terminal:
    """A pseudo terminal that keeps everything written to it."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.bytes = b""
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        try:
            while chunk := os.read(self.ours, 65536):
                self.bytes += chunk
        except OSError:  # the other side is closed
            pass

    def text(self):
        """All of it, once the program is gone."""
        os.close(self.theirs)
        self.reader.join(PATIENCE_S)
        os.close(self.ours)
        return self.bytes.decode("utf-8")


def environment(**extra):
    values = {name: value for name, value in os.environ.items()
              if not name.startswith("MFN_") and name not in ("NO_COLOR", "COLORTERM")}
    values.update(TERM="xterm-256color", **extra)
    return values


def at_terminal(arguments, **extra):
    """Standard output of the program at a terminal, and standard error."""
    terminal = Terminal()
    done = subprocess.run([MFN, *arguments], stdin=subprocess.DEVNULL, stdout=terminal.theirs,
                          stderr=subprocess.PIPE, env=environment(**extra), timeout=PATIENCE_S,
                          check=True)
    return terminal.text(), done.stderr.decode("utf-8")


def wait_until(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("waited in vain")
        time.sleep(0.005)


class Preview(unittest.TestCase):
    COMMAND = ["simulate", "--grid-size", "128", "--steps", "3", "--preview"]

    def test_a_picture_fits_into_the_window(self):
        text, errors = at_terminal(self.COMMAND)
        pictures = text.split("\x1b[J")  # each one ends by clearing what is below it
        widths = {line.count(HALF_BLOCK) for line in pictures[0].split("\n") if HALF_BLOCK in line}
        heights = {sum(HALF_BLOCK in line for line in picture.split("\n"))
                   for picture in pictures[:-1]}
        self.assertEqual(len(widths), 1)
        self.assertEqual(len(heights), 1)
        self.assertLessEqual(widths.pop(), COLUMNS)
        self.assertLess(heights.pop(), ROWS)
        self.assertIn("step 3, ", pictures[-2])
        self.assertEqual(errors, "")

    def test_colours_are_those_that_the_terminal_knows(self):
        few, _ = at_terminal(self.COMMAND)
        many, _ = at_terminal(self.COMMAND, COLORTERM="truecolor")
        self.assertIn("\x1b[38;5;", few)
        self.assertNotIn("\x1b[38;2;", few)
        self.assertIn("\x1b[38;2;", many)

    def test_without_colours_there_is_a_note_instead(self):
        for reason in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            extra = dict(reason)
            kind = extra.pop("TERM", None)
            terminal = Terminal()
            values = environment(**extra)
            values["TERM"] = kind or values["TERM"]
            done = subprocess.run([MFN, *self.COMMAND], stdout=terminal.theirs, env=values,
                                  stderr=subprocess.PIPE, timeout=PATIENCE_S, check=True)
            text = terminal.text()
            self.assertNotIn("\x1b", text, reason)
            self.assertIn("Features", text, reason)
            self.assertIn(b"no preview", done.stderr, reason)


class Progress(unittest.TestCase):
    def test_what_depends_on_time_stays_out_of_standard_output(self):
        command = [MFN, "simulate", "--grid-size", "16", "--steps", "5"]
        terminal = Terminal()
        seen = subprocess.run(command, stdout=subprocess.PIPE, env=environment(),
                              stderr=terminal.theirs, timeout=PATIENCE_S, check=True)
        unseen = subprocess.run(command, capture_output=True, env=environment(),
                                timeout=PATIENCE_S, check=True)
        self.assertIn("million cell-steps/s", terminal.text())
        self.assertEqual(unseen.stderr, b"")
        self.assertEqual(seen.stdout, unseen.stdout)

    def test_the_line_has_rate_and_time_left_and_goes_away(self):
        terminal = Terminal()
        process = subprocess.Popen([MFN, "simulate", "--steps", "2000000000"], env=environment(),
                                   stdout=subprocess.DEVNULL, stderr=terminal.theirs)
        self.addCleanup(process.kill)
        wait_until(lambda: b" left" in terminal.bytes)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 1)
        text = terminal.text()
        self.assertRegex(text, r"\[\.+\] +0% \d+/2000000000 steps, \d+/s, \d+ [a-z]+ .*left")
        lines = [line for line in text.split("\r\x1b[K") if line.endswith("left")]
        self.assertLess(max(len(line) for line in lines), COLUMNS)
        self.assertIn("\r\x1b[Kmfn simulate: stopped after ", text)


class Signals(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, *arguments, **streams):
        process = subprocess.Popen([MFN, *arguments], cwd=self.folder, env=environment(),
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                                      **streams})
        self.addCleanup(process.kill)
        return process

    def start_pipeline(self, jobs, grace_time, **streams):
        """A run that takes the jobs in order and waits for more."""
        (self.folder / "jobs").mkdir()
        (self.folder / "jobs" / "jobs.json").write_text(json.dumps(jobs))
        (self.folder / "pipeline.yaml").write_text(
            "connector: {kind: file, directory: jobs, settle_time: 0}\n"
            "engine: {workers: '2'}\n"
            "publishers: [{kind: file, directory: results, filename_pattern: '{id}.json'}]\n"
            f"dead_letter: {{directory: dead}}\nstate: state.db\ngrace_time: {grace_time}\n")
        return self.start("run", "pipeline.yaml", **streams)

    def finish(self, process):
        out, errors = process.communicate(timeout=PATIENCE_S)
        return process.returncode, (out or b"").decode(), (errors or b"").decode()

    def test_an_interrupted_simulation_leaves_nothing_behind(self):
        process = self.start("simulate", "--steps", "2000000000", "--save-history", "h.npy",
                             "--save-field", "f.npy")
        wait_until(lambda: list(self.folder.iterdir()))
        process.send_signal(signal.SIGINT)
        code, out, errors = self.finish(process)
        self.assertEqual(code, 1)
        self.assertEqual(out, "")
        self.assertRegex(errors, r"stopped after \d+ of 2000000000 steps; nothing is written")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_an_interrupted_film_leaves_whole_frames_only(self):
        process = self.start("simulate", "--steps", "2000000", "--frame-every", "1000", "--gif", "film.gif",
                             "--frames", "frames", "--grid-size", "32", "--colour-range", "-75:-50")
        wait_until((self.folder / "frames" / "frame-00002.png").exists)
        process.send_signal(signal.SIGINT)
        code, out, errors = self.finish(process)
        self.assertEqual((code, out), (1, ""))
        frames = list((self.folder / "frames").iterdir())
        self.assertRegex(errors, rf"of 2000000 steps; {len(frames)} frames are written, and nothing else")
        self.assertEqual(list(self.folder.iterdir()), [self.folder / "frames"])
        for frame in frames:
            self.assertTrue(frame.read_bytes().endswith(b"IEND\xaeB`\x82"), frame)

    def test_looking_for_the_range_of_colours_can_be_interrupted(self):
        terminal = Terminal()
        process = self.start("simulate", "--steps", "2000000000", "--gif", "film.gif", stderr=terminal.theirs)
        wait_until(lambda: b"steps, " in terminal.bytes or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        code, out, _ = self.finish(process)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("stopped while looking for the range of colours; nothing is written", terminal.text())
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_stopped_run_ends_in_good_order(self):
        process = self.start_pipeline([SHORT_JOB], 30)
        wait_until((self.folder / "results" / "short.json").exists)
        process.send_signal(signal.SIGTERM)
        code, out, errors = self.finish(process)
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(out, r"Published +1 ")
        self.assertNotIn("Unfinished", out)

    def test_work_that_exceeds_the_grace_time_is_unfinished(self):
        process = self.start_pipeline([ENDLESS_JOB, SHORT_JOB], 0.1)
        wait_until((self.folder / "results" / "short.json").exists)
        process.send_signal(signal.SIGINT)
        code, out, _ = self.finish(process)
        self.assertEqual(code, 1)
        self.assertRegex(out, r"Unfinished +[12] +they come again in the next run")

    def test_a_signal_a_second_later_ends_at_once(self):
        process = self.start_pipeline([ENDLESS_JOB, SHORT_JOB], 3600)
        wait_until((self.folder / "results" / "short.json").exists)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        while process.poll() is None and time.monotonic() < begin + PATIENCE_S:
            process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
        code, out, errors = self.finish(process)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("stopped at once", errors)
        self.assertGreater(time.monotonic() - begin, 0.9)

    def test_progress_of_a_run_counts_failures(self):
        terminal = Terminal()
        process = self.start_pipeline([{"id": "bad", "alpha": 3}], 30, stdout=subprocess.PIPE,
                                      stderr=terminal.theirs)
        wait_until(lambda: b" 1 failed" in terminal.bytes)
        process.send_signal(signal.SIGTERM)
        code, out, _ = self.finish(process)
        text = terminal.text()
        self.assertEqual(code, 0)
        self.assertRegex(out, r"Failed +1 +reasons and originals in dead")
        self.assertTrue(text.endswith("\r\x1b[K"), text[-40:])


if __name__ == "__main__":
    unittest.main()
