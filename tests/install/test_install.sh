#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs into an empty place, moves it, and builds a program against it in four ways: pkg-config and
# CMake, shared and static. All print the same. So do the two ways of building one with the connectors
# and publishers of libmfn_stream. Usage: test_install.sh BUILD_DIR SOURCE_DIR
set -eu

build=$1
source=$2/tests/install
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix"
library=$(dirname "$(find "$work/prefix" -name libmfn.a)")
export PKG_CONFIG_PATH="$library/pkgconfig"
export LD_LIBRARY_PATH="$library"

# shellcheck disable=SC2046
cc -o "$work/shared" "$source/ten_lines.c" $(pkg-config --cflags --libs mfn)
# shellcheck disable=SC2046
cc -o "$work/static" "$source/ten_lines.c" $(pkg-config --cflags mfn) "$library/libmfn.a" \
    $(pkg-config --libs --static mfn | sed 's/-lmfn//')

# shellcheck disable=SC2046
cc -o "$work/stream" "$source/stream_lines.c" $(pkg-config --cflags --libs mfn_stream)

mkdir "$work/project"
cp "$source/ten_lines.c" "$source/stream_lines.c" "$work/project"
cp "$source/CMakeLists.txt.in" "$work/project/CMakeLists.txt"
cmake -S "$work/project" -B "$work/project/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/project/build" >/dev/null

expected=$("$work/shared")
for program in "$work/static" "$work/project/build/with_mfn" "$work/project/build/with_mfn_static"; do
    got=$("$program")
    if [ "$got" != "$expected" ]; then
        echo "$program: expected $expected, got $got" >&2
        exit 1
    fi
done
mkdir "$work/in"
printf '{"seed": 7}' >"$work/in/job.json"
for program in "$work/stream" "$work/project/build/with_mfn_stream"; do
    "$program" "$work/in" "$work/out"
    if ! cmp "$work/in/job.json" "$work/out/job.json"; then
        echo "$program did not copy the job" >&2
        exit 1
    fi
    rm -r "$work/out"
done
"$work/prefix/bin/mfn" version >/dev/null
echo "four programs print $expected, two copy a job"
