#!/bin/sh
# HyperQueue, from the package of PyPI; PYTHON names an interpreter that has it.
. "$(dirname "$0")/common.sh"
python=${PYTHON:-python3}
"$python" -c 'import hyperqueue' 2> /dev/null || skip "hyperqueue is not installed (pip install hyperqueue)"
whole_run
"$python" "$(dirname "$0")/tasks_of_hyperqueue.py" "$program" "$study" "$here/hq" 2> "$here/log" || { cat "$here/log"; exit 1; }
"$program" report "$here/hq" > "$here/report.txt" || test $? = 1
same "$here/hq" HyperQueue
rm -rf "$here"
