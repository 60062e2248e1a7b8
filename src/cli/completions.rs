//! `completions` and `man`: what a shell and a reader of manuals want of the command.

use super::told::{answer, remark, written};
use super::{Arguments, Failure};
use crate::study::write_whole;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  rtrl-lab completions bash > ~/.local/share/bash-completion/completions/rtrl-lab
  rtrl-lab completions fish > ~/.config/fish/completions/rtrl-lab.fish")]
pub(super) struct Options {
    /// The shell
    pub shell: Shell,
}

/// Runs `completions`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "rtrl-lab", &mut script);
    written(std::io::stdout().lock().write_all(&script))?;
    Ok(0)
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab man ~/.local/share/man/man1\n  rtrl-lab man | man -l -")]
pub(super) struct ManOptions {
    /// The folder of the pages, one a command; without one the first page is printed
    pub folder: Option<PathBuf>,
}

/// Runs `man`.
pub(super) fn man(options: &ManOptions) -> Result<u8, Failure> {
    let mut command = Arguments::command();
    command.build();
    let page = |command: clap::Command| -> Result<Vec<u8>, Failure> {
        let mut text = Vec::new();
        clap_mangen::Man::new(command).render(&mut text).map_err(|error| Failure::Machine(error.to_string()))?;
        Ok(text)
    };
    let Some(folder) = &options.folder else {
        written(std::io::stdout().lock().write_all(&page(command)?))?;
        return Ok(0);
    };
    let mut pages = 0;
    let of_commands: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    for command in std::iter::once(command).chain(of_commands) {
        let name = command.get_display_name().unwrap_or("rtrl-lab").replace(' ', "-");
        let path = folder.join(format!("{name}.1"));
        write_whole(&path, &page(command)?)?;
        answer(path.display())?;
        pages += 1;
    }
    remark(format!("{pages} pages in {}", folder.display()));
    Ok(0)
}
