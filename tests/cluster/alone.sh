#!/bin/sh
# One machine: a run that is killed at random times and gone on with by the same command.
. "$(dirname "$0")/common.sh"
whole_run
run="$here/alone" killed=0 runs=0 begun=0
while test $killed -lt "$KILLS"; do
    rm -rf "$run"
    runs=$((runs + 1))
    while :; do
        "$program" verify "$study" --quick --out "$run" > "$here/told" 2> "$here/log" & pid=$!
        begun=$((begun + 1))
        test $killed -lt "$KILLS" && moment $begun
        if test $killed -lt "$KILLS" && kill -KILL $pid 2> /dev/null; then
            killed=$((killed + 1))
            wait $pid 2> /dev/null || true
            # It may have ended before it was killed.
            test -f "$run/verdicts.json" && break
        else
            code=0
            wait $pid || code=$?
            test $code -le 1 || { cat "$here/log"; exit 1; }
            break
        fi
    done
    test -f "$run/verdicts.json" || { cat "$here/log"; exit 1; }
    same "$run" "one machine, $killed kills in $runs runs"
done
rm -rf "$here"
