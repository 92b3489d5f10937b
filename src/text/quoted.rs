//! Names that others gave, in sentences and headings of ours.
//!
//! The invariant: a name is told from the words around it, however it is called, and leaves room for
//! them. What could be taken for words of ours stands in quotes, as `"gone? Enter leaves"`; what could
//! not, as most names, stands as it is.

use super::invisible::is_mark;
use super::{sanitize, width};

/// Columns of a name in a sentence.
const IN_SENTENCE: usize = 48;
/// Characters that are looked at; the columns are fewer.
const LOOKED_AT: usize = 200;

/// A name in a sentence: quoted unless it is one plain word, and cut where it is long.
pub fn in_sentence(name: &str) -> String {
    quoted(name, IN_SENTENCE, false)
}

/// A name in a heading, in at most so many columns: quoted where it has in it what sets our own words
/// apart.
pub fn in_heading(name: &str, columns: usize) -> String {
    quoted(name, columns, true)
}

/// A name in a list, where others may begin alike: what ends in a number, as generated names do, is cut
/// in the middle.
pub fn in_list(name: &str, columns: usize) -> String {
    let whole = quoted(name, LOOKED_AT, true);
    let last = whole.rsplit([' ', '_', '-']).next().unwrap_or_default();
    if last.contains(|c: char| c.is_ascii_digit()) {
        return width::truncate_middle(&whole, columns).into_owned();
    }
    quoted(name, columns, true)
}

/// What must be typed of the name of something before that goes for good: its end, since whoever types
/// it has read it; all of it where real people depend on it.
pub fn to_type(name: &str, production: bool) -> &str {
    let end = name.char_indices().rev().nth(TYPED - 1).filter(|_| !production);
    end.map_or(name, |(at, _)| &name[at..])
}

/// Characters at the end of a name.
const TYPED: usize = 4;

/// What our sentences set words apart with.
fn is_furniture(c: char) -> bool {
    "·▸[]│─\"".contains(c)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "-_./:@+#&()…".contains(c) || is_mark(c)
}

fn quoted(name: &str, columns: usize, spaces: bool) -> String {
    let shown = sanitize::preview(name, LOOKED_AT);
    let is_plain = !shown.is_empty()
        && !shown.contains("  ")
        && shown.trim() == shown
        && shown.chars().all(|c| if spaces { !is_furniture(c) } else { is_of_word(c) });
    if is_plain {
        return width::truncate(&shown, columns).into_owned();
    }
    // A quote in it ends nothing.
    let inner = shown.replace('"', "'");
    let cut = width::truncate(&inner, columns.saturating_sub(2));
    width::truncate(&format!("\"{cut}\""), columns).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_is_typed_and_all_of_it_in_production() {
        assert_eq!(to_type("refund-4411", false), "4411");
        assert_eq!(to_type("refund-4411", true), "refund-4411");
        assert_eq!((to_type("ab", false), to_type("夜勤のセッ", false)), ("ab", "勤のセッ"));
    }

    #[test]
    fn a_plain_name_stands_as_it_is_and_what_reads_like_our_words_is_quoted() {
        for name in ["night-shift", "a/b_c.d:2", "nächtlich", "夜勤", "हिन्दी", "refund-4411"]
        {
            assert_eq!(in_sentence(name), name);
            assert_eq!(in_heading(name, 30), name);
        }
        assert_eq!(in_heading("Night shift (2)", 30), "Night shift (2)");
        for (name, shown) in [
            ("gone? Enter leaves it", "\"gone? Enter leaves it\""),
            ("a b", "\"a b\""),
            ("x\" is safe", "\"x' is safe\""),
            ("", "\"\""),
            ("a · idle", "\"a · idle\""),
            ("a\n[ send ]", "\"a [ send ]\""),
        ] {
            assert_eq!(in_sentence(name), shown);
        }
        assert_eq!(in_heading("s  running", 30), "\"s  running\"");
        assert_eq!(in_heading(" idle", 30), "\" idle\"");
    }

    #[test]
    fn no_name_takes_more_than_its_room() {
        for name in ["x".repeat(5_000), "夜 ?".repeat(900), "e\u{301}".repeat(900)] {
            assert!(width::width(&in_sentence(&name)) <= IN_SENTENCE, "{name}");
            for columns in 0..30 {
                assert!(width::width(&in_heading(&name, columns)) <= columns, "{columns}: {name}");
            }
        }
        let quoted = in_sentence(&"a b".repeat(100));
        assert!(quoted.ends_with("…\""), "{quoted}: it is closed where it is cut");
    }
}
