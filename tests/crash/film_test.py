#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A film on a bad day: killed, and with a disk that becomes full, at each call that changes the disk.
What has its name must be whole. Usage: film_test.py MFN LIBRARY (crash_at.c)"""
import os
import pathlib
import subprocess
import sys
import tempfile

MFN, PRELOAD = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
COMMAND = [MFN, "simulate", "--grid-size", "48", "--steps", "12", "--frame-every", "4", "--scale", "6",
           "--gif", "film.gif", "--frames", "frames"]
MOMENTS_MAX = 1000


def files_in(folder):
    """Content by name, without the temporary files that a killed program cannot remove."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".mfn-")}


def run(**variables):
    """Exit code, standard error, the files, and how many temporary ones are left."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(COMMAND, cwd=folder, env={**os.environ, **variables}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        left = sum(path.name.startswith(".mfn-") for path in pathlib.Path(folder).rglob(".*"))
        return done.returncode, done.stderr, files_in(pathlib.Path(folder)), left


def expect_whole(files, expected, moment):
    for name, content in files.items():
        assert content == expected[name], f"call {moment}: {name} is not whole"


def main():
    code, err, expected, left = run()
    assert (code, err, len(expected), left) == (0, "", 5, 0), (code, err, list(expected), left)
    partial = set()
    for moment in range(1, MOMENTS_MAX):
        code, _, files, _ = run(LD_PRELOAD=PRELOAD, MFN_TEST_CRASH_AT=str(moment))
        expect_whole(files, expected, moment)
        partial.add(len(files))
        if code == 0:
            break
        assert code == 137, code
    assert partial == {0, 1, 2, 3, 4, 5}, partial
    print(f"gone at each of {moment - 1} calls that change the disk, no file was torn")
    for moment in range(1, MOMENTS_MAX):
        code, err, files, left = run(LD_PRELOAD=PRELOAD, MFN_TEST_FULL_AT=str(moment))
        expect_whole(files, expected, moment)
        assert left == 0, (moment, left)
        if code == 0:
            break
        assert code == 1 and "No space left" in err, (code, err)
        assert "film.gif" not in files
    assert moment > 10, "the library was not loaded"
    print(f"the disk became full at each of {moment - 1} calls, no file was torn and none was left over")


if __name__ == "__main__":
    main()
