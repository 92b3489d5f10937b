//! What the paired jumps stop at, told from records alone.

use crate::api::EventKind;

use super::{Timeline, Visibility};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landmark {
    Turn,
    Error,
    Pending,
    Compaction,
    Hidden,
    /// A call of the tool that the cursor is on.
    SameTool,
    Bookmark,
}

impl Timeline {
    /// Whether it failed by itself, or the other half of its call did.
    pub(super) fn is_error_row(&self, row: usize, partner: Option<usize>) -> bool {
        let Some(record) = self.records.get(row) else { return false };
        let failed = |row: usize| self.records.get(row).is_some_and(|record| record.failed());
        match record.kind() {
            EventKind::Error
            | EventKind::ContextLimitExceeded
            | EventKind::StepTransitionLimitExceeded => true,
            _ => record.failed() || partner.is_some_and(failed),
        }
    }

    pub(super) fn is_pending_row(&self, row: usize) -> bool {
        let record = self.records.get(row);
        let open = record.is_some_and(|record| {
            record.kind() == EventKind::ToolInput && record.partner().is_none()
        });
        let entry = self.entries.get(row).filter(|_| open);
        let id = entry.and_then(|entry| entry.event.id.as_ref());
        id.is_some_and(|id| self.situation.outstanding.contains(id))
    }

    /// Moves to the next (or previous) unit of this kind, which is unfolded if need be; says whether
    /// there was one.
    pub fn jump(&mut self, forward: bool, landmark: Landmark) -> bool {
        let cursor = self.scroll.cursor.as_ref().and_then(|id| self.row_of(id));
        let tool = cursor.and_then(|row| self.records.get(row)).map_or(0, |record| record.tool());
        let mut bookmarked: Vec<usize> =
            self.bookmarks.keys().filter_map(|id| self.row_of(id)).collect();
        bookmarked.sort_unstable();
        let fits = |row: &usize| {
            let Some(record) = self.records.get(*row) else { return false };
            match landmark {
                Landmark::Turn => record.kind() == EventKind::InputMessage,
                Landmark::Error => self.is_error_row(*row, self.partner_then(*row)),
                Landmark::Pending => self.is_pending_row(*row),
                Landmark::Compaction => record.kind() == EventKind::Compaction,
                Landmark::Hidden => {
                    self.visibility_then(self.place_seen(*row)) == Visibility::Hidden
                }
                Landmark::SameTool => tool != 0 && record.tool() == tool,
                Landmark::Bookmark => bookmarked.binary_search(row).is_ok(),
            }
        };
        let joined = |row: usize| self.records[row].joined() && self.partner_then(row).is_some();
        let shown = |row: &usize| !joined(*row) && self.passes(*row);
        let rows = self.rows_then();
        let found = if forward {
            let from = cursor.map_or(0, |row| row + 1).min(rows);
            (from..rows).filter(shown).find(fits)
        } else {
            (0..cursor.unwrap_or(rows).min(rows)).rev().filter(shown).find(fits)
        };
        if let Some(row) = found {
            self.uncover(row);
            self.place_cursor(self.rank(row));
        }
        found.is_some()
    }
}
