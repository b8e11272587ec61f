#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tables of docs/dimension.md that take little time are what bench_dimension prints.

    test_docs.py BENCH_DIMENSION DIMENSION_MD"""
import pathlib
import subprocess
import sys

program, page = sys.argv[1:]
text = pathlib.Path(page).read_text(encoding="utf-8")
missing = 0
for table in ("sets", "cascade"):
    printed = subprocess.run([program, table], capture_output=True, text=True, check=True).stdout
    rows = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(rows) > 10, f"{table}: only {len(rows)} rows"
    if "\n".join(rows) not in text:
        missing += 1
        print(f"{table}: {page} has not this table:\n" + "\n".join(rows))
sys.exit(1 if missing else 0)
