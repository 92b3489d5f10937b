//! A screen of looks.

use super::scroll::Shift;
use crate::canvas::{Canvas, Look, Rect, are_alike};

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

    #[cfg(test)]
    pub(super) fn rows(&self) -> impl Iterator<Item = &[Look]> {
        self.looks.chunks(self.width.max(1))
    }

    /// The rows that look otherwise on another of the same size.
    pub(super) fn changed(&self, other: &Self) -> Vec<usize> {
        (0..self.height).filter(|y| !are_alike(self.row(*y), other.row(*y))).collect()
    }

    /// Takes over what is seen of what was drawn.
    pub(super) fn take(&mut self, drawn: &Canvas) {
        self.width = usize::from(drawn.area().width);
        self.height = usize::from(drawn.area().height);
        let drawn = drawn.looks();
        self.looks.resize(drawn.len(), Look::BARE);
        let mut before = Look::BARE;
        for (look, drawn) in self.looks.iter_mut().zip(drawn) {
            before = drawn.seen(before);
            *look = before;
        }
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
