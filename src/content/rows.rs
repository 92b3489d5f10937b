//! Lines of a text as rows of a screen, from any place on, forwards and backwards, at a cost that
//! does not depend on how long the text or one of its lines is.

use std::ops::Range;

use super::Text;
use crate::text::unroll::break_at;

/// Bytes of a line that can be reached without wrapping.
const REACH: usize = 64 * 1024;

/// Where a row starts: a line, a piece of it, and a byte in that piece as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct RowStart {
    pub line: usize,
    pub piece: usize,
    pub at: usize,
}

/// How lines become rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    pub columns: usize,
    pub wrap: bool,
}

impl Rows {
    /// The bytes that are laid out together at a place.
    pub fn bytes(self, text: &Text, place: RowStart) -> Range<usize> {
        if self.wrap {
            return text.piece(place.line, place.piece);
        }
        let line = text.line(place.line);
        line.start..text.boundary((line.start + REACH).min(line.end))
    }

    /// What is shown of these bytes, and the rows that it makes.
    pub fn lay_out(self, text: &Text, place: RowStart) -> (String, Vec<Range<usize>>) {
        let shown = text.shown(self.bytes(text, place));
        if !self.wrap {
            let all = 0..shown.len();
            return (shown, vec![all]);
        }
        let mut rows = Vec::new();
        let mut at = 0;
        while let Some((end, next)) = break_at(&shown[at..], self.columns) {
            rows.push(at..at + end);
            at += next;
        }
        rows.push(at..shown.len());
        (shown, rows)
    }

    /// The row that a place is in, after lines are laid out otherwise or the text is another one.
    pub fn snap(self, text: &Text, place: RowStart) -> RowStart {
        let line = place.line.min(text.len().saturating_sub(1));
        if !self.wrap {
            return RowStart { line, piece: 0, at: 0 };
        }
        let piece = place.piece.min(text.pieces(line) - 1);
        let place = RowStart { line, piece, at: place.at };
        let (_, rows) = self.lay_out(text, place);
        RowStart { at: row_at(&rows, place.at), ..place }
    }

    /// The rows below a place, as many as there are and at most `count`.
    pub fn below(self, text: &Text, from: RowStart, count: usize) -> Vec<RowStart> {
        let mut out = Vec::with_capacity(count.min(256));
        let mut piece = Some(from);
        while let Some(place) = piece.filter(|_| out.len() < count) {
            let rows = self.starts(text, place);
            let behind = |at: &usize| place != from || *at > from.at;
            let starts = rows.into_iter().filter(behind).map(|at| RowStart { at, ..place });
            out.extend(starts.take(count - out.len()));
            piece = self.next_piece(text, place);
        }
        out
    }

    /// The rows above a place, the nearest first.
    pub fn above(self, text: &Text, from: RowStart, count: usize) -> Vec<RowStart> {
        let mut out = Vec::with_capacity(count.min(256));
        let mut piece = Some(from);
        while let Some(place) = piece.filter(|_| out.len() < count) {
            let rows = self.starts(text, place);
            let before = |at: &usize| place != from || *at < from.at;
            let starts = rows.into_iter().rev().filter(before).map(|at| RowStart { at, ..place });
            out.extend(starts.take(count - out.len()));
            piece = self.previous_piece(text, place);
        }
        out
    }

    /// Where the rows of a piece start.
    fn starts(self, text: &Text, place: RowStart) -> Vec<usize> {
        if !self.wrap {
            return vec![0];
        }
        self.lay_out(text, place).1.into_iter().map(|row| row.start).collect()
    }

    fn next_piece(self, text: &Text, place: RowStart) -> Option<RowStart> {
        if self.wrap && place.piece + 1 < text.pieces(place.line) {
            return Some(RowStart { line: place.line, piece: place.piece + 1, at: 0 });
        }
        let line = place.line + 1;
        (line < text.len()).then_some(RowStart { line, piece: 0, at: 0 })
    }

    fn previous_piece(self, text: &Text, place: RowStart) -> Option<RowStart> {
        if let Some(piece) = place.piece.checked_sub(1) {
            return Some(RowStart { line: place.line, piece, at: 0 });
        }
        let line = place.line.checked_sub(1)?;
        let piece = if self.wrap { text.pieces(line) - 1 } else { 0 };
        Some(RowStart { line, piece, at: 0 })
    }

    /// The last row of the text.
    pub fn last(self, text: &Text) -> RowStart {
        let line = text.len().saturating_sub(1);
        let piece = if self.wrap { text.pieces(line) - 1 } else { 0 };
        self.last_row(text, line, piece)
    }

    /// The row that a byte of the text is in, and where in its piece as that is shown.
    pub fn place_of(self, text: &Text, byte: usize) -> (RowStart, usize) {
        let line = text.line_at(byte);
        let piece = if self.wrap { text.piece_at(line, byte) } else { 0 };
        let place = RowStart { line, piece, at: 0 };
        let start = self.bytes(text, place).start;
        let before = text.shown(start..byte.max(start)).len();
        let (_, rows) = self.lay_out(text, place);
        (RowStart { at: row_at(&rows, before), ..place }, before)
    }

    fn last_row(self, text: &Text, line: usize, piece: usize) -> RowStart {
        let place = RowStart { line, piece, at: 0 };
        if !self.wrap {
            return place;
        }
        let (_, rows) = self.lay_out(text, place);
        RowStart { at: rows.last().map_or(0, |row| row.start), ..place }
    }
}

/// Start of the row that has this byte in it.
fn row_at(rows: &[Range<usize>], at: usize) -> usize {
    rows.iter().rev().find(|row| row.start <= at).map_or(0, |row| row.start)
}
