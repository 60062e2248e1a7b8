//! Finds the system's OpenBLAS and links it, or stops with the one line that installs it; says what
//! the program is built from.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders in which distributions put `libopenblas`, beside the ones the compiler itself names.
const USUAL_FOLDERS: [&str; 6] =
    ["/usr/lib64", "/usr/lib", "/usr/local/lib", "/opt/homebrew/opt/openblas/lib", "/usr/local/opt/openblas/lib", "/usr/lib64/openblas"];

fn main() {
    println!("cargo::rerun-if-env-changed=OPENBLAS_LIB_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    name_the_source();
    if std::env::var_os("CARGO_FEATURE_LAPACK").is_none() {
        return;
    }
    match openblas_folder() {
        Some(folder) => {
            println!("cargo::rustc-link-search=native={}", folder.display());
            println!("cargo::rustc-link-lib=dylib=openblas");
        }
        None => println!(
            "cargo::error=OpenBLAS was not found. Install it (Debian, Ubuntu: `apt-get install libopenblas-dev`; Fedora: `dnf install openblas-devel`; \
             macOS: `brew install openblas`), or set OPENBLAS_LIB_DIR to the folder that holds libopenblas; `make setup` does this for you. The command alone needs none: `cargo build --release --no-default-features`."
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

/// What the program is made of, beside the compiler.
const SOURCE: [&str; 4] = ["Cargo.lock", "Cargo.toml", "build.rs", "src"];

/// Hands three facts to the program: a checksum of its source, the commit that was checked out and
/// whether files differed from it. The last two are those of the last change of the source: a
/// commit alone builds nothing again.
fn name_the_source() {
    let mut files = Vec::new();
    for name in SOURCE {
        println!("cargo::rerun-if-changed={name}");
        list(Path::new(name), &mut files);
    }
    // Studies and tables that are built in.
    println!("cargo::rerun-if-changed=experiments");
    list(Path::new("experiments"), &mut files);
    files.sort();
    let mut digest = Sha256::new();
    for file in &files {
        let bytes = std::fs::read(file).unwrap_or_default();
        digest.update(file.to_string_lossy().replace('\\', "/").as_bytes());
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(&bytes);
    }
    let source: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=RTRL_LAB_SOURCE={source}");
    // A package from a registry lies in no repository of its own, whatever folder it was put into.
    let commit = Path::new(".git").exists().then(|| git(&["rev-parse", "HEAD"])).flatten();
    let dirty = git(&["status", "--porcelain"]).is_none_or(|changes| !changes.trim().is_empty());
    let from = commit.map_or_else(String::new, |commit| {
        println!("cargo::rustc-env=RTRL_LAB_COMMIT={}", commit.trim());
        if dirty {
            println!("cargo::rustc-env=RTRL_LAB_DIRTY=yes");
        }
        format!("commit {:.12}{}, ", commit.trim(), if dirty { " with changes" } else { "" })
    });
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    println!("cargo::rustc-env=RTRL_LAB_PROGRAM={version} ({from}source {source})");
}

fn list(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| list(&entry.path(), files)),
        Err(_) => files.push(path.to_path_buf()),
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let answer = Command::new("git").args(arguments).output().ok()?;
    answer.status.success().then(|| String::from_utf8(answer.stdout).ok())?
}
