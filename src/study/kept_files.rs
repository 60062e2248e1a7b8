//! The files that a study reads, kept in the folder of its run, so that the run can be read where
//! they are not.

use super::outcome::Prepared;
use super::store::{RunDirectory, StoreError, fingerprint};
use std::path::{Component, Path, PathBuf};

/// Keys of a study whose values name files, relative to it.
const KEYS: [&str; 2] = ["file", "messages"];
/// Folder of a run that holds them.
const FOLDER: &str = "data";
/// What stands for a folder above that of the study.
const ABOVE: &str = "_";
/// A file in the folder that stands for that of the study: a path that goes up begins in a folder
/// that is there.
const MARK: (&str, &str) = ("rtrl-lab-names.txt", "The names of the study's files lead from this folder to their copies.\n");

/// A file that is not kept in the run.
pub(crate) struct LeftOut {
    /// As the study names it.
    pub file: String,
    pub why: Why,
}

/// Why a file is not kept.
pub(crate) enum Why {
    /// It has so many bytes, and was not asked for.
    Large(u64),
    /// It is another one than was read for the study.
    Changed,
}

impl Prepared {
    /// The files that the study is read from: recorded data, weights, and its own text where that
    /// is a file.
    pub(crate) fn files_read(&self) -> Vec<PathBuf> {
        let named = files_of(&self.text).into_iter().map(|file| Path::new(&self.base).join(file));
        named.chain([PathBuf::from(&self.file)]).filter(|path| path.is_file()).collect()
    }

    /// Copies the files that the study reads into the run, those of at most `largest` bytes; what
    /// is there already stays. Files that are named by a path from the root, or by two paths that
    /// would lead to one copy, are not kept. Writes the manifest first, where there is none.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn keep_files(&self, directory: &RunDirectory, largest: u64) -> Result<Vec<LeftOut>, StoreError> {
        let mut left_out = Vec::new();
        self.begin(directory)?;
        let sums = &self.study.origin.sources;
        for (file, name) in names_in_run(&self.text) {
            let path = Path::new(&self.base).join(&file);
            // A file that has gone since it was read is no reason to lose the run.
            let Ok(about) = std::fs::metadata(&path) else { continue };
            let bytes = about.len();
            if directory.has(&name) {
                continue;
            }
            if bytes > largest {
                left_out.push(LeftOut { file, why: Why::Large(bytes) });
                continue;
            }
            let content = std::fs::read(&path).map_err(|error| StoreError::disk(&path, error))?;
            if sums.iter().any(|(read, sum)| *read == file && *sum != fingerprint(&content)) {
                left_out.push(LeftOut { file, why: Why::Changed });
                continue;
            }
            directory.write(&mark(&self.text), MARK.1.as_bytes())?;
            directory.write(&name, &content)?;
        }
        Ok(left_out)
    }

    /// Takes into the directory the files that another run of the same study keeps.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(super) fn adopt_files(&self, directory: &RunDirectory, other: &RunDirectory) -> Result<(), StoreError> {
        let names = names_in_run(&self.text).into_iter().map(|(_, name)| name).chain([mark(&self.text)]);
        for name in names.filter(|name| other.has(name) && !directory.has(name)) {
            directory.write(&name, &other.read(&name)?)?;
        }
        Ok(())
    }
}

/// The folder from which the study's names lead to the files that a run keeps.
pub(super) fn base_in_run(root: &Path, text: &str) -> PathBuf {
    root.join(folder(depth_of(&files_of(text))))
}

/// The name in the run of the file in that folder.
pub(super) fn mark(text: &str) -> String {
    format!("{}/{}", folder(depth_of(&files_of(text))), MARK.0)
}

/// The files of a study that a run can keep, each with its name in the run.
pub(super) fn names_in_run(text: &str) -> Vec<(String, String)> {
    let files = files_of(text);
    let depth = depth_of(&files);
    let name = |file: &String| {
        let below: Vec<&str> = file.split('/').skip_while(|part| *part == ".." || *part == ".").collect();
        let plain = Path::new(file).components().skip_while(|part| *part == Component::ParentDir || *part == Component::CurDir);
        let inside = plain.clone().all(|part| matches!(part, Component::Normal(_))) && plain.count() == below.len();
        (inside && !below.is_empty()).then(|| format!("{}/{}", folder(depth - above(file)), below.join("/")))
    };
    let named: Vec<(String, String)> = files.iter().filter_map(|file| Some((file.clone(), name(file)?))).collect();
    let is_alone = |name: &String| named.iter().filter(|(_, other)| other == name).count() == 1;
    named.iter().filter(|(_, name)| is_alone(name)).cloned().collect()
}

/// The folder of a run from which so many steps up lead to that of all its copies.
fn folder(depth: usize) -> String {
    std::iter::once(FOLDER).chain(std::iter::repeat_n(ABOVE, depth)).collect::<Vec<_>>().join("/")
}

/// How many folders any of the paths goes up, at most.
fn depth_of(files: &[String]) -> usize {
    files.iter().map(|file| above(file)).max().unwrap_or(0)
}

/// How many folders a path goes up before it goes down.
fn above(file: &str) -> usize {
    Path::new(file)
        .components()
        .take_while(|part| *part == Component::ParentDir || *part == Component::CurDir)
        .filter(|part| *part == Component::ParentDir)
        .count()
}

/// The files that a study names, once each.
fn files_of(text: &str) -> Vec<String> {
    fn look(value: &toml::Value, files: &mut Vec<String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    match value {
                        toml::Value::String(file) if KEYS.contains(&key.as_str()) && !files.contains(file) => files.push(file.clone()),
                        value => look(value, files),
                    }
                }
            }
            toml::Value::Array(values) => values.iter().for_each(|value| look(value, files)),
            _ => {}
        }
    }
    let mut files = Vec::new();
    if let Ok(table) = text.parse::<toml::Table>() {
        look(&toml::Value::Table(table), &mut files);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_from_the_base_in_the_run_to_the_copy() {
        let text = "data = { file = \"../../shared/x.csv\" }\n[case.a.data]\nfile = \"y.csv\"\n[case.b.network.parameters]\nfile = \"../w/n.npz\"\n\
                    [case.c.data]\nfile = \"/etc/passwd\"\n[case.d.data]\nfile = \"a/../../../b.csv\"\nmessages = \"./m.csv\"\n";
        let root = Path::new("run");
        assert_eq!(base_in_run(root, text), Path::new("run/data/_/_"));
        let names = names_in_run(text);
        let place = |file: &str| names.iter().find(|(own, _)| own == file).map(|(_, name)| name.as_str());
        assert_eq!(place("../../shared/x.csv"), Some("data/shared/x.csv"));
        assert_eq!(place("y.csv"), Some("data/_/_/y.csv"));
        assert_eq!(place("../w/n.npz"), Some("data/_/w/n.npz"));
        assert_eq!(place("./m.csv"), Some("data/_/_/m.csv"));
        assert_eq!(mark(text), "data/_/_/rtrl-lab-names.txt");
        // Nothing is written outside of the run.
        assert_eq!((place("/etc/passwd"), place("a/../../../b.csv")), (None, None));
    }

    #[test]
    fn two_files_that_would_be_one_copy_are_not_kept() {
        let text = "[case.a.data]\nfile = \"x.csv\"\n[case.b.data]\nfile = \"../_/x.csv\"\n[case.c.data]\nfile = \"y.csv\"\n";
        assert_eq!(names_in_run(text), [("y.csv".to_string(), "data/_/y.csv".to_string())]);
    }
}
