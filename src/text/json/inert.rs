//! JSON in which nothing stands that a terminal obeys.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The same JSON, with DEL and the second set of control characters as escapes. They can stand in
/// strings only, and those of the first set in none.
pub fn inert(json: &str) -> Cow<'_, str> {
    let obeyed = |c: char| matches!(c, '\u{7f}'..='\u{9f}');
    if !json.contains(obeyed) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if obeyed(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
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
    }
}
