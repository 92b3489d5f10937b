//! Wrapping of plain text at word boundaries, measured in columns.

use memchr::memchr_iter;

use super::{breaking, sanitize, width};

/// Bytes of a column, at most: wide letters, each with marks.
const BYTES_PER_COLUMN: usize = 16;

/// Sanitised lines of at most `columns`; empty lines of the author stay. Stops after `max_lines`
/// and tells how many of the author's lines were not looked at. However long the text is, no more is
/// looked at than is shown; the rest is only counted.
pub fn wrap(text: &str, columns: usize, max_lines: usize) -> (Vec<String>, usize) {
    let (lines, left) = wrap_marked(text, columns, max_lines);
    (lines.into_iter().map(|(line, _)| line).collect(), left)
}

/// The same with whether each line goes on in the next, because there was no room for all of it.
pub fn wrap_marked(text: &str, columns: usize, max_lines: usize) -> (Vec<(String, bool)>, usize) {
    let mut out = Vec::new();
    let mut rest = Some(text.trim_end());
    while out.len() < max_lines {
        let Some(left) = rest else { return (out, 0) };
        let (line, behind) = match left.split_once('\n') {
            Some((line, behind)) => (line, Some(behind)),
            None => (left, None),
        };
        let rows = (max_lines - out.len()).saturating_add(1);
        let most = columns.max(1).saturating_mul(rows).saturating_mul(BYTES_PER_COLUMN);
        let seen = &line[..line.floor_char_boundary(most)];
        for line in sanitize::lines(seen) {
            let rows = breaking::rows(&line, columns.max(1), width::width);
            let last = rows.len().saturating_sub(1);
            let seen = |row: &str| row.trim_end_matches(' ').to_owned();
            out.extend(rows.into_iter().enumerate().map(|(at, row)| (seen(row), at < last)));
        }
        rest = behind;
    }
    let cut = out.len().saturating_sub(max_lines);
    out.truncate(max_lines);
    let lines = rest.map_or(0, |rest| memchr_iter(b'\n', rest.as_bytes()).count() + 1);
    (out, cut + lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_words_and_counts_what_is_left() {
        let (lines, left) = wrap("one two three\n\nfour", 7, 10);
        assert_eq!(lines, ["one two", "three", "", "four"]);
        assert_eq!(left, 0);
        let (lines, left) = wrap("a\nb\nc\nd", 7, 2);
        assert_eq!((lines.len(), left), (2, 2));
        let (lines, left) = wrap("a\r\nb\r\n\r\nc\n\n", 7, 3);
        assert_eq!((lines.join(","), left), ("a,b,".to_owned(), 1));
    }

    #[test]
    fn of_a_line_without_end_only_so_much_is_looked_at() {
        let text = "word ".repeat(1 << 20);
        let (lines, left) = wrap(&text, 40, 3);
        assert_eq!(lines, ["word word word word word word word word"; 3]);
        assert!(left > 0 && left < 1_000, "{left}: the rows of what is looked at, not of all");
    }
}
