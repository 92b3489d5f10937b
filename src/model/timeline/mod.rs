//! The events of the open session, and how a person reads them.
//!
//! Two halves with a wall between them: what is known of the session (the `store`), and
//! what is shown of it and where the reader is (`reading`). [`Timeline`] owns both: what arrives
//! goes into the one, and the other follows by what it made of it. Start with
//! [`Timeline::apply_window`] and [`mod@unit`]. The invariant: the store never learns that somebody
//! reads, and reading never changes the store; signatures say so.

pub mod clock;
pub mod context_ribbon;
pub mod highlights;
mod meaning;
mod parting;
mod reader;
mod reading;
pub mod rows;
mod store;
#[cfg(test)]
mod tests;
pub mod unit;
pub mod visibility;

use std::collections::HashSet;

use jiff::tz::TimeZone;

use crate::api::{ArtifactId, Event, EventId, Frame, SessionKey, Timestamp};
use crate::archive::{Archive, Chunk, Direction};
use crate::model::artifact_links::{self, ArtifactLinks, Role};
use crate::model::memory::Seen;
use crate::query::{Known, Names};

pub use clock::{Clock, Tick, TimeStyle};
pub use context_ribbon::{ContextRibbon, spending};
pub use meaning::Remedy;
pub use parting::{Parting, Question, Share};
pub use reading::{
    AsOf, Asked, At, Census, Filter, Found, HidePlan, Landmark, Leap, Purpose, Revealed, Scroll,
    Search, Stepped, Tally, Text, Whereabouts,
};
pub use rows::Row;
pub use store::{Moment, OTHER_TOOL, Outcome, Use, Window};
#[cfg(test)]
pub use unit::Who;
pub(crate) use unit::tokens_of;
pub use unit::{Fate, Kind, State, Unit, UnitId};
pub use visibility::{Counts, Visibility};

use reading::Reading;
use store::{Change, Store};

#[derive(Debug, Clone, Default)]
pub struct Timeline {
    store: Store,
    reading: Reading,
}

/// What arrives.
impl Timeline {
    /// The session in this file, which is walked by somebody else.
    pub fn of_file(archive: Archive, direction: Direction) -> Self {
        Self { store: Store::of_file(archive, direction), reading: Reading::of_file() }
    }

    /// All events of a session, of which `visible` are those that the agent still sees; without it, all.
    pub fn of_whole(events: &[Event], visible: Option<&HashSet<EventId>>) -> Self {
        let all = || events.iter().filter_map(|event| event.id.clone()).collect();
        let mut timeline = Self::default();
        timeline.apply_window(Window {
            events: events.to_vec(),
            visible: visible.cloned().unwrap_or_else(all),
            reaches_start: true,
            reaches_end: true,
        });
        timeline
    }

    /// Takes over the next lines of the file.
    pub fn absorb_chunk(&mut self, chunk: Chunk) {
        let wanted = chunk.wanted;
        if let Some(growth) = self.store.absorb_chunk(chunk) {
            self.reading.follow_file(&self.store, growth, wanted);
        }
    }

    /// The end of the session alone, while what comes before it is being read.
    pub fn tail(&self) -> Option<Self> {
        let (store, growth) = self.store.tail()?;
        let reading = Reading::of_tail(&store, growth, &self.reading);
        Some(Self { store, reading })
    }

    /// How far the rest is read, while this is only the end.
    pub fn follow_reading(&mut self, of: &Self) {
        self.store.follow_reading(&of.store);
    }

    /// Merges a listing. Known events inside the window's range that it lacks were deleted on the
    /// service; what streamed in after it stays.
    pub fn apply_window(&mut self, window: Window) {
        let (change, listed) = self.store.apply_window(window);
        self.follow(change);
        // Only then, because what the stream has brought of it was counted as new already.
        if let Some(listed) = listed {
            let renamed = self.store.compare_with_stream(&listed);
            self.reading.follow_renamed(&self.store, &renamed);
        }
    }

    /// Takes over which events were listed without hidden ones. It speaks about the events between
    /// `from` (`None`: the first) and `to`, both included: `to` is the newest event that was known
    /// *before* the listing was asked for, because what came later cannot be called hidden. What
    /// `from` or `to` names and is not here says nothing, except that an older `from` is before
    /// everything.
    pub fn apply_visible(
        &mut self,
        visible: &HashSet<EventId>,
        from: Option<&EventId>,
        to: &EventId,
    ) {
        let change = self.store.apply_visible(visible, from, to);
        self.follow(change);
    }

