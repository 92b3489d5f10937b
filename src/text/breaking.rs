//! Where a line of text is broken into rows.
//!
//! Owns the one rule for all that is laid out. Knows nothing of styles, and changes no letter. Start
//! with [`rows`]. The invariant: the rows, joined, are the line, and no cluster is in two of them.

use unicode_segmentation::UnicodeSegmentation as _;

use super::width::is_simple;

/// A line in rows of at most `room` columns: broken behind a space or beside letters of two columns;
/// else where words are joined, so that an address stays whole where it has room; else where the room
/// ends. Spaces at the end of a row hang over. `width` measures a cluster.
pub fn rows(line: &str, room: usize, width: impl Fn(&str) -> usize) -> Vec<&str> {
    let measured = |cluster| (cluster, width(cluster));
    // Most text is that, and may be long.
    if line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        fill(line, room, (0..line.len()).map(|at| &line[at..=at]).map(measured))
    } else if line.chars().all(is_simple) {
        let letters = line.char_indices().map(|(at, letter)| &line[at..at + letter.len_utf8()]);
        fill(line, room, letters.map(measured))
    } else {
        fill(line, room, line.graphemes(true).map(measured))
    }
}

fn fill<'a>(
    line: &'a str,
    room: usize,
    clusters: impl Iterator<Item = (&'a str, usize)>,
) -> Vec<&'a str> {
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut before = "";
    let mut clusters = clusters.peekable();
    while let Some((cluster, columns)) = clusters.next() {
        if cluster != " " {
            while row.columns > 0 && row.columns + columns > room {
                rows.push(&line[row.take()]);
            }
        }
        row.add(cluster, columns);
        let next = clusters.peek().map_or(("", 0), |next| *next);
        if may_break(before, (cluster, columns), next) {
            (row.fits, row.joint) = (Some((row.end, row.columns)), None);
        } else if is_joint(before, cluster, next.0) {
            row.joint = Some((row.end, row.columns));
        }
        before = cluster;
    }
    rows.push(&line[row.start..]);
    rows
}

/// The row that is being filled, in bytes of its line.
#[derive(Default)]
struct Row {
    start: usize,
    end: usize,
    columns: usize,
    /// The last place where it may end, and its columns up to there.
    fits: Option<(usize, usize)>,
    /// The same within a word, behind that.
    joint: Option<(usize, usize)>,
}

impl Row {
    fn add(&mut self, cluster: &str, columns: usize) {
        self.end += cluster.len();
        self.columns += columns;
    }

    /// Ends it; what is behind the break begins the next one.
    fn take(&mut self) -> std::ops::Range<usize> {
        let place = self.fits.take().or_else(|| self.joint.take());
        let (end, columns) = place.unwrap_or((self.end, self.columns));
        let row = self.start..end;
        self.start = end;
        self.columns -= columns;
        self.joint = self.joint.map(|(at, before)| (at, before - columns));
        row
    }
}

/// Whether a row may end behind a cluster, given those beside it.
fn may_break(before: &str, (here, columns): (&str, usize), (next, wide): (&str, usize)) -> bool {
    if here == " " {
        return !opens(before);
    }
    let may = columns > 1 || wide > 1;
    may && next != " " && !closes(next) && !opens(here)
}

/// Whether a word is two that are joined there.
fn is_joint(before: &str, here: &str, next: &str) -> bool {
    matches!(here, "-" | "–" | "—" | "/")
        && before.chars().next().is_some_and(char::is_alphanumeric)
        && next.chars().next().is_some_and(char::is_alphabetic)
}

/// Whether it belongs to what is before it, however little room there is.
fn closes(cluster: &str) -> bool {
    matches!(
        cluster,
        ")" | "]"
            | "}"
            | "."
            | ","
            | "!"
            | "?"
            | ":"
            | ";"
            | "%"
            | "’"
            | "”"
            | "»"
            | "…"
            | "、"
            | "。"
            | "，"
            | "．"
            | "！"
            | "？"
            | "："
            | "；"
            | "）"
            | "］"
            | "｝"
            | "」"
            | "』"
            | "】"
            | "》"
            | "〉"
            | "〕"
            | "ー"
            | "々"
            | "・"
    )
}

/// Whether it belongs to what is behind it.
fn opens(cluster: &str) -> bool {
    matches!(
        cluster,
        "(" | "["
            | "{"
            | "‘"
            | "“"
            | "«"
            | "（"
            | "［"
            | "｛"
            | "「"
            | "『"
            | "【"
            | "《"
            | "〈"
            | "〔"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::width;

    fn broken(line: &str, room: usize) -> Vec<&str> {
        rows(line, room, width::width)
    }

    #[test]
    fn words_stay_whole_and_spaces_hang_over() {
        assert_eq!(broken("one two three", 7), ["one two ", "three"]);
        assert_eq!(broken("one two   three", 7), ["one two   ", "three"]);
        assert_eq!(broken("  one two", 5), ["  one ", "two"]);
        assert_eq!(broken("", 5), [""]);
        assert_eq!(broken("abcdefgh ij", 3), ["abc", "def", "gh ", "ij"]);
        assert_eq!(broken("say { and }", 6), ["say ", "{ and ", "}"]);
    }

    #[test]
    fn what_is_too_long_for_a_row_is_broken_where_it_is_joined() {
        assert_eq!(broken("a well-known/path", 8), ["a ", "well-", "known/", "path"]);
        assert_eq!(broken("see <https://a.b/c>", 15), ["see ", "<https://a.b/c>"]);
        assert_eq!(broken("see --verbose", 8), ["see ", "--verbos", "e"]);
        assert_eq!(broken("at 10-12 or 2026-05-03", 12), ["at 10-12 or ", "2026-05-03"]);
    }

    #[test]
    fn letters_of_two_columns_part_anywhere_but_before_what_closes() {
        let word = "\u{65e5}\u{672c}\u{8a9e}\u{3002}";
        assert_eq!(broken(word, 6), ["\u{65e5}\u{672c}", "\u{8a9e}\u{3002}"]);
        assert_eq!(broken("see \u{65e5}\u{672c}", 6), ["see \u{65e5}", "\u{672c}"]);
        assert_eq!(broken("a\u{300c}\u{65e5}", 4), ["a", "\u{300c}\u{65e5}"]);
    }

    #[test]
    fn what_takes_no_column_has_no_row_of_its_own() {
        assert_eq!(broken("\u{301}\u{1f680}0", 1), ["\u{301}\u{1f680}", "0"]);
        assert_eq!(broken("\u{301}abc", 2), ["\u{301}ab", "c"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_row_is_too_wide(
            line in "[ -~é日本。（「👩‍🚀\u{301}\t/-]{0,60}",
            room in 1..20_usize,
        ) {
            let rows = broken(&line, room);
            prop_assert_eq!(&rows.concat(), &line);
            for row in &rows {
                let shown = row.trim_end_matches(' ');
                let alone = shown.graphemes(true).filter(|one| width::width(one) > 0).count() <= 1;
                prop_assert!(width::width(shown) <= room || alone, "{row:?}");
            }
        }
    }
}
