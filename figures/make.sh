#!/usr/bin/env bash
# Makes the gallery again: runs the studies and copies the figures that the README shows.
set -euo pipefail
cd "$(dirname "$0")/.."
command=target/release/rtrl-lab
run=runs/figures
"$command" verify --out "$run" --force >/dev/null
for figure in linear-wasserstein_bracket tanh-geometric_ergodicity tanh-stationary_point; do
    cp "$run/figures/$figure.svg" "$run/figures/$figure.png" figures/
    echo "figures/$figure"
done
