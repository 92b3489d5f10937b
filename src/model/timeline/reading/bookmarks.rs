//! Notes on units, by a person for persons.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Reading, Store, UnitId};

impl Reading {
    pub(crate) fn set_bookmarks(&mut self, store: &Store, bookmarks: HashMap<UnitId, Arc<str>>) {
        let before = std::mem::replace(&mut self.bookmarks, bookmarks);
        let now = &self.bookmarks;
        let came = now.keys().filter(|id| !before.contains_key(*id));
        let went = before.keys().filter(|id| !now.contains_key(*id));
        let rows: Vec<usize> = came.chain(went).filter_map(|id| store.row_of(id)).collect();
        self.reopen_rows(store, &rows);
    }

    pub(crate) fn set_bookmark(&mut self, store: &Store, unit: &UnitId, note: Option<Arc<str>>) {
        let mut bookmarks = self.bookmarks.clone();
        match note {
            Some(note) => bookmarks.insert(unit.clone(), note),
            None => bookmarks.remove(unit),
        };
        self.set_bookmarks(store, bookmarks);
    }

    pub(crate) fn note(&self, unit: &UnitId) -> Option<&Arc<str>> {
        self.bookmarks.get(unit)
    }

    pub(crate) fn bookmarks(&self, store: &Store) -> Vec<(UnitId, &str)> {
        let all = self.bookmarks.iter().map(|(unit, note)| (store.row_of(unit), unit, &**note));
        let mut all: Vec<(Option<usize>, &UnitId, &str)> = all.collect();
        all.sort_unstable();
        all.into_iter().map(|(_, unit, note)| (unit.clone(), note)).collect()
    }
}
