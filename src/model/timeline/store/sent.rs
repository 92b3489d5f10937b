//! What was sent from here and is not among the events yet, and what was done from here.
//!
//! A message has a row at once, behind all others, which its stored event takes over. The invariant:
//! rows of messages come after texts that stream in, in the order in which they were sent; and what
//! somebody else has queued is not known, so that nothing is said of it.

use crate::api::{Event, EventBody, EventId, Timestamp};

use super::entry::By;
use super::{Change, Entry, LiveText, Rows, Store};
use crate::model::timeline::unit::{Fate, Kind};

/// Whole listings of a session at rest that lack a message which the service took, until that is
/// said.
const LISTINGS: u32 = 3;

/// A message of ours that has no event yet.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) fate: Fate,
    /// What becomes of it when the service has taken it.
    then: Fate,
    /// The newest event when it was sent: its own is newer.
    after: Option<EventId>,
    /// Listings at rest that lacked it.
    lacked: u32,
}

/// What became of the message that was on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    Doubtful,
    /// In words why.
    Refused(String),
}

impl Store {
    /// A message leaves: `files` are the names of what goes with it, `then` is what becomes of it once
    /// the service has taken it. What was refused before makes room.
    pub(crate) fn send(&mut self, text: &str, files: &str, at: Timestamp, then: Fate) -> Change {
        self.forget_refused();
        let was_empty = self.is_empty();
        let (kind, text) = if text.is_empty() { (Kind::Upload, files) } else { (Kind::You, text) };
        let (after, fate) = (self.newest_event().cloned(), Fate::Leaving);
        let live = LiveText {
            id: self.new_id(),
            kind,
            at: Some(at),
            text: text.to_owned(),
            cut: false,
            ended: true,
            unfinished: false,
            stored_as: None,
            message: Some(Message { fate, then, after, lacked: 0 }),
        };
        self.live.push(live);
        self.generation += 1;
        Change { rows: Rows::TextBegan { was_empty, kind }, ..Change::default() }
    }

    /// Says what became of the message that was on its way; nothing where none is.
    pub(crate) fn settle_sent(&mut self, outcome: Outcome) {
        let on_its_way =
            |message: &&mut Message| matches!(message.fate, Fate::Leaving | Fate::Doubtful);
        let mut messages = self.live.iter_mut().filter_map(|live| live.message.as_mut());
        if let Some(message) = messages.find(on_its_way) {
            message.fate = match outcome {
                Outcome::Taken => message.then.clone(),
                Outcome::Doubtful => Fate::Doubtful,
                Outcome::Refused(why) => Fate::Refused(why),
            };
            self.generation += 1;
        }
    }

    fn forget_refused(&mut self) {
        let refused = |live: &LiveText| {
            live.message.as_ref().is_some_and(|of| matches!(of.fate, Fate::Refused(_) | Fate::Lost))
        };
        self.live.retain(|live| !refused(live));
    }

    /// Where a text that begins to stream in goes.
    pub(super) fn before_messages(&self) -> usize {
        let first = self.live.iter().position(|live| live.message.is_some());
        first.unwrap_or(self.live.len())
    }

    /// Gives the rows of messages to their events, as far as those have come.
    pub(super) fn claim_messages(&mut self) {
        let mut at = 0;
        while let Some(live) = self.live.get(at) {
            let Some(message) = &live.message else {
                at += 1;
                continue;
            };
            let is_after = |entry: &Entry| entry.event.id == message.after;
            let from = match &message.after {
                Some(_) => self.entries.iter().rposition(is_after).map_or(0, |at| at + 1),
                None => 0,
            };
            let own = |entry: &Entry| entry.stored && is_of(live, &entry.event);
            let Some(own) = self.entries[from..].iter_mut().find(|entry| own(entry)) else {
                at += 1;
                continue;
            };
            own.by = By::Us;
            let (id, after) = (own.id.clone(), own.event.id.clone());
            let gone = self.live.remove(at);
            // The same words, sent twice, are two events.
            let same = self.live[at..].iter_mut().filter(|live| live.text == gone.text);
            for message in same.filter_map(|live| live.message.as_mut()) {
                message.after.clone_from(&after);
            }
            self.renamed.push((gone.id, id));
        }
    }

    /// A whole listing of the session at rest has come in. While calls wait, so may messages.
    pub(super) fn doubt_messages(&mut self) {
        if !self.situation.outstanding.is_empty() {
            return;
        }
        for message in self.live.iter_mut().filter_map(|live| live.message.as_mut()) {
            if matches!(message.fate, Fate::BeginsTurn | Fate::NextStep | Fate::AfterTurn) {
                message.lacked += 1;
                if message.lacked >= LISTINGS {
                    message.fate = Fate::Lost;
                }
            }
        }
    }

    /// The turn was interrupted from here. The row that the stream brought of it, if it has, says so;
    /// else there is one from now on, which what the stream brings takes over.
    pub(crate) fn note_interrupt(&mut self, at: Timestamp) -> Change {
        let turn = self.entries.iter().rposition(begins_turn).unwrap_or(0);
        let known = self.entries[turn..].iter().rposition(is_interrupt).map(|at| turn + at);
        if let Some(known) = known {
            self.mark_from_here(known);
            return self.refresh();
        }
        let json = serde_json::json!({"type": "session_interrupted", "created_at": at.to_string()});
        if let Ok(event) = serde_json::from_str::<Event>(&json.to_string()) {
            self.push_unstored(event);
            if let Some(entry) = self.entries.last_mut() {
                entry.by = By::UsAlone;
            }
        }
        self.refresh()
    }

    fn mark_from_here(&mut self, at: usize) {
        let entry = &mut self.entries[at];
        if entry.by == By::Unknown {
            entry.by = By::Us;
            entry.revision += 1;
            self.changed_from = self.changed_from.min(at);
        }
    }

    /// What is known of an interrupt goes over to the row that the service made of it: what was noted
    /// here to that of the stream, and that of the stream to the stored one.
    pub(super) fn join_interrupts(&mut self) {
        let mut at = self.entries.len();
        while let Some(spare) =
            self.entries[..at].iter().rposition(|of| is_interrupt(of) && !of.stored)
        {
            at = spare;
            let after = self.entries[spare..].iter().position(begins_turn);
            let end = after.map_or(self.entries.len(), |at| spare + at);
            let start = self.entries[..spare].iter().rposition(begins_turn).unwrap_or(0);
            let by = self.entries[spare].by;
            let other = (start..end).find(|at| {
                let other = &self.entries[*at];
                *at != spare && is_interrupt(other) && (other.stored || by == By::UsAlone)
            });
            let Some(other) = other else { continue };
            if by != By::Unknown {
                self.mark_from_here(other);
            }
            let renamed = (self.entries[spare].id.clone(), self.entries[other].id.clone());
            self.renamed.push(renamed);
            self.entries.remove(spare);
            self.changed_from = self.changed_from.min(spare);
        }
    }
}

/// Whether an event is what became of a message.
fn is_of(message: &LiveText, event: &Event) -> bool {
    match &*event.body {
        EventBody::InputMessage(said) => {
            message.kind == Kind::You && said.to_text().trim_end() == message.text
        }
        EventBody::ArtifactUpload(_) => message.kind == Kind::Upload,
        _ => false,
    }
}

fn begins_turn(entry: &Entry) -> bool {
    matches!(&*entry.event.body, EventBody::InputMessage(_) | EventBody::ArtifactUpload(_))
}

fn is_interrupt(entry: &Entry) -> bool {
    matches!(&*entry.event.body, EventBody::SessionInterrupted {})
}
