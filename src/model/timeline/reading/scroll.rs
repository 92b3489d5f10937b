//! Where the reader is. Places are names of units, so that nothing jumps when events arrive.

use super::{Reading, Store, Unit, UnitId};
use crate::viewport::Motion;

/// While text is written, the screen moves by half of it: where a list stands beside the text, a
/// terminal that moves whole rows only is sent all of the pane, and half as often that is as good to read.
const PARTS_OF_SCREEN: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scroll {
    /// Unit and line in it at the top of the screen.
    pub anchor: Option<(UnitId, usize)>,
    pub cursor: Option<UnitId>,
    /// The newest unit is kept in view.
    pub follow: bool,
    /// Units that arrived while not following.
    pub new_below: usize,
    /// Lines at the end of the screen that are kept free for text that is being written.
    pub(super) ahead: usize,
}

impl Default for Scroll {
    fn default() -> Self {
        Self { anchor: None, cursor: None, follow: true, new_below: 0, ahead: 0 }
    }
}

impl Reading {
    /// The row that the cursor is on, shown or not.
    pub(super) fn cursor_row(&self, store: &Store) -> Option<usize> {
        self.scroll.cursor.as_ref().and_then(|id| store.row_of(id))
    }

    pub(crate) fn cursor_index(&self, store: &Store) -> Option<usize> {
        self.scroll.cursor.as_ref().and_then(|id| self.shown_index(store, id))
    }

    pub(crate) fn cursor_unit(&self, store: &Store) -> Option<Unit> {
        self.cursor_index(store).and_then(|at| self.shown_unit(store, at))
    }

    pub(super) fn place_cursor(&mut self, store: &Store, at: usize) {
        self.searches.forget_places();
        self.scroll.cursor = self.shown_id(store, at);
        // Following starts only on request: reaching the end by `j` must not make the view move.
        self.scroll.follow = false;
    }

    pub(crate) fn move_cursor(&mut self, store: &Store, by: isize) {
        let Some(last) = self.shown_len(store).checked_sub(1) else {
            return;
        };
        let at = self.cursor_index(store).unwrap_or(last);
        if by.unsigned_abs() == 1 && self.scroll_inside(store, at, by > 0) {
            self.scroll.follow = false;
            return;
        }
        let to = at.saturating_add_signed(by).min(last);
        if to != at {
            self.place_cursor(store, to);
        }
    }

    pub(crate) fn move_lines(&mut self, store: &Store, by: isize) {
        let Some(mut at) = self.cursor_index(store) else {
            return self.move_cursor(store, by);
        };
        let mut left = by.unsigned_abs();
        while left > 0 {
            let Some(next) =
                at.checked_add_signed(by.signum()).filter(|next| *next < self.shown_len(store))
            else {
                break;
            };
            left = left.saturating_sub(self.height(store, at).max(1));
            at = next;
        }
        self.place_cursor(store, at);
    }

    /// Moves by units, by about so many lines, or to an end.
    pub(crate) fn go(&mut self, store: &Store, motion: Motion) {
        if let Some(by) = motion.scrolls() {
            return self.move_window(store, by > 0);
        }
        match (motion, motion.rows(self.viewport.1)) {
            (Motion::Down | Motion::Up, Some(by)) => self.move_cursor(store, by),
            (_, Some(lines)) => self.move_lines(store, lines),
            (Motion::First, None) => self.first(store),
            (_, None) => self.last(store),
        }
    }

