#!/bin/sh
# Installs a wheel where there is no compiler, no Rust and no OpenBLAS on the path, and uses it.
#
#     python/test_wheel.sh dist/rtrl_lab-VERSION-….whl
#
# Nothing is downloaded. PYTHON names another Python than python3. Every stage prints a line, a
# failure ends with its reason and exit code 1, and the last line is "passed".
set -eu
test $# = 1 && test -f "$1" || { echo "usage: $0 WHEEL" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
wheel=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
failed() { echo "test_wheel: failed: $1" >&2; exit 1; }

"${PYTHON:-python3}" -m venv "$scratch/venv"
mkdir "$scratch/bin" "$scratch/home"
for tool in cat env ls mv rm seq sh sleep; do ln -s "$(command -v "$tool")" "$scratch/bin/$tool"; done
bare() { (cd "$scratch/home" && env -i HOME="$scratch/home" LANG=C.UTF-8 TMPDIR="$scratch/home" PYTHONDONTWRITEBYTECODE=1 PATH="$scratch/venv/bin:$scratch/bin" "$@"); }
for tool in cc gcc clang c++ ld rustc cargo gfortran; do
    if bare sh -c "command -v $tool" > /dev/null; then failed "$tool is on the path"; fi
done
echo "1 an environment without a compiler: $(bare python --version)"

bare python -m pip install --quiet --disable-pip-version-check --no-index "$wheel" || failed 'pip does not install the wheel'
binary=$scratch/venv/bin/rtrl-lab
test -x "$binary" || failed 'the wheel holds no command'
bare python - <<'END' || failed 'the module is not whole'
import importlib.resources, rtrl_lab
assert importlib.resources.files(rtrl_lab).joinpath("py.typed").is_file(), "py.typed is missing"
END
echo "2 installed without an index: $(basename "$wheel"), $(wc -c < "$wheel") bytes, the command $(wc -c < "$binary") bytes"

if command -v ldd > /dev/null; then
    libraries=$(ldd "$binary") || failed "ldd $binary"
    if echo "$libraries" | grep -i -E 'blas|lapack|gfortran|not found'; then failed 'the command is linked with a library that it should not need'; fi
    echo "3 linked with $(echo "$libraries" | sed 's/^[[:space:]]*//; s/[ .].*//; s|.*/||' | sort | tr '\n' ' ')"
else
    echo '3 SKIPPED: no ldd'
fi
bare python - "$binary" <<'END' || failed 'the command is not stripped'
import struct, sys
program = open(sys.argv[1], "rb").read()
if program[:5] == b"\x7fELF\2":  # of 64 bits: no section may be a table of symbols
    start, (size, count) = struct.unpack_from("<Q", program, 40)[0], struct.unpack_from("<HH", program, 58)
    kinds = [struct.unpack_from("<I", program, start + at * size + 4)[0] for at in range(count)]
    assert len(kinds) > 5 and 2 not in kinds, kinds
END

code=0
bare rtrl-lab verify --quick --out run > "$scratch/said" 2>&1 || code=$?
test $code -le 1 || { cat "$scratch/said"; failed "rtrl-lab verify ended with code $code"; }
echo "4 rtrl-lab verify --quick: code $code, $(bare rtrl-lab --version)"

bare python - "$code" <<'END' || failed 'the module does not read what the command wrote'
import math, sys
import rtrl_lab
from pathlib import Path

assert rtrl_lab.command() == Path(sys.prefix, "bin", "rtrl-lab"), rtrl_lab.command()
whole = rtrl_lab.open("run")
assert len(whole.verdicts) == 14 and whole.as_expected == (sys.argv[1] == "0"), whole
assert len(whole.measurements()) > 500 and len(whole.figures) == 16 and whole.page.is_file()
only = ["data_ergodicity", "hidden_contraction"]
run = rtrl_lab.verify(quick=True, only=only)
assert [verdict.id for verdict in run.verdicts] == 2 * only, run
# The eigenvalues of the data are 0.8 and 0.5, and the linear network forgets faster.
data, hidden = (verdict.estimate for verdict in run.verdicts[:2])
assert data.lower <= 0.8 <= data.upper and hidden.upper < 0.8, (data, hidden)
same = {(v.case, v.id): v.estimate for v in whole.verdicts}
assert all(same[v.case, v.id] == v.estimate for v in run.verdicts), "the same study gives the same bits"
print(f"5 rtrl_lab.verify(quick=True, only={only}): {run.as_expected=}")
END

bare python -m unittest discover -q -s "$here/tests" > "$scratch/said" 2>&1 || { cat "$scratch/said"; failed 'the unit tests'; }
tests=$(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' "$scratch/said")
test "${tests:-0}" -gt 0 || failed 'no unit test ran'
echo "6 $tests unit tests"
echo passed
