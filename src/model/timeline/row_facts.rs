//! What a query may ask of one event of the timeline before its text is read.
//!
//! The states and the duration are those of the whole row, so that the halves of a tool call agree
//! on whether it failed; kind, size and text are the event's own.

use crate::api::{EventKind, Timestamp};
use crate::query::{EventFacts, EventState, EventStates, Fact, Reader, Tool};

use super::record::Fingerprint;
use super::{Timeline, Visibility};

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

impl Timeline {
    /// The row that shows this event: that of its input for a joined output.
    pub(super) fn unit_row(&self, row: usize) -> usize {
        let record = self.records.get(row).filter(|record| record.joined());
        record.and_then(|record| record.partner()).unwrap_or(row)
    }

    fn is_bookmarked_row(&self, row: usize) -> bool {
        let id = || self.id_of(row);
        !self.bookmarks.is_empty() && id().is_some_and(|id| self.bookmarks.contains_key(&id))
    }

    pub(super) fn facts(&self, row: usize) -> RowFacts {
        let record = self.records[row];
        let unit = self.unit_row(row);
        let seen = self.records[self.place_seen(unit)].visibility();
        let states = EventStates::default()
            .with(EventState::Error, self.is_error_row(unit, self.records[unit].partner()))
            .with(EventState::Hidden, seen == Visibility::Hidden)
            .with(EventState::Compacted, seen == Visibility::Compacted)
            .with(EventState::Pending, self.is_pending_row(unit))
            .with(EventState::Live, !record.stored())
            .with(EventState::Bookmarked, self.is_bookmarked_row(unit));
        let output = self.records[unit].partner();
        let times = output.and_then(|output| self.time_of(unit).zip(self.time_of(output)));
        let between = |(from, to): (Timestamp, Timestamp)| {
            u64::try_from(to.as_millisecond() - from.as_millisecond()).ok()
        };
        RowFacts {
            kind: record.kind(),
            states,
            size: self.size_of(row),
            at: self.time_of(row),
            duration_ms: times.and_then(between),
            tool: self.derived.tools.fingerprint(record.tool()),
            sub_agent: record.sub_agent(),
            steps: !self.derived.transitions.is_empty(),
        }
    }

    fn time_of(&self, row: usize) -> Option<Timestamp> {
        if self.filed.is_none() {
            return self.entries.get(row)?.event.created_at;
        }
        let at = self.records.get(row)?.at(self.derived.since?)?;
        Timestamp::from_millisecond(at).ok()
    }

    fn size_of(&self, row: usize) -> u64 {
        match &self.filed {
            Some(filed) => filed.line(&self.records, row).map_or(0, |line| line.length),
            None => self.entries.get(row).map_or(0, |entry| entry.event.size() as u64),
        }
    }
}
