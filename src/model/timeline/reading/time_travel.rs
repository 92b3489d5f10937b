//! The timeline as it was after an earlier event.
//!
//! Rows of later events are not shown, and what arrives meanwhile waits for the way back to the
//! present. How the rest was seen then, [`Past`](super::past::Past) tells. The invariant: a step
//! costs what its event changed, whatever the session's length.

use super::{Reading, Store};
use crate::api::Timestamp;

/// A moment, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// When its last event happened.
    pub at: Option<Timestamp>,
    /// The number of that event, from 1.
    pub event: usize,
    pub of: usize,
}

/// Result of a step in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    Moved,
    /// There is nothing before the first event that is here.
    AtFirst,
    /// The step led into the present, or would have to lead beyond it.
    Present,
    /// What comes before the row under the cursor is not read yet.
    Unread,
}

impl Reading {
    pub(crate) fn step(&mut self, store: &Store, forward: bool) -> Stepped {
        self.wanted = None;
        let rows = match self.past.cutoff() {
            None if forward => return Stepped::Present,
            None => return self.go_back_to_cursor(store),
            Some(rows) => rows,
        };
        if forward && rows >= store.event_count() {
            self.return_to_present(store);
            return Stepped::Present;
        }
        if !forward && rows <= 1 {
            return Stepped::AtFirst;
        }
        let row = if forward { rows } else { rows - 1 };
        let touched = self.past.pass(store, row, forward);
        self.shown.truncate(row);
        // The row itself, if it came; of the others only those that have come count.
        self.show_from(store, row, touched);
        self.place_cursor_on_newest(store);
        Stepped::Moved
    }

    fn go_back_to_cursor(&mut self, store: &Store) -> Stepped {
        let last = store.event_count().checked_sub(1);
        let Some((row, last)) = self.cursor_row(store).or(last).zip(last) else {
            return Stepped::AtFirst;
        };
        if store.is_tail() {
            return Stepped::Unread;
        }
        self.show_as_of(store, row.min(last) + 1);
        Stepped::Moved
    }

    /// Shows the timeline as it was after that many events.
    pub(crate) fn show_as_of(&mut self, store: &Store, rows: usize) {
        self.past.go(store, rows);
        self.scroll.follow = false;
        self.arrange(store);
        self.place_cursor_on_newest(store);
    }

    pub(crate) fn return_to_present(&mut self, store: &Store) {
        self.wanted = None;
        if !self.past.is_past() {
            return;
        }
        let left = self.past.end();
        self.rearrange(store);
        if let Some(known) = left.and_then(|id| store.row_of(&id)) {
            let seen = self.rank(store, known + 1);
            self.scroll.new_below = self.shown_len(store).saturating_sub(seen);
        }
    }

    /// The row that tells of the newest event, or the nearest before it.
    fn place_cursor_on_newest(&mut self, store: &Store) {
        let Some(newest) = self.past.rows(store).checked_sub(1) else { return };
        let joined = self.past.partner(store, newest);
        let row = joined.filter(|_| store.records()[newest].joined()).unwrap_or(newest);
        let near = if self.is_shown(store, row) { Some(row) } else { self.shown.previous(newest) };
        match near.or_else(|| self.shown.next(0)) {
            Some(row) => self.place_cursor(store, self.rank(store, row)),
            None => self.scroll.cursor = None,
        }
    }
}
