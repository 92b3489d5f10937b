//! The shortest way for the cursor from where it is to where it must be.

use std::io::Write as _;

use crate::canvas::Rect;

/// Where the cursor is, as far as it is known. After a glyph in the last column its column is not:
/// some terminals wait there for the next glyph, some do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct At {
    pub(super) column: Option<usize>,
    pub(super) row: Option<usize>,
}

/// Rows that line feeds are cheaper for than a number.
const FEW_ROWS: usize = 3;

impl At {
    pub(super) const HOME: Self = Self::new(0, 0);

    pub(super) const fn new(column: usize, row: usize) -> Self {
        Self { column: Some(column), row: Some(row) }
    }

    /// Whether it is known to be in there.
    pub(super) fn is_in(self, area: Rect) -> bool {
        let Self { column: Some(x), row: Some(y) } = self else { return false };
        (usize::from(area.left())..usize::from(area.right())).contains(&x)
            && (usize::from(area.top())..usize::from(area.bottom())).contains(&y)
    }

    /// Writes what brings the cursor to `column` and `row`. Margins must not be set, and line feeds
    /// must not return the carriage, as in raw mode.
    pub(super) fn go(&mut self, column: usize, row: usize, out: &mut Vec<u8>) {
        let target = Self::new(column, row);
        if *self == target {
            return;
        }
        let start = out.len();
        absolute(column, row, out);
        if let Some(from_row) = self.row
            && let Some(down) = row.checked_sub(from_row).filter(|down| *down <= FEW_ROWS)
        {
            let mut way = Vec::with_capacity(16);
            if let Some(from) = self.column {
                feed(down, &mut way);
                sideways(from, column, &mut way);
                keep_shorter(start, &way, out);
                way.clear();
            }
            way.push(b'\r');
            feed(down, &mut way);
            sideways(0, column, &mut way);
            keep_shorter(start, &way, out);
            if down == 0 {
                way.clear();
                numbered(column + 1, b'G', &mut way);
                keep_shorter(start, &way, out);
            }
        } else if self.column == Some(column) {
            let mut way = Vec::with_capacity(16);
            numbered(row + 1, b'd', &mut way);
            keep_shorter(start, &way, out);
        }
        *self = target;
    }
}

fn keep_shorter(start: usize, way: &[u8], out: &mut Vec<u8>) {
    if way.len() < out.len() - start {
        out.truncate(start);
        out.extend_from_slice(way);
    }
}

fn feed(rows: usize, out: &mut Vec<u8>) {
    out.extend(std::iter::repeat_n(b'\n', rows));
}

fn sideways(from: usize, to: usize, out: &mut Vec<u8>) {
    if to > from {
        numbered(to - from, b'C', out);
    } else if from > to {
        if from - to <= 3 {
            out.extend(std::iter::repeat_n(b'\x08', from - to));
        } else {
            numbered(from - to, b'D', out);
        }
    }
}

pub(super) fn absolute(column: usize, row: usize, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    drop(match (column, row) {
        (0, 0) => write!(out, "\x1b[H"),
        (0, _) => write!(out, "\x1b[{}H", row + 1),
        _ => write!(out, "\x1b[{};{}H", row + 1, column + 1),
    });
}

/// A sequence with one number, which may be left out where it is 1.
pub(super) fn numbered(number: usize, end: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    if number != 1 {
        drop(write!(out, "{number}"));
    }
    out.push(end);
}

/// A sequence with two numbers.
pub(super) fn pair(first: usize, second: usize, end: u8, out: &mut Vec<u8>) {
    drop(write!(out, "\x1b[{first};{second}"));
    out.push(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: At, column: usize, row: usize) -> String {
        let mut at = from;
        let mut out = Vec::new();
        at.go(column, row, &mut out);
        assert_eq!(at, At::new(column, row));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_shortest_way_is_taken() {
        let here = At::new(50, 10);
        for (column, row, expected) in [
            (50, 10, ""),
            (51, 10, "\x1b[C"),
            (49, 10, "\x08"),
            (0, 10, "\r"),
            (0, 11, "\r\n"),
            (50, 11, "\n"),
            (44, 11, "\n\x1b[6D"),
            (50, 30, "\x1b[31d"),
            (0, 0, "\x1b[H"),
            (0, 9, "\x1b[10H"),
            (8, 9, "\x1b[10;9H"),
        ] {
            assert_eq!(way(here, column, row), expected, "to {column}, {row}");
        }
    }

    #[test]
    fn from_an_unknown_column_nothing_counts_columns() {
        let edge = At { column: None, row: Some(3) };
        assert_eq!(way(edge, 0, 4), "\r\n");
        assert_eq!(way(edge, 44, 3), "\x1b[45G");
        assert_eq!(way(At::default(), 5, 5), "\x1b[6;6H");
    }
}
