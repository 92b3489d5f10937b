//! What is wrong with a text that is no query: where, in one sentence, and what was perhaps meant.

use std::fmt;
use std::ops::Range;

use crate::text::sanitize;

/// As much of what was typed as a sentence repeats.
const QUOTED_CHARS: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the input that are wrong; empty at the end where something is missing.
    pub at: Range<usize>,
    /// One sentence without its full stop, fit for the screen.
    pub what: String,
    /// A word to put in the place of those bytes.
    pub suggestion: Option<String>,
    unfinished: bool,
}

impl Mistake {
    /// No further typing mends it.
    pub(super) fn wrong(at: Range<usize>, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), suggestion: None, unfinished: false }
    }

    /// Further typing mends it, if it is at the end of the input.
    pub(super) fn incomplete(at: Range<usize>, what: impl Into<String>) -> Self {
        Self { unfinished: true, ..Self::wrong(at, what) }
    }

    pub(super) fn suggesting(mut self, word: Option<&str>) -> Self {
        self.suggestion = word.map(str::to_owned);
        self
    }

    /// What is missing in the middle will not come from typing on.
    pub(super) fn in_input_of(mut self, length: usize) -> Self {
        self.unfinished &= self.at.end >= length;
        self
    }

    /// Whether the text is the beginning of a query rather than a wrong one: a filter that follows
    /// the typing keeps what it last showed.
    pub fn unfinished(&self) -> bool {
        self.unfinished
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.suggestion {
            Some(word) => write!(f, ", did you mean \"{word}\"?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Mistake {}

/// A piece of the input as a sentence shows it.
pub(super) fn shown(text: &str) -> String {
    sanitize::preview(text, QUOTED_CHARS)
}
