//! The folder of a run, opened for one writer: who may write into it, and what is taken away first.

use super::Failure;
use super::companion::{CONFIRM, STUDY, is_as_written};
use super::told::remark;
use super::written::VERDICTS;
use crate::data::InputError;
use crate::study::{Inventory, Manifest, Prepared, RunDirectory, RunLock, RunNames, StudyOutcome};
use std::path::Path;

/// What a folder is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To run a study in it, or to go on with its run.
    Run,
    /// To run a study in place of the run that it holds.
    Replace,
    /// To write a report of the study into it.
    Report,
}

/// A folder that this process alone writes into.
pub(super) struct Opened {
    /// The run.
    pub directory: RunDirectory,
    _lock: RunLock,
}

/// A finished run, weighed by its records.
pub(super) struct Weighed {
    pub prepared: Prepared,
    pub manifest: Manifest,
    pub directory: RunDirectory,
    pub outcome: StudyOutcome,
}

impl Weighed {
    /// # Errors
    /// [`Failure::Input`] where the folder holds no run, or records are missing.
    pub(super) fn of(root: &Path, base: Option<&Path>) -> Result<Self, Failure> {
        let (prepared, manifest) = Prepared::of_run(root, base)?;
        let directory = prepared.directory(root);
        prepared.complete(std::slice::from_ref(&directory), false)?;
        let outcome = prepared.judge(&directory)?;
        Ok(Weighed { prepared, manifest, directory, outcome })
    }
}

/// Opens a folder. It must be new, be empty, or hold a run: of the same study, or of any where it
/// is to be replaced. Nothing is written before that is known. `None` where the run that it holds
/// is finished and there is nothing to do.
///
/// # Errors
/// [`Failure::Input`] with the reason and what to do.
pub(super) fn open(prepared: &Prepared, root: &Path, purpose: Purpose) -> Result<Option<Opened>, Failure> {
    usable(root)?;
    admitted(prepared, root, purpose)?;
    let Some(lock) = RunLock::take(root)? else {
        return Err(refusal(root, "another rtrl-lab is writing into this folder", "wait until it has ended, or name another folder with --out"));
    };
    // Another process may have written between the first look and the lock.
    let held = admitted(prepared, root, purpose)?;
    if held.is_some() && purpose == Purpose::Run && root.join(VERDICTS).exists() {
        let again = "`rtrl-lab report` makes its report again, --force runs it again";
        remark(format!("nothing to do: the run in {} is finished; {again}", root.display()));
        return Ok(None);
    }
    match (held, purpose) {
        (None, _) => {}
        (Some(manifest), Purpose::Replace) => {
            refuse_own_files(prepared, root)?;
            refuse_edited(root)?;
            let names = RunNames::of(&manifest);
            let inventory = Inventory::of(root, |path| names.knows(path))?;
            inventory.clear(root)?;
            tell_kept(root, &inventory.foreign);
        }
        (Some(_), purpose) => {
            Inventory::of(root, |_| true)?.sweep(root)?;
            if purpose == Purpose::Run {
                remark(format!("going on with the run in {}", root.display()));
            }
        }
    }
    Ok(Some(Opened { directory: prepared.directory(root), _lock: lock }))
}

/// Opens the folder of a run for a worker, beside others.
///
/// # Errors
/// [`Failure::Input`] where it holds no run of this study or one process has it alone.
pub(super) fn share(prepared: &Prepared, root: &Path) -> Result<Opened, Failure> {
    usable(root)?;
    if admitted(prepared, root, Purpose::Run)?.is_none() {
        return Err(refusal(root, "this folder holds no run", "make it ready with `rtrl-lab units STUDY --out FOLDER`"));
    }
    match RunLock::share(root)? {
        Some(lock) => Ok(Opened { directory: prepared.directory(root), _lock: lock }),
        None => Err(refusal(root, "another rtrl-lab has this folder for itself", "wait until it has ended")),
    }
}

fn refusal(root: &Path, problem: impl Into<String>, remedy: impl Into<String>) -> Failure {
    InputError::new(root.display().to_string(), problem, remedy).into()
}

