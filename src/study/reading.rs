//! The study of a run folder, wherever the folder stands now and whichever version wrote it.

use super::build::BudgetScale;
use super::kept_files::{base_in_run, names_in_run};
use super::manifest::Manifest;
use super::outcome::Prepared;
use crate::data::InputError;
use std::collections::BTreeMap;
use std::path::Path;

impl Prepared {
    /// The study of a run directory.
    ///
    /// # Errors
    /// [`InputError`] where the manifest is missing or its study no longer validates.
    pub(crate) fn of_run(root: &Path, base: Option<&Path>) -> Result<(Self, Manifest), InputError> {
        let place = root.join("manifest.json");
        let broken = |why: String| InputError::new(place.display().to_string(), why, "name a directory that `rtrl-lab verify` has written");
        let bytes = std::fs::read(&place).map_err(|error| broken(format!("the manifest cannot be read ({error})")))?;
        let manifest = Manifest::parse(&bytes).map_err(|why| broken(format!("the manifest is not whole ({why})")))?;
        let pace = if manifest.quick { BudgetScale::Quick } else { BudgetScale::Full };
        let from_run = manifest.base_from_run.as_ref().map(|way| root.join(way)).filter(|base| base.exists());
        let first = base.map(Path::to_path_buf).or(from_run).unwrap_or_else(|| manifest.base.clone().into());
        let from = |base: &Path| {
            let prepared = Prepared::new(&manifest.study_text, "study of the run", base, pace, &manifest.only)?.of_version(&manifest);
            let differ = prepared.differences(&manifest).join(", ");
            let why = || broken(format!("the study or its data are not those that the run was made with: {differ}"));
            if prepared.fingerprint() == manifest.fingerprint { Ok(prepared) } else { Err(why()) }
        };
        // Where the files are not what they were, the run may have kept them.
        let kept = names_in_run(&manifest.study_text);
        let is_kept = !kept.is_empty() && kept.iter().all(|(_, name)| root.join(name).is_file());
        let prepared = from(&first).or_else(|refused| if is_kept { from(&base_in_run(root, &manifest.study_text)) } else { Err(refused) })?;
        Ok((prepared, manifest))
    }

    /// The same as the study of a run that another version has made: what that version wrote is
    /// read, where the data are those of the run.
    fn of_version(mut self, manifest: &Manifest) -> Self {
        let data: BTreeMap<String, String> = self.study.origin.sources.iter().cloned().collect();
        if !manifest.is_of_this_version() && data == manifest.data {
            self.earlier = Some(manifest.fingerprint.clone());
        }
        self
    }
}
