//! Which rows are shown, and where the reader is among them when that changes.

use std::collections::HashMap;

use super::row_set::RowSet;
use super::{Filter, Reading, Store, UnitId, chat, groups};
use crate::model::timeline::Visibility;
use crate::model::timeline::store::Record;

impl Reading {
    /// Works out which of the rows from this one on are shown, and anew for those touched.
    pub(super) fn show_from(&mut self, store: &Store, from: usize, touched: Vec<usize>) {
        self.feed_indexes(store, from, &touched);
        let mut shown = std::mem::take(&mut self.shown);
        let mut last = Fold::default();
        shown.extend((from..self.past.rows(store)).map(|row| self.shows(store, row, &mut last)));
        shown.set(touched.into_iter().map(|row| (row, self.shows(store, row, &mut last))));
        self.shown = shown;
    }

    /// Works out anew which rows are shown.
    pub(super) fn arrange(&mut self, store: &Store) {
        self.shown = RowSet::default();
        self.show_from(store, 0, Vec::new());
    }

    pub(super) fn rearrange(&mut self, store: &Store) {
        self.arrange(store);
        self.keep_place(store, None);
    }

    /// Whether a row is shown.
    pub(super) fn shows(&self, store: &Store, row: usize, last: &mut Fold) -> bool {
        let record = &store.records()[row];
        let filter = self.searches.filtered(row);
        let filtered = filter.is_some();
        let folded = !filtered && self.is_in_folded_group(store, row, &mut last.group);
        let joined = record.joined() && self.past.partner(store, row).is_some();
        if joined || folded || filter == Some(false) {
            return false;
        }
        let (seen, visibility) = self.past.seen(store, row);
        if !self.is_wanted(record, visibility) {
            return false;
        }
        // A filter looks into what is folded, too.
        if visibility != Visibility::Compacted || filtered {
            return true;
        }
        let Some(cover) = store.covers().of(seen) else { return true };
        if last.compaction != Some(cover) {
            let folded = store.id_of(cover).is_some_and(|id| self.is_folded(&id));
            (last.compaction, last.folded) = (Some(cover), folded);
        }
        !last.folded
    }

    /// Whether a row is shown once everything is unfolded.
    pub(super) fn passes(&self, store: &Store, row: usize) -> bool {
        let wanted = || self.is_wanted(&store.records()[row], self.past.seen(store, row).1);
        self.searches.filtered(row) != Some(false) && wanted()
    }

    /// Whether the view is of rows like this one.
    fn is_wanted(&self, record: &Record, seen: Visibility) -> bool {
        if self.chat && !chat::is_said(record.kind()) {
            return false;
        }
        match self.filter {
            Filter::All => true,
            Filter::AgentsView => seen == Visibility::InContext && record.stored(),
        }
    }

    /// Cursor and top of the screen stay, or go to the nearest that is still shown.
    pub(super) fn keep_place(&mut self, store: &Store, before: Option<&Before>) {
        let cursor = self.scroll.cursor.take();
        self.scroll.cursor = cursor.and_then(|id| self.survivor(store, id, before));
        if let Some((id, line)) = self.scroll.anchor.take() {
            let kept = self.survivor(store, id.clone(), before);
            self.scroll.anchor = kept.map(|now| {
                let line = if now == id { line } else { 0 };
                (now, line)
            });
        }
    }

    /// The unit itself while it is shown, else the next one after it that still is, else the last
    /// one before.
    pub(super) fn survivor(
        &self,
        store: &Store,
        id: UnitId,
        before: Option<&Before>,
    ) -> Option<UnitId> {
        if let Some(row) = store.row_of(&id) {
            if self.is_shown(store, row) {
                return Some(id);
            }
            let row = store
                .records()
                .get(row)
                .filter(|record| record.joined())
                .map_or(row, |record| record.partner().unwrap_or(row));
            let live = || self.shown_row(store, self.shown.count());
            let near = self.shown.next(row).or_else(live).or_else(|| self.shown.previous(row))?;
            return store.id_of(near);
        }
        let before = before?;
        let gone = *before.places.get(&id)? as usize;
        let mut rest: Vec<(u32, &UnitId)> =
            before.places.iter().map(|(id, row)| (*row, id)).collect();
        rest.sort_unstable();
        rest.retain(|(row, _)| before.shown.contains(*row as usize));
        let here = rest.partition_point(|(row, _)| (*row as usize) < gone);
        let still = |found: &&(u32, &UnitId)| self.shown_index(store, found.1).is_some();
        let after = rest.get(here..).unwrap_or_default().iter().find(still);
        let next = after.or_else(|| rest.get(..here).unwrap_or_default().iter().rfind(still));
        next.map(|(_, id)| (*id).clone())
    }
}

/// What was found out for the row before: whether its compaction and its group are folded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fold {
    group: groups::LastGroup,
    compaction: Option<usize>,
    folded: bool,
}

/// What was where before everything was worked out anew.
pub(super) struct Before {
    pub(super) places: HashMap<UnitId, u32>,
    pub(super) shown: RowSet,
}
