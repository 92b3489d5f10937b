//! What a query may ask of one event of the timeline before its text is read.
//!
//! The states and the duration are those of the whole row, so that the halves of a tool call agree
//! on whether it failed; kind, size and text are the event's own.

use crate::api::{EventKind, Timestamp};
use crate::query::{EventFacts, EventState, EventStates, Fact, Reader, Tool};

use super::{Reading, Store};
use crate::model::timeline::store::Fingerprint;
use crate::model::timeline::visibility::Visibility;

#[derive(Debug, Clone, Copy)]
pub struct RowFacts {
    pub(super) kind: EventKind,
    pub(super) states: EventStates,
    pub(super) size: u64,
    /// In a file up to 16 ms too early.
    pub(super) at: Option<Timestamp>,
    pub(super) duration_ms: Option<u64>,
    pub(super) tool: Fingerprint,
    pub(super) sub_agent: bool,
    /// Whether it may happen in a step at all.
    pub(super) steps: bool,
}

impl RowFacts {
    /// Of a row about which no fact is asked, so that it has to be read: to gather them takes longer than
    /// to read a short text.
    pub(super) fn unasked(store: &Store, row: usize) -> Self {
        let record = store.records()[row];
        Self {
            kind: record.kind(),
            states: EventStates::default(),
            size: store.size_of(row),
            at: None,
            duration_ms: None,
            tool: Fingerprint::Shared,
            sub_agent: record.sub_agent(),
            steps: false,
        }
    }

    /// Its tool is one of so many that none of the facts tells which.
    pub(super) fn is_vague(&self) -> bool {
        self.tool == Fingerprint::Shared
    }
}

impl EventFacts for RowFacts {
    fn kind(&self) -> EventKind {
        self.kind
    }

    fn is(&self, state: EventState) -> Fact<bool> {
        Fact::Known(self.states.has(state))
    }

    fn tool(&self) -> Tool<'_> {
        match self.tool {
            Fingerprint::Of(print) => Tool::Fingerprint(print),
            Fingerprint::None | Fingerprint::Shared => Tool::None,
        }
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn duration_ms(&self) -> Fact<Option<u64>> {
        Fact::Known(self.duration_ms)
    }

    fn at(&self) -> Option<Timestamp> {
        self.at
    }

    fn step(&self) -> Fact<Option<&str>> {
        if self.steps { Fact::Unread } else { Fact::Known(None) }
    }

    fn sub_agent(&self) -> Fact<Option<&str>> {
        if self.sub_agent { Fact::Unread } else { Fact::Known(None) }
    }

    fn text(&self, _: &mut Reader<'_>) -> Fact<()> {
        Fact::Unread
    }
}

impl Reading {
    fn is_bookmarked_row(&self, store: &Store, row: usize) -> bool {
        let id = || store.id_of(row);
        !self.bookmarks.is_empty() && id().is_some_and(|id| self.bookmarks.contains_key(&id))
    }

    pub(super) fn facts(&self, store: &Store, row: usize) -> RowFacts {
        let record = store.records()[row];
        let unit = store.unit_row(row);
        let seen = store.records()[self.past.place_seen(store, unit)].visibility();
        let states = EventStates::default()
            .with(EventState::Error, store.is_error_row(unit, store.records()[unit].partner()))
            .with(EventState::Hidden, seen == Visibility::Hidden)
            .with(EventState::Compacted, seen == Visibility::Compacted)
            .with(EventState::Pending, store.is_pending_row(unit))
            .with(EventState::Live, !record.stored())
            .with(EventState::Bookmarked, self.is_bookmarked_row(store, unit));
        let output = store.records()[unit].partner();
        let times = output.and_then(|output| store.time_of(unit).zip(store.time_of(output)));
        let between = |(from, to): (Timestamp, Timestamp)| {
            u64::try_from(to.as_millisecond() - from.as_millisecond()).ok()
        };
        RowFacts {
            kind: record.kind(),
            states,
            size: store.size_of(row),
            at: store.time_of(row),
            duration_ms: times.and_then(between),
            tool: store.tool(record.tool()),
            sub_agent: record.sub_agent(),
            steps: !store.transitions().is_empty(),
        }
    }
}
