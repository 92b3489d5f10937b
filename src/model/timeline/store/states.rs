//! How a row stands, and when its event happened: told from records alone, wherever they can.

use crate::api::{EventKind, Timestamp};

use super::Store;
use super::record::Record;
use crate::model::memory::Seen;

/// How far back the newest time is looked for: clocks of events differ a little, not by pages.
const RECENT: usize = 100;

impl Store {
    /// Whether it failed by itself, or the other half of its call did.
    pub(crate) fn is_error_row(&self, row: usize, partner: Option<usize>) -> bool {
        let Some(record) = self.record(row) else { return false };
        let failed = |row: usize| self.record(row).is_some_and(Record::failed);
        match record.kind() {
            EventKind::Error
            | EventKind::ContextLimitExceeded
            | EventKind::StepTransitionLimitExceeded => true,
            _ => record.failed() || partner.is_some_and(failed),
        }
    }

    /// Whether it is a call that waits for an answer of the person.
    pub(crate) fn is_pending_row(&self, row: usize) -> bool {
        let open = self.record(row).is_some_and(|record| {
            record.kind() == EventKind::ToolInput && record.partner().is_none()
        });
        let event = self.event_at(row).filter(|_| open);
        let id = event.and_then(|event| event.id.as_ref());
        id.is_some_and(|id| self.situation.outstanding.contains(id))
    }

    /// When the event of a row happened; in a file up to 16 ms too early.
    pub(crate) fn time_of(&self, row: usize) -> Option<Timestamp> {
        if self.filed.is_some() {
            return self.recorded_at(row);
        }
        self.event_at(row)?.created_at
    }

    /// The same without a look at the event: always up to 16 ms too early.
    pub(crate) fn recorded_at(&self, row: usize) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.recorded_ms(row)?).ok()
    }

    /// The same in milliseconds since 1970.
    pub(crate) fn recorded_ms(&self, row: usize) -> Option<i64> {
        self.records.get(row)?.at(self.derived.since?)
    }

    /// The time that records count from: that of the first event that was taken in.
    pub(crate) fn begins_at(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.derived.since?).ok()
    }

    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let time = |row| self.recorded_ms(row);
        let first = (0..self.records.len()).find_map(time)?;
        let last = (0..self.records.len()).rev().find_map(time)?;
        let stamp = |at| Timestamp::from_millisecond(at).ok();
        Some((stamp(first)?, stamp(last)?))
    }

    /// Bytes of the event's own text.
    pub(crate) fn size_of(&self, row: usize) -> u64 {
        match &self.filed {
            Some(filed) => filed.line(&self.records, row).map_or(0, |line| line.length),
            None => self.event_at(row).map_or(0, |event| event.size() as u64),
        }
    }

    /// Bytes of all events that are held.
    pub(crate) fn held_bytes(&self) -> usize {
        self.events().map(|event| event.size()).sum()
    }

    pub(crate) fn seen(&self) -> Option<Seen> {
        let event = self.newest_event()?.clone();
        let recent = self.events().rev().take(RECENT);
        Some(Seen { event, happened_at: recent.filter_map(|event| event.created_at).max() })
    }
}
