//! JSON in which nothing stands that a terminal obeys.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::invisible::{is_ignorable, shapes};

/// The same JSON, with control characters as escapes. Those that may stand between values are spaces
/// then, but for line breaks and tabs, which stay.
pub fn inert(json: &str) -> Cow<'_, str> {
    if !json.contains(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        push(&mut out, c, is_obeyed(c));
    }
    Cow::Owned(out)
}

/// The same for a person's screen, where what is drawn as nothing, or moves what is beside it, is an
/// escape, too.
pub fn inert_shown(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 16);
    let mut chars = json.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let hides = is_ignorable(c) && !shapes(before, c, chars.peek().copied());
        push(&mut out, c, hides || is_obeyed(c));
        before = if hides { ' ' } else { c };
    }
    out
}

fn is_obeyed(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

fn push(out: &mut String, c: char, escaped: bool) {
    match c {
        '\r' => out.push(' '),
        c if escaped => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_stands_as_an_escape_and_says_the_same() {
        let name = "a\u{9b}31m\u{9d}\u{85}\u{7f}b\u{1b}\u{a0}é";
        let json = serde_json::to_string(name).unwrap();
        let out = inert(&json);
        assert_eq!(out, "\"a\\u009b31m\\u009d\\u0085\\u007fb\\u001b\u{a0}é\"");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), name);
        assert_eq!(inert("[1,\r\n\t\u{1b}2]"), "[1, \n\t\\u001b2]");
    }

    #[test]
    fn what_a_person_would_not_see_says_the_same_too() {
        let name = "a\u{202e}b\u{200b}\u{e0041}👩\u{200d}👧\u{7f}";
        let out = inert_shown(&serde_json::to_string(name).unwrap());
        assert_eq!(out, "\"a\\u202eb\\u200b\\udb40\\udc41👩\u{200d}👧\\u007f\"");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), name);
    }
}
