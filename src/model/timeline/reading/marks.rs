//! Rows that a person picked to do something with, and what hiding them would mean.

use crate::api::{EventId, EventKind};

use super::{Reading, Store};
use crate::model::timeline::store::Record;
use crate::model::timeline::unit::{Unit, UnitId, tokens_of};
use crate::model::timeline::visibility::Visibility;

/// What hiding or showing the picked rows comes to, before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HidePlan {
    pub hide: bool,
    /// The events that will change, and only those.
    pub events: Vec<EventId>,
    /// About how many tokens the agent's context loses or gets.
    pub tokens: u64,
    /// Tool calls of which only one half would change, because the other is not here.
    pub halves: usize,
    /// Events among them that a summary stands for.
    pub compacted: usize,
    /// Rows that are not stored by the service, so that nothing can be done with them.
    pub unstored: usize,
}

impl Reading {
    pub(crate) fn is_marked(&self, store: &Store, unit: &UnitId) -> bool {
        self.marked.contains(unit) || self.in_range(store, unit)
    }

    fn in_range(&self, store: &Store, unit: &UnitId) -> bool {
        let Some((from, to)) = self.range_rows(store) else { return false };
        store.row_of(unit).is_some_and(|row| (from..=to).contains(&row))
    }

    /// First and last row of the range that is being drawn.
    fn range_rows(&self, store: &Store) -> Option<(usize, usize)> {
        let start = store.row_of(self.range_from.as_ref()?)?;
        let end = store.row_of(self.scroll.cursor.as_ref()?)?;
        Some((start.min(end), start.max(end)))
    }

    fn marked_by_range(&self, store: &Store) -> Vec<UnitId> {
        let Some((from, to)) = self.range_rows(store) else { return Vec::new() };
        let rows = (from..=to).filter(|row| self.is_shown(store, *row));
        rows.filter_map(|row| store.id_of(row)).collect()
    }

    pub(crate) fn marked_len(&self, store: &Store) -> usize {
        let range = self.marked_by_range(store);
        self.marked.len() + range.iter().filter(|id| !self.marked.contains(*id)).count()
    }

    pub(crate) fn draws_range(&self) -> bool {
        self.range_from.is_some()
    }

    pub(crate) fn toggle_mark(&mut self, unit: &UnitId) {
        if !self.marked.remove(unit) {
            self.marked.insert(unit.clone());
        }
    }

    pub(crate) fn toggle_range(&mut self, store: &Store) {
        if self.range_from.is_some() {
            let range = self.marked_by_range(store);
            self.marked.extend(range);
            self.range_from = None;
        } else {
            self.range_from.clone_from(&self.scroll.cursor);
        }
    }

    pub(crate) fn mark_alike(&mut self, store: &Store) -> usize {
        let row = self.cursor_row(store);
        let Some(like) = row.and_then(|row| store.record(row)) else { return 0 };
        let alike = |row: &usize| {
            let record = store.records()[*row];
            self.shown.contains(*row)
                && (record.kind(), record.tool()) == (like.kind(), like.tool())
        };
        let rows = (0..store.event_count()).filter(alike);
        let ids: Vec<UnitId> = rows.filter_map(|row| store.id_of(row)).collect();
        if ids.iter().all(|id| self.marked.contains(id)) {
            for id in &ids {
                self.marked.remove(id);
            }
        } else {
            self.marked.extend(ids.iter().cloned());
        }
        ids.len()
    }

    pub(crate) fn clear_marks(&mut self) -> bool {
        let any = !self.marked.is_empty() || self.range_from.is_some();
        self.marked.clear();
        self.range_from = None;
        any
    }

    pub(crate) fn targets(&self, store: &Store) -> Vec<Unit> {
        let range = self.marked_by_range(store);
        if self.marked.is_empty() && range.is_empty() {
            return self.cursor_unit(store).into_iter().collect();
        }
        let mut rows: Vec<usize> =
            self.marked.iter().chain(&range).filter_map(|id| store.row_of(id)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows.into_iter().filter_map(|row| self.make_unit(store, row)).collect()
    }

    pub(crate) fn mark_shown(&mut self, store: &Store) {
        let rows = (0..store.event_count()).filter(|row| self.shown.contains(*row));
        self.marked = rows.filter_map(|row| store.id_of(row)).collect();
        self.range_from = None;
    }

    pub(crate) fn plan_hiding(&self, store: &Store) -> HidePlan {
        let targets = self.targets(store);
        let hide = targets.iter().any(|unit| unit.visibility == Visibility::InContext);
        self.plan(store, hide)
    }

    pub(crate) fn plan(&self, store: &Store, hide: bool) -> HidePlan {
        let targets = self.targets(store);
        let mut plan = HidePlan { hide, ..HidePlan::default() };
        for unit in &targets {
            if !unit.stored {
                plan.unstored += 1;
                continue;
            }
            let call = unit.event.as_ref().is_some_and(|event| {
                matches!(
                    EventKind::from_wire(&event.kind),
                    EventKind::ToolInput | EventKind::ToolOutput
                )
            });
            plan.halves += usize::from(call && unit.output.is_none());
            for event in unit.event.iter().chain(&unit.output) {
                let Some(id) = &event.id else { continue };
                let row = store.row_of(&UnitId::from(id));
                let seen = row.and_then(|row| store.record(row)).map(Record::visibility);
                if hide == (seen == Some(Visibility::InContext)) {
                    plan.events.push(id.clone());
                    plan.tokens += tokens_of(event.size() as u64);
                    plan.compacted += usize::from(seen == Some(Visibility::Compacted));
                }
            }
        }
        plan
    }
}
