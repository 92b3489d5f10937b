//! Where the reader stopped the last time: a line above the first row that is newer.

use crate::api::Timestamp;

use super::super::memory::Seen;
use super::unit::UnitId;
use super::{Timeline, Unit};

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
        let had_line = self.looked.first_new.is_some();
        self.looked = Looked { before, first_new: None };
        if had_line {
            self.rebuild();
        }
    }

    /// Decides once, from what was listed after the look began, where the line goes. What arrives
    /// while somebody looks is not news to them.
    pub fn place_line(&mut self) {
        let Some(before) = &self.looked.before else { return };
        let Some(after) = self.first_after(before) else { return };
        let first_new = self.units.get(after).map(|unit| unit.id.clone());
        self.looked = Looked { before: None, first_new };
        if self.looked.first_new.is_some() {
            self.rebuild();
        }
    }

    /// Index of the first unit that was not seen; `None` while too little is loaded to tell.
    fn first_after(&self, before: &Seen) -> Option<usize> {
        let is_last = |unit: &Unit| unit.event_ids().contains(&before.event);
        if let Some(last) = self.units.iter().rposition(is_last) {
            return Some(last + 1);
        }
        // It was deleted, or lies further up: the time must do.
        let happened_at: Timestamp = before.happened_at?;
        let seen = |unit: &Unit| unit.at.is_some_and(|at| at <= happened_at);
        self.units.iter().rposition(seen).map(|last| last + 1)
    }

    /// Puts the mark on the unit that it belongs to, after units were worked out anew.
    pub(super) fn mark_first_new(&mut self) {
        let Some(first_new) = &self.looked.first_new else { return };
        if let Some(unit) = self.units.iter_mut().find(|unit| unit.id == *first_new) {
            unit.first_new = true;
            // Its rows are others now, and so is what was cached of them.
            unit.version = !unit.version;
        }
    }
}
