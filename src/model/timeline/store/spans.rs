//! What an account of time asks of a session: when each event happened, and what it belongs to.
//!
//! Told from records alone; an event is read only for a unit that is asked for. The invariant: a
//! moment costs the same in a session of ten events and in one of a million.

use crate::api::EventKind;

use super::Store;

/// When an event happened, and what it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Moment {
    pub row: usize,
    pub kind: EventKind,
    /// Milliseconds since 1970; from a file some milliseconds too early.
    pub at: Option<i64>,
    /// A number that stands for the tool; 0 is none.
    pub tool: u8,
    pub sub_agent: bool,
    pub failed: bool,
    /// The row of the other half of a call.
    pub partner: Option<usize>,
    /// This call waits for an answer of the person.
    pub pending: bool,
    /// What comes before it is not read yet.
    pub unread_before: bool,
}

impl Store {
    pub(crate) fn moments(&self) -> impl Iterator<Item = Moment> {
        self.records.iter().enumerate().map(|(row, record)| Moment {
            row,
            kind: record.kind(),
            at: self.happened_at(row),
            tool: record.tool(),
            sub_agent: record.sub_agent(),
            failed: record.failed(),
            partner: record.partner(),
            pending: self.is_pending_row(row),
            unread_before: self.is_behind_gap(row),
        })
    }

    fn happened_at(&self, row: usize) -> Option<i64> {
        if self.filed.is_some() {
            return self.recorded_ms(row);
        }
        Some(self.event_at(row)?.created_at?.as_millisecond())
    }
}
