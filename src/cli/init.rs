//! `init`: a study to start from.

use super::Failure;
use rtrl_lab::data::InputError;
use rtrl_lab::study::INIT;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Options {
    /// The file to write; without one the study is printed
    pub file: Option<PathBuf>,
    /// Replace the file
    #[arg(long)]
    pub force: bool,
}

/// Runs `init`.
pub fn run(options: &Options) -> Result<u8, Failure> {
    match &options.file {
        None => print!("{INIT}"),
        Some(path) if path.exists() && !options.force => {
            return Err(InputError::new(path.display().to_string(), "the file exists", "name another, or replace it with --force").into());
        }
        Some(path) => {
            std::fs::write(path, INIT)?;
            println!("wrote {}; run it with `rtrl-lab verify {}`", path.display(), path.display());
        }
    }
    Ok(0)
}
