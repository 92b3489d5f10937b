//! Separated values as a table: which character separates, what the columns are, and where the
//! rows are.
//!
//! Start with [`Table::of`], which looks at the beginning alone and so takes the same time for every
//! file; all rows are found by [`Table::rows`], beside the screen. The invariant: no field is held
//! twice, they are read where they stand.

mod fields;
mod rows;
mod sort;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use super::Text;
use crate::text::{sanitize, width};

pub use fields::Field;
pub use rows::RowIndex;
pub use sort::{MOST_SORTED, SortBy};

/// Looked through at once.
const START: usize = 256 * 1024;
/// Of that many rows it is decided what separates, and how wide columns are.
const SAMPLE: usize = 1_000;
const SNIFFED: usize = 50;
/// More columns are not shown.
pub const MOST_COLUMNS: usize = 1_000;
/// Widest that a column is by itself.
const WIDEST: usize = 40;
/// Bytes of a field that are made ready to be shown.
const SHOWN: usize = 512;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Fit for a screen.
    pub name: String,
    /// What most of its cells need.
    pub width: usize,
    pub numeric: bool,
}

#[derive(Debug, Clone)]
pub struct Table {
    delimiter: u8,
    start: usize,
    head: bool,
    columns: Vec<Column>,
    /// Fields of the first row.
    fields: usize,
    first: Arc<RowIndex>,
}

impl Table {
    /// With `claimed` whatever there is makes a table; otherwise only what looks like one from row
    /// to row.
    pub(super) fn of(text: &Text, claimed: bool, tabs: bool) -> Option<Self> {
        let bytes = text.bytes();
        let (named, start) = separator_line(bytes);
        let found = delimiter(bytes.get(start..bytes.len().min(START))?, claimed, tabs);
        let fallback = || claimed.then_some(if tabs { b'\t' } else { b',' });
        let delimiter = named.or(found).or_else(fallback)?;
        let first_row = fields::skip_blank(bytes, start);
        let (fields, _) = count(bytes, first_row, delimiter);
        let first = RowIndex::of(bytes, start, delimiter, fields, START, &|| false)?;
        if first.is_empty() {
            return None;
        }
        let mut out = Self {
            delimiter,
            start,
            head: false,
            columns: Vec::new(),
            fields,
            first: Arc::new(first),
        };
        out.measure(text);
        Some(out)
    }

    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Fields that a row should have.
    pub fn field_count(&self) -> usize {
        self.fields
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Columns that are not shown.
    pub fn columns_left_out(&self) -> usize {
        self.fields.saturating_sub(MOST_COLUMNS)
    }

    /// The rows of the beginning; all of them if that is all.
    pub fn first_rows(&self) -> &Arc<RowIndex> {
        &self.first
    }

    /// Rows that only name the columns: one or none.
    pub fn head_rows(&self) -> usize {
        usize::from(self.head)
    }

    /// All rows. `None` when nobody waits any more.
    pub fn rows(&self, text: &Text, gone: &dyn Fn() -> bool) -> Option<RowIndex> {
        RowIndex::of(text.bytes(), self.start, self.delimiter, self.fields, usize::MAX, gone)
    }

    /// The fields of a row that is at these bytes, at most `most`.
    pub fn fields(&self, text: &Text, row: &Range<usize>, most: usize) -> Vec<Field> {
        if row.is_empty() {
            return Vec::new();
        }
        let bytes = text.bytes();
        let row_bytes = &bytes[..row.end.min(bytes.len())];
        fields::row(row_bytes, row.start, self.delimiter, most.min(MOST_COLUMNS + 1))
    }

    /// A field as it was meant, without its quotes.
    pub fn value(text: &Text, field: &Field) -> String {
        unquoted(&text.decoded(field.range.clone()), field.quoted)
    }

    /// The beginning of a field, fit for a screen.
    pub fn shown(text: &Text, field: &Field) -> String {
        let Range { start, end } = field.range;
        let cut = text.boundary(end.min(start + SHOWN)).min(end);
        let piece = text.decoded(start..cut);
        let whole = unquoted(&piece, field.quoted && cut == end);
        let piece = if field.quoted && cut < end { unquoted_start(&piece) } else { whole };
        sanitize::one_line(piece.trim_end_matches(['\n', '\r'])).into_owned()
    }

    fn letters<'a>(bytes: &'a [u8], field: &Field) -> &'a [u8] {
        let letters = bytes.get(field.range.clone()).unwrap_or_default();
        if field.quoted && letters.len() >= 2 { &letters[1..letters.len() - 1] } else { letters }
    }

    /// The number that a cell is. Where commas do not separate, one may stand before decimals.
    fn number(&self, cell: &str) -> Option<f64> {
        let cell = cell.trim();
        let cell = cell.strip_suffix('%').unwrap_or(cell);
        let allowed = |c: char| c.is_ascii_digit() || "+-.,eE".contains(c);
        if cell.is_empty() || cell.len() > 64 || !cell.chars().all(allowed) {
            return None;
        }
        if !cell.contains(',') {
            return cell.parse().ok();
        }
        let decimal = match (cell.rfind(','), cell.rfind('.')) {
            (Some(comma), Some(point)) => comma > point,
            _ => self.delimiter != b',' && cell.matches(',').count() == 1,
        };
        let plain =
            if decimal { cell.replace('.', "").replace(',', ".") } else { cell.replace(',', "") };
        plain.parse().ok()
    }

    /// Names, widths and kinds of the columns, from the first rows.
    fn measure(&mut self, text: &Text) {
        let bytes = text.bytes();
        let rows: Vec<Vec<Field>> = (0..self.first.len().min(SAMPLE))
            .map(|row| self.fields(text, &self.first.row(bytes, row), MOST_COLUMNS))
            .collect();
        let Some((head, body)) = rows.split_first() else { return };
        let is_number = |field: &Field| self.number(&Self::value(text, field)).is_some();
        // Numbers are no names.
        let has_head = !head.iter().any(is_number) || body.is_empty();
        let body = if has_head { body } else { &rows };
        let column = |at: usize| {
            let cells = || body.iter().filter_map(|row| row.get(at));
            let filled = cells().filter(|field| !field.range.is_empty()).count();
            let numbers = cells().filter(|field| is_number(field)).count();
            let widest = cells().map(|field| width::width(&Self::shown(text, field))).max();
            let named = head.get(at).filter(|_| has_head);
            let name = named.map_or_else(|| (at + 1).to_string(), |name| Self::shown(text, name));
            let wide = widest.unwrap_or(0).max(width::width(&name)).clamp(1, WIDEST);
            Column { width: wide, name, numeric: numbers > 0 && numbers * 10 >= filled * 9 }
        };
        // Longer rows are ragged, but what is in them can be seen.
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0).max(self.fields);
        let columns = (0..longest.min(MOST_COLUMNS)).map(column).collect();
        (self.head, self.columns) = (has_head, columns);
    }
}

