//! The events of the open session: a store keyed by event id, in the service's order, and the
//! units that the screen shows.
//!
//! Listings and frames come in through [`Timeline::apply_window`] and [`Timeline::apply_frame`];
//! everything shown is worked out anew from the entries. Start with [`mod@unit`]. The invariant: an
//! event is here once, however often and by whatever way it arrived.

mod absorbing;
mod arranging;
mod assemble;
pub mod clock;
pub mod context_ribbon;
mod filed;
mod finding;
mod groups;
mod hiding;
pub mod highlights;
mod join;
mod landmark;
mod live_hits;
mod looked;
mod marks;
mod merge;
mod minimap;
mod moment;
mod names;
mod record;
mod row_facts;
pub mod rows;
pub mod scroll;
mod search;
mod shown;
mod sieve;
mod spans;
mod stream;
#[cfg(test)]
mod tests;
pub mod unit;
mod uses;
pub mod visibility;
mod wanted;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::api::session::ContextUsage;
use crate::api::{Event, EventId, Glance, Timestamp, ToolCallId};

pub use clock::{Clock, TimeStyle};
pub use context_ribbon::ContextRibbon;
pub use finding::{Leap, Revealed, Tally, Whereabouts};
pub use groups::Folded;
pub use landmark::Landmark;
pub use marks::HidePlan;
pub use merge::Window;
pub use moment::{AsOf, Stepped};
pub use record::OTHER_TOOL;
pub use rows::Row;
pub use scroll::Scroll;
pub use search::{Asked, Found, Purpose, Search, Text};
pub use spans::Moment;
pub use unit::{Above, Kind, State, Unit, UnitId};
pub use uses::Use;
pub use visibility::{Counts, Visibility};
pub use wanted::At;

use finding::Searches;
use join::Joiner;
use record::{Record, Tools};
use shown::Shown;
use unit::ActivityLine;
use visibility::Covers;

/// An event with what is known about it beside its content.
#[derive(Debug, Clone)]
struct Entry {
    id: UnitId,
    event: Arc<Event>,
    glance: Glance,
    hidden: bool,
    /// False for rows that exist only here, because the service does not store them.
    stored: bool,
    /// Arrived by a stream and no listing has confirmed it yet.
    streamed: bool,
    /// Counts changes of the content.
    revision: u32,
    hiding: Option<bool>,
}

impl Entry {
    fn new(id: UnitId, event: Event) -> Self {
        Self {
            id,
            glance: Glance::from(&event),
            hidden: event.hide_reason.is_some(),
            event: Arc::new(event),
            stored: true,
            streamed: false,
            revision: 0,
            hiding: None,
        }
    }
}

/// What units need to know beside the entries.
#[derive(Debug, Clone, Default)]
struct Situation {
    running: bool,
    outstanding: HashSet<EventId>,
    activity: HashMap<ToolCallId, Vec<ActivityLine>>,
}

/// Which units are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// Everything; what a compaction replaced is folded into its row.
    #[default]
    All,
    /// Only what the agent still sees.
    AgentsView,
}

/// What a person folded.
#[derive(Debug, Clone, Default)]
struct Folds {
    open_by_default: bool,
    /// Units folded otherwise than by default.
    units: HashSet<UnitId>,
    /// Every turn, unless `groups` says otherwise.
    turns: bool,
    /// Groups folded otherwise than `turns` says.
    groups: HashSet<UnitId>,
}

/// What follows from the records so far, and is needed to take in the next.
#[derive(Debug, Clone, Default)]
struct Derived {
    /// The time that records count from.
    since: Option<i64>,
    tools: Tools,
    joiner: Joiner,
    early_pairs: Vec<(usize, usize)>,
    covers: Covers,
    /// Rows that begin a turn or a step.
    heads: Vec<u32>,
    counts: Counts,
    /// Outputs that are shown with their input.
    joined: usize,
    /// Which rows name which files.
    links: super::artifact_links::ArtifactLinks,
    /// Where the agent went from one step to the next.
    transitions: Vec<u32>,
}

