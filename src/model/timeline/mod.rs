//! The events of the open session: a store keyed by event id, in the service's order, and the
//! units that the screen shows.
//!
//! Listings and frames come in through [`Timeline::apply_window`] and [`Timeline::apply_frame`];
//! everything shown is worked out anew from the entries. Start with [`unit`]. The invariant: an
//! event is here once, however often and by whatever way it arrived.

pub mod context_ribbon;
mod hiding;
mod looked;
mod merge;
mod minimap;
pub mod rows;
pub mod scroll;
mod stream;
#[cfg(test)]
mod tests;
pub mod unit;
pub mod visibility;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::api::session::ContextUsage;
use crate::api::{Event, EventId, ToolCallId};

pub use context_ribbon::ContextRibbon;
pub use merge::Window;
pub use rows::Row;
pub use scroll::Scroll;
pub use unit::{Kind, State, Unit, UnitId};
pub use visibility::{Counts, Visibility};

use unit::ActivityLine;

/// An event with what is known about it beside its content.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    id: UnitId,
    event: Arc<Event>,
    hidden: bool,
    /// False for rows that exist only here, because the service does not store them.
    stored: bool,
    /// Arrived by a stream and no listing has confirmed it yet.
    streamed: bool,
    /// Counts changes of the content.
    revision: u32,
    hiding: Option<bool>,
}

/// What units need to know beside the entries.
#[derive(Debug, Clone, Default)]
pub(super) struct Situation {
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

#[derive(Debug, Clone, Default)]
pub struct Timeline {
    entries: Vec<Entry>,
    situation: Situation,
    /// Texts that are streaming in; always the newest.
    live: Vec<stream::LiveText>,
    units: Vec<Unit>,
    shown: Vec<usize>,
    shown_index: HashMap<UnitId, usize>,
    counts: Counts,
    usage: Option<ContextUsage>,
    filter: Filter,
    open_by_default: bool,
    /// Units folded otherwise than by default.
    folds: HashSet<UnitId>,
    marked: HashSet<UnitId>,
    scroll: Scroll,
    /// Columns and rows that the pane has for units.
    viewport: (usize, usize),
    heights: HashMap<UnitId, (u64, usize, bool, usize)>,
    minimap: (usize, String),
    reaches_start: bool,
    loaded: bool,
    feed: stream::Feed,
    next_live: u64,
    looked: looked::Looked,
}

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
        self.entries.len()
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
        self.events().rev().find(|event| event.id.as_ref() == Some(id))
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Usage that the stream told; newer than that of the session object while it is open.
    pub fn live_usage(&self) -> Option<&ContextUsage> {
        self.usage.as_ref()
    }

    pub fn shown_len(&self) -> usize {
        self.shown.len()
    }

    pub fn shown_unit(&self, at: usize) -> Option<&Unit> {
        self.shown.get(at).and_then(|unit| self.units.get(*unit))
    }

