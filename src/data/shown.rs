//! Text of a user or of a file, made fit to be shown: no control characters, not too long.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that a terminal obeys, that XML forbids or that reorders a line
/// written as its escape, such as `\u{1b}`.
///
/// Left alone are letters of any script and the space. Escaped are control characters (line breaks
/// and tabs among them), the marks that change the direction of writing, line and paragraph
/// separators and non-characters. What is escaped once stays as it is.
///
/// ```
/// use rtrl_lab::data::shown;
/// assert_eq!(shown("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
/// assert_eq!(shown("日本 µ"), "日本 µ");
/// ```
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if obeyed(character) {
            let _ = write!(safe, "{}", character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// The same for a whole document: line breaks stay.
pub(crate) fn shown_lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| character != '\n' && obeyed(character)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(shown).collect::<Vec<_>>().join("\n"))
}

/// The text in lines of at most `room` characters, broken between words; a longer word has a line
/// of its own.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// The text as [`shown`] shows it, its middle left out where it is longer than 600 characters.
///
/// ```
/// use rtrl_lab::data::shortened;
/// assert_eq!(shortened("short"), "short");
/// assert!(shortened(&"x".repeat(60_000)).chars().count() <= 600);
/// ```
pub fn shortened(text: &str) -> Cow<'_, str> {
    shortened_to(text, 600)
}

/// [`shortened`] to a length of `longest` characters, of which a third is the end.
pub(crate) fn shortened_to(text: &str, longest: usize) -> Cow<'_, str> {
    let safe = shown(text);
    let length = safe.chars().count();
    if length <= longest {
        return safe;
    }
    let end = longest / 3;
    let head: String = safe.chars().take(longest.saturating_sub(end + 3)).collect();
    let tail: String = safe.chars().skip(length - end).collect();
    Cow::Owned(format!("{head} … {tail}"))
}

fn obeyed(character: char) -> bool {
    let direction = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separator = matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}');
    let none = matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff);
    character.is_control() || direction || separator || none
}
/// A list as the part of a sentence: `a, b and c`. Beyond `most` items it says how many more there
/// are, but never that there is one more; empty without an item.
pub(crate) fn listed(items: &[String], most: usize) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        _ if items.len() > most + 1 => format!("{} and {} more", items[..most].join(", "), items.len() - most),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}