    /// Says that a stream of ours begins; until [`Frame::Only`] `End` or [`Self::close_stream`].
    pub fn open_stream(&mut self) {
        self.store.open_stream();
    }

    /// Merges one frame of the stream of `session`.
    pub fn apply_frame(&mut self, session: &SessionKey, frame: Frame) {
        let change = self.store.apply_frame(session, frame);
        self.follow(change);
    }

    /// The stream is over, well or not. Its texts stay until a listing brings their stored events
    /// or shows the session at rest; one that had not ended is marked as unfinished.
    pub fn close_stream(&mut self) {
        self.store.close_stream();
    }

    /// Shows a message that leaves, behind all other rows. `files` are the names of what goes with it,
    /// `then` is what becomes of it once the service has taken it.
    pub fn send(&mut self, text: &str, files: &str, at: Timestamp, then: Fate) {
        let change = self.store.send(text, files, at, then);
        self.follow(change);
    }

    /// Says what became of the message that was on its way.
    pub fn settle_sent(&mut self, outcome: Outcome) {
        self.store.settle_sent(outcome);
    }

    /// Says that answers to these calls leave from here.
    pub fn note_answered(&mut self, calls: impl IntoIterator<Item = EventId>) {
        self.store.note_answered(calls);
    }

    /// Says that they were refused.
    pub fn note_unanswered(&mut self) {
        self.store.note_unanswered();
    }

    /// Says that the turn was interrupted from here.
    pub fn note_interrupt(&mut self, at: Timestamp) {
        let change = self.store.note_interrupt(at);
        self.follow(change);
    }

    /// Shows a hide (or unhide) that was sent and is not confirmed yet.
    pub fn mark_hiding(&mut self, ids: &[EventId], hide: bool) {
        let change = self.store.mark_hiding(ids, hide);
        self.follow(change);
    }

    /// The service did it, or (`done` false) refused.
    pub fn resolve_hiding(&mut self, ids: &[EventId], done: bool) {
        let change = self.store.resolve_hiding(ids, done);
        self.follow(change);
    }

    /// Takes out events that the service has deleted.
    pub fn remove(&mut self, ids: &[EventId]) {
        let change = self.store.remove(ids);
        self.follow(change);
    }

    /// Whether the session runs and which calls wait for an answer.
    pub fn set_situation(&mut self, running: bool, outstanding: HashSet<EventId>) {
        if let Some(rows) = self.store.set_situation(running, outstanding) {
            self.reading.follow_situation(&rows);
        }
    }

    /// Whether the session runs, where the service did not tell which calls wait.
    pub fn set_running(&mut self, running: bool) {
        self.store.set_running(running);
        self.reading.follow_situation(&[]);
    }

    /// Whether the service told which calls wait.
    pub fn is_told_what_waits(&self) -> bool {
        self.store.is_told_what_waits()
    }

    fn follow(&mut self, change: Change) {
        self.reading.follow(&self.store, change);
    }

    /// Works everything out anew, which must come to the same.
    #[cfg(test)]
    fn rebuild(&mut self) {
        let change = self.store.rebuild();
        self.follow(change);
    }
}

/// What is known of the session.
impl Timeline {
    /// False until the first listing came in: an empty session and an unknown one differ.
    pub fn is_loaded(&self) -> bool {
        self.store.is_loaded()
    }

    /// Everything back to the first event is here.
    pub fn reaches_start(&self) -> bool {
        self.store.reaches_start()
    }

    /// Bytes read of how many, while the file is being walked.
    pub fn reading(&self) -> Option<(u64, u64)> {
        self.store.reading()
    }

    /// A file of which not all lines are here yet; a pipe grows like a live session instead.
    pub fn reads_on(&self) -> bool {
        self.store.reads_on()
    }

    pub fn archive(&self) -> Option<&Archive> {
        self.store.archive()
    }

    pub fn event_count(&self) -> usize {
        self.store.event_count()
    }

    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// The newest stored event: the cursor for `since`.
    pub fn newest_event(&self) -> Option<&EventId> {
        self.store.newest_event()
    }

