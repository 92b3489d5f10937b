//! Following what becomes of the rows: what is shown, found and marked goes along, and the reader
//! stays where they were.

use std::collections::HashMap;

use super::arranging::Before;
use super::{Reading, Store, UnitId};
use crate::model::timeline::store::{Change, Growth, Rows};

impl Reading {
    /// Follows a listing, a frame of a stream, or a change of what is hidden.
    pub(crate) fn follow(&mut self, store: &Store, change: Change) {
        for (from, to) in &change.renamed {
            self.rename(from, to);
        }
        let replaced = self.shown_before(store, &change.renamed);
        match change.rows {
            Rows::Same => {}
            Rows::TextBegan { was_empty, kind } => {
                self.arrived(was_empty, usize::from(self.shows_live_of(kind)));
            }
            Rows::Grown(growth) => {
                self.minimap.forget();
                let (from, was_empty) = (growth.from, growth.was_empty);
                self.show_growth(store, growth);
                let new = self.shown.count() - self.shown.rank(from);
                self.arrived(was_empty, new.saturating_sub(replaced));
                self.keep_place(store, None);
            }
            Rows::Renumbered(places) => {
                self.minimap.forget();
                let shown = std::mem::take(&mut self.shown);
                self.marked.retain(|id| store.place(id).is_some());
                self.renumber_indexes(store, &places);
                self.past.renumber(store, &places);
                self.arrange(store);
                let new = self.new_rows(store, &places);
                self.arrived(places.is_empty(), new.saturating_sub(replaced));
                self.keep_place(store, Some(&Before { places, shown }));
            }
        }
    }

    /// Follows the next lines of a file, in one of which may be the event that is wanted.
    pub(crate) fn follow_file(&mut self, store: &Store, growth: Growth, wanted: Option<u64>) {
        if let Some(line) = wanted {
            self.wanted_line(line);
        }
        self.show_growth(store, growth);
        let drawn = self.minimap.rows();
        // Drawing it looks at every record: not for every few that come, but of what is appended in the
        // end a little is seen, too.
        let few = if store.reading().is_none() { drawn / 256 } else { drawn / 4 };
        if store.event_count() > drawn + few {
            self.minimap.forget();
        }
        self.keep_place(store, None);
        if self.scroll.cursor.is_none() && self.shown_len(store) > 0 {
            self.place_cursor(store, 0);
        }
    }

    /// Streamed texts have become events that came before.
    pub(crate) fn follow_renamed(&mut self, store: &Store, renamed: &[(UnitId, UnitId)]) {
        for (from, to) in renamed {
            self.rename(from, to);
        }
        let known = self.shown_before(store, renamed);
        self.scroll.new_below = self.scroll.new_below.saturating_sub(known);
        self.keep_place(store, None);
    }

    /// Something else is known of these events: what is looked for may have changed its answer.
    pub(crate) fn follow_situation(&mut self, rows: &[usize]) {
        self.reopen(rows);
        self.minimap.forget();
    }

    pub(super) fn show_growth(&mut self, store: &Store, growth: Growth) {
        self.past.uncover(store, &growth.compacted);
        self.reopen(&growth.touched);
        self.show_from(store, growth.from, growth.touched);
    }

    /// So many of the texts that became events were rows before.
    fn shown_before(&self, store: &Store, renamed: &[(UnitId, UnitId)]) -> usize {
        let row = |to: &UnitId| store.row_of(to).unwrap_or(usize::MAX);
        renamed.iter().filter(|(_, to)| !self.is_left_out_of_chat(store, row(to))).count()
    }

    /// Shown rows at the end that were not here before.
    fn new_rows(&self, store: &Store, before: &HashMap<UnitId, u32>) -> usize {
        let known = |row: &usize| store.id_of(*row).is_some_and(|id| before.contains_key(&id));
        let shown = (0..store.event_count()).rev().filter(|row| self.shown.contains(*row));
        shown.take_while(|row| !known(row)).count()
    }

    /// Rows came in at the end.
    fn arrived(&mut self, was_empty: bool, rows: usize) {
        if !was_empty && !self.scroll.follow {
            self.scroll.new_below += rows;
        }
    }

    /// The reader's place and folds go over from the streamed text to its stored event.
    fn rename(&mut self, from: &UnitId, to: &UnitId) {
        if self.scroll.cursor.as_ref() == Some(from) {
            self.scroll.cursor = Some(to.clone());
        }
        if let Some((anchor, _)) = self.scroll.anchor.as_mut().filter(|(id, _)| id == from) {
            *anchor = to.clone();
        }
        self.folds.rename(from, to);
    }
}
