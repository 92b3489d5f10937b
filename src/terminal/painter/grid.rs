//! What a terminal shows.

use super::scroll::Shift;
use crate::canvas::{Canvas, Look, Rect};

/// Looks as they were drawn: what is not seen of them is taken away where rows are compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    width: usize,
    height: usize,
    looks: Vec<Look>,
}

impl Grid {
    /// A screen of which nothing is known.
    pub(super) fn unknown(width: usize, height: usize) -> Self {
        Self { width, height, looks: vec![Look::UNKNOWN; width * height] }
    }

    pub(super) const fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    pub(super) fn row(&self, y: usize) -> &[Look] {
        &self.looks[y * self.width..(y + 1) * self.width]
    }

    /// A row has been painted.
    pub(super) fn set_row(&mut self, y: usize, drawn: &Canvas) {
        self.looks[y * self.width..(y + 1) * self.width].copy_from_slice(drawn.row(y));
    }

    /// Forgets what is shown there.
    pub(super) fn lose(&mut self, area: Rect) {
        let right = usize::from(area.right()).min(self.width);
        let left = usize::from(area.x).min(right);
        for y in usize::from(area.y)..usize::from(area.bottom()).min(self.height) {
            self.looks[y * self.width + left..y * self.width + right].fill(Look::UNKNOWN);
        }
    }

    /// Moves the rows of a rectangle and blanks those that come in.
    pub(super) fn shift(&mut self, shift: &Shift) {
        let by = shift.lines.unsigned_abs();
        for step in 0..shift.bottom - shift.top {
            let (to, from) = if shift.lines > 0 {
                let to = shift.top + step;
                (to, Some(to + by).filter(|from| *from < shift.bottom))
            } else {
                let to = shift.bottom - 1 - step;
                (to, to.checked_sub(by).filter(|from| *from >= shift.top))
            };
            let to = to * self.width + shift.left..to * self.width + shift.right;
            if let Some(from) = from.map(|from| from * self.width + shift.left) {
                self.looks.copy_within(from..from + to.len(), to.start);
            } else {
                self.looks[to].fill(Look::BARE);
            }
        }
    }
}