/// `sep=;`, with which some programs say what separates; and where the rows start.
fn separator_line(bytes: &[u8]) -> (Option<u8>, usize) {
    let rest = bytes.strip_prefix(b"sep=");
    match rest {
        Some([separator, end @ (b'\r' | b'\n'), ..]) if end != separator => {
            (Some(*separator), fields::skip_blank(bytes, 5))
        }
        _ => (None, 0),
    }
}

/// How many fields a row has, and whether all quotes of it are where they belong.
fn count(bytes: &[u8], mut at: usize, delimiter: u8) -> (usize, bool) {
    let (mut count, mut proper) = (1, true);
    loop {
        let read = fields::read(bytes, at, delimiter);
        proper &= !read.stray;
        if read.ends_row {
            return (count, proper);
        }
        (at, count) = (read.next, count + 1);
    }
}

/// What separates: with what most rows have as many fields as the first, and more than one.
fn delimiter(start: &[u8], claimed: bool, tabs: bool) -> Option<u8> {
    let mut best = (0, 0, None);
    for delimiter in DELIMITERS {
        let mut at = fields::skip_blank(start, 0);
        let (mut rows, mut alike) = (0_usize, 0_usize);
        let (columns, _) = count(start, at, delimiter);
        while at < start.len() && rows < SNIFFED {
            alike += usize::from(count(start, at, delimiter) == (columns, true));
            at = fields::next_row(start, at, delimiter);
            rows += 1;
        }
        // A table may be in disorder; what nobody calls one has to look like it.
        let likely = columns > 1 && (claimed || rows > 1 && alike * 10 >= rows * 8);
        let score = alike * 2 + usize::from(tabs && delimiter == b'\t');
        if likely && (score, columns) > (best.0, best.1) {
            best = (score, columns, Some(delimiter));
        }
    }
    best.2
}

fn unquoted(field: &str, quoted: bool) -> String {
    let inner = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|_| quoted).map_or_else(|| field.to_owned(), |inner| inner.replace("\"\"", "\""))
}

fn unquoted_start(piece: &str) -> String {
    piece.strip_prefix('"').unwrap_or(piece).replace("\"\"", "\"")
}
