//! `help`: what a command takes, and what can stand in a study.

use super::told::{answer, written};
use super::{Arguments, Failure};
use crate::data::{InputError, did_you_mean};
use crate::study::explained;
use clap::CommandFactory;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab help verify\n  rtrl-lab help study\n  rtrl-lab help study learning\n  rtrl-lab help study recorded")]
pub(super) struct Options {
    /// A command, or `study` for the keys of a study file
    pub topic: Option<String>,
    /// After `study`: a section, a claim or a kind of data
    pub section: Option<String>,
}

/// Runs `help`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let mut command = Arguments::command();
    command.build();
    let Some(topic) = options.topic.as_deref() else {
        written(command.print_help())?;
        answer("\n`rtrl-lab help study` explains the keys of a study file.")?;
        return Ok(0);
    };
    if topic == "study" {
        answer(explained(options.section.as_deref())?.trim_end())?;
        return Ok(0);
    }
    let known: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_string()).collect();
    let Some(command) = command.find_subcommand_mut(topic) else {
        let known = || known.iter().map(String::as_str).chain(["study"]);
        let hint = did_you_mean(topic, known());
        let remedy = format!("{hint}topics: {}", known().collect::<Vec<_>>().join(", "));
        return Err(InputError::new(format!("help {topic}"), "there is no such command or topic", remedy).into());
    };
    if let Some(section) = &options.section {
        let refused = InputError::new(format!("help {topic} {section}"), "only `help study` has sections", "take the second word out");
        return Err(refused.into());
    }
    written(command.print_long_help())?;
    Ok(0)
}
