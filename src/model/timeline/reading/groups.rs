//! Turns and the agent's steps in them, folded away behind their first row.

use super::{Reading, Store};
use crate::api::EventKind;
use crate::model::timeline::unit::{Folded, UnitId};

/// The last group that was asked about; rows are mostly asked about in their order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LastGroup {
    start: usize,
    end: usize,
    folded: bool,
}

/// A group of more rows is not counted row by row for every frame.
const COUNTED: usize = 20_000;

impl Reading {
    fn is_group_folded(&self, store: &Store, head: usize) -> bool {
        self.folds.is_group_folded(store.id_of(head).as_ref(), store.begins_turn(head))
    }

    /// Whether a row lies in a folded group and is not its first.
    pub(super) fn is_in_folded_group(
        &self,
        store: &Store,
        row: usize,
        last: &mut LastGroup,
    ) -> bool {
        if self.folds.no_group() {
            return false;
        }
        if (last.start..last.end).contains(&row) && row != last.start {
            return last.folded;
        }
        // The innermost group that is folded decides, and then the turn around it.
        for turn in [false, true] {
            let Some(head) = store.group_of(row, turn).filter(|head| *head != row) else {
                continue;
            };
            if self.is_group_folded(store, head) {
                *last = LastGroup { start: head, end: store.end_of_group(head), folded: true };
                return true;
            }
        }
        false
    }

    /// What is folded behind this row, if it begins a folded group.
    pub(super) fn folded_behind(&self, store: &Store, row: usize) -> Option<Folded> {
        if self.folds.no_group() || row >= store.event_count() || !store.begins_group(row, false) {
            return None;
        }
        if !self.is_group_folded(store, row) {
            return None;
        }
        let mut folded = Folded::default();
        let end = store.end_of_group(row).min(self.past.rows(store)).max(row + 1);
        if end - row > COUNTED {
            return Some(Folded { rows: end - row - 1, ..folded });
        }
        for at in row + 1..end {
            let record = store.records()[at];
            if record.joined() {
                continue;
            }
            folded.rows += 1;
            folded.calls += usize::from(record.kind() == EventKind::ToolInput);
            folded.errors += usize::from(store.is_error_row(at, self.past.partner(store, at)));
        }
        (folded.rows > 0).then_some(folded)
    }

    pub(crate) fn fold_group(&mut self, store: &Store, fold: bool) -> bool {
        let row = self.cursor_row(store);
        let Some(row) = row.map(|row| row.min(store.event_count().saturating_sub(1))) else {
            return false;
        };
        let order = if fold { [false, true] } else { [true, false] };
        let heads = order.into_iter().filter_map(|turn| store.group_of(row, turn));
        let Some(head) = heads.into_iter().find(|head| self.is_group_folded(store, *head) != fold)
        else {
            return false;
        };
        self.toggle_group(store, head);
        if let Some(id) = store.id_of(head).filter(|_| fold) {
            self.scroll.cursor = Some(id);
            self.scroll.follow = false;
        }
        self.rearrange(store);
        true
    }

    fn toggle_group(&mut self, store: &Store, head: usize) {
        if let Some(id) = store.id_of(head) {
            self.folds.toggle_group(&id);
        }
    }

    pub(crate) fn fold_turns(&mut self, store: &Store, fold: bool) {
        self.folds.all_turns(fold);
        if fold {
            let row = self.cursor_row(store);
            let head = row.and_then(|row| store.group_of(row, true));
            if let Some(id) = head.and_then(|head| store.id_of(head)) {
                self.scroll.cursor = Some(id);
                self.scroll.follow = false;
            }
        }
        self.rearrange(store);
    }

    /// Unfolds what stands between a row and the screen: its turn, its step, its compaction. Says
    /// whether anything was folded.
    pub(super) fn uncover(&mut self, store: &Store, row: usize) -> bool {
        let mut changed = false;
        for turn in [true, false] {
            let head = store.group_of(row, turn).filter(|head| *head != row);
            if let Some(head) = head.filter(|head| self.is_group_folded(store, *head)) {
                self.toggle_group(store, head);
                changed = true;
            }
        }
        let cover = store.covers().of(self.past.place_seen(store, row));
        let cover: Option<UnitId> = cover.and_then(|cover| store.id_of(cover));
        if let Some(cover) = cover.filter(|cover| self.is_folded(cover)) {
            self.folds.toggle(&cover);
            changed = true;
        }
        if changed {
            self.rearrange(store);
        }
        changed
    }
}
