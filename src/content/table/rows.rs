//! Where the rows of a table are: a mark for every few kilobytes, and a short look for the rest.

use std::ops::Range;

use super::fields::{next_row, read, skip_blank};

/// Bytes between two marks, unless a row is longer.
const BLOCK: usize = 2 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    row: usize,
    start: usize,
}

/// Belongs to one text, which comes with every question. Takes sixteen bytes for every two
/// kilobytes, however short the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowIndex {
    delimiter: u8,
    marks: Vec<Mark>,
    len: usize,
    ragged: usize,
    stray: usize,
    /// The bytes that it covers.
    until: usize,
    whole: bool,
}

impl RowIndex {
    /// Finds the rows behind `start`, until `enough` bytes are looked through. Those that have not
    /// `columns` fields are counted as ragged. `None` when nobody waits any more.
    pub(super) fn of(
        bytes: &[u8],
        start: usize,
        delimiter: u8,
        columns: usize,
        enough: usize,
        gone: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let mut out = Self {
            delimiter,
            marks: Vec::new(),
            len: 0,
            ragged: 0,
            stray: 0,
            until: start,
            whole: false,
        };
        let mut at = skip_blank(bytes, start);
        while at < bytes.len() && at - start < enough {
            if out.marks.last().is_none_or(|mark| at - mark.start >= BLOCK) {
                if gone() {
                    return None;
                }
                out.marks.push(Mark { row: out.len, start: at });
            }
            let (mut fields, mut stray) = (0, false);
            loop {
                let read = read(bytes, at, delimiter);
                (at, fields, stray) = (read.next, fields + 1, stray || read.stray);
                if read.ends_row {
                    break;
                }
            }
            out.len += 1;
            out.ragged += usize::from(fields != columns);
            out.stray += usize::from(stray);
            at = skip_blank(bytes, at);
        }
        out.until = at;
        out.whole = at >= bytes.len();
        Some(out)
    }

    /// How many rows there are, the header among them.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Rows with another number of fields than the first.
    pub fn ragged(&self) -> usize {
        self.ragged
    }

    /// Rows with quotes where none belong.
    pub fn stray(&self) -> usize {
        self.stray
    }

    /// Nothing is left to be looked through.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The bytes of a row, with its break; of one that does not exist, none.
    pub fn row(&self, bytes: &[u8], row: usize) -> Range<usize> {
        if row >= self.len {
            return self.until..self.until;
        }
        let next = self.marks.partition_point(|mark| mark.row <= row);
        let Some(mark) = next.checked_sub(1).and_then(|at| self.marks.get(at)) else { return 0..0 };
        let mut start = mark.start;
        for _ in mark.row..row {
            start = next_row(bytes, start, self.delimiter);
        }
        // Behind a row of megabytes there is a mark, and it need not be read to find its end.
        let end = match self.marks.get(next) {
            Some(next) if next.row == row + 1 => next.start,
            None if row + 1 == self.len => self.until,
            _ => next_row(bytes, start, self.delimiter),
        };
        start..end
    }

    /// The row that a byte is in, or the last one before it; `None` behind what is looked through.
    pub fn row_at(&self, bytes: &[u8], byte: usize) -> Option<usize> {
        if self.len == 0 || byte >= self.until && !self.whole {
            return None;
        }
        let at = self.marks.partition_point(|mark| mark.start <= byte).saturating_sub(1);
        let limit = self.marks.get(at + 1).map_or(self.len, |mark| mark.row);
        let mark = self.marks.get(at)?;
        let (mut row, mut start) = (mark.row, mark.start);
        while row + 1 < limit {
            start = next_row(bytes, start, self.delimiter);
            if start > byte {
                break;
            }
            row += 1;
        }
        Some(row)
    }

    /// The start of every row from `row` on, in one walk.
    pub(super) fn starts(&self, bytes: &[u8], row: usize) -> impl Iterator<Item = usize> {
        let mut at = self.row(bytes, row).start;
        (row..self.len).map(move |_| {
            let start = at;
            at = next_row(bytes, at, self.delimiter);
            start
        })
    }

    #[cfg(test)]
    pub(super) fn marks_take(&self) -> usize {
        self.marks.len() * size_of::<Mark>()
    }
}
