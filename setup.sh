#!/usr/bin/env bash
# Makes sure that what the build needs is there: Rust, a C compiler and OpenBLAS. Installs OpenBLAS where it may, and otherwise
# says the one line to type.
set -euo pipefail

missing() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

command -v cargo >/dev/null || missing 'cargo is missing: install Rust 1.89 or later from https://rustup.rs'
compiler=${CC:-cc}
command -v "$compiler" >/dev/null || missing "the C compiler $compiler is missing: install gcc or clang, or name yours in CC"

links() {
    local folder=${OPENBLAS_LIB_DIR:-} scratch status=0
    scratch=$(mktemp -d)
    echo 'int main(void) { return 0; }' >"$scratch/probe.c"
    for prefix in "$folder" '' /usr/lib64/openblas /opt/homebrew/opt/openblas/lib /usr/local/opt/openblas/lib; do
        "$compiler" "$scratch/probe.c" ${prefix:+-L"$prefix"} -lopenblas -o "$scratch/probe" 2>/dev/null && status=0 && break
        status=1
    done
    rm -rf "$scratch"
    return $status
}

if links; then
    echo 'setup: Rust, C compiler and OpenBLAS are there'
    exit 0
fi

as_root=''
if [ "$(id -u)" != 0 ]; then
    as_root='sudo -n'
    sudo -n true 2>/dev/null || as_root=none
fi

if command -v apt-get >/dev/null; then
    line='apt-get update && apt-get install -y libopenblas-dev'
    [ "$as_root" = none ] && missing "OpenBLAS is missing; type: sudo sh -c '$line'"
    echo 'setup: installing libopenblas-dev'
    $as_root env DEBIAN_FRONTEND=noninteractive sh -c "$line" >/dev/null || missing "OpenBLAS could not be installed; type: sudo sh -c '$line'"
elif command -v dnf >/dev/null; then
    line='dnf install -y openblas-devel'
    [ "$as_root" = none ] && missing "OpenBLAS is missing; type: sudo $line"
    echo 'setup: installing openblas-devel'
    $as_root $line >/dev/null || missing "OpenBLAS could not be installed; type: sudo $line"
elif command -v brew >/dev/null; then
    echo 'setup: installing openblas'
    brew install openblas >/dev/null || missing 'OpenBLAS could not be installed; type: brew install openblas'
else
    missing 'OpenBLAS is missing: install it with your package manager, or set OPENBLAS_LIB_DIR to the folder that holds libopenblas'
fi
links || missing 'OpenBLAS was installed but the C compiler does not find it: set OPENBLAS_LIB_DIR to the folder that holds libopenblas'
echo 'setup: OpenBLAS installed'
