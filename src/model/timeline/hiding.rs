//! What a listing without hidden events tells about the events that are here.

use std::collections::HashSet;

use crate::api::EventId;

use super::{Timeline, UnitId};

impl Timeline {
    /// Events that the last word on them called hidden.
    pub fn known_hidden(&self) -> HashSet<EventId> {
        let hidden = self.entries.iter().filter(|entry| entry.hidden);
        hidden.filter_map(|entry| entry.event.id.clone()).collect()
    }

    /// Takes out events that the service has deleted.
    pub fn remove(&mut self, ids: &[EventId]) {
        let ids: HashSet<&EventId> = ids.iter().collect();
        let gone = |id: Option<&EventId>| id.is_some_and(|id| ids.contains(id));
        self.entries.retain(|entry| !entry.stored || !gone(entry.event.id.as_ref()));
        self.changed_from = 0;
        self.refresh();
    }

    /// Takes over which events were listed without hidden ones. It speaks about the events between
    /// `from` (`None`: the first) and `to`, both included: `to` is the newest event that was known
    /// *before* the listing was asked for, because what came later cannot be called hidden. What
    /// `from` or `to` names and is not here says nothing, except that an older `from` is before
    /// everything.
    pub fn apply_visible(
        &mut self,
        visible: &HashSet<EventId>,
        from: Option<&EventId>,
        to: &EventId,
    ) {
        let place = |id: &EventId| self.places.get(&UnitId::from(id)).map(|row| *row as usize);
        let Some(last) = place(to) else { return };
        let first = from.and_then(place).unwrap_or(0);
        let mut changed = false;
        for entry in self.entries.iter_mut().take(last + 1).skip(first) {
            let Some(id) = entry.event.id.as_ref().filter(|_| entry.stored) else { continue };
            let hidden = entry.event.hide_reason.is_some() || !visible.contains(id);
            changed |= hidden != entry.hidden || entry.hiding == Some(hidden);
            entry.hidden = hidden;
            if entry.hiding == Some(hidden) {
                entry.hiding = None;
            }
        }
        if changed {
            self.changed_from = 0;
            self.refresh();
        }
    }
}
