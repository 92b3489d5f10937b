//! What an account of time asks of the timeline: when each event happened, what it belongs to, and
//! the way from a row to its unit and back.
//!
//! Told from records alone; an event is read only for a unit that is asked for. The invariant: a
//! moment costs the same in a session of ten events and in one of a million.

use crate::api::EventKind;

use super::{Timeline, Unit, UnitId};

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

impl Timeline {
    /// Every stored event, oldest first.
    pub fn moments(&self) -> impl Iterator<Item = Moment> {
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
            return self.records.get(row)?.at(self.derived.since?);
        }
        Some(self.entries.get(row)?.event.created_at?.as_millisecond())
    }

    /// Grows whenever a moment may have changed.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn changed(&mut self) {
        self.minimap.forget();
        self.generation += 1;
    }

    /// The session is running, as far as the service says.
    pub fn is_running(&self) -> bool {
        self.situation.running
    }

    pub fn unit_at_row(&self, row: usize) -> Option<Unit> {
        self.make_unit(row)
    }

    pub fn id_at_row(&self, row: usize) -> Option<UnitId> {
        (row < self.row_count()).then(|| self.id_of(row)).flatten()
    }

    pub fn row_of_id(&self, id: &UnitId) -> Option<usize> {
        self.row_of(id)
    }

    /// Puts the cursor on a unit, and unfolds what hides it. Where the filter
    /// leaves it out, the cursor goes to the nearest one that is shown.
    pub fn reveal(&mut self, id: &UnitId) {
        if !self.reach(id)
            && let Some(near) = self.survivor(id.clone(), None)
        {
            self.select(&near);
        }
    }
}
