# What the cluster tests share: a study of some seconds, the run that all others must equal to the
# byte, its comparison, and kills at random times. The first argument of a test is the program;
# KILLS is how many workers are killed in all, over as many runs as that takes.
set -eu
KILLS=${KILLS:-4}
NETWORK=${NETWORK:-tanh}
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
[learning]
schedule = { kind = "polynomial", initial = 0.05, offset = 100, exponent = 0.7 }
steps = 20000
[network]
STUDY
case $NETWORK in
tanh) printf 'cell = "elman"\nhidden = 4\nactivation = "tanh"\n' ;;
linear) printf 'cell = "elman"\nhidden = 3\nactivation = "identity"\n' ;;
gru) printf 'cell = "gru"\nhidden = 3\n' ;;
*) echo "there is no network $NETWORK"; exit 2 ;;
esac >> "$here/study.toml"
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

# moment N: waits for a time between 0.1 and 1.2 seconds that N fixes.
moment() {
    sleep "$(awk -v seed="$1" 'BEGIN { srand(seed); print 0.1 + 1.1 * rand() }')"
}

# kill_workers WORDS COUNT LIST: kills processes whose command has these words, at random times,
# until COUNT are killed; a line in LIST for each.
kill_workers() {
    attempt=0
    while test "$(wc -l < "$3")" -lt "$2"; do
        attempt=$((attempt + 1))
        moment $attempt
        # One of those that are there, by the number of the attempt.
        set -- "$1" "$2" "$3" $(pgrep -f "$1" || true)
        test $# -gt 3 || continue
        which=$((3 + 1 + attempt % ($# - 3)))
        eval "process=\${$which}"
        kill -KILL "$process" 2> /dev/null && echo "$process" >> "$3"
        set -- "$1" "$2" "$3"
    done
}
