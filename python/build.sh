#!/bin/sh
# Builds the wheel and tries it where there is no compiler and no OpenBLAS (test_wheel.sh).
#
#     python/build.sh FOLDER [ARGUMENT…]
#
# FOLDER is where the wheel goes; further arguments go to maturin. Needs Rust and Python 3.9 or later
# with venv. Where there is no Python, or no index to install maturin from, it says so and exits
# with 0. Any other failure is one.
set -eu
out=${1:?usage: python/build.sh FOLDER [ARGUMENT...]}
shift
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
out=$(cd "$out" && pwd)
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2> /dev/null || { echo 'SKIPPED: no Python (3.9 or later, with venv)'; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
python3 -m venv "$scratch/venv"
pip() { "$scratch/venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
if ! pip download --retries 1 --no-deps --dest "$scratch" cycler 2> "$scratch/log"; then
    echo 'SKIPPED: no package index (pip cannot reach one)'
    exit 0
fi
pip install maturin==1.16.0 2> "$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
rm -f "$out"/rtrl_lab-*.whl
(cd "$here" && "$scratch/venv/bin/maturin" build --out "$out" "$@")
"$here/test_wheel.sh" "$out"/rtrl_lab-*.whl
