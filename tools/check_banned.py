#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds calls that have a safer form, outside comments and strings."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BANNED = ("strcpy strcat strncpy sprintf vsprintf gets atoi atol atof strtok rand srand system popen "
          "tmpnam mktemp alloca").split()
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def without_noise(text):
    return NOISE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def main():
    listed = subprocess.run(["git", "ls-files", "*.c", "*.h"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split()
    problems = 0
    for name in listed:
        text = without_noise((ROOT / name).read_text(encoding="utf-8"))
        for number, line in enumerate(text.splitlines(), 1):
            for match in CALL.finditer(line):
                print(f"{name}:{number}: {match.group(1)} is banned")
                problems += 1
    if problems:
        sys.exit(f"check_banned: {problems} banned calls")
    print("check_banned: fine")


main()
