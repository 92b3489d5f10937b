//! Names of files that a service gives: made so that they lead nowhere and hide nothing.

use std::borrow::Cow;

/// Bytes that a file system takes for a name, with room for what a save adds to it.
const MOST_BYTES: usize = 240;
/// For a name of which nothing is left.
const NAMELESS: &str = "artifact";

/// What stays of a name, and whether that is less than all of it.
pub fn harmless(name: &str) -> (Cow<'_, str>, bool) {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let spoils = |c: char| c.is_control() || is_invisible(c);
    let clean: Cow<'_, str> =
        if last.contains(spoils) { last.replace(spoils, "_").into() } else { last.into() };
    let bare = clean.trim_start_matches(['.', '-', ' ', '~']).trim_end();
    let bare = shortened(bare);
    if bare.is_empty() {
        return (Cow::Borrowed(NAMELESS), true);
    }
    let changed = bare != name;
    match clean {
        Cow::Borrowed(_) if !changed => (Cow::Borrowed(name), false),
        _ => (Cow::Owned(bare.into_owned()), changed),
    }
}

/// Turns the direction of text, or takes no room: such a name would not read as what it is.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Cuts the stem, so that the ending still tells what it is.
fn shortened(name: &str) -> Cow<'_, str> {
    if name.len() <= MOST_BYTES {
        return Cow::Borrowed(name);
    }
    let (stem, ending) = split(name);
    let ending = if ending.len() <= 20 { ending } else { "" };
    let mut cut = MOST_BYTES - ending.len();
    while !stem.is_char_boundary(cut) {
        cut -= 1;
    }
    Cow::Owned(format!("{}{ending}", &stem[..cut]))
}

/// The name before its last dot, and what follows with the dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// The same name with a number: `x (2).md`.
pub fn numbered(name: &str, number: u32) -> String {
    let (stem, ending) = split(name);
    format!("{stem} ({number}){ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_the_directory_and_shows_what_it_is() {
        for (name, kept) in [
            ("../../etc/passwd", "passwd"),
            ("a\\b.txt", "b.txt"),
            (".bashrc", "bashrc"),
            ("-rf\u{1b}[2J", "rf_[2J"),
            ("line\nbreak", "line_break"),
            ("txt.\u{202e}exe", "txt._exe"),
            ("~root", "root"),
            ("  a ", "a"),
            ("../..", "artifact"),
            ("", "artifact"),
        ] {
            assert_eq!(harmless(name), (kept.into(), true), "{name:?}");
        }
        assert_eq!(harmless("refund letter (2).md"), ("refund letter (2).md".into(), false));
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = format!("{}.tar.gz", "ü".repeat(300));
        let (kept, changed) = harmless(&name);
        assert!(changed && kept.len() <= MOST_BYTES && kept.ends_with("ü.gz"), "{kept}");
        assert_eq!(harmless(&"x".repeat(300)).0.len(), MOST_BYTES);
    }

    #[test]
    fn a_number_stands_before_the_ending() {
        assert_eq!(numbered("x.md", 2), "x (2).md");
        assert_eq!(numbered("Makefile", 3), "Makefile (3)");
    }
}
