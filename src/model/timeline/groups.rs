//! Turns and the agent's steps in them as groups that fold away behind their first row.
//!
//! A group begins with a message to the agent or with a step transition and ends where the next one
//! begins; a turn ends only at the next message.

use crate::api::EventKind;

use super::{Timeline, UnitId};

/// What a folded group says of itself on its first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Folded {
    pub rows: usize,
    pub calls: usize,
    pub errors: usize,
}

/// The last group that was asked about; rows are mostly asked about in their order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LastGroup {
    start: usize,
    end: usize,
    folded: bool,
}

/// A group of more rows is not counted row by row for every frame.
const COUNTED: usize = 20_000;

impl Timeline {
    fn begins_group(&self, row: usize, turn: bool) -> bool {
        let kind = self.records[row].kind();
        kind == EventKind::InputMessage || (!turn && kind == EventKind::StepTransition)
    }

    /// The row that the group of `row` begins with; `None` before the first one.
    fn group_of(&self, row: usize, turn: bool) -> Option<usize> {
        let heads = &self.derived.heads;
        let mut at = heads.partition_point(|head| *head as usize <= row);
        while let Some(before) = at.checked_sub(1) {
            let head = heads[before] as usize;
            if self.begins_group(head, turn) {
                return Some(head);
            }
            at = before;
        }
        None
    }

    /// The first row behind the group that begins with `head`.
    fn end_of_group(&self, head: usize) -> usize {
        let turn = self.records[head].kind() == EventKind::InputMessage;
        let heads = &self.derived.heads;
        let next = heads.partition_point(|other| *other as usize <= head);
        let after = heads[next..].iter().map(|other| *other as usize);
        let end = after.into_iter().find(|other| self.begins_group(*other, turn));
        end.unwrap_or(self.records.len())
    }

    fn is_group_folded(&self, head: usize) -> bool {
        let turn = self.records[head].kind() == EventKind::InputMessage;
        let folded = |id| self.folds.groups.contains(&id);
        (turn && self.folds.turns) != self.id_of(head).is_some_and(folded)
    }

    /// Whether a row lies in a folded group and is not its first.
    pub(super) fn is_in_folded_group(&self, row: usize, last: &mut LastGroup) -> bool {
        if self.folds.groups.is_empty() && !self.folds.turns {
            return false;
        }
        if (last.start..last.end).contains(&row) && row != last.start {
            return last.folded;
        }
        // The innermost group that is folded decides, and then the turn around it.
        for turn in [false, true] {
            let Some(head) = self.group_of(row, turn).filter(|head| *head != row) else { continue };
            if self.is_group_folded(head) {
                *last = LastGroup { start: head, end: self.end_of_group(head), folded: true };
                return true;
            }
        }
        false
    }

    /// What is folded behind this row, if it begins a folded group.
    pub(super) fn folded_behind(&self, row: usize) -> Option<Folded> {
        let open = self.folds.groups.is_empty() && !self.folds.turns;
        if open || row >= self.records.len() || !self.begins_group(row, false) {
            return None;
        }
        if !self.is_group_folded(row) {
            return None;
        }
        let mut folded = Folded::default();
        let end = self.end_of_group(row).min(self.rows_then()).max(row + 1);
        if end - row > COUNTED {
            return Some(Folded { rows: end - row - 1, ..folded });
        }
        for at in row + 1..end {
            let record = self.records[at];
            if record.joined() {
                continue;
            }
            folded.rows += 1;
            folded.calls += usize::from(record.kind() == EventKind::ToolInput);
            folded.errors += usize::from(self.is_error_row(at, self.partner_then(at)));
        }
        (folded.rows > 0).then_some(folded)
    }

    /// Folds the step that the cursor is in, then its turn; or unfolds again, outermost first. Says
    /// whether there was anything to do.
    pub fn fold_group(&mut self, fold: bool) -> bool {
        let row = self.scroll.cursor.as_ref().and_then(|id| self.row_of(id));
        let Some(row) = row.map(|row| row.min(self.records.len().saturating_sub(1))) else {
            return false;
        };
        let order = if fold { [false, true] } else { [true, false] };
        let heads = order.into_iter().filter_map(|turn| self.group_of(row, turn));
        let Some(head) = heads.into_iter().find(|head| self.is_group_folded(*head) != fold) else {
            return false;
        };
        self.toggle_group(head);
        if let Some(id) = self.id_of(head).filter(|_| fold) {
            self.scroll.cursor = Some(id);
            self.scroll.follow = false;
        }
        self.rearrange();
        true
    }

    fn toggle_group(&mut self, head: usize) {
        let Some(id) = self.id_of(head) else { return };
        if !self.folds.groups.remove(&id) {
            self.folds.groups.insert(id);
        }
    }

    /// Folds every turn, or unfolds every turn and step.
    pub fn fold_turns(&mut self, fold: bool) {
        self.folds.turns = fold;
        self.folds.groups.clear();
        if fold {
            let row = self.scroll.cursor.as_ref().and_then(|id| self.row_of(id));
            let head = row.and_then(|row| self.group_of(row, true));
            if let Some(id) = head.and_then(|head| self.id_of(head)) {
                self.scroll.cursor = Some(id);
                self.scroll.follow = false;
            }
        }
        self.rearrange();
    }

    /// Unfolds what stands between a row and the screen: its turn, its step, its compaction. Says
    /// whether anything was folded.
    pub(super) fn uncover(&mut self, row: usize) -> bool {
        let mut changed = false;
        for turn in [true, false] {
            let head = self.group_of(row, turn).filter(|head| *head != row);
            if let Some(head) = head.filter(|head| self.is_group_folded(*head)) {
                self.toggle_group(head);
                changed = true;
            }
        }
        let cover = self.derived.covers.of(self.place_seen(row));
        let cover: Option<UnitId> = cover.and_then(|cover| self.id_of(cover));
        if let Some(cover) = cover.filter(|cover| self.is_folded(cover)) {
            if !self.folds.units.remove(&cover) {
                self.folds.units.insert(cover);
            }
            changed = true;
        }
        if changed {
            self.rearrange();
        }
        changed
    }
}
