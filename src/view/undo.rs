//! What hiding and unhiding did, so that it can be taken back.

use std::collections::VecDeque;

use crate::api::{EventId, SessionRef};

/// One step: we set all `events` to `hidden`. Undoing sets them to the opposite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub session: SessionRef,
    pub events: Vec<EventId>,
    pub hidden: bool,
}

impl Step {
    #[must_use]
    pub fn opposite(&self) -> Self {
        Self { hidden: !self.hidden, ..self.clone() }
    }
}

const KEPT: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoJournal {
    done: VecDeque<Step>,
    undone: Vec<Step>,
}

impl UndoJournal {
    /// Notes a step that is being sent; what was undone before can no longer be redone.
    pub fn record(&mut self, step: Step) {
        self.undone.clear();
        self.done.push_back(step);
        if self.done.len() > KEPT {
            self.done.pop_front();
        }
    }

    /// Takes out events that the service refused to change.
    pub fn withdraw(&mut self, session: &SessionRef, refused: &[EventId]) {
        let steps = self.done.iter_mut().chain(&mut self.undone);
        for step in steps.filter(|step| step.session == *session) {
            step.events.retain(|event| !refused.contains(event));
        }
        self.done.retain(|step| !step.events.is_empty());
        self.undone.retain(|step| !step.events.is_empty());
    }

    /// Puts back a step that was taken out to be sent but was not.
    pub fn keep(&mut self, undo: bool) {
        if undo {
            self.done.extend(self.undone.pop());
        } else {
            self.undone.extend(self.done.pop_back());
        }
    }

    /// The step to send now, to take back the latest one.
    pub fn undo(&mut self) -> Option<Step> {
        let step = self.done.pop_back()?;
        let opposite = step.opposite();
        self.undone.push(step);
        Some(opposite)
    }

    /// The step to send now, to do again what was taken back last.
    pub fn redo(&mut self) -> Option<Step> {
        let step = self.undone.pop()?;
        self.done.push_back(step.clone());
        Some(step)
    }

    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_and_redo_are_each_others_opposite() {
        let step =
            Step { session: SessionRef::new("a", "s"), events: vec!["aev_1".into()], hidden: true };
        let mut journal = UndoJournal::default();
        journal.record(step.clone());
        assert_eq!(journal.undo(), Some(step.opposite()));
        assert_eq!(journal.undo(), None);
        assert_eq!(journal.redo(), Some(step.clone()));
        journal.undo();
        journal.record(step);
        assert!(!journal.can_redo());
    }
}
