#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays a session at the command line and compares what it prints and how it exits.

A transcript is a text file of these lines; commands run one after another in one fresh folder:
  # a remark
  $ a command for sh, in which `mfn` is the program and $PYTHON this interpreter
  > more lines of it
    a line of standard output, after two spaces
  ! a line of standard error
  ? the exit code, when it is not 0
In an expected line `...` stands for any text, and alone for any number of lines. When a command
differs, what it really gave is printed in the same form.

Usage: transcript.py BIN_DIR TRANSCRIPT"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TIMEOUT_S = 120
MARKS = {"  ": "out", "! ": "err", "? ": "code"}


def parse(path):
    """Each command with its line number and the expected lines."""
    steps = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark, rest = line[:2], line[2:]
        if line == "" or line[0] == "#":
            continue
        if mark == "$ ":
            steps.append({"at": number, "command": rest, "out": [], "err": [], "code": []})
        elif mark in ("> ", ">") and steps:
            steps[-1]["command"] += "\n" + rest
        elif mark in MARKS and steps:
            steps[-1][MARKS[mark]].append(rest)
        else:
            sys.exit(f"{path}:{number}: no line of a transcript: {line!r}")
    return steps


def pattern(lines):
    parts = []
    for line in lines:
        if line == "...":
            parts.append(r"(?:[^\n]*\n)*")
        else:
            parts.append(r"[^\n]*".join(re.escape(part) for part in line.split("...")) + r"\n")
    return re.compile("".join(parts))


def without_blank_lines(text):
    """Blank lines are not compared, so that a transcript may be spaced for its readers."""
    return "".join(line + "\n" for line in text.split("\n") if line.strip() != "")


def shown(step, out, err, code):
    lines = ["$ " + step["command"].replace("\n", "\n> ")]
    lines += ["  " + line for line in out.splitlines()]
    lines += ["! " + line for line in err.splitlines()]
    if code != 0:
        lines.append(f"? {code}")
    return "\n".join(lines)


def differs(step, out, err, code):
    if code != int(step["code"][0] if step["code"] else 0):
        return "exit code"
    if not pattern(step["out"]).fullmatch(out):
        return "standard output"
    if not pattern(step["err"]).fullmatch(err):
        return "standard error"
    return None


def environment(bin_dir):
    values = {name: value for name, value in os.environ.items()
              if not name.startswith("MFN_") and name not in ("NO_COLOR", "COLORTERM")}
    values.update(PATH=f"{bin_dir}:{values.get('PATH', '/usr/bin:/bin')}", LC_ALL="C.UTF-8",
                  TERM="dumb", PYTHON=sys.executable)
    return values


def main():
    bin_dir, path = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    steps = parse(path)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            done = subprocess.run(["sh", "-c", step["command"]], cwd=folder, timeout=TIMEOUT_S,
                                  env=environment(bin_dir), stdin=subprocess.DEVNULL,
                                  capture_output=True, check=False)
            out = without_blank_lines(done.stdout.decode("utf-8"))
            err = without_blank_lines(done.stderr.decode("utf-8"))
            what = differs(step, out, err, done.returncode)
            if what is not None:
                print(f"{path}:{step['at']}: {what} differs; the command gave:")
                print(shown(step, out, err, done.returncode), end="\n\n")
                failed += 1
    print(f"{path.name}: {len(steps) - failed} of {len(steps)} commands as written down")
    sys.exit(failed > 0 or not steps)


if __name__ == "__main__":
    main()
