//! What a listing without hidden events tells about the events that are here.

use std::collections::HashSet;

use crate::api::EventId;

use super::{Entry, Timeline, UnitId};

impl Timeline {
    /// Shows a hide (or unhide) that was sent and is not confirmed yet.
    pub fn mark_hiding(&mut self, ids: &[EventId], hide: bool) {
        self.for_each_of(ids, |entry| entry.hiding = Some(hide));
    }

    /// Whether an event is hidden, or about to be; `None` for one we do not know.
    pub fn is_hidden(&self, id: &EventId) -> Option<bool> {
        let entry = self.entries.get(*self.places.get(&UnitId::from(id))? as usize)?;
        Some(entry.hiding.unwrap_or(entry.hidden))
    }

    /// The service did it, or (`done` false) refused.
    pub fn resolve_hiding(&mut self, ids: &[EventId], done: bool) {
        self.for_each_of(ids, |entry| {
            if let Some(hide) = entry.hiding.take().filter(|_| done) {
                entry.hidden = hide;
            }
        });
    }

    fn for_each_of(&mut self, ids: &[EventId], change: impl Fn(&mut Entry)) {
        for id in ids {
            let row = self.places.get(&UnitId::from(id));
            if let Some(entry) = row.and_then(|row| self.entries.get_mut(*row as usize)) {
                change(entry);
            }
        }
        self.changed_from = 0;
        self.refresh();
    }

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
