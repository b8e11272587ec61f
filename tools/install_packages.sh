#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that a goal needs (tools/packages.txt) and does nothing, not even
# touch the network, when all of them are there.
# Usage: tools/install_packages.sh run|test|bench|bench-service|lint
set -eu

goal=${1:?"usage: $0 run|test|bench|bench-service|lint"}
list=$(dirname "$0")/packages.txt

packages_of() {
    line=$(sed -n "s/^$1: *//p" "$list")
    if [ -z "$line" ]; then
        echo "$0: no goal '$1' in $list" >&2
        exit 2
    fi
    for word in $line; do
        case $word in
        includes=*) packages_of "${word#includes=}" ;;
        *) echo "$word" ;;
        esac
    done
}

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "This is no Debian system: install what the packages in $list stand for by hand." >&2
    echo "Going on with what is here." >&2
    exit 0
fi

missing=
for package in $(packages_of "$goal"); do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Packages are missing, and there is neither root nor sudo. As root, run:" >&2
        echo "  apt-get install -y$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing:$missing"
install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" >>"$log" 2>&1
}
# An old package list names files that are gone, so a failure is worth one fresh list.
# shellcheck disable=SC2086
if ! install install -y --no-install-recommends $missing; then
    if ! { install update && install install -y --no-install-recommends $missing; }; then
        tail -n 20 "$log" >&2
        echo "Could not install the packages. As root, run:" >&2
        echo "  apt-get update && apt-get install -y$missing" >&2
        exit 1
    fi
fi
