//! The commands: thin callers of the library, one file each.

mod analyze;
mod bars;
mod bench;
mod beside;
mod calibrate;
mod check;
mod companion;
mod completions;
mod confirm;
mod diagnose;
mod distance;
mod dry_run;
mod export;
mod failure;
mod figures;
mod folder;
mod help;
mod init;
mod kubernetes;
mod list;
mod narrow;
mod one_unit;
mod oracle;
mod phase;
mod published;
mod report;
mod schema;
mod signals;
mod simulate;
mod slurm;
mod tasks;
mod told;
mod train;
mod units;
mod verify;
mod work;
mod written;

pub use failure::Failure;

use crate::study::{PROGRAM, caught, place_of, quiet_faults};
use clap::{Parser, Subcommand};

/// Tells whether the convergence theory of Real-time Recurrent Learning holds for your network,
/// data and step sizes.
#[derive(Parser)]
#[command(name = "rtrl-lab", version = PROGRAM, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a study and writes verdicts, figures and a page; without a file, the built-in study.
    Verify(verify::Options),
    /// Puts the same questions to your own CSV and, if you have one, your trained network.
    Analyze(Box<analyze::Options>),
    /// Makes table, figures and page again from the records of one run or several shards.
    Report(report::Options),
    /// Draws the figures of a run for a paper or a talk: width, letters, colours, form.
    Figures(figures::Options),
    /// Recomputes every number of a run from its records and does a sample of units again.
    Check(check::Options),
    /// Makes a run ready for workers and prints its work, one line a chunk, for any queue.
    Units(units::Options),
    /// Does chunks of a run, beside any number of other workers.
    Work(work::Options),
    /// Writes a study as an array of Slurm jobs and a report that waits for them.
    Slurm(slurm::Options),
    /// Writes a study as an indexed job of Kubernetes.
    Kubernetes(kubernetes::Options),
    /// Measures how often intervals cover and verdicts err, against exact answers.
    Calibrate(calibrate::Options),
    /// Tells how well saved Markov chains mix: R̂, effective sample sizes, error of the mean.
    Diagnose(diagnose::Options),
    /// Wasserstein distances between two saved samples, with bounds.
    Distance(distance::Options),
    /// Prints the exact values of a linear study as JSON.
    Oracle(oracle::Options),
    /// Maps where contraction ends, over the strength of the recurrence and the memory of the data.
    Phase(phase::Options),
    /// Trains by several methods on the same networks, data and seeds, and compares them.
    Train(train::Options),
    /// Numbers that others published, made again: order books, tasks, losses of methods.
    Published(published::Options),
    /// Writes trajectories of data, hidden state and derivatives as NPZ.
    Simulate(simulate::Options),
    /// Writes a study's network as an NPZ file.
    Export(export::Options),
    /// Times the hot loops, in GFLOP/s and as a share of this processor's peak.
    Bench(bench::Options),
    /// Lists claims, cells, activations, data kinds and learning methods.
    List(list::Options),
    /// Writes a commented study to start from.
    Init(init::Options),
    /// Explains a command, or the keys of a study file.
    Help(help::Options),
    /// Prints the JSON Schema of a study, of verdicts.json, of a record or of the manifest.
    Schema(schema::Options),
    /// Prints the completions of a shell.
    Completions(completions::Options),
    /// Writes manual pages.
    Man(completions::ManOptions),
}

/// Runs the command that the process's arguments name; the exit code, which is never another than
/// 0, 1, 2 or 3.
///
/// A panic anywhere is a fault of this program and ends as one line and code 3.
pub fn run() -> u8 {
    quiet_faults();
    let failure = match caught(|| Arguments::try_parse().map(Arguments::run)) {
        Ok(Ok(Ok(code))) => return code,
        Ok(Ok(Err(failure))) => failure,
        // Help and version go to stdout; complaints of the arguments to stderr, with code 2.
        Ok(Err(refused)) => match told::written(refused.print()) {
            Err(failure) if !refused.use_stderr() => failure,
            _ => return u8::try_from(refused.exit_code()).unwrap_or(2),
        },
        Err(fault) => {
            let place = place_of(&fault).map_or_else(String::new, |place| format!(" at {place}"));
            Failure::Machine(format!("{fault}{place}; nothing that was written is damaged; this is a fault of rtrl-lab, please report it"))
        }
    };
    told::remark(format!("error: {failure}"));
    failure.code()
}

impl Arguments {
    /// Runs the command; the exit code of a run that did not fail.
    ///
    /// # Errors
    /// [`Failure`] for bad input or a failing machine.
    pub fn run(self) -> Result<u8, Failure> {
        match self.command {
            Command::Verify(options) => verify::run(&options),
            Command::Analyze(options) => analyze::run(&options),
            Command::Report(options) => report::run(&options),
            Command::Figures(options) => figures::run(&options),
            Command::Check(options) => check::run(&options),
            Command::Units(options) => units::run(&options),
            Command::Work(options) => work::run(&options),
            Command::Kubernetes(options) => kubernetes::run(&options),
            Command::Slurm(options) => slurm::run(&options),
            Command::Calibrate(options) => calibrate::run(&options),
            Command::Diagnose(options) => diagnose::run(&options),
            Command::Distance(options) => distance::run(&options),
            Command::Oracle(options) => oracle::run(&options),
            Command::Phase(options) => phase::run(&options),
            Command::Train(options) => train::run(&options),
            Command::Published(options) => published::run(&options),
            Command::Simulate(options) => simulate::run(&options),
            Command::Export(options) => export::run(&options),
            Command::Bench(options) => bench::run(&options),
            Command::List(options) => list::run(&options),
            Command::Init(options) => init::run(&options),
            Command::Help(options) => help::run(&options),
            Command::Schema(options) => schema::run(&options),
            Command::Completions(options) => completions::run(&options),
            Command::Man(options) => completions::man(&options),
        }
    }
}
