//! What was done to a text, to take it back and to do it again.

use std::collections::VecDeque;

use super::text::{Place, Text};

/// Steps that can be taken back; the oldest is forgotten for a new one.
const MOST_STEPS: usize = 10_000;

/// Some text that took the place of another.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) from: Place,
    pub(super) gone: String,
    pub(super) put: String,
    /// Where the cursor was, and where it went.
    pub(super) cursor: (Place, Place),
}

#[derive(Debug, Clone, Default)]
pub(super) struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// The last step is a word that is being typed.
    typing: bool,
}

impl History {
    /// Notes a step. What was undone before cannot be done again after it.
    pub(super) fn note(&mut self, step: Step, typed: bool) {
        self.undone.clear();
        let goes_on = typed && self.typing;
        self.typing = typed;
        if let Some(word) = self.done.back_mut().filter(|word| goes_on && word.takes(&step)) {
            word.put.push_str(&step.put);
            word.cursor.1 = step.cursor.1;
            return;
        }
        if self.done.len() == MOST_STEPS {
            self.done.pop_front();
        }
        self.done.push_back(step);
    }

    /// Ends the word that is being typed.
    pub(super) fn pause(&mut self) {
        self.typing = false;
    }

    /// Takes the last step back; tells where the cursor was before it.
    pub(super) fn undo(&mut self, text: &mut Text) -> Option<Place> {
        self.pause();
        let step = self.done.pop_back()?;
        text.replace(step.from, step.from.behind(&step.put), &step.gone);
        let cursor = step.cursor.0;
        self.undone.push(step);
        Some(cursor)
    }

    /// Does the last one again that was taken back; tells where the cursor went.
    pub(super) fn redo(&mut self, text: &mut Text) -> Option<Place> {
        self.pause();
        let step = self.undone.pop()?;
        text.replace(step.from, step.from.behind(&step.gone), &step.put);
        let cursor = step.cursor.1;
        self.done.push_back(step);
        Some(cursor)
    }
}

impl Step {
    /// Whether what is typed next belongs to this word: the blanks behind it do, the next word does not.
    fn takes(&self, next: &Self) -> bool {
        let begins_word =
            self.put.ends_with(char::is_whitespace) && !next.put.starts_with(char::is_whitespace);
        next.from == self.from.behind(&self.put) && next.gone.is_empty() && !begins_word
    }
}
