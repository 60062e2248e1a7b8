//! The command `rtrl-lab`: reads the arguments, runs a command, turns the answer into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(rtrl_lab::cli::run())
}
