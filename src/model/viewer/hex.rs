//! Bytes, sixteen a row.

/// Bytes of a row.
const ROW: usize = 16;

#[derive(Debug, Clone, Default)]
pub struct Hex {
    top: usize,
    /// The place that the reader came to see.
    byte: usize,
    rows: usize,
    height: usize,
}

impl Hex {
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
        self.top = byte / ROW;
        self.byte = byte;
    }

    pub(super) fn settle(&mut self, bytes: usize, height: usize) {
        self.rows = bytes.div_ceil(ROW);
        self.height = height;
        self.top = self.top.min(self.rows.saturating_sub(height));
    }

    pub(super) fn move_by(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.saturating_sub(self.height));
        self.byte = self.top * ROW;
    }
}
