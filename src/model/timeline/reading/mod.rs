//! How one person reads a session: what is shown of it, where they are in it, and what they folded,
//! marked, noted and look for.
//!
//! The session itself is looked at as `&Store`, in every method that needs it, and never changed
//! from here. Start with [`Reading::follow`], by which the reader stays in place while the session
//! changes, and with [`Reading::shows`], which decides about each row. The invariant: a name of a
//! unit, never a number, is remembered from one change to the next, because numbers change.

mod arranging;
mod assemble;
mod bookmarks;
mod census;
mod chat;
mod finding;
mod folds;
mod follow;
mod groups;
mod heights;
mod landmark;
mod live_hits;
mod marks;
mod minimap;
mod past;
mod query_index;
mod read_marker;
mod row_facts;
mod row_set;
mod scroll;
mod search;
mod time_travel;
mod wanted;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::store::{Growth, Store};
use super::unit::{Before, Unit, UnitId};
use super::{Clock, Counts, Row, rows};
use crate::api::session::ContextUsage;

pub use census::Census;
pub use finding::{Leap, Revealed, Tally, Whereabouts};
pub use landmark::Landmark;
pub use marks::HidePlan;
pub use scroll::Scroll;
pub use search::{Asked, Found, Purpose, Search, Text};
pub use time_travel::{AsOf, Stepped};
pub use wanted::At;

use finding::Searches;
use folds::Folds;
use heights::Heights;
use minimap::Minimap;
use past::Past;
use read_marker::ReadMarker;
use row_set::RowSet;
use wanted::Wanted;

/// Which units are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// Everything; what a compaction replaced is folded into its row.
    #[default]
    All,
    /// Only what the agent still sees.
    AgentsView,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// Which rows of events are shown, as of the moment that is looked at.
    shown: RowSet,
    filter: Filter,
    /// Only what was said, with a line for each call.
    chat: bool,
    searches: Searches,
    past: Past,
    wanted: Option<Wanted>,
    folds: Folds,
    marked: HashSet<UnitId>,
    /// Where the range begins that ends at the cursor.
    range_from: Option<UnitId>,
    /// Notes on units, by a person for persons.
    bookmarks: HashMap<UnitId, Arc<str>>,
    read_marker: ReadMarker,
    scroll: Scroll,
    /// Columns and rows that the pane has for units.
    viewport: (usize, usize),
    heights: Heights,
    /// By which the lines between days are drawn.
    clock: Clock,
    minimap: Minimap,
}

impl Reading {
    /// A file is read from its beginning; nothing is followed.
    pub(crate) fn of_file() -> Self {
        Self { scroll: Scroll { follow: false, ..Scroll::default() }, ..Self::default() }
    }

    /// Begins at the end of a file of which only the end is here, for the reader of another part.
    pub(crate) fn of_tail(tail: &Store, growth: Growth, other: &Self) -> Self {
        let mut reading = Self::of_file();
        reading.show_growth(tail, growth);
        reading.take_reader(tail, other);
        reading.place_cursor(tail, reading.shown_len(tail).saturating_sub(1));
        reading.scroll.new_below = 0;
        reading
    }

    /// Takes over where the reader of the same session in another timeline is, and what they folded
    /// and marked there.
    pub(crate) fn take_reader(&mut self, store: &Store, other: &Self) {
        self.scroll = other.scroll.clone();
        self.folds = other.folds.clone();
        self.marked.clone_from(&other.marked);
        self.range_from.clone_from(&other.range_from);
        self.set_bookmarks(store, other.bookmarks.clone());
        (self.filter, self.chat) = (other.filter, other.chat);
        self.viewport = other.viewport;
        self.clock = other.clock.clone();
        self.minimap.forget();
        self.adopt_queries(store, other);
        self.rearrange(store);
    }

    pub(crate) fn counts(&self, store: &Store) -> Counts {
        self.past.counts(store)
    }

