//! Turns and the agent's steps in them, as groups of rows.
//!
//! A group begins with a message to the agent or with a step transition and ends where the next one
//! begins; a turn ends only at the next message.

use crate::api::EventKind;

use super::Store;

impl Store {
    /// Whether a turn begins with this row, rather than a step or nothing.
    pub(crate) fn begins_turn(&self, row: usize) -> bool {
        self.records[row].kind() == EventKind::InputMessage
    }

    /// Whether a turn begins with this row, or (unless `turn`) a step.
    pub(crate) fn begins_group(&self, row: usize, turn: bool) -> bool {
        let kind = self.records[row].kind();
        kind == EventKind::InputMessage || (!turn && kind == EventKind::StepTransition)
    }

    /// Turns that begin with this row or before it.
    pub(crate) fn turns_until(&self, row: usize) -> usize {
        let heads = &self.derived.heads;
        let end = heads.partition_point(|head| *head as usize <= row);
        heads[..end].iter().filter(|head| self.begins_turn(**head as usize)).count()
    }

    /// The row that the group of `row` begins with; `None` before the first one.
    pub(crate) fn group_of(&self, row: usize, turn: bool) -> Option<usize> {
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
    pub(crate) fn end_of_group(&self, head: usize) -> usize {
        let turn = self.begins_turn(head);
        let heads = &self.derived.heads;
        let next = heads.partition_point(|other| *other as usize <= head);
        let after = heads[next..].iter().map(|other| *other as usize);
        let end = after.into_iter().find(|other| self.begins_group(*other, turn));
        end.unwrap_or(self.records.len())
    }
}
