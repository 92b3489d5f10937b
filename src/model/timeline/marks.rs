//! Rows that a person picked to do something with, and what hiding them would mean.

use crate::api::{EventId, EventKind};

use super::unit::tokens_of;
use super::{Timeline, Unit, UnitId, Visibility};

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

impl Timeline {
    pub fn is_marked(&self, unit: &UnitId) -> bool {
        self.marked.contains(unit) || self.in_range(unit)
    }

    fn in_range(&self, unit: &UnitId) -> bool {
        let Some((from, to)) = self.range_rows() else { return false };
        self.row_of(unit).is_some_and(|row| (from..=to).contains(&row))
    }

    /// First and last row of the range that is being drawn.
    fn range_rows(&self) -> Option<(usize, usize)> {
        let start = self.row_of(self.range_from.as_ref()?)?;
        let end = self.row_of(self.scroll.cursor.as_ref()?)?;
        Some((start.min(end), start.max(end)))
    }

    fn marked_by_range(&self) -> Vec<UnitId> {
        let Some((from, to)) = self.range_rows() else { return Vec::new() };
        let rows = (from..=to).filter(|row| self.is_shown(*row));
        rows.filter_map(|row| self.id_of(row)).collect()
    }

    pub fn marked_len(&self) -> usize {
        let range = self.marked_by_range();
        self.marked.len() + range.iter().filter(|id| !self.marked.contains(*id)).count()
    }

    pub fn draws_range(&self) -> bool {
        self.range_from.is_some()
    }

    pub fn toggle_mark(&mut self, unit: &UnitId) {
        if !self.marked.remove(unit) {
            self.marked.insert(unit.clone());
        }
    }

    /// Begins a range at the cursor, or marks the one that was begun.
    pub fn toggle_range(&mut self) {
        if self.range_from.is_some() {
            let range = self.marked_by_range();
            self.marked.extend(range);
            self.range_from = None;
        } else {
            self.range_from.clone_from(&self.scroll.cursor);
        }
    }

    /// Marks every shown row of the same kind and tool as the one under the cursor, or takes the
    /// marks away where all have one. How many there are.
    pub fn mark_alike(&mut self) -> usize {
        let row = self.scroll.cursor.as_ref().and_then(|id| self.row_of(id));
        let Some(like) = row.and_then(|row| self.records.get(row)).copied() else { return 0 };
        let alike = |row: &usize| {
            let record = self.records[*row];
            self.shown.contains(*row)
                && (record.kind(), record.tool()) == (like.kind(), like.tool())
        };
        let rows = (0..self.records.len()).filter(alike);
        let ids: Vec<UnitId> = rows.filter_map(|row| self.id_of(row)).collect();
        if ids.iter().all(|id| self.marked.contains(id)) {
            for id in &ids {
                self.marked.remove(id);
            }
        } else {
            self.marked.extend(ids.iter().cloned());
        }
        ids.len()
    }

    /// Takes all marks away; says whether there were any.
    pub fn clear_marks(&mut self) -> bool {
        let any = !self.marked.is_empty() || self.range_from.is_some();
        self.marked.clear();
        self.range_from = None;
        any
    }

    /// The marked units in their order, or the one under the cursor.
    pub fn targets(&self) -> Vec<Unit> {
        let range = self.marked_by_range();
        if self.marked.is_empty() && range.is_empty() {
            return self.cursor_unit().into_iter().collect();
        }
        let mut rows: Vec<usize> =
            self.marked.iter().chain(&range).filter_map(|id| self.row_of(id)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows.into_iter().filter_map(|row| self.make_unit(row)).collect()
    }

    /// Marks every row that is shown.
    pub fn mark_shown(&mut self) {
        let rows = (0..self.records.len()).filter(|row| self.shown.contains(*row));
        self.marked = rows.filter_map(|row| self.id_of(row)).collect();
        self.range_from = None;
    }

    /// Hides what is picked, or shows it again if none of it is in context.
    pub fn plan_hiding(&self) -> HidePlan {
        let targets = self.targets();
        let hide = targets.iter().any(|unit| unit.visibility == Visibility::InContext);
        self.plan(hide)
    }

    /// What hiding, or showing, the picked rows comes to.
    pub fn plan(&self, hide: bool) -> HidePlan {
        let targets = self.targets();
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
                let row = self.row_of(&UnitId::from(id));
                let seen = row.and_then(|row| self.records.get(row)).map(|r| r.visibility());
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
