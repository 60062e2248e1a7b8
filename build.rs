//! Finds the system's OpenBLAS and links it, or stops with the one line that installs it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders in which distributions put `libopenblas`, beside the ones the compiler itself names.
const USUAL_FOLDERS: [&str; 6] =
    ["/usr/lib64", "/usr/lib", "/usr/local/lib", "/opt/homebrew/opt/openblas/lib", "/usr/local/opt/openblas/lib", "/usr/lib64/openblas"];

fn main() {
    println!("cargo::rerun-if-env-changed=OPENBLAS_LIB_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    match openblas_folder() {
        Some(folder) => {
            println!("cargo::rustc-link-search=native={}", folder.display());
            println!("cargo::rustc-link-lib=dylib=openblas");
        }
        None => println!(
            "cargo::error=OpenBLAS was not found. Install it (Debian, Ubuntu: `apt-get install libopenblas-dev`; Fedora: `dnf install openblas-devel`; \
             macOS: `brew install openblas`), or set OPENBLAS_LIB_DIR to the folder that holds libopenblas; `make setup` does this for you."
        ),
    }
}

fn openblas_folder() -> Option<PathBuf> {
    let stated = std::env::var_os("OPENBLAS_LIB_DIR").map(PathBuf::from);
    let usual = USUAL_FOLDERS.iter().map(PathBuf::from);
    stated.into_iter().chain(compiler_folder()).chain(usual).find(|folder| holds_openblas(folder))
}

/// The folder of the library the C compiler would link, which covers Debian's multi-architecture
/// paths.
fn compiler_folder() -> Option<PathBuf> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let answer = Command::new(compiler).arg("-print-file-name=libopenblas.so").output().ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    path.is_absolute().then(|| path.parent().map(Path::to_path_buf))?
}

fn holds_openblas(folder: &Path) -> bool {
    ["libopenblas.so", "libopenblas.dylib"].iter().any(|name| folder.join(name).exists())
}
