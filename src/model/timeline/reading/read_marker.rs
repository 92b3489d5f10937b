//! Where the reader stopped the last time: a line above the first row that is newer.

use crate::api::Timestamp;

use super::{Reading, Store, UnitId};
use crate::model::memory::Seen;
use crate::model::timeline::store::Record;

/// What is known of the last look, and what was made of it.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadMarker {
    /// Until it is decided whether anything is newer.
    before: Option<Seen>,
    /// The first unit after it.
    first_new: Option<UnitId>,
}

impl Reading {
    pub(crate) fn look_again(&mut self, before: Option<Seen>) {
        self.read_marker = ReadMarker { before, first_new: None };
    }

    pub(crate) fn place_line(&mut self, store: &Store) {
        let Some(before) = &self.read_marker.before else { return };
        let Some(after) = first_after(store, before) else { return };
        self.read_marker = ReadMarker { before: None, first_new: store.id_of(after) };
    }
}

impl ReadMarker {
    pub(super) fn is_first_new(&self, unit: &UnitId) -> bool {
        self.first_new.as_ref() == Some(unit)
    }
}

/// The first row that was not seen; `None` while too little is loaded to tell.
fn first_after(store: &Store, before: &Seen) -> Option<usize> {
    let joined = |row: usize| store.record(row).is_some_and(Record::joined);
    let last = match store.row_of(&UnitId::from(&before.event)) {
        Some(row) if row < store.event_count() => store.unit_row(row),
        _ => {
            // It was deleted, or lies further up: the time must do.
            let happened_at: Timestamp = before.happened_at?;
            let seen = |row: &usize| {
                let at = store.event_at(*row).and_then(|event| event.created_at);
                !joined(*row) && at.is_some_and(|at| at <= happened_at)
            };
            (0..store.event_count()).rev().find(seen)?
        }
    };
    let rows = store.row_count();
    (last + 1..rows).find(|row| !joined(*row)).or(Some(rows))
}