    /// Moves the window by a line; the cursor stays on its unit while that is seen whole.
    fn move_window(&mut self, store: &Store, down: bool) {
        let (view, last) = (self.viewport.1, self.shown_len(store).saturating_sub(1));
        let (place, cursor) = (self.top_of_screen(store), self.cursor_index(store));
        let (Some((mut top, mut line)), Some(cursor)) = (place, cursor) else {
            return;
        };
        if down {
            if self.seen_whole(store, (top, line), view).1 == Some(last) {
                return;
            }
            line += 1;
            if line >= self.height(store, top) && top < last {
                (top, line) = (top + 1, 0);
            }
        } else if line > 0 {
            line -= 1;
        } else if top > 0 {
            top -= 1;
            line = self.height(store, top).saturating_sub(1);
        } else {
            return;
        }
        // Where no unit has room, the one at the top is read line by line.
        let (first, end) = self.seen_whole(store, (top, line), view);
        let tall = self.height(store, top) > view;
        let first = if tall { top } else { first.unwrap_or(top) };
        let to = cursor.clamp(first, end.unwrap_or(first).max(first));
        self.scroll.follow = false;
        if to != cursor {
            self.place_cursor(store, to);
        }
        // A unit of which only the end would be seen is not the cursor's.
        match to == top && line > 0 && !tall {
            true if down && top < last => {
                self.place_cursor(store, top + 1);
                self.set_anchor(store, top + 1, 0);
            }
            true => self.set_anchor(store, top, 0),
            false => self.set_anchor(store, top, line),
        }
    }

    /// The first and the last unit that are seen whole from a place on.
    fn seen_whole(
        &mut self,
        store: &Store,
        (top, line): (usize, usize),
        view: usize,
    ) -> (Option<usize>, Option<usize>) {
        let (mut first, mut end) = (None, None);
        let (mut at, mut used) = (top, 0);
        while used < view && at < self.shown_len(store) {
            let skipped = if at == top { line } else { 0 };
            used += self.height(store, at).saturating_sub(skipped);
            // Of the last unit the end is what counts: nothing follows it.
            if used <= view && (skipped == 0 || at + 1 == self.shown_len(store)) {
                first = first.or(Some(at));
                end = Some(at);
            }
            at += 1;
        }
        (first, end)
    }

    pub(crate) fn last(&mut self, store: &Store) {
        match self.shown_len(store).checked_sub(1).filter(|_| self.is_past()) {
            Some(last) => self.place_cursor(store, last),
            None => self.newest(store),
        }
    }

    pub(crate) fn first(&mut self, store: &Store) {
        if self.shown_len(store) > 0 {
            self.place_cursor(store, 0);
        }
    }

    pub(crate) fn newest(&mut self, store: &Store) {
        self.searches.forget_places();
        self.return_to_present(store);
        self.scroll.follow = true;
        self.scroll.ahead = 0;
        self.settle_scroll(store);
    }

    pub(crate) fn note_arrived(&mut self, rows: usize) {
        self.scroll.new_below += rows;
    }

    pub(crate) fn reach(&mut self, store: &Store, id: &UnitId) -> bool {
        match store.row_of(id) {
            Some(row) if row < store.event_count() => {
                // An output is shown with its input.
                let row = store.unit_row(row);
                self.uncover(store, row);
                store.id_of(row).is_some_and(|id| self.select(store, &id))
            }
            _ => self.select(store, id),
        }
    }

    pub(crate) fn reveal(&mut self, store: &Store, id: &UnitId) {
        if !self.reach(store, id)
            && let Some(near) = self.survivor(store, id.clone(), None)
        {
            self.select(store, &near);
        }
    }

    pub(crate) fn select(&mut self, store: &Store, id: &UnitId) -> bool {
        let found = self.shown_index(store, id);
        if let Some(at) = found {
            self.place_cursor(store, at);
        }
        found.is_some()
    }

