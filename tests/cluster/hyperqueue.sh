#!/bin/sh
# HyperQueue, from the package of PyPI; PYTHON names an interpreter that has it.
. "$(dirname "$0")/common.sh"
python=${PYTHON:-python3}
"$python" -c 'import hyperqueue' 2> /dev/null || skip "hyperqueue is not installed (pip install hyperqueue)"
whole_run
: > "$here/killed"
kill_workers "work $here/hq" "$KILLS" "$here/killed" & killer=$!
trap 'kill $killer 2> /dev/null; rm -rf "$here"' EXIT
runs=0
while test $runs = 0 || test "$(wc -l < "$here/killed")" -lt "$KILLS"; do
    rm -rf "$here/hq" "$here/hq-server"
    runs=$((runs + 1))
    "$python" "$(dirname "$0")/tasks_of_hyperqueue.py" "$program" "$study" "$here/hq" 2> "$here/log" || { cat "$here/log"; exit 1; }
    "$program" report "$here/hq" > "$here/report.txt" || test $? = 1
    same "$here/hq" "HyperQueue, $(wc -l < "$here/killed") tasks killed in $runs runs"
done