/// Rows are numbered in the order of events: first the stored ones and what came between, then the
/// texts that stream in. An output that was joined with its input has a number and no row.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    entries: Vec<Entry>,
    /// Entries from this one on differ from what was worked out of them.
    changed_from: usize,
    /// Instead of entries: the file that the session lies in.
    filed: Option<filed::Filed>,
    records: Vec<Record>,
    derived: Derived,
    places: HashMap<UnitId, u32>,
    situation: Situation,
    /// Texts that are streaming in; always the newest.
    live: Vec<stream::LiveText>,
    shown: Shown,
    searches: Searches,
    /// Set while the past is looked at; `shown` is as of then.
    moment: Option<moment::Moment>,
    wanted: Option<wanted::Wanted>,
    usage: Option<ContextUsage>,
    filter: Filter,
    folds: Folds,
    marked: HashSet<UnitId>,
    /// Where the range begins that ends at the cursor.
    range_from: Option<UnitId>,
    /// Notes on units, by a person for persons.
    bookmarks: HashMap<UnitId, Arc<str>>,
    scroll: Scroll,
    /// Columns and rows that the pane has for units.
    viewport: (usize, usize),
    heights: HashMap<UnitId, (u64, usize, bool, usize)>,
    minimap: minimap::Minimap,
    generation: u64,
    reaches_start: bool,
    loaded: bool,
    feed: stream::Feed,
    next_live: u64,
    /// Streamed texts whose stored event is not among the arrivals counted.
    taken_over: usize,
    looked: looked::Looked,
}

/// Heights that are remembered; beyond that all are worked out anew.
const HEIGHTS_KEPT: usize = 4_096;

impl Timeline {
    /// False until the first listing came in: an empty session and an unknown one differ.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Everything back to the first event is here.
    pub fn reaches_start(&self) -> bool {
        self.reaches_start
    }

    pub fn event_count(&self) -> usize {
        self.records.len()
    }

    /// The oldest stored event, where loading more goes on.
    pub fn oldest(&self) -> Option<&EventId> {
        self.entries.iter().filter(|entry| entry.stored).find_map(|entry| entry.event.id.as_ref())
    }