    /// Scrolls one line inside the cursor's unit when a part of it lies beyond the screen.
    fn scroll_inside(&mut self, store: &Store, at: usize, down: bool) -> bool {
        let view = self.viewport.1;
        let height = self.height(store, at);
        if view == 0 || height <= view {
            return false;
        }
        let id = self.shown_id(store, at);
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
    pub(super) fn settle_scroll(&mut self, store: &Store) {
        let view = self.viewport.1;
        let Some(last) = self.shown_len(store).checked_sub(1) else {
            self.scroll = Scroll { follow: self.scroll.follow, ..Scroll::default() };
            return;
        };
        if self.scroll.follow || self.cursor_index(store).is_none() {
            self.scroll.cursor = self.shown_id(store, last);
        }
        if self.scroll.follow {
            self.scroll.new_below = 0;
            self.keep_end_in_view(store, last, view);
            return;
        }
        let cursor = self.cursor_index(store).unwrap_or(last);
        if cursor == last {
            self.scroll.new_below = 0;
        }
        let Some((top, line)) = self.top_of_screen(store) else {
            self.anchor_at_bottom(store, cursor, view);
            return;
        };
        let top_height = self.height(store, top);
        let line = line.min(top_height.saturating_sub(1));
        if cursor < top || (cursor == top && line > 0 && top_height <= view) {
            self.set_anchor(store, cursor, 0);
            return;
        }
        // Lines from the top of the screen to the end of the cursor's unit, as far as they matter.
        let (mut end, mut height) = (top_height - line, top_height);
        let mut at = top;
        while at < cursor && end < view + 1 {
            at += 1;
            height = self.height(store, at);
            end += height;
        }
        if at < cursor || (height > view && cursor != top) {
            self.anchor_at_bottom(store, cursor, view);
        } else if cursor != top {
            let (top, line) = self.below(store, (top, line), end.saturating_sub(view));
            self.set_anchor(store, top, line);
        } else {
            self.set_anchor(store, top, line);
        }
    }

    /// The place so many lines below another one.
    fn below(
        &mut self,
        store: &Store,
        (top, line): (usize, usize),
        lines: usize,
    ) -> (usize, usize) {
        let mut line = line + lines;
        for at in top..self.shown_len(store) {
            let height = self.height(store, at);
            if line < height {
                return (at, line);
            }
            line -= height;
        }
        (top, line)
    }

    /// Moves the screen only once the end has left it, and then far enough for a few more lines of
    /// a text that is being written: what stays where it is can be read, and to move is what costs
    /// most where terminals move whole rows only.
    fn keep_end_in_view(&mut self, store: &Store, last: usize, view: usize) {
        let (top, line) = self.top_of_screen(store).unwrap_or((0, 0));
        let free = self.free_below(store, (top, line), view);
        let whole = (top, line) == (0, 0);
        if let Some(free) = free.filter(|free| whole || *free <= self.scroll.ahead) {
            self.scroll.ahead = free.min(self.scroll.ahead);
            self.set_anchor(store, top, line);
            return;
        }
        let is_written = self.live_shown(store).next().is_some();
        self.scroll.ahead = if is_written { view / PARTS_OF_SCREEN } else { 0 };
        self.anchor_at_bottom(store, last, view - self.scroll.ahead);
    }

    /// Lines of the screen that stay free below the last unit, where its end is seen from a place on.
    fn free_below(
        &mut self,
        store: &Store,
        (top, line): (usize, usize),
        view: usize,
    ) -> Option<usize> {
        let mut free = view + line;
        for at in top..self.shown_len(store) {
            free = free.checked_sub(self.height(store, at))?;
        }
        (line < self.height(store, top)).then_some(free)
    }

    /// The shown unit that the screen begins with, and the line of it.
    fn top_of_screen(&self, store: &Store) -> Option<(usize, usize)> {
        let (id, line) = self.scroll.anchor.as_ref()?;
        Some((self.shown_index(store, id)?, *line))
    }

    fn set_anchor(&mut self, store: &Store, at: usize, line: usize) {
        let id = self.shown_id(store, at);
        self.scroll.anchor = id.map(|id| (id, line));
    }

    /// Puts the end of a unit at the last line of the screen; a taller unit starts at the top.
    fn anchor_at_bottom(&mut self, store: &Store, at: usize, view: usize) {
        let mut top = at;
        let mut used = self.height(store, at);
        if used > view {
            let line = if self.scroll.follow { used - view } else { 0 };
            self.set_anchor(store, at, line);
            return;
        }
        while top > 0 {
            let above = self.height(store, top - 1);
            if used + above > view {
                let line = above - (view - used);
                // A part of the unit above fills the rest of the screen.
                if used < view {
                    self.set_anchor(store, top - 1, line);
                    return;
                }
                break;
            }
            used += above;
            top -= 1;
        }
        self.set_anchor(store, top, 0);
    }
}
