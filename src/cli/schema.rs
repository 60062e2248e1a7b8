//! `schema`: JSON Schemas of the files.

use super::Failure;
use super::told::answer;
use crate::data::InputError;
use crate::study::{SCHEMAS, schema};
use clap::builder::PossibleValuesParser;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab schema > study.schema.json\n  rtrl-lab schema verdicts")]
pub(super) struct Options {
    /// A study file, verdicts.json, a file of records/, or manifest.json
    #[arg(default_value = SCHEMAS[0], value_parser = PossibleValuesParser::new(SCHEMAS))]
    pub of: String,
}

/// Runs `schema`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let schema =
        schema(&options.of).ok_or_else(|| InputError::new(&options.of, "there is no such schema", format!("one of {}", SCHEMAS.join(", "))))?;
    answer(serde_json::to_string_pretty(&schema).map_err(|error| Failure::Machine(error.to_string()))?)?;
    Ok(0)
}
