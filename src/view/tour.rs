//! The tour of the demo: which step it is at, and the rows that say so.
//!
//! Owns the steps and their words; which key leads on is decided where keys are taken. It has rows of its
//! own, so that it lies over nothing, and takes no key. Start with [`STEPS`]. The invariant: the screen
//! above it is that of a terminal with so many rows less.

use crate::action::Action;
use crate::text::wrap;

/// Rows that the screen keeps, whatever there is to say.
const LEAST: u16 = 10;
/// Lines of one step, at most.
const MOST: usize = 8;

/// One thing to try, and why. A name in braces is an action, and becomes its key.
pub struct Step {
    pub title: &'static str,
    pub text: &'static str,
}

pub const STEPS: [Step; 7] = [
    Step {
        title: "who needs you",
        text: "The list begins with what waits for you: ! needs you, x fails, ~ runs. Beside each \
               stands for how long. {pane_sessions} comes here; go through it with {down} and {up}.",
    },
    Step {
        title: "open a session",
        text: "{open} opens the session under the cursor: all that happened in it, a row each. The bar \
               at the left says what the agent still sees of it.",
    },
    Step {
        title: "turns and folds",
        text: "A turn is what one message led to. {previous_turn} and {next_turn} go from one to the \
               other, {fold} unfolds a row, and {fold_turns} folds every turn: try one of the folds.",
    },
    Step {
        title: "an error and what it means",
        text: "{next_error} goes to the next error, {previous_error} to the one before. Below the rows \
               stands what it means, and the hint row has the key that leads on.",
    },
    Step {
        title: "a call that waits",
        text: "{pane_calls} shows every call that waits for you, with all that it would do. {edit} \
               writes its answer and {leave} leaves that again, and the draft is kept. Only {send} and \
               then {confirm} send anything.",
    },
    Step {
        title: "hide and take back",
        text: "{pane_timeline} leads back to the timeline. {hide} hides a row from the agent, and its \
               bar tells so. {undo} takes that back; do both.",
    },
    Step {
        title: "find, commands and help",
        text: "{search} finds or filters what you are in, {commands} takes every command by its name. \
               {help} shows all keys of where you are, and ends the tour.",
    },
];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tour {
    pub step: usize,
    /// The first of the two things that a step asks for is done.
    pub half: bool,
    /// The action that was taken last.
    pub taken: Option<Action>,
    /// The words of the step with the keys that are bound.
    pub words: String,
}

impl Tour {
    pub fn title(&self) -> String {
        let title = STEPS.get(self.step).map_or("", |step| step.title);
        format!("Tour {} of {}: {title}", self.step + 1, STEPS.len())
    }

    /// Its words in lines of so many columns.
    pub fn lines(&self, width: u16) -> Vec<String> {
        wrap::wrap(&self.words, usize::from(width.saturating_sub(2)).max(1), MOST).0
    }

    /// Rows that it takes of a screen, the heading among them.
    pub fn rows(&self, (width, height): (u16, u16)) -> u16 {
        let wanted = u16::try_from(self.lines(width).len()).unwrap_or(u16::MAX).saturating_add(1);
        wanted.min(height.saturating_sub(LEAST))
    }
}
