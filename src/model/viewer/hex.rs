//! Bytes, as many a row as there is room for.

#[derive(Debug, Clone)]
pub struct Hex {
    /// Bytes of a row.
    row: usize,
    top: usize,
    /// The place that the reader came to see.
    byte: usize,
    rows: usize,
    height: usize,
}

impl Default for Hex {
    fn default() -> Self {
        Self { row: 16, top: 0, byte: 0, rows: 0, height: 20 }
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
        self.top
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn byte(&self) -> usize {
        self.byte
    }

    pub(super) fn go_to(&mut self, byte: usize) {
        let row = byte / self.row;
        // What is in sight already need not move.
        if !(self.top..self.top + self.height).contains(&row) || self.rows == 0 {
            self.top = row.saturating_sub(self.height / 3);
        }
        self.byte = byte;
    }

    /// With this byte in the first row, which says best where it is.
    pub(super) fn start_at(&mut self, byte: usize) {
        (self.byte, self.top) = (byte, byte / self.row);
    }

    pub(super) fn settle(&mut self, bytes: usize, columns: usize, height: usize) {
        let row = if columns < WIDE { 8 } else { 16 };
        if row != self.row {
            self.top = self.top * self.row / row;
            self.row = row;
        }
        self.rows = bytes.div_ceil(row);
        self.height = height;
        self.byte = self.byte.min(bytes.saturating_sub(1));
        self.top = self.top.min(self.rows.saturating_sub(height));
    }

    pub(super) fn move_by(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.saturating_sub(self.height));
        self.byte = self.top * self.row;
    }
}
