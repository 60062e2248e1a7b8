//! The one rule for names of studies and cases, which become names of files and folders.

/// Longest name in bytes: a figure's file name adds a claim and an ending, and may have 255.
const LONGEST: usize = 200;

/// What is wrong with a name and what to do, if anything is.
pub(in crate::study) fn fault_of(name: &str) -> Option<(String, &'static str)> {
    const REMEDY: &str = "use letters, digits, spaces, - and _, and a point between two digits";
    if name.trim().is_empty() {
        return Some(("a name is part of file names, and this one is empty".into(), REMEDY));
    }
    // A swept number may have a point; with digits around it, it is no ending and leads nowhere.
    let letters: Vec<char> = name.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    let decimal = |at: usize| letters[at] == '.' && digit(at.checked_sub(1)) && digit(Some(at + 1));
    if let Some((_, other)) = letters.iter().enumerate().find(|(at, c)| !(c.is_alphanumeric() || "-_ ".contains(**c) || decimal(*at))) {
        return Some((format!("a name is part of file names, and `{other}` is not for these"), REMEDY));
    }
    let length = name.len();
    (length > LONGEST).then(|| (format!("a name is part of file names, and this one has {length} bytes"), "use at most 200 bytes"))
}

#[cfg(test)]
mod tests {
    use super::fault_of;

    #[test]
    fn a_point_stands_between_digits_alone() {
        for name in ["tanh", "hidden-16_exponent-0.3", "a b", "1.2.3"] {
            assert_eq!(fault_of(name), None, "{name}");
        }
        for name in ["a.b", ".3", "3.", "3..4", "0.x", ".", "a/b", "a\nb"] {
            assert!(fault_of(name).is_some(), "{name}");
        }
    }
}
