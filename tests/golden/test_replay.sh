#!/bin/sh
# SPDX-License-Identifier: MIT
# The replay tool judges: what it must reject, it rejects and names.
# Usage: test_replay.sh PROGRAM DATA-FOLDER SCRATCH-FOLDER
set -eu
program=$1
data=$2
scratch=$3
failed=0

# check SENTENCE EXIT-CODE TEXT: replays $scratch/case; the output must contain the text.
check() {
    code=0
    output=$("$program" "$scratch/case" 2>&1) || code=$?
    case $output in *"$3"*) found=yes ;; *) found=no ;; esac
    if [ "$code" != "$2" ] || [ "$found" != yes ]; then
        printf 'not ok: %s\n  expected exit code %s and the text: %s\n  got exit code %s and:\n%s\n' \
            "$1" "$2" "$3" "$code" "$output"
        failed=1
    else
        printf 'ok: %s\n' "$1"
    fi
    rm -rf "$scratch/case"
}

new_case() {
    rm -rf "$scratch/case"
    mkdir -p "$scratch/case"
}

good=$(sed -n 1p "$data/simulate.jsonl")
not_covered='{"id": "a-request", "kind": "api", "in": {}, "out": {}}'

new_case
printf '%s\n%s\n' "$good" "$not_covered" >"$scratch/case/some.jsonl"
check "a right record passes, one that is not covered does neither" 0 '1 not covered
1 passed, 0 failed'

new_case
sed -n 1,3p "$data/simulate.jsonl" |
    sed '2s/"growth_events": *[0-9]*/"growth_events": 999999/' >"$scratch/case/some.jsonl"
check "a wrong record fails and is named with its wrong output" 1 \
    'FAILED pub-simulate-001 (kernels: scalar): growth_events
  expected 999999'

new_case
sed -n 1,3p "$data/simulate.jsonl" |
    sed '2s/"growth_events": *[0-9]*/"growth_events": 999999/' >"$scratch/case/some.jsonl"
check "the last line counts passes and failures" 1 '2 passed, 1 failed'

new_case
sed -n 1p "$data/rng.jsonl" | sed 's/"0x1\.461fd79fb3850p-1"/"0x1.461fd79fb3851p-1"/' \
    >"$scratch/case/some.jsonl"
check "one bit of one random number is a failure" 1 '0x1.461fd79fb3851p-1'

new_case
printf '%s\n{"id": "torn", "ki\n' "$good" >"$scratch/case/some.jsonl"
check "a torn line fails with file and line" 1 'some.jsonl:2:'

new_case
printf '{"id": "x", "kind": "rng", "in": {}}\n' >"$scratch/case/some.jsonl"
check "a line that is no record fails with file and line" 1 'some.jsonl:1: expected'

new_case
printf '{"id": "x", "kind": "rgn", "in": {}, "out": {}}\n' >"$scratch/case/some.jsonl"
check "an undocumented kind fails" 1 "unknown kind 'rgn'"

new_case
printf '%s\n' "$not_covered" >"$scratch/case/some.jsonl"
check "replaying nothing is no success" 1 'nothing was replayed'

new_case
check "a folder without vectors is no success" 1 'no .jsonl file'

check "a missing folder is no success" 1 'No such file or directory'

exit "$failed"
