//! The frames of a running session, kept for as long as anybody reads them.
//!
//! Writers append and never wait; each reader keeps its own place. So a slow reader slows nobody
//! and loses nothing. A frame is turned into text once, however many read it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use crate::api::frame::{StreamOnly, TextChunk};
use crate::api::{Event, EventBody, Frame, Object};
use crate::server::store::events::{self, Listing};
use crate::server::store::seal::Vault;
use crate::server::store::{Store, StoreError};

/// Stored events read at a time while a reader catches up.
const REPLAY_PAGE: u32 = 100;

/// One frame and who gets it.
#[derive(Debug)]
pub struct Logged {
    turn: u64,
    /// Its place among the session's events, if it is stored.
    seq: Option<i64>,
    pub frame: Frame,
    /// The frame as it goes over the wire (contract section 5.1); `None` for what has been streamed
    /// in pieces already and is there for replies that are not streams.
    pub wire: Option<Bytes>,
    /// What ended the turn, where that was the store.
    pub failure: Option<StoreError>,
}

impl Logged {
    fn new(turn: u64, seq: Option<i64>, frame: Frame, streamed: bool) -> Arc<Self> {
        let wire = streamed.then(|| wire(&frame));
        Arc::new(Self { turn, seq, frame, wire, failure: None })
    }

    /// A stored event as a reader catches up with it. Streams know no `agent_output`: what an agent
    /// said comes as it came, in one piece, and then the id under which it is stored.
    fn replayed(event: Event) -> Arc<Self> {
        let EventBody::AgentOutput(output) = &*event.body else {
            return Self::new(0, None, Frame::Event(event), true);
        };
        let created_at = event.created_at;
        let chunk = TextChunk { content: output.content.clone(), created_at };
        let end = StreamOnly::AgentTextEnd { event_id: event.id.clone(), created_at };
        let pieces = [StreamOnly::AgentText(chunk), end].map(|only| wire(&Frame::Only(only)));
        let wire = Some(Bytes::from(pieces.concat()));
        Arc::new(Self { turn: 0, seq: None, frame: Frame::Event(event), wire, failure: None })
    }

    fn failure(turn: u64, error: StoreError) -> Arc<Self> {
        let messages = vec![error.words_of_turn()];
        let frame = Frame::Only(StreamOnly::Error { messages, extra: Object::new() });
        let wire = Some(wire(&frame));
        Arc::new(Self { turn, seq: None, frame, wire, failure: Some(error) })
    }

    pub fn event(&self) -> Option<&Event> {
        match &self.frame {
            Frame::Event(event) => Some(event),
            Frame::Only(_) => None,
        }
    }

    pub fn is_end(&self) -> bool {
        matches!(self.frame, Frame::Only(StreamOnly::End {}))
    }
}

/// A frame as it goes over the wire (contract section 5.1).
pub fn wire(frame: &Frame) -> Bytes {
    let json = frame.to_json().unwrap_or_default();
    Bytes::from(format!("event:{}\ndata:{json}\n\n", frame.kind()))
}

#[derive(Default)]
struct Frames {
    list: Vec<Arc<Logged>>,
    /// The last event that was stored before the run.
    base: i64,
    /// The last stored event that is in the list, or the base.
    last: i64,
}

/// Appended to by one run of a session, which may hold several turns.
pub struct FrameLog {
    frames: Mutex<Frames>,
    /// The number of frames, and whether there will be more.
    grown: watch::Sender<(usize, bool)>,
}

impl FrameLog {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { frames: Mutex::default(), grown: watch::channel((0, false)).0 })
    }

    fn frames(&self) -> MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says, before anything is appended, which stored event was the last one before the run.
    pub fn starts_after(&self, seq: i64) {
        let mut frames = self.frames();
        frames.base = seq;
        frames.last = seq;
    }

    fn append(&self, logged: Arc<Logged>) {
        let mut frames = self.frames();
        frames.last = logged.seq.unwrap_or(frames.last);
        frames.list.push(logged);
        let count = frames.list.len();
        drop(frames);
        self.grown.send_modify(|grown| grown.0 = count);
    }

    /// Appends a frame that is not stored.
    pub fn push(&self, turn: u64, frame: Frame) {
        self.append(Logged::new(turn, None, frame, true));
    }

    /// Appends the end of a turn that its store could not take any further.
    pub fn push_failure(&self, turn: u64, error: StoreError) {
        self.append(Logged::failure(turn, error));
    }

    /// Appends an event that lies at `seq` in the session's list.
    pub fn push_stored(&self, turn: u64, seq: i64, event: Event) {
        self.append(Logged::new(turn, Some(seq), Frame::Event(event), true));
    }

    /// Appends a stored event whose text has been streamed in pieces.
    pub fn push_spoken(&self, turn: u64, seq: i64, event: Event) {
        self.append(Logged::new(turn, Some(seq), Frame::Event(event), false));
    }

    /// Tells readers that nothing follows.
    pub fn close(&self) {
        self.grown.send_modify(|grown| grown.1 = true);
    }

    /// A reader from the first frame, up to the end of the turn that the ticket names.
    pub fn read_from_start(self: &Arc<Self>, ticket: Ticket) -> Reader {
        let base = self.frames().base;
        Reader::new(Arc::clone(self), (0, base), ticket)
    }

    /// A reader of what is yet to come, up to the end of the turn that the ticket names.
    pub fn read_from_here(self: &Arc<Self>, ticket: Ticket) -> Reader {
        let here = {
            let frames = self.frames();
            (frames.list.len(), frames.last)
        };
        Reader::new(Arc::clone(self), here, ticket)
    }
}

