//! Help about where somebody is: the keys that count there, what else is there, and a line that
//! narrows both.
//!
//! Made when it is opened, from the same chain that keys go through; holds what is shown and nothing
//! of how it was found out. Start with [`Help::rows`]. The invariant: the row that keys are about is
//! no heading.

use crate::action::Action;
use crate::query::{Construct, Domain, guide};
use crate::text::width;
use crate::text::wrap::wrap;
use crate::view::Editor;
use crate::viewport::{Motion, Viewport};

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

/// Something about the connection, to be read and copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpFact {
    pub name: String,
    pub text: String,
    /// The text as it fits the page.
    lines: Vec<String>,
}

/// A row of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpRow<'a> {
    Heading(&'a str),
    Entry(&'a HelpEntry),
    /// A way to say something in a line that finds or filters.
    Construct(&'static Construct),
    /// A line of a fact; the first one has its name before it.
    Fact {
        fact: &'a HelpFact,
        name: &'a str,
        line: &'a str,
    },
}

/// Columns of a key, and of the name of a fact.
pub const KEY_COLUMNS: usize = 13;
/// Columns of the marker of the selected row.
const MARKER: usize = 1;
/// No fact has more lines.
const MOST_LINES: usize = 50;

#[derive(Debug, Clone)]
pub struct Help {
    /// Where somebody is: `timeline`.
    pub place: &'static str,
    sections: Vec<HelpSection>,
    /// The language of what is found and filtered there, if anything is.
    language: &'static [Construct],
    /// What we are connected to.
    facts: Vec<HelpFact>,
    pub input: Editor,
    window: Viewport,
}

/// Columns of what a query may say, beside its meaning.
pub const SYNTAX_COLUMNS: usize = 18;

impl HelpRow<'_> {
    /// The text of the row as the page shows it, and the column that it begins at.
    pub fn excerpt(&self, columns: usize) -> (u16, String) {
        let text = match self {
            Self::Heading(title) => (*title).to_owned(),
            Self::Entry(entry) => width::fit(&entry.key, KEY_COLUMNS) + &entry.words,
            Self::Construct(construct) => {
                let syntax = width::fit(construct.syntax, SYNTAX_COLUMNS.min(columns / 2));
                format!("{syntax} {}", construct.meaning)
            }
            Self::Fact { name, line, .. } => width::fit(name, KEY_COLUMNS) + line,
        };
        (1, text)
    }
}

impl Help {
    pub fn new(
        place: &'static str,
        sections: Vec<HelpSection>,
        language: Option<Domain>,
        facts: Vec<(String, String)>,
    ) -> Self {
        let fact = |(name, text): (String, String)| {
            let lines = vec![text.clone()];
            HelpFact { name, text, lines }
        };
        let facts = facts.into_iter().map(fact).collect();
        let language = language.map_or(&[][..], guide);
        let (input, window) = (Editor::default(), Viewport::default());
        let mut help = Self { place, sections, language, facts, input, window };
        help.find_first();
        help
    }

    /// Every row, narrowed to what has all the words that were typed.
    pub fn rows(&self) -> Vec<HelpRow<'_>> {
        let typed = self.input.text().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let has_words = |text: &str| {
            let text = text.to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let fits = |entry: &&HelpEntry| {
            let name = entry.action.name().replace('_', " ");
            has_words(&format!("{} {} {name}", entry.key, entry.words))
        };
        let mut rows = Vec::new();
        for section in &self.sections {
            let entries: Vec<_> = section.entries.iter().filter(fits).collect();
            if !entries.is_empty() {
                rows.push(HelpRow::Heading(&section.title));
                rows.extend(entries.into_iter().map(HelpRow::Entry));
            }
        }
        let said = |row: &&Construct| has_words(&format!("query {} {}", row.syntax, row.meaning));
        let language: Vec<_> = self.language.iter().filter(said).collect();
        if !language.is_empty() {
            rows.push(HelpRow::Heading("WHAT A QUERY MAY SAY · Enter shows an example"));
            rows.extend(language.into_iter().map(HelpRow::Construct));
        }
        let facts =
            self.facts.iter().filter(|fact| has_words(&format!("{} {}", fact.name, fact.text)));
        let facts: Vec<_> = facts.collect();
        if !facts.is_empty() {
            rows.push(HelpRow::Heading("CONNECTION · Enter copies"));
        }
        for fact in facts {
            let names = std::iter::once(fact.name.as_str()).chain(std::iter::repeat(""));
            let lines = fact.lines.iter().zip(names);
            rows.extend(lines.map(|(line, name)| HelpRow::Fact { fact, name, line }));
        }
        rows
    }

    /// Something was typed: the first row that fits is selected.
    pub fn find_first(&mut self) {
        self.window = Viewport::default();
        let first = self.rows().iter().position(|row| !matches!(row, HelpRow::Heading(_)));
        self.window.select(first.unwrap_or(0));
    }

    pub fn selected(&self) -> Option<HelpRow<'_>> {
        self.rows().get(self.window.at()).copied()
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

    /// Fits facts and rows to the page, with the heading above the selected row in sight.
    pub fn settle(&mut self, columns: usize, height: usize) {
        let columns = columns.saturating_sub(MARKER + KEY_COLUMNS);
        for fact in &mut self.facts {
            fact.lines = wrap(&fact.text, columns, MOST_LINES).0;
        }
        let rows = self.rows().len();
        self.window.settle_around(rows, height, 1, 0);
    }
}
