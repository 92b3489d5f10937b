//! Where a text begins to cost its parser more than its length.
//!
//! Owns what is looked for, line by line; parses nothing. Start with [`from`]. The invariant: what is
//! in front of that place has bounded depth and a bounded number of cells.

use super::{MAX_CELLS, MAX_DEPTH};

/// The byte at which the line begins that goes too far, and why; the length where none does.
pub(super) fn from(text: &str) -> (usize, &'static str) {
    let (mut start, mut cells, mut columns) = (0, 0, 0);
    for line in text.split_inclusive('\n') {
        // One that gets deeper line by line needs a line as long as it is deep for that.
        if depth(line) > MAX_DEPTH && !is_rule(line) {
            return (start, "quotes or lists are nested too deeply");
        }
        let pipes = line.bytes().filter(|byte| *byte == b'|').count();
        if is_delimiter(line) {
            columns = pipes + 1;
        } else if line.trim().is_empty() {
            columns = 0;
        }
        // A row that is short is filled up.
        cells += columns.max(pipes);
        if cells > MAX_CELLS {
            return (start, "its tables are too large");
        }
        start += line.len();
    }
    (text.len(), "")
}

/// Marks of quotes and lists that a line begins with.
fn depth(line: &str) -> usize {
    let (mut rest, mut depth) = (line, 0);
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let behind = match rest.as_bytes().get(digits) {
            Some(b'>') if digits == 0 => Some(&rest[1..]),
            Some(b'-' | b'+' | b'*') if digits == 0 => item(&rest[1..]),
            Some(b'.' | b')') if digits > 0 => item(&rest[digits + 1..]),
            _ => None,
        };
        let Some(behind) = behind else { return depth };
        (rest, depth) = (behind, depth + 1);
    }
}

/// What is behind the mark of an item, where it is one.
fn item(behind: &str) -> Option<&str> {
    behind.starts_with([' ', '\t', '\n', '\r']).then_some(behind)
}

/// `- - -`, which is no list.
fn is_rule(line: &str) -> bool {
    let mut marks = line.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let first = marks.next();
    matches!(first, Some(b'-' | b'*')) && marks.all(|byte| Some(byte) == first)
}

/// `|---|:--|`, perhaps in a quote or a list.
fn is_delimiter(line: &str) -> bool {
    let mut dashes = false;
    line.bytes().all(|byte| {
        dashes |= byte == b'-';
        matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t' | b'>' | b'\r' | b'\n')
    }) && dashes
}
