//! The grammar of separated values: RFC 4180, and what people write instead.
//!
//! There is one for everything that reads a table, so that no two of them disagree about where a
//! row ends. A quote that never closes, or that does not open a field, is a letter like any other.

use std::ops::Range;

use memchr::{memchr, memchr3};

/// A quoted field that is longer was not meant to be one.
const LONGEST_QUOTED: usize = 1 << 20;

/// A field where it stands in the bytes, with its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub range: Range<usize>,
    /// In quotes from end to end; pairs of quotes in it are one.
    pub quoted: bool,
}

pub(super) struct Read {
    pub field: Field,
    /// There is a quote in it where none belongs.
    pub stray: bool,
    /// Where the next field, or with `ends_row` the next row starts.
    pub next: usize,
    pub ends_row: bool,
}

/// Reads the field that starts at `at`; at the end of `bytes` there is an empty one.
pub(super) fn read(bytes: &[u8], at: usize, delimiter: u8) -> Read {
    let rest = bytes.get(at..).unwrap_or_default();
    let closed = closing(rest);
    let inside = closed.map_or(0, |close| close + 1);
    let tail = &rest[inside..];
    let length = memchr3(delimiter, b'\n', b'\r', tail).unwrap_or(tail.len());
    let end = inside + length;
    let quoted = closed.is_some() && length == 0;
    let stray = !quoted && (closed.is_some() || memchr(b'"', &rest[..end]).is_some());
    let (step, ends_row) = match (rest.get(end), rest.get(end + 1)) {
        (None, _) => (0, true),
        (Some(b'\r'), Some(b'\n')) => (2, true),
        (Some(b'\r' | b'\n'), _) => (1, true),
        (Some(_), _) => (1, false),
    };
    let field = Field { range: at..at + end, quoted };
    Read { field, stray, next: at + end + step, ends_row }
}

/// The quote that closes a field which begins with one.
fn closing(rest: &[u8]) -> Option<usize> {
    if rest.first() != Some(&b'"') {
        return None;
    }
    let rest = &rest[..rest.len().min(LONGEST_QUOTED)];
    let mut at = 1;
    loop {
        let quote = at + memchr(b'"', rest.get(at..)?)?;
        if rest.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

/// Behind empty lines, which are no rows.
pub(super) fn skip_blank(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count()
}

/// The fields of the row that starts at `at`, at most `most`.
pub(super) fn row(bytes: &[u8], at: usize, delimiter: u8, most: usize) -> Vec<Field> {
    let mut out = Vec::new();
    let mut at = at;
    while out.len() < most {
        let read = read(bytes, at, delimiter);
        out.push(read.field);
        if read.ends_row {
            break;
        }
        at = read.next;
    }
    out
}

/// Where the row behind the one that starts at `at` starts, empty lines left out.
pub(super) fn next_row(bytes: &[u8], mut at: usize, delimiter: u8) -> usize {
    loop {
        let read = read(bytes, at, delimiter);
        at = read.next;
        if read.ends_row {
            return skip_blank(bytes, at);
        }
    }
}
