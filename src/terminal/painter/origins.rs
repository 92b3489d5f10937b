//! Which rows of a frame stand on the screen already, and where.
//!
//! Looks at whole rows only, and writes nothing. Start with [`Origins::find`]. The invariant: a row has an origin only if it looks exactly like it; one without may still look like
//! any.

use super::grid::Grid;
use super::scroll::Shift;
use crate::canvas::{Canvas, are_alike};

/// Rows in either direction where a row is looked for that does not stand where the one above it led to.
const NEAR: isize = 12;
/// Rows that are looked for in vain before the frame is taken for one of which none moved.
const MOST_MISSES: usize = 3;

/// For each row the one of the screen that looks like it, if that is known.
#[derive(Debug)]
pub(super) struct Origins(Vec<Option<usize>>);

impl Origins {
    /// Of the rows of a frame that is as large as the screen.
    pub(super) fn find(shown: &Grid, next: &Canvas) -> Self {
        let height = shown.size().1;
        let (mut lines, mut misses) = (0, 0);
        let mut origin = |y: usize| {
            let came_by = |by: isize| {
                let from = y.checked_add_signed(by).filter(|from| *from < height)?;
                are_alike(shown.row(from), next.row(y)).then_some(from)
            };
            if let Some(from) = came_by(0).or_else(|| came_by(lines)) {
                return Some(from);
            }
            if misses == MOST_MISSES {
                return None;
            }
            let mut others = (1..=NEAR).flat_map(|by| [by, -by]);
            let found = others.find_map(|by| Some((by, came_by(by)?)));
            match found {
                Some((by, _)) => lines = by,
                None => misses += 1,
            }
            found.map(|(_, from)| from)
        };
        Self((0..height).map(&mut origin).collect())
    }

    pub(super) fn of(&self, y: usize) -> Option<usize> {
        self.0.get(y).copied().flatten()
    }

    /// How far most of these rows have moved, if they are known to have moved alike.
    pub(super) fn common_distance(&self, changed: &[usize]) -> Option<isize> {
        let by = |y: usize| Some(self.of(y)?.cast_signed() - y.cast_signed());
        let lines = changed.get(changed.len() / 2).and_then(|y| by(*y)).filter(|by| *by != 0)?;
        let alike = changed.iter().filter(|y| by(**y) == Some(lines)).count();
        (alike * 4 >= changed.len() * 3).then_some(lines)
    }

    /// The terminal has moved rows.
    pub(super) fn shift(&mut self, shift: &Shift, width: usize) {
        let whole = shift.right - shift.left == width;
        for y in shift.top..shift.bottom {
            let from = y.checked_add_signed(shift.lines).filter(|_| whole);
            let within = from.filter(|from| (shift.top..shift.bottom).contains(from));
            self.0[y] = (within.is_some() && self.0[y] == within).then_some(y);
        }
        // What came from a row that is not there any more.
        let moved = |from: &usize| (shift.top..shift.bottom).contains(from);
        for (y, origin) in self.0.iter_mut().enumerate() {
            *origin = origin.filter(|from| *from == y || !moved(from));
        }
    }

    /// The rows that look otherwise on `next` than on `shown`.
    pub(super) fn changed(&self, shown: &Grid, next: &Canvas) -> Vec<usize> {
        let differs = |y: &usize| !are_alike(shown.row(*y), next.row(*y));
        (0..self.0.len()).filter(|y| self.of(*y) != Some(*y)).filter(differs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::{Rect, Style};

    fn screen(rows: &[&str]) -> Canvas {
        let mut canvas = Canvas::new(6, u16::try_from(rows.len()).unwrap());
        for (y, row) in (0..).zip(rows) {
            canvas.set_text((0, y), row, 6, Style::new());
        }
        canvas
    }

    fn shown(canvas: &Canvas) -> Grid {
        let Rect { width, height, .. } = canvas.area();
        let mut grid = Grid::unknown(width.into(), height.into());
        (0..height.into()).for_each(|y| grid.set_row(y, canvas));
        grid
    }

    #[test]
    fn a_row_is_found_where_it_stood_before() {
        let before = shown(&screen(&["head", "a", "b", "c", "d", "", "foot"]));
        let drawn = screen(&["head", "b", "c", "d", "", "e", "foot"]);
        let found = Origins::find(&before, &drawn);
        assert_eq!(found.0, [Some(0), Some(2), Some(3), Some(4), Some(5), None, Some(6)]);
        assert_eq!(found.common_distance(&[1, 2, 3, 4, 5]), Some(1));
        assert_eq!(found.common_distance(&[0, 6]), None, "what stays has not moved");
        assert_eq!(found.changed(&before, &drawn), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn nothing_is_known_of_a_screen_of_which_nothing_is_known() {
        let found = Origins::find(&Grid::unknown(6, 2), &screen(&["a", ""]));
        assert_eq!(found.0, [None, None]);
    }

    #[test]
    fn after_a_move_only_rows_that_went_along_are_known() {
        let before = shown(&screen(&["a", "b", "c", "d", "e"]));
        let drawn = screen(&["b", "c", "x", "d", "e"]);
        let shift = Shift { top: 0, bottom: 3, left: 0, right: 6, lines: 1 };
        let mut found = Origins::find(&before, &drawn);
        assert_eq!(found.0, [Some(1), Some(2), None, Some(3), Some(4)]);
        found.shift(&shift, 6);
        assert_eq!(found.0, [Some(0), Some(1), None, Some(3), Some(4)]);
        let mut found = Origins::find(&before, &drawn);
        found.shift(&Shift { right: 5, ..shift }, 6);
        assert_eq!(found.0, [None, None, None, Some(3), Some(4)], "not of whole rows");
    }
}
