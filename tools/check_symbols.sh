#!/bin/sh
# SPDX-License-Identifier: MIT
# libmfn.so exports exactly the functions that include/mfn declares with MFN_API, but those of
# stream.h; libmfn_stream.so exports all. Usage: tools/check_symbols.sh PATH/libmfn.so
set -eu

library=${1:?"usage: $0 libmfn.so"}
case $library in
*mfn_stream*) without=none ;;
*) without=stream.h ;;
esac
include=$(dirname "$0")/../include/mfn
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find "$include" -name "*.h" ! -name "$without" -exec cat {} + | tr '\n' ' ' | grep -o 'MFN_API [^;{]*' | grep -v '^MFN_API __' |
    sed -n 's/^MFN_API [^(]*[ *]\(mfn_[a-z0-9_]*\)(.*/\1/p' | sort -u >"$work/declared"
nm -D --defined-only "$library" | awk '{print $3}' | sed 's/@.*//' | sort -u >"$work/exported"

if ! diff "$work/declared" "$work/exported" >"$work/difference"; then
    echo "declared (<) and exported (>) functions differ:" >&2
    cat "$work/difference" >&2
    exit 1
fi
echo "check_symbols: $(wc -l <"$work/exported") functions, all declared, all exported"
