# What the cluster tests share: a study of some seconds, the run that all others must equal to the
# byte, and its comparison. The first argument of a test is the program.
set -eu
program=$(realpath "$1")
here=$(mktemp -d)
cat > "$here/study.toml" <<'STUDY'
[study]
name = "spread"
seed = 21
[data]
kind = "var"
transition = [[0.6]]
target = [1.0]
target_noise = 0.1
[network]
cell = "elman"
hidden = 4
activation = "tanh"
[learning]
schedule = { kind = "polynomial", initial = 0.05, offset = 100, exponent = 0.7 }
steps = 20000
STUDY
study="$here/study.toml"

skip() {
    rm -rf "$here"
    echo "skipped $0: $1"
    exit 0
}

whole_run() {
    "$program" verify "$study" --quick --out "$here/whole" > "$here/whole.txt" || test $? = 1
}

# same FOLDER: fails where its bytes are not those of the whole run.
same() {
    diff -r --exclude=manifest.json --exclude=.rtrl-lab.lock --exclude=slurm "$here/whole" "$1"
    echo "  $2: the bytes of one run, $(find "$1/records" -type f | wc -l) records"
}
