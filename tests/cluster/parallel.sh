#!/bin/sh
# GNU parallel: chunks over four workers with a log of jobs, killed in between and gone on with by
# --resume; sixteen shards beside it.
. "$(dirname "$0")/common.sh"
command -v parallel > /dev/null || skip "GNU parallel is not installed"
whole_run
run="$here/parallel"
"$program" units "$study" --quick --out "$run" --chunk 0.5 > "$here/chunks" 2> "$here/log"
echo "  $(wc -l < "$here/chunks") chunks"
spread() {
    parallel -j 4 --joblog "$here/jobs" --resume-failed --will-cite "$program" work "$run" {} --jobs 1 :::: "$here/chunks" 2>> "$here/log"
}
spread & pid=$!
sleep 1
pkill -KILL -f "work $run" || true
kill -KILL $pid 2> /dev/null || true
wait $pid 2> /dev/null || true
spread || true
spread
test -z "$("$program" units --missing "$run" 2>> "$here/log")"
"$program" report "$run" > "$here/report.txt" || test $? = 1
same "$run" "GNU parallel, killed once"
for k in $(seq 16); do "$program" verify "$study" --quick --shard "$k/16" --out "$here/shard-$k" 2>> "$here/log"; done
"$program" report "$here"/shard-* --out "$here/merged" > "$here/report.txt" || test $? = 1
same "$here/merged" "sixteen shards"
rm -rf "$here"
