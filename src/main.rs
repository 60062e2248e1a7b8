//! The command `rtrl-lab`: reads the arguments, runs a command, turns the answer into an exit code.

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // clap leaves with code 2 by itself where the arguments make no sense.
    match cli::Arguments::parse().run() {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
