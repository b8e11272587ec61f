#!/bin/sh
# SPDX-License-Identifier: MIT
# Everything that is judged without running: formatting, clang-tidy, layers, banned calls, texts.
# Usage: tools/lint.sh [BUILD_DIR]   (a configured build with compile_commands.json)
set -eu

cd "$(dirname "$0")/.."
build=${1:-build-lint}

version=$(ls /usr/bin/clang-format-* 2>/dev/null | sed 's/.*-//' | sort -n | tail -n 1)
suffix=${version:+-$version}

git ls-files '*.c' '*.h' | grep -v '_tables\?\.h$' |
    xargs "clang-format$suffix" --dry-run -Werror
echo "clang-format: fine"

python3 tools/check_layers.py
python3 tools/check_banned.py
python3 tools/check_text.py

[ -f "$build/compile_commands.json" ] ||
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DMFN_BUILD_TESTS=ON >/dev/null
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "run-clang-tidy$suffix" -p "$build" -j "$(nproc)" -quiet "$PWD/(src|tests|bench)/.*" >"$log" 2>&1; then
    { grep -E 'error:|warning:' "$log" || tail -n 20 "$log"; } | awk '!seen[$0]++' >&2
    echo "clang-tidy: see above" >&2
    exit 1
fi
echo "clang-tidy: fine"
