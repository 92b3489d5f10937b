//! Finding and filtering: the two queries that a timeline may have, and going from hit to hit.
//!
//! Hits are rows, folded and hidden ones too; under a filter only those that it shows. Start with
//! [`Reading::set_query`] and [`Reading::leap`].

use std::collections::HashMap;
use std::sync::Arc;

use crate::api::Timestamp;
use crate::query::Query;

use super::live_hits::Hits;
use super::query_index::QueryIndex;
use super::row_set::RowSet;
use super::search::{Flight, Purpose};
use super::{Filter, Reading, Scroll, Store, UnitId, rows};
use crate::model::timeline::highlights;

#[derive(Debug, Clone, Default)]
pub(super) struct Searches {
    find: Option<QueryIndex>,
    filter: Option<QueryIndex>,
    pub(super) flight: Option<Flight>,
    /// Go to the first hit from this row on, as soon as it is known.
    seek: Option<usize>,
    /// Where the cursor belongs while the filter has not decided enough to show it.
    home: Option<UnitId>,
    /// Counts changes of the queries.
    version: u64,
}

impl Searches {
    pub(super) fn index(&self, purpose: Purpose) -> Option<&QueryIndex> {
        match purpose {
            Purpose::Find => self.find.as_ref(),
            Purpose::Filter => self.filter.as_ref(),
        }
    }

    pub(super) fn slot(&mut self, purpose: Purpose) -> &mut Option<QueryIndex> {
        match purpose {
            Purpose::Find => &mut self.find,
            Purpose::Filter => &mut self.filter,
        }
    }

    /// Whether the filter lets a row through; `None` without a filter.
    pub(super) fn filtered(&self, row: usize) -> Option<bool> {
        self.filter.as_ref().map(|filter| filter.rows.contains(row))
    }

    /// The person went somewhere: nothing must move the cursor now.
    pub(super) fn forget_places(&mut self) {
        (self.seek, self.home) = (None, None);
    }
}

/// How far a query has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally<'a> {
    /// As it was typed.
    pub text: &'a str,
    /// Which hit the cursor is on, from one.
    pub at: Option<usize>,
    pub hits: usize,
    /// Rows that there are.
    pub rows: usize,
    /// Not everything has been looked at.
    pub searching: bool,
}

/// Result of going to another hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leap {
    /// Nothing is being looked for.
    NoQuery,
    NoHit,
    /// It may lie where nobody has looked yet.
    Searching,
    Done {
        /// It began again at the other end.
        wrapped: bool,
        revealed: Revealed,
    },
}

/// What had to change for a hit to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revealed {
    pub left_agents_view: bool,
    pub left_chat: bool,
    pub unfolded: bool,
}

/// Where the reader was before looking for something.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    scroll: Scroll,
    filter: Filter,
    chat: bool,
}

impl Reading {
    pub(crate) fn set_query(
        &mut self,
        store: &Store,
        purpose: Purpose,
        query: Option<(String, Query)>,
        now: Timestamp,
    ) {
        let cursor = self.scroll.cursor.clone().or_else(|| self.searches.home.clone());
        let from = cursor.as_ref().and_then(|id| store.row_of(id)).unwrap_or(0);
        let from = from.min(store.event_count());
        self.searches.version += 1;
        if self.searches.flight.as_ref().is_some_and(|flight| flight.is_for(purpose)) {
            self.searches.flight = None;
        }
        self.searches.forget_places();
        *self.searches.slot(purpose) =
            query.map(|(text, query)| QueryIndex::new(text, query, now, from));
        self.scroll.cursor.clone_from(&cursor);
        match purpose {
            // Nothing passes yet, so nothing else has to be worked out.
            Purpose::Find => self.feed_indexes(store, store.event_count(), &[]),
            Purpose::Filter => self.rearrange(store),
        }
        if self.scroll.cursor.is_none() {
            self.searches.home = cursor;
        }
    }

    pub(crate) fn query_text(&self, purpose: Purpose) -> Option<&str> {
        self.searches.index(purpose).map(|index| &*index.text)
    }

    pub(crate) fn highlighted(&self) -> (Option<&Query>, u64) {
        let index = self.searches.find.as_ref().or(self.searches.filter.as_ref());
        (index.map(|index| &*index.query), self.searches.version)
    }

