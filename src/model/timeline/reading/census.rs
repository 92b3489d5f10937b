//! What is in a timeline, for the menu of types.

use super::Reading;
use crate::model::timeline::store::Store;
use crate::model::type_menu::Census;

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
