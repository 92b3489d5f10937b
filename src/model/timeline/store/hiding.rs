//! What a listing without hidden events tells about the events that are here.

use std::collections::HashSet;

use crate::api::EventId;

use super::entry::Sight;
use super::{Change, Entry, Store, UnitId};

impl Store {
    pub(crate) fn mark_hiding(&mut self, ids: &[EventId], hide: bool) -> Change {
        self.for_each_of(ids, |entry| entry.hiding = Some(hide))
    }

    pub(crate) fn is_hidden(&self, id: &EventId) -> Option<bool> {
        let entry = self.entries.get(self.place(&UnitId::from(id))?)?;
        Some(entry.hiding.unwrap_or(entry.hidden))
    }

    pub(crate) fn resolve_hiding(&mut self, ids: &[EventId], done: bool) -> Change {
        self.for_each_of(ids, |entry| {
            if let Some(hide) = entry.hiding.take().filter(|_| done) {
                entry.hidden = hide;
                entry.sight = if hide { Sight::Untold } else { Sight::Visible };
            }
        })
    }

    fn for_each_of(&mut self, ids: &[EventId], change: impl Fn(&mut Entry)) -> Change {
        for id in ids {
            let row = self.place(&UnitId::from(id));
            if let Some(entry) = row.and_then(|row| self.entries.get_mut(row)) {
                change(entry);
            }
        }
        self.changed_from = 0;
        self.refresh()
    }

    /// What a row's hide (`true`) or unhide comes to that is not confirmed yet.
    pub(crate) fn hiding(&self, row: usize) -> Option<bool> {
        self.entries.get(row)?.hiding
    }

    pub(crate) fn known_hidden(&self) -> HashSet<EventId> {
        let hidden = self.entries.iter().filter(|entry| entry.hidden);
        hidden.filter_map(|entry| entry.event.id.clone()).collect()
    }

    pub(crate) fn remove(&mut self, ids: &[EventId]) -> Change {
        let ids: HashSet<&EventId> = ids.iter().collect();
        let gone = |id: Option<&EventId>| id.is_some_and(|id| ids.contains(id));
        self.entries.retain(|entry| !entry.stored || !gone(entry.event.id.as_ref()));
        self.changed_from = 0;
        self.refresh()
    }

    pub(crate) fn apply_visible(
        &mut self,
        visible: &HashSet<EventId>,
        from: Option<&EventId>,
        to: &EventId,
    ) -> Change {
        let place = |id: &EventId| self.place(&UnitId::from(id));
        let Some(last) = place(to) else { return Change::default() };
        let first = from.and_then(place).unwrap_or(0);
        let mut changed = false;
        for entry in self.entries.iter_mut().take(last + 1).skip(first) {
            let Some(id) = entry.event.id.as_ref().filter(|_| entry.stored) else { continue };
            let hidden = entry.event.hide_reason.is_some() || !visible.contains(id);
            changed |= hidden != entry.hidden || entry.hiding == Some(hidden);
            entry.tell_hidden(hidden);
        }
        if !changed {
            return Change::default();
        }
        self.changed_from = 0;
        self.refresh()
    }
}
