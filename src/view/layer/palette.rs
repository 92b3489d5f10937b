//! The command line, with the lines that it may become: actions, commands, and what may stand behind
//! a command.
//!
//! Owns the line, what of the offers is chosen, and what is wrong with the line. Knows no action and
//! runs nothing. Start with [`Palette`]. The invariant: an offer is chosen by the arrows only, and
//! typing ends the choice.

use crate::view::Editor;
use crate::view::layer::prompt::Recall;
use crate::viewport::{Motion, Viewport};

/// Rows of offers that are shown; more would cover what a command is about.
const ROWS: usize = 12;

/// A line that the one that is typed may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub line: String,
    /// The character of the line that the cursor goes before.
    pub cursor: usize,
    /// The line can be run as it is; otherwise something has to follow.
    pub whole: bool,
    /// The part that it is about, as the list shows it.
    pub name: String,
    /// What is typed behind it; empty where nothing is.
    pub argument: &'static str,
    /// Does the same without a command; empty where no key does here.
    pub key: String,
    pub words: String,
    /// Why it would come to nothing now.
    pub off: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// The line that is typed.
    pub input: Editor,
    /// The likeliest first.
    offers: Vec<Offer>,
    chosen: Option<usize>,
    window: Viewport,
    /// The command whose argument is offered, with what that is.
    pub about: Option<(&'static str, &'static str)>,
    /// Why the line was not run.
    pub problem: Option<String>,
    /// Lines of earlier can be brought back.
    pub has_history: bool,
    recall: Recall,
}

impl Palette {
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// Offers anew; none of them is chosen.
    pub fn set_offers(&mut self, offers: Vec<Offer>) {
        self.offers = offers;
        self.chosen = None;
        self.window = Viewport::default();
    }

    /// The offer that the arrows chose.
    pub fn chosen(&self) -> Option<&Offer> {
        self.chosen.and_then(|at| self.offers.get(at))
    }

    pub fn chosen_at(&self) -> Option<usize> {
        self.chosen
    }

    /// Down: a later line, if an earlier one is shown, or else the next offer. Says whether there is
    /// another line now.
    pub fn down(&mut self, history: &[String]) -> bool {
        if self.recall.is_shown() {
            return self.recall(history, false);
        }
        let next = self.chosen.map_or(0, |at| at + 1);
        if next < self.offers.len() {
            self.choose(Some(next));
        }
        false
    }

    /// Up: the offer before, and from the first one on, earlier lines. Says whether there is another
    /// line now.
    pub fn up(&mut self, history: &[String]) -> bool {
        match self.chosen {
            Some(at) if at > 0 => self.choose(Some(at - 1)),
            _ => {
                self.choose(None);
                return self.recall(history, true);
            }
        }
        false
    }

    fn choose(&mut self, at: Option<usize>) {
        self.chosen = at;
        match at {
            Some(at) => self.window.select(at),
            None => self.window.go(Motion::First, self.offers.len()),
        }
    }

    fn recall(&mut self, history: &[String], earlier: bool) -> bool {
        let line = self.recall.step(history, &self.input.text(), earlier);
        if let Some(line) = &line {
            self.input.set_text(line);
            self.problem = None;
        }
        line.is_some()
    }

    /// What is typed now is a line of its own.
    pub fn typed(&mut self) {
        self.recall = Recall::default();
        self.problem = None;
    }

    /// Makes the chosen offer the line, or else the first; false where there is none.
    pub fn take(&mut self) -> bool {
        let Some(offer) = self.chosen().or(self.offers.first()).cloned() else { return false };
        self.typed();
        self.input.set_text(&offer.line);
        self.input.move_to((0, offer.cursor));
        true
    }

    pub fn window(&self) -> &Viewport {
        &self.window
    }

    /// Rows that it wants to show.
    pub fn rows(&self) -> usize {
        self.offers.len().min(ROWS)
    }

    pub fn settle(&mut self, height: usize) {
        self.window.settle(self.offers.len(), height);
    }
}
