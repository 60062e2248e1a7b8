#!/bin/sh
# Runs the scripts beside it on a run, in a Python environment that is made for it and taken away.
#
#     docs/scripts/check.sh RUN BINARY
#
# RUN is a finished run and BINARY the command `rtrl-lab`. Where there is no Python, or no index to
# install packages from, it says so and exits with 0. Any other failure is one.
set -eu
test $# = 2 || { echo "usage: $0 RUN BINARY" >&2; exit 2; }
run=$1 binary=$2 here=$(dirname "$0")
test -f "$run/verdicts.json" || { echo "check: $run holds no finished run" >&2; exit 1; }

python=''
for name in python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
        python=$name
        break
    fi
done
test -n "$python" || { echo 'SKIPPED: no Python (3.11 or later, with venv)'; exit 0; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
"$python" -m venv "$scratch/venv"
pip() { "$scratch/venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

# A small package of any version: where not even that is to be had, there is no index.
if ! pip download --retries 1 --no-deps --dest "$scratch" cycler 2> "$scratch/log"; then
    echo 'SKIPPED: no package index (pip cannot reach one)'
    exit 0
fi
pip install --no-compile --only-binary :all: -r "$here/requirements.txt"
echo "check: packages installed for $("$scratch/venv/bin/python" --version)"

stage() {
    name=$1
    shift
    "$scratch/venv/bin/python" "$here/$name.py" "$@" > "$scratch/said" || { cat "$scratch/said"; echo "check: $name failed" >&2; exit 1; }
    echo "check: $name passed"
}
stage with_pandas "$run" "$scratch/decay.png"
test -s "$scratch/decay.png" || { echo 'check: with_pandas drew nothing' >&2; exit 1; }
stage with_polars "$run"

# Trajectories of the study that the run is of.
"$scratch/venv/bin/python" -c '
import json, sys
print(json.load(open(sys.argv[1], encoding="utf-8"))["study_text"])' "$run/manifest.json" > "$scratch/study.toml"
"$binary" simulate "$scratch/study.toml" --chains 4 --steps 999 --no-derivative --out "$scratch/sim.npz" > "$scratch/said"
stage with_arviz "$run" "$scratch/sim.npz" "$binary"
echo 'check: passed'