    /// How far this session is read, once something of it is here.
    pub fn seen(&self) -> Option<Seen> {
        self.store.seen()
    }

    /// When the first and the last event happened that are here.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.store.span()
    }

    /// Grows whenever a moment may have changed.
    pub fn generation(&self) -> u64 {
        self.store.generation()
    }

    /// Every stored event, oldest first.
    pub fn moments(&self) -> impl Iterator<Item = Moment> {
        self.store.moments()
    }

    pub fn id_at_row(&self, row: usize) -> Option<UnitId> {
        self.store.id_of(row)
    }

    pub fn row_of_id(&self, id: &UnitId) -> Option<usize> {
        self.store.row_of(id)
    }

    /// The unit that was there at that moment: the one that shows the last event until then.
    pub fn unit_at(&self, at: &At, zone: &TimeZone) -> Option<UnitId> {
        at.unit(&self.store, zone)
    }

    /// The session is running, as far as the service says.
    pub fn is_running(&self) -> bool {
        self.store.is_running()
    }

    pub fn outstanding(&self) -> &HashSet<EventId> {
        self.store.outstanding()
    }

    /// Whether an event is hidden, or about to be; `None` for one we do not know.
    pub fn is_hidden(&self, id: &EventId) -> Option<bool> {
        self.store.is_hidden(id)
    }

    /// Whether it is known which events the agent still sees; a file may not tell.
    pub fn tells_context(&self) -> bool {
        self.store.tells_context()
    }

    /// What the agent sees of an event that is listed.
    pub fn visibility_of(&self, id: &EventId) -> Option<Visibility> {
        let row = self.store.place(&UnitId::from(id))?;
        self.store.record(row).map(store::Record::visibility)
    }

    /// Events that the last word on them called hidden.
    pub fn known_hidden(&self) -> HashSet<EventId> {
        self.store.known_hidden()
    }

    /// About how many tokens these events are to the agent.
    pub fn estimated_tokens(&self, ids: &[EventId]) -> u64 {
        self.store.estimated_tokens(ids)
    }

    /// Whether the open stream seems dead without having said so: the session rests, and nothing
    /// is heard from one listing to the next, the sooner if listings ran ahead of it.
    pub fn stream_is_dead(&self) -> bool {
        self.store.stream_is_dead()
    }

    /// Whether even a listing that brings nothing new tells something: that a stream is overtaken,
    /// or that an unfinished text will not become an event any more.
    pub fn awaits_listing(&self) -> bool {
        self.store.awaits_listing()
    }

    pub fn artifact_links(&self) -> &ArtifactLinks {
        self.store.artifact_links()
    }

    /// The rows that name a file, in their order, and how many events more there are.
    pub fn uses(&self, file: &ArtifactId) -> (Vec<Use>, usize) {
        self.store.uses(file)
    }

    /// Which of those rows made a file of that time: the first that names it, unless it may be
    /// older than what is loaded.
    pub fn maker<'a>(&self, uses: &'a [Use], made_at: Timestamp) -> Option<&'a Use> {
        self.store.maker(uses, made_at)
    }

    /// `you`, or the tool that made it; sanitised by nobody yet.
    pub fn author(&self, file: &ArtifactId, made_at: Timestamp) -> Option<String> {
        let (uses, _) = self.uses(file);
        let maker = self.maker(&uses, made_at)?;
        if maker.role == Role::Uploaded {
            return Some("you".to_owned());
        }
        let unit = self.unit(&maker.unit)?;
        let tool = unit.tool_input().map(|input| input.tool_name.clone());
        tool.or_else(|| unit.tool_output().map(|output| output.tool_name.clone()))
    }

    /// The files that a row names.
    pub fn files_of(unit: &Unit) -> Vec<ArtifactId> {
        let mut files: Vec<ArtifactId> = Vec::new();
        for event in unit.event.iter().chain(&unit.output) {
            for id in artifact_links::files_of(event) {
                if !files.contains(&id) {
                    files.push(id);
                }
            }
        }
        files
    }
}

impl Known for Timeline {
    fn each(&self, names: Names, visit: &mut dyn FnMut(&str)) {
        self.store.each(names, visit);
    }
}
