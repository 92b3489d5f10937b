//! The frames of a running session, kept for as long as anybody reads them.
//!
//! Writers append and never wait; each reader keeps its own place. So a slow reader slows nobody
//! and loses nothing.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::api::frame::StreamOnly;
use crate::api::{Event, EventId, Frame};

/// Appended to by one run of a session, which may hold several turns.
pub struct FrameLog {
    frames: Mutex<Vec<(u64, Arc<Frame>)>>,
    /// The number of frames, and whether there will be more.
    grown: watch::Sender<(usize, bool)>,
}

impl FrameLog {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { frames: Mutex::default(), grown: watch::channel((0, false)).0 })
    }

    fn frames(&self) -> MutexGuard<'_, Vec<(u64, Arc<Frame>)>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a frame of the given turn.
    pub fn push(&self, turn: u64, frame: Frame) {
        let mut frames = self.frames();
        frames.push((turn, Arc::new(frame)));
        let count = frames.len();
        drop(frames);
        self.grown.send_modify(|grown| grown.0 = count);
    }

    /// Tells readers that nothing follows.
    pub fn close(&self) {
        self.grown.send_modify(|grown| grown.1 = true);
    }

    /// A reader from the first frame, up to the end of `turn`.
    pub fn read_from_start(self: &Arc<Self>, turn: u64) -> Reader {
        Reader::new(Arc::clone(self), 0, turn)
    }

    /// A reader of what is yet to come, up to the end of `turn`.
    pub fn read_from_here(self: &Arc<Self>, turn: u64) -> Reader {
        let here = self.frames().len();
        Reader::new(Arc::clone(self), here, turn)
    }
}

/// One client's view of a run: stored events to catch up with, then frames as they come.
pub struct Reader {
    log: Arc<FrameLog>,
    grown: watch::Receiver<(usize, bool)>,
    next: usize,
    last_turn: u64,
    replay: VecDeque<Event>,
    replayed: HashSet<EventId>,
    ended: bool,
}

impl Reader {
    fn new(log: Arc<FrameLog>, next: usize, last_turn: u64) -> Self {
        let grown = log.grown.subscribe();
        Self {
            log,
            grown,
            next,
            last_turn,
            replay: VecDeque::new(),
            replayed: HashSet::new(),
            ended: false,
        }
    }

    /// A reader that finds nothing but the end.
    pub fn empty() -> Self {
        let log = FrameLog::new();
        log.close();
        Self::new(log, 0, 0)
    }

    /// Puts stored events in front; those that the log repeats are then left out of it.
    #[must_use]
    pub fn replaying(mut self, events: Vec<Event>) -> Self {
        self.replayed = events.iter().filter_map(|event| event.id.clone()).collect();
        self.replay = events.into();
        self
    }

    /// The next frame; after the last one `end` once, then `None`.
    pub async fn next(&mut self) -> Option<Arc<Frame>> {
        if let Some(event) = self.replay.pop_front() {
            return Some(Arc::new(Frame::Event(event)));
        }
        while !self.ended {
            let found = self.log.frames().get(self.next).cloned();
            if let Some((turn, frame)) = found {
                self.next += 1;
                if let Frame::Event(event) = &*frame
                    && event.id.as_ref().is_some_and(|id| self.replayed.contains(id))
                {
                    continue;
                }
                if matches!(&*frame, Frame::Only(StreamOnly::End {})) {
                    if turn < self.last_turn {
                        continue;
                    }
                    self.ended = true;
                }
                return Some(frame);
            }
            let (count, closed) = *self.grown.borrow_and_update();
            if count > self.next {
                continue;
            }
            if closed || self.grown.changed().await.is_err() {
                self.ended = true;
                return Some(Arc::new(Frame::Only(StreamOnly::End {})));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::frame::TextChunk;

    fn chunk(text: &str) -> Frame {
        let content = text.to_owned();
        Frame::Only(StreamOnly::AgentText(TextChunk { content, created_at: None }))
    }

    async fn kinds(mut reader: Reader) -> Vec<String> {
        let mut out = Vec::new();
        while let Some(frame) = reader.next().await {
            out.push(frame.kind().to_owned());
        }
        out
    }

    #[tokio::test]
    async fn a_late_reader_misses_nothing_and_stops_at_the_end_of_its_turn() {
        let log = FrameLog::new();
        log.push(0, chunk("a"));
        log.push(0, Frame::Only(StreamOnly::End {}));
        let from_start = log.read_from_start(0);
        let next_turn = log.read_from_here(1);
        log.push(1, chunk("b"));
        log.push(1, Frame::Only(StreamOnly::End {}));
        log.close();
        assert_eq!(kinds(from_start).await, ["streaming_agent_output", "end"]);
        assert_eq!(kinds(next_turn).await, ["streaming_agent_output", "end"]);
    }

    #[tokio::test]
    async fn an_empty_reader_ends_at_once() {
        assert_eq!(kinds(Reader::empty()).await, ["end"]);
    }
}
