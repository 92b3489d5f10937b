//! Bytes, as many a row as there is room for.

use super::file_view::{Places, Viewing};
use crate::content::Prepared;
use crate::viewport::{Motion, Viewport};

#[derive(Debug, Clone)]
pub struct Hex {
    /// Bytes of a row.
    row: usize,
    /// The place that the reader came to see.
    byte: usize,
    rows: usize,
    viewport: Viewport,
}

impl Default for Hex {
    fn default() -> Self {
        Self { row: 16, byte: 0, rows: 0, viewport: Viewport::expecting(20) }
    }
}

/// Columns from which on there is room for sixteen bytes a row and the characters that they are.
const WIDE: usize = 68;

impl Hex {
    /// Bytes of a row.
    pub fn row(&self) -> usize {
        self.row
    }

    /// The first row on the screen.
    pub fn top(&self) -> usize {
        self.viewport.top()
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// With this byte in the first row, which says best where it is.
    pub(super) fn start_at(&mut self, byte: usize) {
        self.byte = byte;
        self.viewport.show_from(byte / self.row);
    }
}

impl Viewing for Hex {
    fn settle(&mut self, file: &Prepared, columns: usize, height: usize, _wrap: bool) {
        let row = if columns < WIDE { 8 } else { 16 };
        if row != self.row {
            self.viewport.show_from(self.top() * self.row / row);
            self.row = row;
        }
        let bytes = file.bytes().len();
        self.rows = bytes.div_ceil(row);
        self.byte = self.byte.min(bytes.saturating_sub(1));
        self.viewport.settle(self.rows, height);
    }

    fn go(&mut self, _: &Prepared, motion: Motion) {
        self.viewport.scroll(motion, self.rows);
        self.byte = self.top() * self.row;
    }

    fn move_by(&mut self, _: &Prepared, by: isize) {
        let last = self.rows.saturating_sub(self.viewport.height());
        self.start_at(self.top().saturating_add_signed(by).min(last) * self.row);
    }

    fn places(&self) -> Places {
        Places::Bytes
    }

    fn place(&self, _: &Prepared) -> Option<usize> {
        Some(self.byte)
    }

    fn go_to(&mut self, _: &Prepared, byte: usize) {
        self.byte = byte;
        let row = byte / self.row;
        if self.rows == 0 {
            self.viewport.show_from(row.saturating_sub(self.viewport.height() / 3));
        }
        self.viewport.jump_to(row);
    }

    fn go_to_number(&mut self, file: &Prepared, number: usize) {
        self.start_at(number.min(file.bytes().len().saturating_sub(1)));
    }
}
