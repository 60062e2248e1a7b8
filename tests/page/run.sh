#!/bin/sh
# Makes a page of every sort in small, and opens each in Chromium; check.mjs says what is asked of it.
# Usage: tests/page/run.sh BINARY [PAGE.html...]
# Where pages are named, those are looked at and none is made.
# The packages are fetched once, into target/page. CHROMIUM names another browser.
set -eu
usage="usage: tests/page/run.sh BINARY [PAGE.html...]"
binary=$(realpath "${1:?$usage}")
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
store=$root/target/page
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
    echo 'SKIPPED: no Chromium'
    exit 0
fi
for need in node npm pdftotext; do
    command -v $need > /dev/null || { echo "$need is needed, and is not installed"; exit 1; }
done
export CHROMIUM CHECK_MODULES="$store"
mkdir -p "$store"
if ! cmp -s "$here/package.json" "$store/package.json" || [ ! -d "$store/node_modules/axe-core" ]; then
    rm -f "$store/package.json"
    if ! npm view axe-core version > "$store/npm.log" 2>&1; then
        echo 'SKIPPED: no package registry'
        exit 0
    fi
    cp "$here/package.json" "$store/new.json"
    mv "$store/new.json" "$store/package.json"
    if ! (cd "$store" && npm install --no-audit --no-fund --no-package-lock > npm.log 2>&1); then
        cat "$store/npm.log"
        rm -f "$store/package.json"
        exit 1
    fi
fi
if [ $# -gt 0 ]; then
    exec node "$here/check.mjs" "$@"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# A network that keeps its start for ever, and one whose state grows without bound.
cat > broken.toml << 'STUDY'
[study]
name = "broken"
seed = 5

[data]
kind = "var"
transition = [[0.7]]
target = [1.0]
target_noise = 0.1

[learning]
method = "rtrl"
schedule = { kind = "polynomial", initial = 0.01, offset = 1000, exponent = 0.7 }
steps = 5000

[case.bistable.network]
activation = "tanh"
hidden = 1
parameters = { B = [[2.5]], W = [[0.1]], drawn = ["b", "C", "c"] }

[case.expansive.network]
activation = "identity"
hidden = 1
parameters = { B = [[1.4]], W = [[1.0]], drawn = ["b", "C", "c"] }
STUDY
cat > compare.toml << 'STUDY'
[study]
name = "compare"
seed = 5

[data]
kind = "var"
transition = [[0.9]]
target = [1.0]
target_noise = 0.1

[network]
cell = "elman"

[learning]
schedule = { kind = "polynomial", initial = 0.02, offset = 2000, exponent = 0.7 }
steps = 500

[sweep]
hidden = [2, 4]

[compare]
methods = ["rtrl", "rolling-tbptt(5)", "block-tbptt(5)"]
seeds = 3
STUDY
# A walk whose level drifts, hour after hour.
awk 'BEGIN { srand(7); print "time,load,price"
    for (row = 0; row < 1500; row++) {
        load += rand() - 0.5; price += 0.3 * (rand() - 0.5) + 0.001
        printf "2024-%02d-%02d %02d:00:00,%.4f,%.4f\n", 1 + row / 672, 1 + row / 24 % 28, row % 24, load, price + load } }' > walk.csv

# A verdict that is not the expected one ends a run with 1, which is no fault of its page.
made() {
    told=$(mktemp -p .)
    code=0
    "$binary" "$@" > "$told" 2>&1 || code=$?
    [ $code -le 1 ] || { cat "$told"; exit 1; }
}
look() { node "$here/check.mjs" "$@"; }

# Two lanes side by side, told one after the other.
(
    made verify --quick --jobs 1 --out default
    made verify "$root/experiments/violations.toml" --quick --jobs 1 --out violations
    made train compare.toml --out compare
    made published --out published
    look default/report.html violations/report.html compare/comparison.html published/published.html
) > first.txt 2>&1 & first=$!
(
    made verify broken.toml --quick --jobs 1 --out broken
    made analyze walk.csv --inputs load --target price --time time --quick --steps 5000 --jobs 1 --out drift
    made report broken drift --out change
    made calibrate --only vectors,points --repeats 20 --heavy-repeats 20 --out calibration
    look broken/report.html drift/report.html change/differences.html calibration/calibration.html
) > second.txt 2>&1 & second=$!
failed=0
wait $first || failed=1
cat first.txt
wait $second || failed=1
cat second.txt
exit $failed