    /// Usage that the stream told, in the present: how full the context was, no event tells.
    pub(crate) fn live_usage<'a>(&self, store: &'a Store) -> Option<&'a ContextUsage> {
        store.usage().filter(|_| !self.past.is_past())
    }

    pub(crate) fn is_past(&self) -> bool {
        self.past.is_past()
    }

    pub(crate) fn as_of(&self, store: &Store) -> Option<AsOf> {
        self.past.as_of(store)
    }

    fn shows_live(&self) -> bool {
        let filtered = self.searches.index(Purpose::Filter).is_some();
        // No query is put to a text that is not whole yet.
        self.filter == Filter::All && !filtered && !self.past.is_past()
    }

    pub(crate) fn shown_len(&self, store: &Store) -> usize {
        self.shown.count() + self.live_shown(store).count()
    }

    /// The row that is shown at this place.
    fn shown_row(&self, store: &Store, at: usize) -> Option<usize> {
        match at.checked_sub(self.shown.count()) {
            None => self.shown.select(at),
            Some(live) => self.live_shown(store).nth(live).map(|live| store.event_count() + live),
        }
    }

    /// The name of what is shown at this place.
    fn shown_id(&self, store: &Store, at: usize) -> Option<UnitId> {
        self.shown_row(store, at).and_then(|row| store.id_of(row))
    }

    fn is_shown(&self, store: &Store, row: usize) -> bool {
        let live = row.checked_sub(store.event_count());
        self.shown.contains(row)
            || live.is_some_and(|live| self.live_shown(store).any(|shown| shown == live))
    }

    /// Shown rows before this one.
    fn rank(&self, store: &Store, row: usize) -> usize {
        let live = row.saturating_sub(store.event_count());
        self.shown.rank(row) + self.live_shown(store).take_while(|shown| *shown < live).count()
    }

    pub(crate) fn shown_unit(&self, store: &Store, at: usize) -> Option<Unit> {
        let row = self.shown_row(store, at)?;
        let mut unit = self.make_unit(store, row)?;
        unit.follow(self.before(store, at, row));
        Some(unit)
    }

    /// What is shown above this place, which shows a row.
    fn before(&self, store: &Store, at: usize, row: usize) -> Before {
        let Some(above) = at.checked_sub(1) else {
            return if store.reaches_start() { Before::Nothing } else { Before::Unknown };
        };
        let is_stored = at < self.shown.count();
        let above = if is_stored { self.shown.previous(row) } else { self.shown_row(store, above) };
        let happened_at = above.and_then(|row| store.time_of(row));
        happened_at.map_or(Before::Unknown, Before::Row)
    }

    pub(crate) fn shown_index(&self, store: &Store, id: &UnitId) -> Option<usize> {
        let row = store.row_of(id).filter(|row| self.is_shown(store, *row))?;
        Some(self.rank(store, row))
    }

    pub(crate) fn scroll(&self) -> &Scroll {
        &self.scroll
    }

    pub(crate) fn minimap(&self) -> &str {
        self.minimap.line()
    }

    pub(crate) fn filter(&self) -> Filter {
        self.filter
    }

    pub(crate) fn set_filter(&mut self, store: &Store, filter: Filter) {
        self.filter = filter;
        self.rearrange(store);
    }

    pub(crate) fn is_folded(&self, unit: &UnitId) -> bool {
        self.folds.is_folded(unit)
    }

    pub(crate) fn toggle_fold(&mut self, store: &Store, unit: &UnitId) {
        self.folds.toggle(unit);
        // Only what a compaction stands for comes and goes with a fold.
        if store.row_of(unit).is_some_and(|row| store.covers().span(row).is_some()) {
            self.rearrange(store);
        }
    }

    pub(crate) fn fold_all(&mut self, store: &Store, folded: bool) {
        self.folds.all(folded);
        self.rearrange(store);
    }

    /// Tells what the clock on the wall shows, on which lines between days depend.
    pub(crate) fn look_at_clock(&mut self, clock: Clock) {
        if !self.clock.measures_like(&clock) {
            self.heights = Heights::default();
        }
        self.clock = clock;
    }

    pub(crate) fn settle(
        &mut self,
        store: &Store,
        width: usize,
        height: usize,
        minimap_width: usize,
    ) {
        self.viewport = (width, height);
        self.minimap.draw(store, minimap_width);
        self.settle_scroll(store);
    }

    pub(crate) fn rows(&self, unit: &Unit, clock: &Clock) -> Vec<Row> {
        self.heights.rows(unit, self.viewport.0, self.is_folded(&unit.id), clock)
    }

    fn height(&mut self, store: &Store, at: usize) -> usize {
        let Some(row) = self.shown_row(store, at) else { return 0 };
        let Some(mut unit) = self.make_unit(store, row) else { return 0 };
        // Its version is left alone: what is above it is compared by itself, without a second hash.
        unit.before = self.before(store, at, row);
        let folded = self.is_folded(&unit.id);
        self.heights.of(unit, self.viewport.0, folded, &self.clock)
    }
}
