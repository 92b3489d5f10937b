//! What is known of a session: its events in the service's order, and what follows from them.
//!
//! Listings, frames and lines of a file come in here; whatever they change comes out as a
//! [`Change`], by which a reader follows. Nothing in here knows that there is a reader: what is
//! shown, folded or looked for is none of its business. Start with [`Store::refresh`]. The
//! invariant: an event is here once, however often and by whatever way it arrived.

mod absorb;
mod change;
mod covers;
mod elsewhere;
mod entry;
mod filed;
mod hiding;
mod join;
mod live_text;
mod merge;
mod names;
mod record;
mod sent;
mod spans;
mod states;
mod stream;
mod turns;
mod uses;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::api::session::ContextUsage;
use crate::api::{Event, EventId, ToolCallId};

use super::unit::UnitId;
use super::unit::{ActivityLine, tokens_of};
use super::visibility::Counts;
use crate::model::artifact_links::ArtifactLinks;

pub(crate) use change::{Change, Growth, Rows};
pub(crate) use covers::Covers;
pub(crate) use live_text::LiveText;
pub use merge::Window;
pub use record::OTHER_TOOL;
pub(crate) use record::{Fingerprint, Record};
pub use sent::Outcome;
pub use spans::Moment;
pub use uses::Use;

use elsewhere::Answering;
use entry::Entry;
use filed::Filed;
use join::Joiner;
use record::Tools;
use stream::Feed;

/// Rows are numbered in the order of events: first the stored ones and what came between, then the
/// texts that stream in. An output that was joined with its input has a number and no row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    entries: Vec<Entry>,
    /// Entries from this one on differ from what was worked out of them.
    changed_from: usize,
    /// Instead of entries: the file that the session lies in.
    filed: Option<Filed>,
    records: Vec<Record>,
    derived: Derived,
    places: HashMap<UnitId, u32>,
    situation: Situation,
    answering: Answering,
    /// Texts that are streaming in; always the newest.
    live: Vec<LiveText>,
    next_live: u64,
    feed: Feed,
    /// Units that have another name since the last [`Change`].
    renamed: Vec<(UnitId, UnitId)>,
    usage: Option<ContextUsage>,
    generation: u64,
    reaches_start: bool,
    loaded: bool,
}

/// What units need to know beside the entries.
#[derive(Debug, Clone, Default)]
struct Situation {
    running: bool,
    /// The service told which calls wait.
    told: bool,
    outstanding: HashSet<EventId>,
    activity: HashMap<ToolCallId, Vec<ActivityLine>>,
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
    links: ArtifactLinks,
    /// Where the agent went from one step to the next.
    transitions: Vec<u32>,
}

