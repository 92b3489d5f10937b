//! What is in a timeline, for the menu of types.

use super::Reading;
use crate::api::EventKind;
use crate::model::timeline::Visibility;
use crate::model::timeline::store::Store;

/// How many events are of each kind, and how many rows are in each state.
#[derive(Debug, Clone, Default)]
pub struct Census {
    pub kinds: [usize; EventKind::ALL.len()],
    pub failed: usize,
    pub pending: usize,
    pub hidden: usize,
    pub compacted: usize,
}

impl Census {
    pub fn see(&mut self, visibility: Visibility) {
        match visibility {
            Visibility::InContext | Visibility::Unknown => {}
            Visibility::Compacted => self.compacted += 1,
            Visibility::Hidden => self.hidden += 1,
        }
    }
}

impl Reading {
    pub(crate) fn census(&self, store: &Store) -> Census {
        let mut census = Census::default();
        for (row, record) in store.records().iter().enumerate() {
            census.kinds[record.kind() as usize] += 1;
            if record.joined() {
                continue;
            }
            census.failed += usize::from(store.is_error_row(row, record.partner()));
            census.pending += usize::from(store.is_pending_row(row));
            census.see(store.records()[self.past.place_seen(store, row)].visibility());
        }
        census
    }
}
