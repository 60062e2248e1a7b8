#!/usr/bin/env bash
# Makes the gallery again: runs the studies and copies the figures that the README shows.
set -euo pipefail
cd "$(dirname "$0")/.."
command=target/release/rtrl-lab
run=runs/figures
"$command" verify --out "$run" --force >/dev/null
for figure in linear-wasserstein_bracket tanh-geometric_ergodicity tanh-stationary_point; do
    cp "$run/figures/$figure".* figures/
    echo "figures/$figure"
done
"$command" phase experiments/theory.toml --out runs/phase --force >/dev/null
cp runs/phase/theory-phase.svg runs/phase/theory-phase.png runs/phase/theory-phase.pdf runs/phase/theory-phase.csv figures/
echo figures/theory-phase
"$command" bench --only scaling --figure figures >/dev/null 2>&1
echo figures/bench-scaling
