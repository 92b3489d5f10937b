//! The session as a chat: what people and the agent said to each other, and a line for each call.
//!
//! A way to look at the same rows, so that the cursor, hits, marks and folds stay what they are. Start with
//! [`is_said`]. The invariant: it leaves rows out by their kind and by nothing else, and never one that
//! tells of a failure or stands for others.

use super::{Reading, Store};
use crate::api::EventKind;
use crate::model::timeline::store::{LiveText, Record};
use crate::model::timeline::unit::{ChatPart, Kind};

/// Whether an event of this kind is a part of the chat.
pub(super) fn is_said(kind: EventKind) -> bool {
    match kind {
        EventKind::InputMessage
        | EventKind::ArtifactUpload
        | EventKind::AgentOutput
        | EventKind::StructuredOutput
        | EventKind::ToolInput
        | EventKind::ToolOutput
        | EventKind::Compaction
        | EventKind::SessionInterrupted
        | EventKind::ContextLimitExceeded
        | EventKind::StepTransitionLimitExceeded
        | EventKind::Error => true,
        EventKind::SkillLoad
        | EventKind::Thinking
        | EventKind::ImageRead
        | EventKind::StepTransition
        | EventKind::ClientToolPending
        | EventKind::CompactionStarted
        | EventKind::Unknown => false,
    }
}

impl Reading {
    pub(crate) fn is_chat(&self) -> bool {
        self.chat
    }

    pub(crate) fn set_chat(&mut self, store: &Store, chat: bool) {
        self.chat = chat;
        self.rearrange(store);
    }

    /// Whether the chat, where it is one, leaves this row out.
    pub(super) fn is_left_out_of_chat(&self, store: &Store, row: usize) -> bool {
        if !self.chat {
            return false;
        }
        if let Some(record) = store.record(row) {
            return !is_said(record.kind());
        }
        let live = row.checked_sub(store.event_count());
        live.and_then(|at| store.live().get(at)).is_some_and(|live| !is_text(live))
    }

    /// The texts on their way that are shown, by their places among them.
    pub(super) fn live_shown<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = usize> + 'a {
        let live = if self.shows_live() { store.live() } else { &[] };
        let shown = live.iter().enumerate().filter(move |(_, live)| !self.chat || is_text(live));
        shown.map(|(at, _)| at)
    }

    /// Whether a text of this kind has a row while it streams in.
    pub(super) fn shows_live_of(&self, kind: Kind) -> bool {
        self.shows_live() && !(self.chat && kind == Kind::Think)
    }

    /// What the unit of a row is in the chat, where it is one.
    pub(super) fn chat_part(&self, store: &Store, row: usize) -> ChatPart {
        if !self.chat {
            return ChatPart::None;
        }
        let message = if self.goes_with_next(store, row) { row + 1 } else { row };
        let headed = row.checked_sub(1).is_some_and(|above| self.goes_with_next(store, above));
        if headed || !store.begins_turn(message) {
            return ChatPart::Said;
        }
        ChatPart::Turn(store.reaches_start().then(|| store.turns_until(message)))
    }

    /// Whether this row is of files that were sent with the message behind it: the turn begins with them.
    fn goes_with_next(&self, store: &Store, row: usize) -> bool {
        let kind = |row| store.record(row).map(Record::kind);
        let has_come = row + 1 < self.past.rows(store);
        let files = kind(row) == Some(EventKind::ArtifactUpload);
        files && has_come && store.begins_turn(row + 1) && self.is_shown(store, row)
    }
}

fn is_text(live: &LiveText) -> bool {
    live.kind() != Kind::Think
}