/// Which turn takes an input up: unknown until it does, and then the turn after which whoever sent
/// the input has read enough.
#[derive(Debug, Clone)]
pub struct Ticket(Arc<AtomicU64>);

impl Ticket {
    const WAITING: u64 = u64::MAX;

    /// For an input that waits for its turn. Without one, its reader stays until the run ends.
    pub fn waiting() -> Self {
        Self::of(Self::WAITING)
    }

    pub fn of(turn: u64) -> Self {
        Self(Arc::new(AtomicU64::new(turn)))
    }

    pub fn taken_by(&self, turn: u64) {
        self.0.store(turn, Ordering::Release);
    }

    fn is_over_after(&self, turn: u64) -> bool {
        turn >= self.0.load(Ordering::Acquire)
    }
}

/// Stored events to catch up with, read page by page, so that no history is too long.
struct Replay {
    store: Store,
    vault: Vault,
    seq: i64,
    /// Where the log takes over.
    last: i64,
    page: VecDeque<Event>,
}

impl Replay {
    async fn next(&mut self) -> Result<Option<Event>, StoreError> {
        if self.page.is_empty() {
            let listing = Listing {
                include_hidden: false,
                newest_first: false,
                after: Some(self.seq),
                limit: REPLAY_PAGE,
            };
            let vault = self.vault.clone();
            let rows = self.store.read(move |db| events::list(db, &vault, listing)).await?;
            let before_the_log = rows.into_iter().take_while(|row| row.seq <= self.last);
            for row in before_the_log {
                self.seq = row.seq;
                self.page.push_back(row.shown()?);
            }
        }
        Ok(self.page.pop_front())
    }
}

/// One client's view of a run: stored events to catch up with, then frames as they come.
pub struct Reader {
    log: Arc<FrameLog>,
    grown: watch::Receiver<(usize, bool)>,
    next: usize,
    /// The last stored event that comes before `next` in the log.
    stored_before: i64,
    ticket: Ticket,
    replay: Option<Replay>,
    ended: bool,
}

impl Reader {
    fn new(log: Arc<FrameLog>, (next, stored_before): (usize, i64), ticket: Ticket) -> Self {
        let grown = log.grown.subscribe();
        Self { log, grown, next, stored_before, ticket, replay: None, ended: false }
    }

    /// A reader that finds nothing but the end.
    pub fn empty() -> Self {
        let log = FrameLog::new();
        log.close();
        Self::new(log, (0, 0), Ticket::waiting())
    }

    /// Puts what is stored after the row `seq`, and is not in the part of the log that this reader
    /// sees, in front.
    #[must_use]
    pub fn replaying(mut self, store: Store, vault: Vault, seq: i64) -> Self {
        let last = self.stored_before;
        self.replay = Some(Replay { store, vault, seq, last, page: VecDeque::new() });
        self
    }

    fn end(&mut self) -> Arc<Logged> {
        self.ended = true;
        Logged::new(0, None, Frame::Only(StreamOnly::End {}), true)
    }

    /// The next frame; after the last one `end` once, then `None`.
    pub async fn next(&mut self) -> Option<Arc<Logged>> {
        if let Some(replay) = &mut self.replay {
            match replay.next().await {
                Ok(Some(event)) => return Some(Logged::replayed(event)),
                Ok(None) => self.replay = None,
                Err(error) => {
                    tracing::error!(%error, "replay failed");
                    *self = Self::empty();
                    return Some(Logged::failure(0, error));
                }
            }
        }
        while !self.ended {
            let found = self.log.frames().list.get(self.next).cloned();
            if let Some(logged) = found {
                self.next += 1;
                if logged.is_end() {
                    if !self.ticket.is_over_after(logged.turn) {
                        continue;
                    }
                    self.ended = true;
                }
                return Some(logged);
            }
            let (count, closed) = *self.grown.borrow_and_update();
            if count > self.next {
                continue;
            }
            if closed || self.grown.changed().await.is_err() {
                return Some(self.end());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str) -> Frame {
        let content = text.to_owned();
        Frame::Only(StreamOnly::AgentText(TextChunk { content, created_at: None }))
    }

    fn end() -> Frame {
        Frame::Only(StreamOnly::End {})
    }

    async fn kinds(mut reader: Reader) -> Vec<String> {
        let mut out = Vec::new();
        while let Some(logged) = reader.next().await {
            out.push(logged.frame.kind().to_owned());
        }
        out
    }

    #[tokio::test]
    async fn a_late_reader_misses_nothing_and_stops_at_the_end_of_its_turn() {
        let log = FrameLog::new();
        log.push(0, chunk("a"));
        log.push(0, end());
        let from_start = log.read_from_start(Ticket::of(0));
        let next_turn = log.read_from_here(Ticket::of(1));
        log.push(1, chunk("b"));
        log.push(1, end());
        log.close();
        assert_eq!(kinds(from_start).await, ["streaming_agent_output", "end"]);
        assert_eq!(kinds(next_turn).await, ["streaming_agent_output", "end"]);
    }

    #[tokio::test]
    async fn a_reader_stays_until_the_turn_that_took_its_input_is_over() {
        let log = FrameLog::new();
        let ticket = Ticket::waiting();
        let reader = log.read_from_here(ticket.clone());
        log.push(0, end());
        log.push(1, chunk("somebody else's turn"));
        log.push(1, end());
        ticket.taken_by(2);
        log.push(2, chunk("mine"));
        log.push(2, end());
        log.push(3, chunk("not mine"));
        let kinds = kinds(reader).await;
        assert_eq!(kinds, ["streaming_agent_output", "streaming_agent_output", "end"]);
    }

    #[tokio::test]
    async fn an_empty_reader_ends_at_once() {
        assert_eq!(kinds(Reader::empty()).await, ["end"]);
    }
}