    pub fn shown_index(&self, id: &UnitId) -> Option<usize> {
        self.shown_index.get(id).copied()
    }

    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == *id)
    }

    pub fn scroll(&self) -> &Scroll {
        &self.scroll
    }

    pub fn viewport(&self) -> (usize, usize) {
        self.viewport
    }

    /// The session as one line, as wide as the pane.
    pub fn minimap(&self) -> &str {
        &self.minimap.1
    }

    /// Whether the session runs and which calls wait for an answer.
    pub fn set_situation(&mut self, running: bool, outstanding: HashSet<EventId>) {
        if self.situation.running != running || self.situation.outstanding != outstanding {
            self.situation.running = running;
            self.situation.outstanding = outstanding;
            self.rebuild();
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
        self.open_by_default == self.folds.contains(unit)
    }

    pub fn toggle_fold(&mut self, unit: &UnitId) {
        if !self.folds.remove(unit) {
            self.folds.insert(unit.clone());
        }
        self.rearrange();
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.open_by_default = !folded;
        self.folds.clear();
        self.rearrange();
    }

    pub fn is_marked(&self, unit: &UnitId) -> bool {
        self.marked.contains(unit)
    }

    pub fn marked_len(&self) -> usize {
        self.marked.len()
    }

    pub fn toggle_mark(&mut self, unit: &UnitId) {
        if !self.marked.remove(unit) {
            self.marked.insert(unit.clone());
        }
    }

    pub fn clear_marks(&mut self) {
        self.marked.clear();
    }

    /// The marked units in their order, or the one under the cursor.
    pub fn targets(&self) -> Vec<&Unit> {
        if self.marked.is_empty() {
            return self.cursor_unit().into_iter().collect();
        }
        self.units.iter().filter(|unit| self.marked.contains(&unit.id)).collect()
    }

    /// Shows a hide (or unhide) that was sent and is not confirmed yet.
    pub fn mark_hiding(&mut self, ids: &[EventId], hide: bool) {
        self.for_each_of(ids, |entry| entry.hiding = Some(hide));
    }

    /// Whether an event is hidden, or about to be; `None` for one we do not know.
    pub fn is_hidden(&self, id: &EventId) -> Option<bool> {
        let entry = self.entries.iter().find(|entry| entry.event.id.as_ref() == Some(id));
        entry.map(|entry| entry.hiding.unwrap_or(entry.hidden))
    }

    /// The service did it, or (`done` false) refused.
    pub fn resolve_hiding(&mut self, ids: &[EventId], done: bool) {
        self.for_each_of(ids, |entry| {
            if let Some(hide) = entry.hiding.take().filter(|_| done) {
                entry.hidden = hide;
            }
        });
    }

    fn for_each_of(&mut self, ids: &[EventId], change: impl Fn(&mut Entry)) {
        let ids: HashSet<&EventId> = ids.iter().collect();
        let meant = |entry: &&mut Entry| entry.event.id.as_ref().is_some_and(|id| ids.contains(id));
        self.entries.iter_mut().filter(meant).for_each(change);
        self.rebuild();
    }

    /// Tells the room that the pane has; keeps the cursor in it.
    pub fn settle(&mut self, width: usize, height: usize, minimap_width: usize) {
        self.viewport = (width, height);
        if self.minimap.0 != minimap_width {
            self.minimap = (minimap_width, minimap::draw(self.units.iter(), minimap_width));
        }
        self.settle_scroll();
    }

    /// Rows of one unit at the width of the pane.
    pub fn rows(&self, unit: &Unit) -> Vec<Row> {
        rows::rows(unit, self.viewport.0, self.is_folded(&unit.id))
    }

    fn height(&mut self, at: usize) -> usize {
        let Some(unit) = self.shown.get(at).and_then(|unit| self.units.get(*unit)) else {
            return 0;
        };
        let key = (unit.version, self.viewport.0, self.is_folded(&unit.id));
        if let Some((version, width, folded, height)) = self.heights.get(&unit.id)
            && (*version, *width, *folded) == key
        {
            return *height;
        }
        let height = rows::rows(unit, key.1, key.2).len();
        self.heights.insert(unit.id.clone(), (key.0, key.1, key.2, height));
        height
    }

    /// Works out units anew from the entries.
    fn rebuild(&mut self) {
        (self.units, self.counts) = unit::join(&self.entries, &self.situation);
        self.units.extend(self.live.iter().map(stream::LiveText::unit));
        self.mark_first_new();
        self.marked.retain(|id| self.units.iter().any(|unit| unit.id == *id));
        self.minimap.0 = usize::MAX;
        self.rearrange();
    }

    /// Works out which units are shown, and keeps the reader's place.
    fn rearrange(&mut self) {
        let before = std::mem::take(&mut self.shown_index);
        let was_shown = |unit: &Unit| before.contains_key(&unit.id);
        self.shown = (0..self.units.len()).filter(|at| self.shows(&self.units[*at])).collect();
        let arrived =
            self.shown.iter().rev().take_while(|at| !was_shown(&self.units[**at])).count();
        if !before.is_empty() && !self.scroll.follow {
            self.scroll.new_below += arrived;
        }
        let names = self.shown.iter().enumerate();
        self.shown_index = names.map(|(at, unit)| (self.units[*unit].id.clone(), at)).collect();
        let cursor = self.scroll.cursor.take();
        self.scroll.cursor = self.survivor(cursor, &before);
        if let Some((id, line)) = self.scroll.anchor.take() {
            let kept = self.survivor(Some(id.clone()), &before);
            self.scroll.anchor = kept.map(|now| {
                let line = if now == id { line } else { 0 };
                (now, line)
            });
        }
    }

    /// The unit itself while it is shown, else the next one after it that still is.
    fn survivor(&self, id: Option<UnitId>, before: &HashMap<UnitId, usize>) -> Option<UnitId> {
        let id = id?;
        if self.shown_index.contains_key(&id) {
            return Some(id);
        }
        let place = *before.get(&id)?;
        let mut rest: Vec<(&usize, &UnitId)> = before.iter().map(|(id, at)| (at, id)).collect();
        rest.sort_unstable();
        let still = |found: &&(&usize, &UnitId)| self.shown_index.contains_key(found.1);
        let after = rest.get(place + 1..).unwrap_or_default().iter().find(still);
        let next = after.or_else(|| rest.get(..place).unwrap_or_default().iter().rfind(still));
        next.map(|(_, id)| (*id).clone())
    }

    fn shows(&self, unit: &Unit) -> bool {
        match self.filter {
            Filter::AgentsView => unit.visibility == Visibility::InContext && unit.stored,
            Filter::All => unit.covered_by.as_ref().is_none_or(|cover| !self.is_folded(cover)),
        }
    }
}
