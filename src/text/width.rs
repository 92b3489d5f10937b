//! Columns, not bytes or characters: how wide text is on a terminal, and cutting it to fit.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

pub fn width(text: &str) -> usize {
    // Most texts, and the short way for them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { text.len() } else { text.width() }
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
    let end = simple_cut(text, columns).unwrap_or_else(|| {
        let (mut used, mut end) = (0, 0);
        for (at, grapheme) in text.grapheme_indices(true) {
            used += width(grapheme);
            if used >= columns {
                break;
            }
            end = at + grapheme.len();
        }
        end
    });
    Cow::Owned([&text[..end], "…"].concat())
}

/// Where the last of so many columns begins, if all letters up to there are simple, and the one there.
fn simple_cut(text: &str, columns: usize) -> Option<usize> {
    let mut letters = text.char_indices();
    let mut last = None;
    for _ in 0..columns {
        last = letters.next().filter(|(_, letter)| is_simple(*letter));
        last?;
    }
    last.map(|(at, _)| at)
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
    fn a_half_width_sound_mark_has_a_column_and_a_combining_one_has_none() {
        assert_eq!(["ｶﾞ", "漢ﾞ", "カ\u{3099}"].map(width), [2, 3, 2]);
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
