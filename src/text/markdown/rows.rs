//! Markdown among other rows, where a line of the author stays a line and nothing is dear.
//!
//! Start with [`rows`]. The invariant: no more of a text is looked at than could be shown.

use memchr::memchr_iter;

use super::{Line, MAX_BYTES, Page, lay_out, unfinished};

/// Bytes of a column, as a rule at most.
const BYTES_PER_COLUMN: usize = 4;

/// Whether all of a text is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Whole,
    /// It is being written: what is shown of it is not taken back when more comes.
    Unfinished,
}

/// A line, and whether the next one goes on with the same line of the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: Line,
    pub goes_on: bool,
}

/// At most `most` lines of at most `columns`, and how many are left out: lines of the author where they
/// were not looked at. Code has no colours, whose grammars are slow.
pub fn rows(text: &str, columns: usize, most: usize, progress: Progress) -> (Vec<Row>, usize) {
    let columns = columns.max(1);
    let text = text.trim_end();
    let bytes = columns.saturating_mul(most.saturating_add(1)).saturating_mul(BYTES_PER_COLUMN);
    let end = text.floor_char_boundary(bytes.min(MAX_BYTES));
    // A line is looked at whole where there is one.
    let end = match text[..end].rfind('\n') {
        Some(line) if end < text.len() => line,
        _ => end,
    };
    let seen = &text[..end];
    let shown = match progress {
        Progress::Unfinished if end == text.len() => unfinished::shown(seen),
        Progress::Whole | Progress::Unfinished => seen.into(),
    };
    let page = Page { keeps_lines: true, most_lines: most, source_left: 0, ..Page::new(columns) };
    let page = lay_out(&shown, page);
    let Page { mut lines, unread, broken, .. } = page;
    let unread = author_lines(&shown[shown.len() - unread..]);
    // An empty line between blocks is one of the author, too.
    let twice = unread > 0 && lines.last().is_some_and(Vec::is_empty);
    let cut = lines.len().saturating_sub(most);
    lines.truncate(most);
    let behind = author_lines(&text[end..]);
    let mut broken = broken.into_iter().peekable();
    let row = |(at, line)| Row { line, goes_on: broken.next_if_eq(&at).is_some() };
    let rows = lines.into_iter().enumerate().map(row).collect();
    (rows, cut + unread - usize::from(twice) + behind)
}

/// Lines of the author from this end of one on.
fn author_lines(text: &str) -> usize {
    let breaks = memchr_iter(b'\n', text.as_bytes()).count();
    breaks + usize::from(!text.is_empty() && !text.starts_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "# What happened\n\nThe **carrier** did *not* scan `1Z 4411`, see [the \
        page](https://parcels.example/1Z4411).\nTwo ways:\n\n- refund **84.20**\n- send again\n  \
        1. ask first\n  2. then wait\n\n| day | scans |\n|---|--:|\n| Mon | 2 |\n| Tue | 0 |\n\n\
        ```json\n{\"a\": \"**b**\"}\n```\n\n> quoted __so__\n\n---\nEnd: 2 * 3 = 6, snake_case_name.";

    fn words(rows: &[Row]) -> Vec<String> {
        let words = |row: &Row| row.line.iter().map(|span| span.text.as_str()).collect();
        rows.iter().map(words).collect()
    }

    fn whole(text: &str, columns: usize, most: usize) -> (Vec<String>, usize) {
        let (lines, left) = rows(text, columns, most, Progress::Whole);
        (words(&lines), left)
    }

    #[test]
    fn lines_of_the_author_stay_and_marks_go() {
        let (lines, left) = whole("Order: **4411**\nState: `lost`\n\n- one\n- two\n", 40, 10);
        assert_eq!(lines, ["Order: 4411", "State: `lost`", "", "- one", "- two"]);
        assert_eq!(left, 0);
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(whole("a\n\nb\n\nc", 40, 3), (vec!["a".into(), String::new(), "b".into()], 2));
        let (lines, left) = whole(&"a line\n".repeat(10_000), 40, 12);
        assert_eq!((lines.len(), left), (12, 9_988));
        let (lines, left) = whole(&"word ".repeat(1 << 20), 40, 3);
        assert_eq!(lines, ["word word word word word word word word"; 3]);
        assert!(left > 0 && left < 1_000, "{left}");
    }

    #[test]
    fn code_has_no_colours_here() {
        let (lines, _) = rows("```rust\nfn main() {}\n```", 40, 9, Progress::Whole);
        let spans = lines.iter().flat_map(|row| &row.line);
        let styles: Vec<_> = spans.map(|span| span.style).collect();
        assert_eq!(styles, [super::super::Style::Furniture, super::super::Style::Code]);
    }

    #[test]
    fn a_line_that_was_broken_goes_on_and_one_of_the_author_does_not() {
        let (rows, _) = rows("one two **three**\nfour\n- five six", 8, 9, Progress::Whole);
        let marked: Vec<_> = words(&rows).into_iter().zip(rows.iter().map(|r| r.goes_on)).collect();
        let wanted = [
            ("one two", true),
            ("three", false),
            ("four", false),
            ("- five", true),
            ("  six", false),
        ];
        assert_eq!(marked, wanted.map(|(words, goes_on)| (words.to_owned(), goes_on)));
    }

    /// Bytes from which on nothing is settled: the last block of what has come.
    fn settled(text: &str) -> usize {
        text.rfind("\n\n").map_or(0, |at| at + 2)
    }

    #[test]
    fn nothing_jumps_while_an_answer_is_written() {
        for columns in [24, 40, 100] {
            let (whole, _) = whole(ANSWER, columns, 400);
            let mut before = 0;
            for end in ANSWER.char_indices().map(|(at, _)| at).chain([ANSWER.len()]) {
                let so_far = &ANSWER[..end];
                let (lines, _) = rows(so_far, columns, 400, Progress::Unfinished);
                let now = words(&lines);
                assert!(now.len() >= before, "{columns}: rows vanish behind {so_far:?}");
                before = now.len();
                let (above, _) = rows(&so_far[..settled(so_far)], columns, 400, Progress::Whole);
                let above = words(&above);
                assert_eq!(above[..], now[..above.len()], "{so_far:?}");
                assert_eq!(above[..], whole[..above.len()], "{so_far:?}");
            }
        }
    }
}
