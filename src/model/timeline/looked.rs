//! Where the reader stopped the last time: a line above the first row that is newer.

use crate::api::Timestamp;

use super::super::memory::Seen;
use super::Timeline;
use super::unit::UnitId;

/// What is known of the last look, and what was made of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Looked {
    /// Until it is decided whether anything is newer.
    before: Option<Seen>,
    /// The first unit after it.
    first_new: Option<UnitId>,
}

/// How far back the newest time is looked for: clocks of events differ a little, not by pages.
const RECENT: usize = 100;

impl Timeline {
    /// How far this session is read, once something of it is here.
    pub fn seen(&self) -> Option<Seen> {
        let event = self.newest_event()?.clone();
        let recent = self.events().rev().take(RECENT);
        Some(Seen { event, happened_at: recent.filter_map(|event| event.created_at).max() })
    }

    /// A look begins, after an earlier one or the first.
    pub fn look_again(&mut self, before: Option<Seen>) {
        self.looked = Looked { before, first_new: None };
    }

    /// Decides once, from what was listed after the look began, where the line goes. What arrives
    /// while somebody looks is not news to them.
    pub fn place_line(&mut self) {
        let Some(before) = &self.looked.before else { return };
        let Some(after) = self.first_after(before) else { return };
        self.looked = Looked { before: None, first_new: self.id_of(after) };
    }

    /// The first row that was not seen; `None` while too little is loaded to tell.
    fn first_after(&self, before: &Seen) -> Option<usize> {
        let row_of = |row: usize| match self.records[row].partner() {
            Some(input) if self.records[row].joined() => input,
            _ => row,
        };
        let last = match self.row_of(&UnitId::from(&before.event)) {
            Some(row) if row < self.records.len() => row_of(row),
            _ => {
                // It was deleted, or lies further up: the time must do.
                let happened_at: Timestamp = before.happened_at?;
                let seen = |row: &usize| {
                    let at = self.entries[*row].event.created_at;
                    !self.records[*row].joined() && at.is_some_and(|at| at <= happened_at)
                };
                (0..self.records.len()).rev().find(seen)?
            }
        };
        let has_row = |row: &usize| self.records.get(*row).is_none_or(|record| !record.joined());
        (last + 1..self.row_count()).find(has_row).or(Some(self.row_count()))
    }
}

impl Looked {
    pub(super) fn is_first_new(&self, unit: &UnitId) -> bool {
        self.first_new.as_ref() == Some(unit)
    }
}
