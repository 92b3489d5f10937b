//! What the paired jumps stop at, told from records alone.

use super::{Reading, Store};
use crate::api::EventKind;
use crate::model::timeline::Visibility;
use crate::model::timeline::store::Record;

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

impl Reading {
    pub(crate) fn jump(&mut self, store: &Store, forward: bool, landmark: Landmark) -> bool {
        let cursor = self.cursor_row(store);
        let tool = cursor.and_then(|row| store.record(row)).map_or(0, Record::tool);
        let mut bookmarked: Vec<usize> =
            self.bookmarks.keys().filter_map(|id| store.row_of(id)).collect();
        bookmarked.sort_unstable();
        let fits = |row: &usize| {
            let Some(record) = store.record(*row) else { return false };
            match landmark {
                Landmark::Turn => record.kind() == EventKind::InputMessage,
                Landmark::Error => store.is_error_row(*row, self.past.partner(store, *row)),
                Landmark::Pending => store.is_pending_row(*row),
                Landmark::Compaction => record.kind() == EventKind::Compaction,
                Landmark::Hidden => self.past.seen(store, *row).1 == Visibility::Hidden,
                Landmark::SameTool => tool != 0 && record.tool() == tool,
                Landmark::Bookmark => bookmarked.binary_search(row).is_ok(),
            }
        };
        let joined =
            |row: usize| store.records()[row].joined() && self.past.partner(store, row).is_some();
        let shown = |row: &usize| !joined(*row) && self.passes(store, *row);
        let rows = self.past.rows(store);
        let found = if forward {
            let from = cursor.map_or(0, |row| row + 1).min(rows);
            (from..rows).filter(shown).find(fits)
        } else {
            (0..cursor.unwrap_or(rows).min(rows)).rev().filter(shown).find(fits)
        };
        if let Some(row) = found {
            self.uncover(store, row);
            self.place_cursor(store, self.rank(store, row));
        }
        found.is_some()
    }
}
