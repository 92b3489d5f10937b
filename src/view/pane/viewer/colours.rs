//! What the grammar says of lines: of those around the screen, as far as it was worked out.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::content::{COLOURED_AT_ONCE, Coloured, Job, Text};
use crate::text::highlight::{HighlightedLine, Highlighter};

/// Lines that are kept.
const KEPT: usize = 32 * COLOURED_AT_ONCE;
/// The grammar is not led through more bytes than that to reach the screen.
const LEAD: usize = 512 * 1024;
/// Lines of one job on the way there: a reader who moves on loses no more.
const STRIDE: usize = 8 * COLOURED_AT_ONCE;
/// States of the grammar that are kept, one for so many lines at least.
const APART: usize = 4 * COLOURED_AT_ONCE;

#[derive(Debug, Clone, Default)]
pub struct Colours {
    lines: BTreeMap<usize, HighlightedLine>,
    states: BTreeMap<usize, Highlighter>,
    asked: Option<Range<usize>>,
    /// There is no grammar.
    never: bool,
    /// The screen is too far from where the grammar has been.
    too_far: bool,
}

impl Colours {
    pub(super) fn line(&self, line: usize) -> Option<&HighlightedLine> {
        self.lines.get(&line)
    }

    /// There is a grammar, but it does not reach so far.
    pub fn are_off(&self) -> bool {
        self.too_far && !self.never
    }

    pub(super) fn never(&mut self) {
        self.never = true;
    }

    pub(super) fn forget_asked(&mut self) {
        self.asked = None;
    }

    pub(super) fn wanted(&mut self, text: &Text, shown: Range<usize>) -> Option<Job> {
        let missing = shown.clone().find(|line| !self.lines.contains_key(line));
        let Some(missing) = missing.filter(|_| !self.never) else {
            self.too_far = false;
            return None;
        };
        let (from, state) = match self.states.range(..=missing).next_back() {
            Some((line, state)) => (*line, Some(Box::new(state.clone()))),
            None => (0, None),
        };
        let lead = text.line(missing).start.saturating_sub(text.line(from).start);
        self.too_far = lead > LEAD;
        if self.too_far {
            return None;
        }
        let end = shown.end.next_multiple_of(COLOURED_AT_ONCE);
        let lines = from..end.min(from + STRIDE);
        if self.asked.as_ref() == Some(&lines) {
            return None;
        }
        self.asked = Some(lines.clone());
        Some(Job::Colour { lines, from: state })
    }

    pub(super) fn take(&mut self, coloured: Coloured) {
        let first = coloured.first;
        let end = first + coloured.lines.len();
        self.lines.extend((first..).zip(coloured.lines));
        for (line, state) in coloured.states {
            let near = self.states.range(..=line).next_back().map(|(line, _)| *line);
            // The last one is where the next lines go on.
            if line >= end || near.is_none_or(|near| line - near >= APART) {
                self.states.insert(line, state);
            }
        }
        // What is farthest from these goes first.
        while self.lines.len() > KEPT.max(end - first) {
            let (low, high) = (self.lines.keys().next(), self.lines.keys().next_back());
            let (Some(low), Some(high)) = (low.copied(), high.copied()) else { return };
            let far = if first.abs_diff(low) > high.abs_diff(end) { low } else { high };
            self.lines.remove(&far);
        }
    }
}