    pub(crate) fn tally(&self, store: &Store, purpose: Purpose) -> Option<Tally<'_>> {
        let index = self.searches.index(purpose)?;
        let cursor = self.cursor_row(store);
        let hits = match purpose {
            Purpose::Find => self.hits(store)?,
            Purpose::Filter => Hits::stored(&index.rows),
        };
        let on = cursor.filter(|row| hits.contains(*row));
        Some(Tally {
            text: &index.text,
            at: on.map(|row| hits.rank(row) + 1),
            hits: hits.count(),
            rows: store.unit_count(),
            searching: index.is_open(),
        })
    }

    pub(crate) fn whereabouts(&self) -> Whereabouts {
        Whereabouts { scroll: self.scroll.clone(), filter: self.filter, chat: self.chat }
    }

    pub(crate) fn return_to(&mut self, store: &Store, place: &Whereabouts) {
        self.searches.forget_places();
        self.scroll = place.scroll.clone();
        if (self.filter, self.chat) != (place.filter, place.chat) {
            self.chat = place.chat;
            self.set_filter(store, place.filter);
        }
        self.keep_place(store, None);
    }

    pub(crate) fn seek(&mut self, store: &Store) {
        let cursor = self.cursor_row(store);
        self.searches.seek = Some(cursor.unwrap_or(0));
        self.settle_seek(store);
    }

    pub(crate) fn leap(&mut self, store: &Store, forward: bool) -> Leap {
        let (Some(find), Some(hits)) = (&self.searches.find, self.hits(store)) else {
            return Leap::NoQuery;
        };
        let cursor = self.cursor_row(store);
        let near = match cursor {
            Some(row) if forward => hits.next(row + 1),
            Some(row) => hits.previous(row),
            None => None,
        };
        if near.is_none() && find.is_open() {
            return Leap::Searching;
        }
        let far = || if forward { hits.next(0) } else { hits.previous(usize::MAX) };
        let Some(row) = near.or_else(far) else { return Leap::NoHit };
        Leap::Done { wrapped: near.is_none(), revealed: self.reveal_hit(store, row) }
    }

    /// Goes to the hit that was waited for, once nothing before it is open.
    fn settle_seek(&mut self, store: &Store) {
        let (Some(from), Some(find)) = (self.searches.seek, &self.searches.find) else { return };
        let Some(hits) = self.hits(store) else { return };
        let known = |from| {
            let (hit, open) = (hits.next(from), find.next_open(from));
            match (hit, open) {
                (Some(hit), Some(open)) if open < hit => Err(()),
                (None, Some(_)) => Err(()),
                (hit, _) => Ok(hit),
            }
        };
        let found = known(from).and_then(|hit| hit.map_or_else(|| known(0), |hit| Ok(Some(hit))));
        let Ok(found) = found else { return };
        self.searches.seek = None;
        if let Some(row) = found {
            self.reveal_hit(store, row);
        }
    }

    /// Puts the cursor on a hit and makes it seen, whatever hides it.
    fn reveal_hit(&mut self, store: &Store, row: usize) -> Revealed {
        let mut revealed = Revealed::default();
        if self.is_left_out_of_chat(store, row) {
            revealed.left_chat = true;
            self.set_chat(store, false);
        }
        if !self.is_shown(store, row) && self.filter == Filter::AgentsView {
            revealed.left_agents_view = true;
            self.set_filter(store, Filter::All);
        }
        if !self.is_shown(store, row) {
            revealed.unfolded = self.uncover(store, row);
        }
        if self.is_shown(store, row) {
            self.place_cursor(store, self.rank(store, row));
            self.show_match(store, row);
        }
        revealed
    }

    /// Unfolds the row if the match cannot be seen otherwise, and scrolls to its line.
    fn show_match(&mut self, store: &Store, row: usize) {
        let (width, view) = self.viewport;
        let find = self.searches.find.as_ref().map(|find| Arc::clone(&find.query));
        let unit = self.shown_unit(store, self.rank(store, row));
        let (Some(unit), Some(query)) = (unit, find) else { return };
        if width == 0 {
            return;
        }
        let clock = self.clock.clone();
        let first = |folded| {
            let rows = rows::rows(&unit, width, folded, &clock);
            let line = highlights::marks(&query, &rows)
                .iter()
                .zip(&rows)
                .position(|(marks, row)| marks.are_seen(row, width));
            line.map(|line| (line, rows.len()))
        };
        let folded = self.is_folded(&unit.id);
        let Some((line, height)) = first(folded).or_else(|| {
            let found = first(false).filter(|_| folded)?;
            self.toggle_fold(store, &unit.id);
            Some(found)
        }) else {
            return;
        };
        if view > 0 && height > view {
            let top = line.saturating_sub(view / 2).min(height - view);
            self.scroll.anchor = Some((unit.id, top));
        }
    }

    /// Takes over which events pass, and what follows from that.
    pub(super) fn take_verdicts(
        &mut self,
        store: &Store,
        purpose: Purpose,
        verdicts: &[(usize, bool)],
    ) {
        let Some(index) = self.searches.slot(purpose) else { return };
        let changed = index.decide(verdicts).into_iter();
        let mut units: Vec<usize> = changed.map(|event| store.unit_row(event)).collect();
        units.dedup();
        match purpose {
            Purpose::Find => self.reindex(store, &units),
            Purpose::Filter => {
                self.show_from(store, store.event_count(), units);
                if let Some(home) = &self.searches.home {
                    self.scroll.cursor = Some(home.clone());
                }
                self.keep_place(store, None);
                let open = self.searches.filter.as_ref().is_some_and(QueryIndex::is_open);
                if !open && self.scroll.cursor.is_some() {
                    self.searches.home = None;
                }
            }
        }
        self.settle_seek(store);
    }

    /// Works out anew whether these rows are among those that pass.
    fn reindex(&mut self, store: &Store, units: &[usize]) {
        for purpose in [Purpose::Filter, Purpose::Find] {
            let Some(mut index) = self.searches.slot(purpose).take() else { continue };
            let bit = |row: &usize| (*row, self.row_passes(store, &index, purpose, *row));
            let bits: Vec<(usize, bool)> = units.iter().map(bit).collect();
            index.rows.set(bits);
            *self.searches.slot(purpose) = Some(index);
        }
    }

    /// The same for all rows.
    fn reindex_all(&mut self, store: &Store) {
        for purpose in [Purpose::Filter, Purpose::Find] {
            let Some(mut index) = self.searches.slot(purpose).take() else { continue };
            // Where nothing passes, no row has to be asked.
            let asked = if index.any_passes() { store.event_count() } else { 0 };
            let rows = (0..asked).map(|row| self.row_passes(store, &index, purpose, row));
            let mut rows: RowSet = rows.collect();
            rows.grow(store.event_count(), false);
            index.rows = rows;
            *self.searches.slot(purpose) = Some(index);
        }
    }

    /// Whether one of a row's events passes, and the filter does not hide it.
    fn row_passes(&self, store: &Store, index: &QueryIndex, purpose: Purpose, row: usize) -> bool {
        let Some(record) = store.record(row).filter(|record| !record.joined()) else {
            return false;
        };
        let output = record.partner();
        let passes = index.passes(row) || output.is_some_and(|row| index.passes(row));
        let hidden = purpose == Purpose::Find && self.searches.filtered(row) == Some(false);
        passes && !hidden
    }

    /// Rows from this one on are new or to be worked out anew, and others changed.
    pub(super) fn feed_indexes(&mut self, store: &Store, from: usize, touched: &[usize]) {
        if self.searches.find.is_none() && self.searches.filter.is_none() {
            return;
        }
        let events = store.event_count();
        let partners = touched.iter().filter_map(|row| store.record(*row)?.partner());
        let touched: Vec<usize> = touched.iter().copied().chain(partners).collect();
        for index in [&mut self.searches.filter, &mut self.searches.find].into_iter().flatten() {
            index.grow(events);
        }
        if from == 0 {
            return self.reindex_all(store);
        }
        let units: Vec<usize> = (from..events).chain(touched).collect();
        self.reindex(store, &units);
    }

    /// What is known of these rows has changed; their verdicts may have, too.
    pub(super) fn reopen(&mut self, rows: &[usize]) {
        if let Some(flight) = &mut self.searches.flight {
            flight.outdate(rows);
        }
        for index in [&mut self.searches.filter, &mut self.searches.find].into_iter().flatten() {
            index.reopen(rows.iter().copied());
        }
    }

    /// The same for rows with both halves of their calls.
    pub(super) fn reopen_rows(&mut self, store: &Store, rows: &[usize]) {
        let record = |row: &usize| Some((*row, store.record(*row)?.partner()));
        let halves = rows
            .iter()
            .filter_map(record)
            .flat_map(|(row, other)| std::iter::once(row).chain(other));
        let halves: Vec<usize> = halves.collect();
        self.reopen(&halves);
    }

    /// Looks for the same as another timeline of this session, and shows the same of it.
    pub(super) fn adopt_queries(&mut self, store: &Store, other: &Self) {
        for purpose in [Purpose::Filter, Purpose::Find] {
            let theirs = other.searches.index(purpose);
            if theirs.map(|index| &*index.text) == self.query_text(purpose) {
                continue;
            }
            let now = theirs.map_or(Timestamp::UNIX_EPOCH, |index| index.now);
            let query = theirs.map(|index| (index.text.clone(), (*index.query).clone()));
            self.set_query(store, purpose, query, now);
        }
    }

    /// Everything was worked out anew; these are the old numbers.
    pub(super) fn renumber_indexes(&mut self, store: &Store, places: &HashMap<UnitId, u32>) {
        self.searches.flight = None;
        self.searches.seek = None;
        let old = |id: &UnitId| places.get(id).map(|row| *row as usize);
        for index in [&mut self.searches.filter, &mut self.searches.find].into_iter().flatten() {
            index.renumber(store.ids().map(old));
        }
    }
}
