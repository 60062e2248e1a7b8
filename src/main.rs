//! The command `rtrl-lab`: reads the arguments, runs a command, turns the answer into an exit code.
//!
//! The commands are thin. What they ask is in `src/claims/mod.rs`, whose table leads from a claim
//! to its mathematics, its measurement, its figure and its trial; how a run goes is in
//! `ARCHITECTURE.md`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(rtrl_lab::cli::run())
}
