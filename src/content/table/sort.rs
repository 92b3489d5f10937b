//! The order of the rows of a table by one of its columns.
//!
//! Numbers are in the order of numbers where a column has them, and words behind them; all else is
//! text, without regard to ASCII capitals. What is empty comes last either way. Rows that are equal
//! stay as they are in the file.

use std::cmp::Ordering;

use super::Table;
use super::fields::{Field, read};
use crate::content::Text;

/// Tables of more rows stay as they are: the order takes memory for each.
pub const MOST_SORTED: usize = 4_000_000;
/// Rows between two looks at whether anybody still waits.
const STRETCH: usize = 4_096;
/// Behind every number; the sign bit of those that are none is never set.
const NO_NUMBER: u64 = u64::MAX - 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortBy {
    pub column: usize,
    pub descending: bool,
}

/// Sixteen bytes, since there is one for each row.
struct Key {
    /// The number, or the first letters.
    first: u64,
    at: u32,
    row: u32,
}

impl Table {
    /// The rows, the header left out, in order. `None` when nobody waits any more, or where there
    /// are too many.
    pub fn sorted(
        &self,
        text: &Text,
        rows: &super::RowIndex,
        by: SortBy,
        gone: &dyn Fn() -> bool,
    ) -> Option<Vec<u32>> {
        let bytes = text.bytes();
        let head = self.head_rows();
        let count = rows.len().saturating_sub(head);
        if count > MOST_SORTED || u32::try_from(bytes.len()).is_err() {
            return None;
        }
        let numeric = self.columns().get(by.column).is_some_and(|column| column.numeric);
        let mut keys = Vec::with_capacity(count);
        let mut empty = Vec::new();
        for (row, start) in (0_u32..).zip(rows.starts(bytes, head)) {
            if (row as usize).is_multiple_of(STRETCH) && gone() {
                return None;
            }
            let field = self.field(bytes, start, by.column);
            let letters = field.as_ref().map(|field| Self::letters(bytes, field));
            match (field, letters) {
                (Some(field), Some(letters)) if !letters.trim_ascii().is_empty() => {
                    let first = if numeric { self.number_key(letters) } else { text_key(letters) };
                    let at = u32::try_from(field.range.start).unwrap_or(u32::MAX);
                    keys.push(Key { first, at, row });
                }
                _ => empty.push(row),
            }
        }
        let letters = |key: &Key| {
            let field = read(bytes, key.at as usize, self.delimiter()).field;
            Self::letters(bytes, &field)
        };
        keys.sort_unstable_by(|one, other| {
            let order = one.first.cmp(&other.first).then_with(|| {
                let (one, other) = (letters(one), letters(other));
                if numeric { by_digits(one, other) } else { by_letters(one, other) }
            });
            let order = if by.descending { order.reverse() } else { order };
            order.then(one.row.cmp(&other.row))
        });
        if gone() {
            return None;
        }
        Some(keys.into_iter().map(|key| key.row).chain(empty).collect())
    }

    fn field(&self, bytes: &[u8], mut at: usize, column: usize) -> Option<Field> {
        for _ in 0..column {
            let read = read(bytes, at, self.delimiter());
            if read.ends_row {
                return None;
            }
            at = read.next;
        }
        Some(read(bytes, at, self.delimiter()).field)
    }

    fn number_key(&self, letters: &[u8]) -> u64 {
        let number = std::str::from_utf8(letters).ok().and_then(|text| self.number(text));
        number.map_or(NO_NUMBER, |number| {
            // Positive ones behind negative ones, and these the other way round.
            let bits = (number + 0.0).to_bits();
            if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
        })
    }
}

fn text_key(letters: &[u8]) -> u64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(letters) {
        *to = from.to_ascii_lowercase();
    }
    u64::from_be_bytes(first)
}

fn by_letters(one: &[u8], other: &[u8]) -> Ordering {
    let lower = |letters: &'_ [u8]| letters.to_ascii_lowercase();
    lower(one).cmp(&lower(other))
}

/// Whole numbers of more digits than a float keeps.
fn by_digits(one: &[u8], other: &[u8]) -> Ordering {
    let digits = |letters: &[u8]| {
        let whole = letters.trim_ascii();
        let minus = whole.first() == Some(&b'-');
        let start = whole.iter().position(|byte| matches!(byte, b'1'..=b'9'))?;
        let digits = whole.get(start..)?.to_vec();
        digits.iter().all(u8::is_ascii_digit).then_some((minus, digits))
    };
    match (digits(one), digits(other)) {
        (Some((minus, one)), Some((_, other))) => {
            let order = one.len().cmp(&other.len()).then_with(|| one.cmp(&other));
            if minus { order.reverse() } else { order }
        }
        _ => Ordering::Equal,
    }
}
