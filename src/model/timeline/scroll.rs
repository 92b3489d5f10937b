//! Where the reader is. Places are names of units, so that nothing jumps when events arrive.

use super::unit::UnitId;
use super::{Timeline, Unit};
use crate::viewport::Motion;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scroll {
    /// Unit and line in it at the top of the screen.
    pub anchor: Option<(UnitId, usize)>,
    pub cursor: Option<UnitId>,
    /// The newest unit is kept in view.
    pub follow: bool,
    /// Units that arrived while not following.
    pub new_below: usize,
}

impl Default for Scroll {
    fn default() -> Self {
        Self { anchor: None, cursor: None, follow: true, new_below: 0 }
    }
}

impl Timeline {
    /// Index of the cursor among the shown units.
    pub fn cursor_index(&self) -> Option<usize> {
        self.scroll.cursor.as_ref().and_then(|id| self.shown_index(id))
    }

    pub fn cursor_unit(&self) -> Option<Unit> {
        self.cursor_index().and_then(|at| self.shown_unit(at))
    }

    pub(super) fn place_cursor(&mut self, at: usize) {
        self.searches.forget_places();
        self.scroll.cursor = self.shown_row(at).and_then(|row| self.id_of(row));
        // Following starts only on request: reaching the end by `j` must not make the view move.
        self.scroll.follow = false;
    }

    /// Moves by units. A unit taller than the screen is first scrolled through, line by line.
    pub fn move_cursor(&mut self, by: isize) {
        let Some(last) = self.shown_len().checked_sub(1) else {
            return;
        };
        let at = self.cursor_index().unwrap_or(last);
        if by.unsigned_abs() == 1 && self.scroll_inside(at, by > 0) {
            self.scroll.follow = false;
            return;
        }
        let to = at.saturating_add_signed(by).min(last);
        if to != at {
            self.place_cursor(to);
        }
    }

    /// Moves by about that many lines of the screen.
    pub fn move_lines(&mut self, by: isize) {
        let Some(mut at) = self.cursor_index() else {
            return self.move_cursor(by);
        };
        let mut left = by.unsigned_abs();
        while left > 0 {
            let Some(next) =
                at.checked_add_signed(by.signum()).filter(|next| *next < self.shown_len())
            else {
                break;
            };
            left = left.saturating_sub(self.height(at).max(1));
            at = next;
        }
        self.place_cursor(at);
    }

    /// Moves by units, by about so many lines, or to an end.
    pub fn go(&mut self, motion: Motion) {
        match (motion, motion.rows(self.viewport.1)) {
            (Motion::Down | Motion::Up, Some(by)) => self.move_cursor(by),
            (_, Some(lines)) => self.move_lines(lines),
            (Motion::First, None) => self.first(),
            (_, None) => self.last(),
        }
    }

    pub fn move_page(&mut self, forward: bool, half: bool) {
        self.go(match (forward, half) {
            (true, true) => Motion::HalfDown,
            (false, true) => Motion::HalfUp,
            (true, false) => Motion::PageDown,
            (false, false) => Motion::PageUp,
        });
    }

    /// The last row of the moment that is shown; of the present it is the newest, to be followed.
    pub fn last(&mut self) {
        match self.shown_len().checked_sub(1).filter(|_| self.is_past()) {
            Some(last) => self.place_cursor(last),
            None => self.newest(),
        }
    }

    pub fn first(&mut self) {
        if self.shown_len() > 0 {
            self.place_cursor(0);
        }
    }

    /// Goes to the newest unit and keeps it in view from now on.
    pub fn newest(&mut self) {
        self.searches.forget_places();
        self.return_to_present();
        self.scroll.follow = true;
        self.settle_scroll();
    }

    /// Rows came while something earlier was shown.
    pub fn note_arrived(&mut self, rows: usize) {
        self.scroll.new_below += rows;
    }

    /// Goes to a unit, and unfolds what it is folded into; says whether it is here.
    pub fn reach(&mut self, id: &UnitId) -> bool {
        match self.row_of(id) {
            Some(row) if row < self.records.len() => {
                self.uncover(row);
                self.select(id)
            }
            _ => self.select(id),
        }
    }

    pub fn select(&mut self, id: &UnitId) -> bool {
        let found = self.shown_index(id);
        if let Some(at) = found {
            self.place_cursor(at);
        }
        found.is_some()
    }

    /// Scrolls one line inside the cursor's unit when a part of it lies beyond the screen.
    fn scroll_inside(&mut self, at: usize, down: bool) -> bool {
        let view = self.viewport.1;
        let height = self.height(at);
        if view == 0 || height <= view {
            return false;
        }
        let id = self.shown_row(at).and_then(|row| self.id_of(row));
        let Some(((anchor, line), id)) = self.scroll.anchor.as_mut().zip(id) else {
            return false;
        };
        if *anchor != id {
            return false;
        }
        if down && *line + view < height {
            *line += 1;
            return true;
        }
        if !down && *line > 0 {
            *line -= 1;
            return true;
        }
        false
    }

    /// Makes places valid again after any change, and keeps the cursor within the screen.
    pub(super) fn settle_scroll(&mut self) {
        let view = self.viewport.1;
        let Some(last) = self.shown_len().checked_sub(1) else {
            self.scroll = Scroll { follow: self.scroll.follow, ..Scroll::default() };
            return;
        };
        if self.scroll.follow || self.cursor_index().is_none() {
            self.scroll.cursor = self.shown_row(last).and_then(|row| self.id_of(row));
        }
        if self.scroll.follow {
            self.scroll.new_below = 0;
            self.anchor_at_bottom(last, view);
            return;
        }
        let cursor = self.cursor_index().unwrap_or(last);
        if cursor == last {
            self.scroll.new_below = 0;
        }
        let anchor = self.scroll.anchor.clone();
        let Some((top, line)) = anchor.and_then(|(id, line)| Some((self.shown_index(&id)?, line)))
        else {
            self.anchor_at_bottom(cursor, view);
            return;
        };
        let top_height = self.height(top);
        let line = line.min(top_height.saturating_sub(1));
        if cursor < top || (cursor == top && line > 0 && top_height <= view) {
            self.set_anchor(cursor, 0);
            return;
        }
        // Lines from the top of the screen to the end of the cursor's unit, as far as they matter.
        let mut end = top_height - line;
        let mut at = top;
        while at < cursor && end < view + 1 {
            at += 1;
            end += self.height(at);
        }
        if at < cursor || (end > view && cursor != top) {
            self.anchor_at_bottom(cursor, view);
        } else {
            self.set_anchor(top, line);
        }
    }

    fn set_anchor(&mut self, at: usize, line: usize) {
        let id = self.shown_row(at).and_then(|row| self.id_of(row));
        self.scroll.anchor = id.map(|id| (id, line));
    }

    /// Puts the end of a unit at the last line of the screen; a taller unit starts at the top.
    fn anchor_at_bottom(&mut self, at: usize, view: usize) {
        let mut top = at;
        let mut used = self.height(at);
        if used > view {
            let line = if self.scroll.follow { used - view } else { 0 };
            self.set_anchor(at, line);
            return;
        }
        while top > 0 {
            let above = self.height(top - 1);
            if used + above > view {
                let line = above - (view - used);
                // A part of the unit above fills the rest of the screen.
                if used < view {
                    self.set_anchor(top - 1, line);
                    return;
                }
                break;
            }
            used += above;
            top -= 1;
        }
        self.set_anchor(top, 0);
    }
}
