//! The filter language: one for the session list, the timeline and the command line.
//!
//! Text becomes tokens (`lexer`), tokens a tree (`parser`, `value`), and the tree is put to facts
//! (`eval`) with three values: yes, no, and "read it and ask again". So a session of a million
//! events is filtered by an index of kinds, sizes, times and fingerprints of tools first, and only
//! what that leaves open is read. Start with [`Query::parse`] and [`Query::event`]; [`guide()`] is
//! the language in examples.
//!
//! It reads no clock: the time to which ages refer comes in. The invariants: any text gives a query
//! or a [`Mistake`] with a place, in bounded time and stack; and what [`Query`] displays parses to
//! the same query.

mod complete;
mod eval;
mod facts;
mod file;
mod fuzzy;
mod guide;
mod keys;
mod lexer;
mod literal;
mod measure;
mod mistake;
mod parser;
mod pattern;
mod since;
mod tree;
mod value;
mod whole;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

pub use complete::{Completion, Known, Names, complete};
pub use facts::{Answer, EventFacts, EventState, Fact, Reader, SessionFacts, SessionState, Tool};
pub use file::FileFacts;
pub use guide::{Construct, guide};
pub use literal::NeededLetters;
pub use mistake::Mistake;
pub use pattern::fits_glob;
pub use whole::{EventStates, WholeEvent};
pub use write::name_written;

use crate::api::Timestamp;
use eval::Reach;
use keys::{Measure, Name};
use tree::{Expr, Term};

/// The longest query.
pub const MAX_BYTES: usize = 8_192;

/// The most words and values in a query; each may be a compiled regular expression.
const MAX_PARTS: usize = 64;

/// The most places that one text is highlighted at.
const MAX_HIGHLIGHTS: usize = 1_000;

/// What a query chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Domain {
    Sessions,
    Events,
    /// Files of a session.
    Files,
}

impl Domain {
    fn noun(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Events => "events",
            Self::Files => "files",
        }
    }
}

/// A query that has been understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    domain: Domain,
    here: Expr,
    server_filter: Option<String>,
    server_where: Option<String>,
}

impl Query {
    pub fn parse(text: &str, domain: Domain) -> Result<Self, Mistake> {
        let parser::Parsed { here, server_filter, server_where } = parser::parse(text, domain)?;
        Ok(Self { domain, here, server_filter, server_where })
    }

    /// Whether an event passes, without asking for its text.
    pub fn glance<F: EventFacts + ?Sized>(&self, facts: &F, now: Timestamp) -> Answer {
        let ask = |reach| eval::event(&self.here, facts, now, reach);
        eval::cheapest_first(Reach::Names, ask)
    }

    /// Whether an event passes. Its text is asked for only where nothing else decides.
    pub fn event<F: EventFacts + ?Sized>(&self, facts: &F, now: Timestamp) -> Answer {
        let ask = |reach| eval::event(&self.here, facts, now, reach);
        eval::cheapest_first(Reach::Text, ask)
    }

    /// Whether a session passes what is decided here.
    pub fn session<F: SessionFacts + ?Sized>(&self, facts: &F, now: Timestamp) -> Answer {
        let ask = |reach| eval::session(&self.here, facts, now, reach);
        eval::cheapest_first(Reach::Text, ask)
    }

    /// Whether a file passes; all of it is at hand.
    pub fn file(&self, facts: &FileFacts, now: Timestamp) -> bool {
        file::passes(&self.here, facts, now)
    }

    /// Whether nothing but what stands in an event decides.
    pub fn asks_for_words_alone(&self) -> bool {
        let fact = |term: &Term| (!matches!(term, Term::Phrase(_) | Term::Text(_))).then_some(());
        self.here.find(&fact).is_none()
    }

    /// Whether the step in which an event happened decides.
    pub fn asks_for_steps(&self) -> bool {
        let step = |term: &Term| matches!(term, Term::Name(Name::Step, _)).then_some(());
        self.here.find(&step).is_some()
    }

    /// A condition on what is before or behind an event, or on what a person did with it, as it is
    /// typed; `None` where the event itself decides.
    pub fn beyond_one_event(&self) -> Option<String> {
        const BEYOND: [EventState; 4] =
            [EventState::Compacted, EventState::Pending, EventState::Live, EventState::Bookmarked];
        self.here.find(&|term| match term {
            Term::Is(choice) => {
                let beyond = BEYOND.into_iter().find(|state| choice.has(*state as usize));
                beyond.map(|state| format!("is:{}", state.word()))
            }
            Term::Name(Name::Step, _) => Some("step:".to_owned()),
            Term::Measure(Measure::Duration, _) => Some("dur:".to_owned()),
            _ => None,
        })
    }

    /// A condition on a session that takes more than a look at it, as it is typed.
    pub fn beyond_a_look(&self) -> Option<String> {
        const BEYOND: [SessionState; 2] = [SessionState::New, SessionState::Pinned];
        let state = |term: &Term| match term {
            Term::Is(choice) => BEYOND.into_iter().find(|state| choice.has(*state as usize)),
            _ => None,
        };
        self.here.find(&state).map(|state| format!("is:{}", state.word()))
    }

    /// The `filter` of the session list.
    pub fn server_filter(&self) -> Option<&str> {
        self.server_filter.as_deref()
    }

    /// The `metadata_filter` of the session list.
    pub fn server_where(&self) -> Option<&str> {
        self.server_where.as_deref()
    }

    /// Where words, exact strings and regular expressions stand in a text that is shown: bytes, in
    /// order, none in another. What is only not to occur is not among them.
    pub fn highlights(&self, text: &str) -> Vec<Range<usize>> {
        let mut phrases = Vec::new();
        self.here.wanted(&mut phrases);
        let found = phrases.iter().flat_map(|phrase| phrase.occurrences(text).take(MAX_HIGHLIGHTS));
        let mut found: Vec<Range<usize>> = found.collect();
        found.sort_by_key(|range| (range.start, range.end));
        let mut out: Vec<Range<usize>> = Vec::new();
        for range in found {
            match out.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => out.push(range),
            }
        }
        out.truncate(MAX_HIGHLIGHTS);
        out
    }

    fn written_filter(&self) -> Option<String> {
        self.server_filter.as_ref().map(|pattern| format!("name:{}", write::regex(pattern)))
    }

    fn written_where(&self) -> Option<String> {
        self.server_where.as_ref().map(|condition| format!("where {condition}"))
    }
}

/// The canonical form.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let here = write::Written(&self.here, self.domain);
        let here = match (&self.here, &self.server_filter) {
            (Expr::Any(_), Some(_)) => format!("({here})"),
            _ => here.to_string(),
        };
        let here = Some(here).filter(|here| !here.is_empty());
        let parts = self.written_filter().into_iter().chain(here).chain(self.written_where());
        f.write_str(&parts.collect::<Vec<_>>().join(" "))
    }
}
