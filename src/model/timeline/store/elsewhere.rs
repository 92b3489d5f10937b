//! What others did to the session while it was looked at: wrote, answered, hid.
//!
//! No event says who did it. What is known is what left from here, and what was there before; the rest
//! came from elsewhere, be it another person, a program, or the same person in another window. The
//! invariant: nothing that was there when the session was opened is said to be somebody's.

use std::collections::HashSet;

use crate::api::{EventBody, EventId, ToolCallId};

use super::entry::{By, Sight};
use super::{Entry, Store};
use crate::model::timeline::unit::Who;

/// Calls that waited while they were looked at, and those that were answered from here.
#[derive(Debug, Clone, Default)]
pub(super) struct Answering {
    waited: HashSet<EventId>,
    answered: HashSet<EventId>,
}

impl Store {
    /// Answers to these calls leave from here.
    pub(crate) fn note_answered(&mut self, calls: impl IntoIterator<Item = EventId>) {
        self.answering.answered.extend(calls);
    }

    /// They were refused, so that what comes in for them is not ours.
    pub(crate) fn note_unanswered(&mut self) {
        self.answering.answered.clear();
    }

    pub(super) fn note_waiting(&mut self) {
        self.answering.waited.extend(self.situation.outstanding.iter().cloned());
    }

    /// Tells of what has come in behind `newest` what was not done from here. Nothing where that is not
    /// known: with the first listing all of it is new.
    pub(super) fn note_others(&mut self, newest: Option<&EventId>) {
        let Some(newest) = newest else { return };
        let known = |entry: &Entry| entry.stored && entry.event.id.as_ref() == Some(newest);
        let Some(from) = self.entries.iter().rposition(known).map(|at| at + 1) else { return };
        // What is on its way from here may be among them, in other words than it left.
        let awaited = self.live.iter().any(|live| live.message.is_some());
        for at in from..self.entries.len() {
            let entry = &self.entries[at];
            let others = entry.stored
                && entry.by == By::Unknown
                && match &*entry.event.body {
                    EventBody::InputMessage(_) => !awaited,
                    EventBody::ToolOutput(output) => {
                        self.was_answered_elsewhere(&output.tool_call_id)
                    }
                    _ => false,
                };
            if others {
                let entry = &mut self.entries[at];
                entry.by = By::Elsewhere;
                entry.revision += 1;
                self.changed_from = self.changed_from.min(at);
            }
        }
    }

    /// The call waited for a person, and none at this screen answered.
    fn was_answered_elsewhere(&self, call: &ToolCallId) -> bool {
        let is_call = |entry: &&Entry| match &*entry.event.body {
            EventBody::ToolInput(input) => input.tool_call_id == *call,
            _ => false,
        };
        let input = self.entries.iter().rev().find(is_call);
        let Some(id) = input.and_then(|entry| entry.event.id.as_ref()) else { return false };
        self.answering.waited.contains(id) && !self.answering.answered.contains(id)
    }

    /// Who did what the row tells.
    pub(crate) fn who(&self, row: usize) -> Who {
        self.entries.get(row).map_or(Who::Unknown, |entry| entry.by.into())
    }

    /// Who has hidden it.
    pub(crate) fn who_hid(&self, row: usize) -> Who {
        match self.entries.get(row) {
            Some(entry) if entry.hidden && entry.sight == Sight::HiddenElsewhere => Who::Elsewhere,
            _ => Who::Unknown,
        }
    }
}

impl From<By> for Who {
    fn from(by: By) -> Self {
        match by {
            By::Unknown => Self::Unknown,
            By::Us | By::UsAlone => Self::Us,
            By::Elsewhere => Self::Elsewhere,
        }
    }
}
