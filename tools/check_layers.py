#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the layers: includes point down only, siblings do not know each other."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

# Each layer with those that it may include beside itself and include/mfn. The order is the picture
# in docs/ARCHITECTURE.md, bottom first.
LAYERS = {
    "base": set(),
    "kernels": {"base"},
    "engine": {"base", "kernels"},
    "codec": {"base", "kernels", "engine"},
    "net": {"base", "codec"},
    "stream": {"base", "engine", "codec", "net"},
    "connectors": {"base", "engine", "codec", "net", "stream"},
    "publishers": {"base", "engine", "codec", "net", "stream"},
    "api": {"base", "engine", "codec", "net", "stream", "connectors", "publishers"},
    "observe": {"base", "codec"},
    "server": {"base", "engine", "codec", "net", "stream", "api", "observe"},
    "cli": {"base", "kernels", "engine", "codec", "net", "stream", "api", "observe", "server"},
}
# Folders in which every kind is a world of its own.
KINDS = {"connectors", "publishers"}
# Pure computing: these may include nothing of the system but the C library's headers.
PURE = {"kernels", "engine"}
# What pure computing stands on may include the system, but no library.
LIBRARY_FREE = {"base"}
LIBRARIES = re.compile(r"jansson|yaml|png|sqlite3|openssl/|zlib|curl/|librdkafka/|microhttpd|wslay|check\.h")
PURE_HEADERS = {"assert.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdatomic.h",
                "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
                # and the compiler's own, for vectors
                "arm_neon.h", "immintrin.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def problem_of(path, bracket, target):
    layer, parts = path.parts[0], pathlib.PurePath(target).parts
    if bracket == "<":
        if layer in PURE and target not in PURE_HEADERS:
            return f"{layer} may include the C library alone, not <{target}>"
        if layer in LIBRARY_FREE and LIBRARIES.match(target):
            return f"{layer} may include no library's <{target}>"
        return None
    if parts[0] == "mfn":
        return None
    if parts[0] not in LAYERS:
        return f'"{target}" is no path from src/'
    if parts[0] != layer and parts[0] not in LAYERS[layer]:
        return f'{layer} may not include "{target}"'
    if layer in KINDS and parts[0] == layer and parts[1] != path.parts[1]:
        return f'{layer}/{path.parts[1]} may not know its sibling "{target}"'
    return None


def main():
    problems = 0
    for path in sorted(SRC.rglob("*.[ch]")):
        relative = path.relative_to(SRC)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            problem = match and problem_of(relative, match.group(1), match.group(2))
            if problem:
                print(f"src/{relative}:{number}: {problem}")
                problems += 1
    if problems:
        sys.exit(f"check_layers: {problems} includes point the wrong way")
    print("check_layers: fine")


main()
