//! Help about where somebody is: the keys that count there, what else is there, and a line that
//! narrows both.
//!
//! Made when it is opened, from the same chain that keys go through; holds what is shown and nothing
//! of how it was found out. Start with [`Help::rows`]. The invariant: the row that keys are about is
//! no heading.

use crate::action::Action;
use crate::viewport::{Motion, Viewport};

use super::Editor;

/// An action with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpEntry {
    pub action: Action,
    /// Empty where no key leads to it here.
    pub key: String,
    pub words: String,
    /// Why it would come to nothing now.
    pub off: Option<String>,
}

/// Entries under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpSection {
    pub title: String,
    pub entries: Vec<HelpEntry>,
}

/// A row of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpRow<'a> {
    Heading(&'a str),
    Entry(&'a HelpEntry),
    /// A fact about the connection.
    Fact(&'a str, &'a str),
}

#[derive(Debug, Clone)]
pub struct Help {
    /// Where somebody is: `timeline`.
    pub place: &'static str,
    sections: Vec<HelpSection>,
    /// What we are connected to.
    facts: Vec<(String, String)>,
    pub input: Editor,
    window: Viewport,
}

impl Help {
    pub fn new(
        place: &'static str,
        sections: Vec<HelpSection>,
        facts: Vec<(String, String)>,
    ) -> Self {
        let mut help =
            Self { place, sections, facts, input: Editor::default(), window: Viewport::default() };
        help.find_first();
        help
    }

    /// Every row, narrowed to what has all the words that were typed.
    pub fn rows(&self) -> Vec<HelpRow<'_>> {
        let typed = self.input.text().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let fits = |entry: &&HelpEntry| {
            let name = entry.action.name().replace('_', " ");
            let text = format!("{} {} {name}", entry.key, entry.words.to_lowercase());
            words.iter().all(|word| text.to_lowercase().contains(word))
        };
        let mut rows = Vec::new();
        for section in &self.sections {
            let entries: Vec<_> = section.entries.iter().filter(fits).collect();
            if !entries.is_empty() {
                rows.push(HelpRow::Heading(&section.title));
                rows.extend(entries.into_iter().map(HelpRow::Entry));
            }
        }
        if words.is_empty() && !self.facts.is_empty() {
            rows.push(HelpRow::Heading("CONNECTION"));
            rows.extend(self.facts.iter().map(|(name, fact)| HelpRow::Fact(name, fact)));
        }
        rows
    }

    /// Something was typed: the first action that fits is selected.
    pub fn find_first(&mut self) {
        self.window = Viewport::default();
        let first = self.rows().iter().position(|row| matches!(row, HelpRow::Entry(_)));
        self.window.select(first.unwrap_or(0));
    }

    pub fn selected(&self) -> Option<&HelpEntry> {
        match self.rows().get(self.window.at()) {
            Some(HelpRow::Entry(entry)) => Some(entry),
            _ => None,
        }
    }

    pub fn window(&self) -> &Viewport {
        &self.window
    }

    /// Moves over headings: there is nothing to be done with one.
    pub fn go(&mut self, motion: Motion) {
        let rows = self.rows();
        let is_heading = |at: usize| matches!(rows.get(at), Some(HelpRow::Heading(_)));
        let mut window = self.window;
        window.go(motion, rows.len());
        if is_heading(window.at()) {
            let on = motion.is_forward() || window.at() == 0;
            window.go(if on { Motion::Down } else { Motion::Up }, rows.len());
        }
        self.window = window;
    }

    pub fn settle(&mut self, height: usize) {
        let rows = self.rows().len();
        self.window.settle(rows, height);
    }
}