    /// The newest stored event: the cursor for `since`.
    pub fn newest_event(&self) -> Option<&EventId> {
        let stored = self.entries.iter().rev().filter(|entry| entry.stored);
        stored.into_iter().find_map(|entry| entry.event.id.as_ref())
    }

    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.entries.iter().map(|entry| &entry.event)
    }

    pub fn event(&self, id: &EventId) -> Option<&Arc<Event>> {
        let entry = self.entries.get(*self.places.get(&UnitId::from(id))? as usize)?;
        (entry.event.id.as_ref() == Some(id)).then_some(&entry.event)
    }

    pub fn counts(&self) -> Counts {
        self.counts_then()
    }

    /// Usage that the stream told; newer than that of the session object while it is open.
    pub fn live_usage(&self) -> Option<&ContextUsage> {
        // How full the context was, no event tells.
        self.usage.as_ref().filter(|_| self.moment.is_none())
    }

    /// Rows, shown or not.
    fn row_count(&self) -> usize {
        self.records.len() + self.live.len()
    }

    fn shows_live(&self) -> bool {
        let filtered = self.searches.sieve(Purpose::Filter).is_some();
        // No query is put to a text that is not whole yet.
        self.filter == Filter::All && !filtered && self.moment.is_none()
    }

    pub fn shown_len(&self) -> usize {
        self.shown.count() + if self.shows_live() { self.live.len() } else { 0 }
    }

    /// The row that is shown at this place.
    fn shown_row(&self, at: usize) -> Option<usize> {
        let stored = self.shown.count();
        match at.checked_sub(stored) {
            None => self.shown.select(at),
            Some(live) if self.shows_live() && live < self.live.len() => {
                Some(self.records.len() + live)
            }
            Some(_) => None,
        }
    }

    fn is_shown(&self, row: usize) -> bool {
        self.shown.contains(row)
            || (row >= self.records.len() && row < self.row_count() && self.shows_live())
    }

    /// Shown rows before this one.
    fn rank(&self, row: usize) -> usize {
        self.shown.rank(row) + row.saturating_sub(self.records.len())
    }

    fn row_of(&self, id: &UnitId) -> Option<usize> {
        if let Some(live) = self.live.iter().position(|live| live.id == *id) {
            return Some(self.records.len() + live);
        }
        match (id, &self.filed) {
            (UnitId::Line(offset), Some(filed)) => filed.row_at(&self.records, *offset),
            _ => self.places.get(id).map(|row| *row as usize),
        }
    }

    pub fn shown_unit(&self, at: usize) -> Option<Unit> {
        self.shown_row(at).and_then(|row| self.make_unit(row))
    }

    pub fn shown_index(&self, id: &UnitId) -> Option<usize> {
        self.row_of(id).filter(|row| self.is_shown(*row)).map(|row| self.rank(row))
    }

    /// Every unit, shown or not; each is made when it is asked for.
    pub fn units(&self) -> impl DoubleEndedIterator<Item = Unit> {
        let joined = |row: &usize| self.records.get(*row).is_some_and(|record| record.joined());
        let rows = (0..self.row_count()).filter(move |row| !joined(row));
        rows.filter_map(|row| self.make_unit(row))
    }

    pub fn unit(&self, id: &UnitId) -> Option<Unit> {
        self.row_of(id).and_then(|row| self.make_unit(row))
    }

    pub fn is_empty(&self) -> bool {
        self.row_count() == 0
    }

    /// When the first and the last event happened that are here.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let time = |record: &Record| record.at(self.derived.since?);
        let first = self.records.iter().find_map(time)?;
        let last = self.records.iter().rev().find_map(time)?;
        let stamp = |at| Timestamp::from_millisecond(at).ok();
        Some((stamp(first)?, stamp(last)?))
    }

    pub fn scroll(&self) -> &Scroll {
        &self.scroll
    }

    pub fn viewport(&self) -> (usize, usize) {
        self.viewport
    }

    /// The session as one line, as wide as the pane.
    pub fn minimap(&self) -> &str {
        self.minimap.line()
    }

    /// Whether the session runs and which calls wait for an answer.
    pub fn set_situation(&mut self, running: bool, outstanding: HashSet<EventId>) {
        if self.situation.running != running || self.situation.outstanding != outstanding {
            let before = std::mem::replace(&mut self.situation.outstanding, outstanding);
            self.situation.running = running;
            let changed: Vec<EventId> =
                before.symmetric_difference(&self.situation.outstanding).cloned().collect();
            self.reopen_calls(changed.iter());
            self.changed();
        }
    }

    pub fn outstanding(&self) -> &HashSet<EventId> {
        &self.situation.outstanding
    }

    pub fn filter(&self) -> Filter {
        self.filter
    }

    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.rearrange();
    }

    pub fn is_folded(&self, unit: &UnitId) -> bool {
        self.folds.open_by_default == self.folds.units.contains(unit)
    }

    pub fn toggle_fold(&mut self, unit: &UnitId) {
        if !self.folds.units.remove(unit) {
            self.folds.units.insert(unit.clone());
        }
        let row = self.row_of(unit);
        // Only what a compaction stands for comes and goes with a fold.
        if row.is_some_and(|row| self.derived.covers.span(row).is_some()) {
            self.rearrange();
        }
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.folds.open_by_default = !folded;
        self.folds.units.clear();
        self.rearrange();
    }

    /// About how many tokens these events are to the agent.
    pub fn estimated_tokens(&self, ids: &[EventId]) -> u64 {
        let sizes = ids.iter().filter_map(|id| self.event(id)).map(|event| event.size() as u64);
        sizes.map(unit::tokens_of).sum()
    }

    /// Takes over where the reader of another timeline of the same session is, and what that reader
    /// folded and marked there.
    pub fn take_reader(&mut self, other: &Self) {
        self.scroll = other.scroll.clone();
        self.folds = other.folds.clone();
        self.marked.clone_from(&other.marked);
        self.range_from.clone_from(&other.range_from);
        self.set_bookmarks(other.bookmarks.clone());
        self.filter = other.filter;
        self.viewport = other.viewport;
        self.minimap.forget();
        self.adopt_queries(other);
        self.rearrange();
    }

    /// Notes on units of this session, by their names.
    pub fn set_bookmarks(&mut self, bookmarks: HashMap<UnitId, Arc<str>>) {
        let before = std::mem::replace(&mut self.bookmarks, bookmarks);
        let now = &self.bookmarks;
        let came = now.keys().filter(|id| !before.contains_key(*id));
        let went = before.keys().filter(|id| !now.contains_key(*id));
        let rows: Vec<usize> = came.chain(went).filter_map(|id| self.row_of(id)).collect();
        self.reopen_rows(&rows);
    }

    /// Sets the note on one, or (`None`) takes it away.
    pub fn set_bookmark(&mut self, unit: &UnitId, note: Option<Arc<str>>) {
        let mut bookmarks = self.bookmarks.clone();
        match note {
            Some(note) => bookmarks.insert(unit.clone(), note),
            None => bookmarks.remove(unit),
        };
        self.set_bookmarks(bookmarks);
    }

    pub fn note(&self, unit: &UnitId) -> Option<&Arc<str>> {
        self.bookmarks.get(unit)
    }

    /// In the order of rows; first those whose row is not here.
    pub fn bookmarks(&self) -> Vec<(UnitId, &str)> {
        let all = self.bookmarks.iter().map(|(unit, note)| (self.row_of(unit), unit, &**note));
        let mut all: Vec<(Option<usize>, &UnitId, &str)> = all.collect();
        all.sort_unstable();
        all.into_iter().map(|(_, unit, note)| (unit.clone(), note)).collect()
    }

    /// Tells the room that the pane has; keeps the cursor in it.
    pub fn settle(&mut self, width: usize, height: usize, minimap_width: usize) {
        self.viewport = (width, height);
        if self.minimap.width() != Some(minimap_width) {
            let minimap = std::mem::take(&mut self.minimap);
            self.minimap = minimap.draw(self, minimap_width);
        }
        self.settle_scroll();
    }

    /// Rows of one unit at the width of the pane.
    pub fn rows(&self, unit: &Unit, clock: &Clock) -> Vec<Row> {
        rows::rows(unit, self.viewport.0, self.is_folded(&unit.id), clock)
    }

    fn height(&mut self, at: usize) -> usize {
        let Some(unit) = self.shown_unit(at) else {
            return 0;
        };
        let key = (unit.version, self.viewport.0, self.is_folded(&unit.id));
        if let Some((version, width, folded, height)) = self.heights.get(&unit.id)
            && (*version, *width, *folded) == key
        {
            return *height;
        }
        if self.heights.len() >= HEIGHTS_KEPT {
            self.heights.clear();
        }
        // What a clock says does not change how many lines there are.
        let height = rows::rows(&unit, key.1, key.2, &Clock::default()).len();
        self.heights.insert(unit.id, (key.0, key.1, key.2, height));
        height
    }

    fn id_of(&self, row: usize) -> Option<UnitId> {
        match row.checked_sub(self.records.len()) {
            None if self.filed.is_some() => Some(UnitId::Line(self.records[row].place())),
            None => self.entries.get(row).map(|entry| entry.id.clone()),
            Some(live) => self.live.get(live).map(|live| live.id.clone()),
        }
    }
}
