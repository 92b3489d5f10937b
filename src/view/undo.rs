//! What a person did, step by step, so that it can be taken back, in later runs too.
//!
//! Sends nothing and asks nobody: whether a step still may be taken back is for its owner to find out.
//! The invariant: what `unkept` tells of is how the files of the state directory differ from what can
//! be undone now.

use std::collections::{BTreeSet, VecDeque};

use crate::api::{EventId, SessionRef, Timestamp};
use crate::model::session_edit::SessionEdit;
use crate::model::step::{EditStep, HideStep, Reversible, Step};

const KEPT: usize = 200;

/// A step, and when it was done: its name.
#[derive(Debug, Clone, PartialEq)]
struct Done<S> {
    at: Timestamp,
    step: S,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UndoJournal<S> {
    done: VecDeque<Done<S>>,
    undone: Vec<Done<S>>,
    /// Steps that are another for the next run than at the last look.
    unkept: BTreeSet<Timestamp>,
}

impl<S> Default for UndoJournal<S> {
    fn default() -> Self {
        Self { done: VecDeque::new(), undone: Vec::new(), unkept: BTreeSet::new() }
    }
}

impl<S: Reversible> UndoJournal<S> {
    /// Takes over the steps of earlier runs, which lie behind those of this one.
    pub fn restore(&mut self, steps: impl DoubleEndedIterator<Item = (Timestamp, S)>) {
        for (at, step) in steps.rev() {
            self.done.push_front(Done { at, step });
        }
    }

    /// Notes a step that is being sent; what was undone before can no longer be redone.
    pub fn record(&mut self, step: S, now: Timestamp) {
        self.undone.clear();
        // Two steps of one moment have two names.
        let last = self.done.back().map(|done| done.at);
        let at = last.filter(|last| *last >= now).map_or(now, just_after);
        self.note(at);
        self.done.push_back(Done { at, step });
        if self.done.len() > KEPT
            && let Some(oldest) = self.done.pop_front()
        {
            self.note(oldest.at);
        }
    }

    /// Puts a step on top that could not be taken back after all; what was undone stays undone.
    pub fn put_back(&mut self, step: S, now: Timestamp) {
        let undone = std::mem::take(&mut self.undone);
        self.record(step, now);
        self.undone = undone;
    }

    /// Puts back a step that was taken out to be sent but was not.
    pub fn keep(&mut self, undo: bool) {
        let moved = if undo { self.undone.pop() } else { self.done.pop_back() };
        let Some(step) = moved else { return };
        self.note(step.at);
        if undo {
            self.done.push_back(step);
        } else {
            self.undone.push(step);
        }
    }

    /// The step to send now, to take back the latest one.
    pub fn undo(&mut self) -> Option<S> {
        let done = self.done.pop_back()?;
        self.note(done.at);
        let opposite = done.step.opposite();
        self.undone.push(done);
        Some(opposite)
    }

    /// The step to send now, to do again what was taken back last.
    pub fn redo(&mut self) -> Option<S> {
        let undone = self.undone.pop()?;
        self.note(undone.at);
        let step = undone.step.clone();
        self.done.push_back(undone);
        Some(step)
    }

    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// The steps that changed since the last call, as they are to be kept; `None` for one that is to
    /// be kept no longer.
    pub fn unkept(&mut self) -> Vec<(Timestamp, Option<Step>)> {
        let unkept = std::mem::take(&mut self.unkept);
        let done = |at| self.done.iter().find(|done| done.at == at).map(|done| done.step.kept());
        unkept.into_iter().map(|at| (at, done(at))).collect()
    }

    /// Takes something out of every step that `change` finds it in, in whichever direction that lies.
    fn withdraw_where(&mut self, change: impl Fn(&mut S) -> bool) {
        let mut touched = Vec::new();
        for done in self.done.iter_mut().chain(&mut self.undone) {
            if change(&mut done.step) {
                touched.push(done.at);
            }
        }
        self.unkept.extend(touched);
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        self.done.retain(|done| !done.step.is_empty());
        self.undone.retain(|done| !done.step.is_empty());
    }

    fn note(&mut self, at: Timestamp) {
        self.unkept.insert(at);
    }
}

fn just_after(at: Timestamp) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(at)
}

impl UndoJournal<HideStep> {
    /// Takes out events that the service refused to change, or that are gone.
    pub fn withdraw(&mut self, session: &SessionRef, events: &[EventId]) {
        self.withdraw_where(|step| {
            let before = step.events.len();
            if step.session == *session {
                step.events.retain(|event| !events.contains(event));
            }
            step.events.len() != before
        });
    }
}

impl UndoJournal<EditStep> {
    /// Takes an edit that came to nothing out of the latest step that has it.
    pub fn withdraw(&mut self, edit: &SessionEdit) {
        let opposite = edit.opposite();
        let has =
            |step: &EditStep| step.edits.iter().any(|known| known == edit || *known == opposite);
        let done = self.done.iter().rev().chain(self.undone.iter().rev());
        let Some(at) = done.filter(|done| has(&done.step)).map(|done| done.at).max() else {
            return;
        };
        for done in self.done.iter_mut().chain(&mut self.undone).filter(|done| done.at == at) {
            done.step.edits.retain(|known| known != edit && *known != opposite);
        }
        self.drop_empty();
        self.note(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn step(event: &str) -> HideStep {
        HideStep {
            session: SessionRef::new("a", "s"),
            events: vec![event.into(), "aev_both".into()],
            hidden: true,
        }
    }

    #[test]
    fn undo_and_redo_are_each_others_opposite() {
        let step = step("aev_1");
        let mut journal = UndoJournal::default();
        journal.record(step.clone(), at(1));
        assert_eq!(journal.undo(), Some(step.opposite()));
        assert_eq!(journal.undo(), None);
        assert_eq!(journal.redo(), Some(step.clone()));
        journal.undo();
        journal.record(step, at(2));
        assert!(!journal.can_redo());
    }

    #[test]
    fn what_can_be_undone_is_kept_and_what_cannot_is_not() {
        let mut journal = UndoJournal::default();
        journal.record(step("aev_1"), at(1));
        journal.record(step("aev_2"), at(1));
        let kept = journal.unkept();
        let later = just_after(at(1));
        assert_eq!(kept.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [at(1), later]);
        assert!(journal.unkept().is_empty(), "told once");
        journal.undo();
        assert_eq!(journal.unkept(), [(later, None)]);
        journal.redo();
        assert_eq!(journal.unkept(), [(later, Some(step("aev_2").kept()))]);
        journal.withdraw(&SessionRef::new("a", "s"), &["aev_2".into(), "aev_both".into()]);
        let left = HideStep { events: vec!["aev_1".into()], ..step("aev_1") };
        assert_eq!(journal.unkept(), [(at(1), Some(left.kept())), (later, None)]);
    }

    #[test]
    fn steps_of_earlier_runs_come_back_behind_those_of_this_one() {
        let mut journal = UndoJournal::default();
        journal.record(step("aev_new"), at(9));
        journal.unkept();
        journal.restore([(at(1), step("aev_1")), (at(2), step("aev_2"))].into_iter());
        let order: Vec<_> =
            std::iter::from_fn(|| journal.undo()).map(|step| step.events[0].clone()).collect();
        assert_eq!(order, ["aev_new", "aev_2", "aev_1"].map(Into::into));
    }
}