impl Store {
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded
    }

    pub(crate) fn reaches_start(&self) -> bool {
        self.reaches_start
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Rows of events; those of texts that stream in come behind them.
    #[inline]
    pub(crate) fn event_count(&self) -> usize {
        self.records.len()
    }

    /// Rows, those of texts that stream in too.
    pub(crate) fn row_count(&self) -> usize {
        self.records.len() + self.live.len()
    }

    /// Rows of events that are not shown as a part of another.
    pub(crate) fn unit_count(&self) -> usize {
        self.records.len().saturating_sub(self.derived.joined)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.row_count() == 0
    }

    /// One for each event, in the order of rows.
    #[inline]
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// `None` for a text that streams in.
    #[inline]
    pub(crate) fn record(&self, row: usize) -> Option<Record> {
        self.records.get(row).copied()
    }

    /// Texts that are streaming in, in the order of rows.
    pub(crate) fn live(&self) -> &[LiveText] {
        &self.live
    }

    /// Names of the rows of events; in a file there are none.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &UnitId> {
        self.entries.iter().map(|entry| &entry.id)
    }

    pub(crate) fn id_of(&self, row: usize) -> Option<UnitId> {
        match row.checked_sub(self.records.len()) {
            None if self.filed.is_some() => Some(UnitId::Line(self.records[row].place())),
            None => self.entries.get(row).map(|entry| entry.id.clone()),
            Some(live) => self.live.get(live).map(|live| live.id.clone()),
        }
    }

    pub(crate) fn row_of(&self, id: &UnitId) -> Option<usize> {
        if let Some(live) = self.live.iter().position(|live| live.id == *id) {
            return Some(self.records.len() + live);
        }
        match (id, &self.filed) {
            (UnitId::Line(offset), Some(filed)) => filed.row_at(&self.records, *offset),
            _ => self.place(id),
        }
    }

    /// The row of an event, and of nothing that streams in or lies in a file.
    pub(crate) fn place(&self, id: &UnitId) -> Option<usize> {
        self.places.get(id).map(|row| *row as usize)
    }

    /// The row that shows this event: that of its input for a joined output.
    pub(crate) fn unit_row(&self, row: usize) -> usize {
        let record = self.records.get(row).filter(|record| record.joined());
        record.and_then(|record| record.partner()).unwrap_or(row)
    }

    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.entries.iter().map(|entry| &entry.event)
    }

    pub(crate) fn event(&self, id: &EventId) -> Option<&Arc<Event>> {
        let event = self.event_at(self.place(&UnitId::from(id))?)?;
        (event.id.as_ref() == Some(id)).then_some(event)
    }

    /// The event of a row; one in a file has to be read instead.
    pub(crate) fn event_at(&self, row: usize) -> Option<&Arc<Event>> {
        self.entries.get(row).map(|entry| &entry.event)
    }

    /// Changes of a row's content so far.
    pub(crate) fn revision(&self, row: usize) -> u32 {
        self.entries.get(row).map_or(0, |entry| entry.revision)
    }

    pub(crate) fn newest_event(&self) -> Option<&EventId> {
        let stored = self.entries.iter().rev().filter(|entry| entry.stored);
        stored.into_iter().find_map(|entry| entry.event.id.as_ref())
    }

    /// Usage that the stream told; newer than that of the session object while it is open.
    pub(crate) fn usage(&self) -> Option<&ContextUsage> {
        self.usage.as_ref()
    }

    /// What the agent sees of the events.
    pub(crate) fn counts(&self) -> Counts {
        self.derived.counts
    }

    /// Which compaction stands for which events.
    #[inline]
    pub(crate) fn covers(&self) -> &Covers {
        &self.derived.covers
    }

    /// Rows at which the agent went from one step to the next.
    pub(crate) fn transitions(&self) -> &[u32] {
        &self.derived.transitions
    }

    /// A number stands for the name of a tool.
    pub(crate) fn tool(&self, number: u8) -> Fingerprint {
        self.derived.tools.fingerprint(number)
    }

    /// Whether the session runs and which calls wait for an answer. Rows of which something else is
    /// known now come back, if anything has changed.
    pub(crate) fn set_situation(
        &mut self,
        running: bool,
        outstanding: HashSet<EventId>,
    ) -> Option<Vec<usize>> {
        let situation = &self.situation;
        let same = situation.running == running && situation.outstanding == outstanding;
        if same && situation.told {
            return None;
        }
        let changed: Vec<EventId> =
            self.situation.outstanding.symmetric_difference(&outstanding).cloned().collect();
        (self.situation.running, self.situation.outstanding) = (running, outstanding);
        self.note_waiting();
        self.situation.told = true;
        self.generation += 1;
        Some(changed.iter().filter_map(|id| self.place(&UnitId::from(id))).collect())
    }

    /// Whether the session runs, where nobody told which calls wait.
    pub(crate) fn set_running(&mut self, running: bool) {
        if self.situation.told || self.situation.running != running {
            (self.situation.running, self.situation.told) = (running, false);
            self.generation += 1;
        }
    }

    /// Whether a call without output that does not wait is known not to.
    pub(crate) fn is_told_what_waits(&self) -> bool {
        self.situation.told
    }

    pub(crate) fn is_running(&self) -> bool {
        self.situation.running
    }

    pub(crate) fn outstanding(&self) -> &HashSet<EventId> {
        &self.situation.outstanding
    }

    /// What a call has reported while it ran.
    pub(crate) fn activity(&self, call: &ToolCallId) -> Option<&Vec<ActivityLine>> {
        self.situation.activity.get(call)
    }

    pub(crate) fn estimated_tokens(&self, ids: &[EventId]) -> u64 {
        let sizes = ids.iter().filter_map(|id| self.event(id)).map(|event| event.size() as u64);
        sizes.map(tokens_of).sum()
    }
}
