//! Finding in texts that still stream in.
//!
//! Their verdicts are not kept: every chunk may change them, and there are few of them. A filter
//! shows none, and in an earlier moment there are none. The invariant: hits are stored rows and
//! live ones behind them, in the order of their numbers.

use crate::api::{EventKind, Timestamp};
use crate::query::{Answer, EventFacts, EventState, Fact, Reader, Tool};

use super::row_set::RowSet;
use super::search::{self, Purpose, Steps};
use super::{Reading, Store};
use crate::model::timeline::store::LiveText;
use crate::model::timeline::unit::Kind;

/// Rows that pass what is looked for.
pub(super) struct Hits<'a> {
    stored: &'a RowSet,
    live: Vec<usize>,
}

impl<'a> Hits<'a> {
    pub(super) fn stored(stored: &'a RowSet) -> Self {
        Self { stored, live: Vec::new() }
    }

    pub(super) fn count(&self) -> usize {
        self.stored.count() + self.live.len()
    }

    pub(super) fn contains(&self, row: usize) -> bool {
        self.stored.contains(row) || self.live.contains(&row)
    }

    /// Hits before this row.
    pub(super) fn rank(&self, row: usize) -> usize {
        self.stored.rank(row) + self.live.iter().filter(|live| **live < row).count()
    }

    /// The first one from this row on.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let live = || self.live.iter().copied().find(|live| *live >= from);
        self.stored.next(from).or_else(live)
    }

    /// The last one before this row.
    pub(super) fn previous(&self, before: usize) -> Option<usize> {
        let live = self.live.iter().rev().copied().find(|live| *live < before);
        live.or_else(|| self.stored.previous(before))
    }
}

/// What a query may ask of a text that streams in.
struct LiveFacts<'a> {
    live: &'a LiveText,
    row: u32,
    steps: &'a Steps,
}

impl EventFacts for LiveFacts<'_> {
    fn kind(&self) -> EventKind {
        match self.live.kind() {
            Kind::Think => EventKind::Thinking,
            _ => EventKind::AgentOutput,
        }
    }

    fn is(&self, state: EventState) -> Fact<bool> {
        Fact::Known(state == EventState::Live)
    }

    fn tool(&self) -> Tool<'_> {
        Tool::None
    }

    fn size(&self) -> u64 {
        self.live.text().len() as u64
    }

    fn duration_ms(&self) -> Fact<Option<u64>> {
        Fact::Known(None)
    }

    fn at(&self) -> Option<Timestamp> {
        self.live.at()
    }

    fn step(&self) -> Fact<Option<&str>> {
        Fact::Known(self.steps.at(self.row, None))
    }

    fn sub_agent(&self) -> Fact<Option<&str>> {
        Fact::Known(None)
    }

    fn text(&self, reader: &mut Reader<'_>) -> Fact<()> {
        let _ = reader(self.live.text());
        Fact::Known(())
    }
}

impl Reading {
    /// What is looked for, as far as it is found; `None` where nothing is.
    pub(super) fn hits(&self, store: &Store) -> Option<Hits<'_>> {
        let find = self.searches.index(Purpose::Find)?;
        let filtered = self.searches.index(Purpose::Filter).is_some();
        if store.live().is_empty() || filtered || self.past.is_past() {
            return Some(Hits::stored(&find.rows));
        }
        let steps = search::steps(store);
        let first = store.event_count();
        let rows = store.live().iter().enumerate().map(|(at, live)| (first + at, live));
        let passes = |(row, live): (usize, &LiveText)| {
            let facts = LiveFacts { live, row: u32::try_from(row).ok()?, steps: &steps };
            let answer = find.query.event(&facts, find.now);
            (answer == Answer::Yes).then_some(row)
        };
        Some(Hits { stored: &find.rows, live: rows.filter_map(passes).collect() })
    }
}
