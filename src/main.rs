//! The command `rtrl-lab`: reads the arguments, runs a command, turns the answer into an exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cli::run())
}
