#!/bin/sh
# Runs fuzz targets: each from its corpus, so many executions on two processes.
# Usage: fuzz/run.sh EXECUTIONS [TARGET...]
# With SANITIZER=-Zsanitizer=address the address sanitizer watches too, at a third of the speed.
# Needs a nightly compiler and a C++ compiler. Corpora grow in target/fuzz; what is found goes to
# target/fuzz/found, and belongs, made small, into fuzz/regressions.
set -eu
cd "$(dirname "$0")/.."
executions=${1:?how many executions a target}
shift
all="study csv npy npz safetensors records verdicts manifest"
targets=${*:-$all}
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
work=$PWD/target/fuzz
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions"
RUSTFLAGS="--cfg fuzzing $coverage ${SANITIZER-}" \
  cargo +nightly build --manifest-path fuzz/Cargo.toml --release --target "$host" --target-dir "$work/build"
cargo build --release --locked --quiet
target/release/rtrl-lab verify --quick --only hidden_contraction --out "$work/run" --force > "$work/run.txt" || true
python3 fuzz/seeds.py "$work/corpus" "$work/run"
mkdir -p "$work/found"
for target in $targets; do
  dictionary=
  [ -f "fuzz/$target.dict" ] && dictionary="-dict=fuzz/$target.dict"
  echo "== $target: $executions executions"
  # Leaks of 1,200 MB, a file that takes 10 seconds and every panic are findings.
  "$work/build/$host/release/$target" "$work/corpus/$target" fuzz/regressions $dictionary -runs="$executions" -max_len="$([ "$target" = records ] && echo 65536 || echo 4096)" -timeout=10 \
    -rss_limit_mb=1200 -artifact_prefix="$work/found/$target-" -print_final_stats=1 -verbosity=0 -close_fd_mask=0 2>&1 | tail -n 12
  rm -rf /dev/shm/rtrl-lab-fuzz-*
done
