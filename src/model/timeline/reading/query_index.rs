//! A query over the rows of a timeline: which pass, as far as they were looked at.
//!
//! Verdicts are kept per event, so that they outlast joins; what is shown and counted are rows. The
//! invariant: a row whose verdict is open may be counted wrongly, but never one that is not.

use std::sync::Arc;

use crate::api::Timestamp;
use crate::query::Query;

use super::row_set::RowSet;

#[derive(Debug, Clone)]
pub(super) struct QueryIndex {
    /// As it was typed.
    pub(super) text: String,
    pub(super) query: Arc<Query>,
    /// The moment to which ages refer.
    pub(super) now: Timestamp,
    /// Where looking begins: what lies nearest is wanted first.
    pub(super) from: usize,
    /// How many times events were asked for.
    pub(super) pieces: u32,
    /// Events that pass, or did when they were last looked at.
    passed: RowSet,
    /// Events to look at.
    open: RowSet,
    /// Rows of which an event passes.
    pub(super) rows: RowSet,
}

impl QueryIndex {
    pub(super) fn new(text: String, query: Query, now: Timestamp, from: usize) -> Self {
        let (passed, open, rows) = Default::default();
        Self { text, query: Arc::new(query), now, from, pieces: 0, passed, open, rows }
    }

    /// Makes room for further events, which nobody has looked at.
    pub(super) fn grow(&mut self, events: usize) {
        self.passed.grow(events, false);
        self.rows.grow(events, false);
        self.open.grow(events, true);
    }

    /// Everything has another number now. What passed counts until it has been looked at again.
    pub(super) fn renumber(&mut self, old: impl Iterator<Item = Option<usize>>) {
        self.passed = old.map(|old| old.is_some_and(|row| self.passed.contains(row))).collect();
        let events = self.passed.len();
        (self.open, self.rows) = Default::default();
        self.open.grow(events, true);
        self.rows.grow(events, false);
    }

    pub(super) fn reopen(&mut self, events: impl IntoIterator<Item = usize>) {
        self.open.set(events.into_iter().map(|event| (event, true)));
    }

    /// Takes over verdicts; these events pass now and did not, or the other way round.
    pub(super) fn decide(&mut self, verdicts: &[(usize, bool)]) -> Vec<usize> {
        let changed = verdicts.iter().filter(|(event, passes)| self.passes(*event) != *passes);
        let changed: Vec<(usize, bool)> = changed.copied().collect();
        self.passed.set(changed.iter().copied());
        self.open.set(verdicts.iter().map(|(event, _)| (*event, false)));
        changed.into_iter().map(|(event, _)| event).collect()
    }

    pub(super) fn passes(&self, event: usize) -> bool {
        self.passed.contains(event)
    }

    pub(super) fn any_passes(&self) -> bool {
        self.passed.count() > 0
    }

    pub(super) fn is_open(&self) -> bool {
        self.open_count() > 0
    }

    pub(super) fn open_count(&self) -> usize {
        self.open.count()
    }

    /// The next event to look at, from one on, to the end.
    pub(super) fn next_open(&self, from: usize) -> Option<usize> {
        self.open.next(from)
    }
}
