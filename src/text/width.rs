//! Columns, not bytes or characters: how wide text is on a terminal, and cutting it to fit.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

pub fn width(text: &str) -> usize {
    // Most texts, and the short way for them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    // By Unicode these extend the letter before them; terminals give them a column of their own.
    let marks = text.chars().filter(|letter| matches!(letter, '\u{ff9e}' | '\u{ff9f}'));
    text.width() + marks.count()
}

/// Whether a letter takes one column and joins with no other of its kind: ASCII, the lines and blocks that
/// frames and gauges are drawn with, and the signs that every second line has.
pub const fn is_simple(letter: char) -> bool {
    matches!(letter, ' '..='~' | '─'..='▟' | '·' | '…' | '•' | '→' | '▴' | '▸' | '▾' | '◆')
}

/// Cuts to `columns`, ending in `…` where something was cut. Graphemes stay whole.
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    if text.len() <= columns || width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let mut end = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let next = used + width(grapheme);
        if next > columns - 1 {
            break;
        }
        used = next;
        end = at + grapheme.len();
    }
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Exactly `columns` wide: cut or filled with spaces on the right.
pub fn fit(text: &str, columns: usize) -> String {
    let cut = truncate(text, columns);
    let missing = columns.saturating_sub(width(&cut));
    format!("{cut}{:missing$}", "")
}

/// The same as [`truncate`], but with the end kept and the cut in the middle.
pub fn truncate_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns || columns < SHORTEST_WITH_TAIL {
        return truncate(text, columns);
    }
    let wanted = columns / 3;
    let (mut used, mut from) = (0, text.len());
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += width(grapheme);
        if used > wanted {
            break;
        }
        from = at;
    }
    let tail = &text[from..];
    let head = truncate(&text[..from], columns - width(tail));
    Cow::Owned(format!("{head}{tail}"))
}

/// Below that there is no room for two ends.
const SHORTEST_WITH_TAIL: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cut_in_the_middle_keeps_both_ends_and_the_width() {
        assert_eq!(truncate_middle("ase_session_of_0a3a", 12), "ase_ses…0a3a");
        assert_eq!(truncate_middle("short", 12), "short");
        for columns in 0..14 {
            assert!(width(&truncate_middle("夜勤のセッション 4411 終わり", columns)) <= columns);
        }
    }

    #[test]
    fn wide_graphemes_are_never_split() {
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("👩‍👩‍👧 family", 4), "👩‍👩‍👧 …");
        assert_eq!(fit("ab", 4), "ab  ");
    }

    proptest! {
        #[test]
        fn a_fitted_text_has_exactly_the_asked_width(text in "\\PC{0,40}", columns in 0usize..60) {
            prop_assert_eq!(width(&fit(&text, columns)), columns);
        }
    }
}
