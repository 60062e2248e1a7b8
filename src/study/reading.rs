//! The study of a run folder, wherever the folder stands now and whichever version wrote it.

use super::build::BudgetScale;
use super::difference::{Difference, differences};
use super::kept_files::{base_in_run, names_in_run};
use super::manifest::Manifest;
use super::outcome::Prepared;
use crate::data::InputError;
use serde_json::Value;
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
            let filled = if manifest.is_of_this_version() { Vec::new() } else { filled_otherwise(&manifest.study, &prepared.study.origin.resolved) };
            if !filled.is_empty() {
                let (version, now) = (&manifest.version, env!("CARGO_PKG_VERSION"));
                let problem = format!("rtrl-lab {version} made this run with other values than {now} fills in ({})", filled.join("; "));
                let remedy = format!("read it with rtrl-lab {version}, or write these values into a study and run that");
                return Err(InputError::new(place.display().to_string(), problem, remedy));
            }
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

/// Values of which records are made, that another version filled in otherwise: `CASE/KEY: its, not
/// ours`. Margins and the level weigh records and make none; keys that the other version did not
/// have are ours alone; numbers may differ by rounding.
fn filled_otherwise(then: &Value, now: &Value) -> Vec<String> {
    /// Relative rounding of numbers that two versions computed.
    const ROUNDING: f64 = 1e-9;
    let is_near = |d: &Difference| match (d.first.as_f64(), d.second.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= ROUNDING * a.abs().max(b.abs()),
        _ => false,
    };
    let shapes = |d: &Difference| match d.path.split('/').collect::<Vec<_>>()[..] {
        [_, "claims", _, "margin"] => false,
        [case, "claims", claim, ..] => then["cases"][case]["asked"].as_array().is_some_and(|asked| asked.iter().any(|name| name == claim)),
        _ => true,
    };
    let found = differences(&then["cases"], &now["cases"]);
    let found = found.iter().filter(|d| !d.first.is_null() && !is_near(d) && shapes(d));
    found.map(|d| format!("{}: {}, not {}", d.path, d.first, d.second)).collect()
}

#[cfg(test)]
mod tests {
    use super::filled_otherwise;
    use serde_json::{Value, json};

    fn study(chains: usize, margin: f64, weight: f64) -> Value {
        let claims = json!({ "staleness": { "chains": chains, "margin": margin }, "fixed_point": { "chains": 2 * chains } });
        json!({ "level": margin, "cases": { "a": { "asked": ["staleness"], "claims": claims, "parameters": { "B": [weight] } } } })
    }

    #[test]
    fn what_makes_records_must_be_the_same_and_what_weighs_them_need_not() {
        let then = study(32, 0.1, 0.5);
        assert_eq!(filled_otherwise(&then, &study(32, 0.2, 0.5 + 1e-12)), Vec::<String>::new());
        assert_eq!(filled_otherwise(&then, &study(64, 0.1, 0.5)), ["a/claims/staleness/chains: 32, not 64"]);
        assert_eq!(filled_otherwise(&then, &study(32, 0.1, 0.6)), ["a/parameters/B/0: 0.5, not 0.6"]);
    }

    #[test]
    fn a_key_that_only_one_version_has_is_no_other_value_unless_it_was_taken_away() {
        let (then, mut now) = (study(32, 0.1, 0.5), study(32, 0.1, 0.5));
        now["cases"]["a"]["claims"]["staleness"]["until"] = json!(0.1);
        assert!(filled_otherwise(&then, &now).is_empty());
        assert_eq!(filled_otherwise(&now, &then), ["a/claims/staleness/until: 0.1, not null"]);
    }
}