/// Refuses what cannot be a folder.
fn usable(root: &Path) -> Result<(), Failure> {
    const LONGEST: usize = 255;
    if root.components().any(|part| part.as_os_str().len() > LONGEST) {
        return Err(refusal(root, "a part of this path is longer than 255 bytes", "name a shorter folder with --out"));
    }
    match root.ancestors().find(|path| path.exists() && !path.is_dir()) {
        Some(file) if file == root => Err(refusal(root, "this is a file", "name a folder with --out")),
        Some(file) => Err(refusal(root, format!("{} is a file", file.display()), "name a folder with --out")),
        None => Ok(()),
    }
}

/// Whether the folder may be written into; the manifest of the run that it holds, if it holds one.
fn admitted(prepared: &Prepared, root: &Path, purpose: Purpose) -> Result<Option<Manifest>, Failure> {
    let place = root.join("manifest.json");
    let is_file = std::fs::symlink_metadata(&place).is_ok_and(|seen| seen.is_file());
    if !is_file {
        let seen = Inventory::of(root, |_| false)?;
        return match seen.ours.iter().chain(&seen.foreign).next() {
            None => Ok(None),
            Some(name) if purpose == Purpose::Replace => {
                let problem = format!("this folder is not empty ({name}) and holds no run, and --force replaces runs alone");
                Err(refusal(root, problem, "name another folder with --out"))
            }
            Some(name) => Err(refusal(root, format!("this folder is not empty ({name}) and holds no run"), "name another folder with --out")),
        };
    }
    let directory = prepared.directory(root);
    let manifest = Manifest::parse(&directory.read("manifest.json")?)
        .map_err(|why| refusal(root, format!("its manifest.json is not one of rtrl-lab ({why})"), "name another folder with --out"))?;
    directory.refuse_links()?;
    if purpose == Purpose::Replace {
        return Ok(Some(manifest));
    }
    let differences = prepared.differences(&manifest);
    if !differences.is_empty() {
        let remedy =
            if purpose == Purpose::Run { "name another folder with --out, or replace it with --force" } else { "name another folder with --out" };
        return Err(refusal(root, format!("this folder holds another run ({})", differences.join("; ")), remedy));
    }
    if purpose == Purpose::Run && !manifest.is_of_this_version() {
        let problem = format!("this run was made by rtrl-lab {}, and no other version goes on with it", manifest.version);
        return Err(refusal(root, problem, "name another folder with --out, or replace it with --force"));
    }
    if purpose == Purpose::Run && !root.join(VERDICTS).exists() && !prepared.is_by_this_program(&manifest) {
        let problem = "this run was begun by another build of rtrl-lab, whose numbers may be others";
        return Err(refusal(root, problem, "go on with that build, name another folder with --out, or replace it with --force"));
    }
    Ok(Some(manifest))
}

/// Refuses to take away files that the study is read from.
fn refuse_own_files(prepared: &Prepared, root: &Path) -> Result<(), Failure> {
    let Ok(root) = root.canonicalize() else { return Ok(()) };
    let inside = |path: &std::path::PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(&root));
    match prepared.files_read().into_iter().find(inside) {
        Some(path) => {
            let problem = format!("the study is read from {}, which --force would take away", path.display());
            Err(refusal(&root, problem, "copy that file to another place first, or name another folder with --out"))
        }
        None => Ok(()),
    }
}

/// Refuses to take away a study that is not as this program wrote it.
fn refuse_edited(root: &Path) -> Result<(), Failure> {
    let edited = |path: &std::path::PathBuf| std::fs::read_to_string(path).is_ok_and(|text| !is_as_written(&text));
    match [STUDY, CONFIRM].map(|name| root.join(name)).into_iter().find(edited) {
        Some(path) => {
            let problem = format!("{} is not as rtrl-lab wrote it, and --force would take it away", path.display());
            Err(refusal(root, problem, "copy that file to another place first, or name another folder with --out"))
        }
        None => Ok(()),
    }
}

/// Says what `--force` has left in place.
fn tell_kept(root: &Path, foreign: &[String]) {
    const TOLD: usize = 5;
    if !foreign.is_empty() {
        let more = if foreign.len() > TOLD { format!(" and {} more", foreign.len() - TOLD) } else { String::new() };
        remark(format!("left in {}, since rtrl-lab has not written it: {}{more}", root.display(), foreign[..foreign.len().min(TOLD)].join(", ")));
    }
}
