//! The one rule for names of studies and cases, which become names of files and folders.

/// Longest name in bytes: a figure's file name adds a claim and an ending, and may have 255.
const LONGEST: usize = 200;

/// What is wrong with a name and what to do, if anything is.
pub(in crate::study) fn fault_of(name: &str) -> Option<(String, &'static str)> {
    const REMEDY: &str = "use letters, digits, spaces, - and _";
    if name.trim().is_empty() {
        return Some(("a name is part of file names, and this one is empty".into(), REMEDY));
    }
    if let Some(other) = name.chars().find(|c| !(c.is_alphanumeric() || "-_ ".contains(*c))) {
        return Some((format!("a name is part of file names, and `{other}` is not for these"), REMEDY));
    }
    let length = name.len();
    (length > LONGEST).then(|| (format!("a name is part of file names, and this one has {length} bytes"), "use at most 200 bytes"))
}
