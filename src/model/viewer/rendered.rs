//! Markdown as it is meant to be read, at one width.

use std::ops::Range;

use crate::content::Pattern;
use crate::text::markdown::Line;

#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The width that it is for, and the width that there is.
    laid: Option<usize>,
    columns: usize,
    lines: Vec<Line>,
    left_out: usize,
    top: usize,
    height: usize,
}

impl Rendered {
    /// `None` as long as it is being made.
    pub fn lines(&self) -> Option<&[Line]> {
        self.laid.map(|_| self.lines.as_slice())
    }

    /// Bytes that are only in the text.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    pub fn top(&self) -> usize {
        self.top
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn settle(&mut self, columns: usize, height: usize) {
        // A column on each side stays free.
        (self.columns, self.height) = (columns.saturating_sub(2).max(1), height);
        if self.laid.is_some() {
            self.top = self.top.min(self.lines.len().saturating_sub(height));
        }
    }

    pub(super) fn move_by(&mut self, by: isize) {
        let last = self.lines.len().saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(by).min(last);
    }

    /// It has to be laid out for the width that there is, which was not asked for yet.
    pub(super) fn misses(&self, asked: Option<usize>) -> bool {
        self.columns > 0 && self.laid != Some(self.columns) && asked != Some(self.columns)
    }

    pub(super) fn take(&mut self, columns: usize, lines: Vec<Line>, left_out: usize) {
        if columns == self.columns {
            (self.laid, self.lines, self.left_out) = (Some(columns), lines, left_out);
            self.top = self.top.min(self.lines.len().saturating_sub(self.height));
        }
    }

    /// Lines that something is in, as if each were one place long.
    pub(super) fn find(&self, pattern: &Pattern) -> Vec<Range<usize>> {
        let has = |line: &Line| {
            let text: String = line.iter().map(|span| span.text.as_str()).collect();
            !pattern.places(&text).is_empty()
        };
        let lines = self.lines.iter().enumerate().filter(|(_, line)| has(line));
        lines.map(|(at, _)| at..at + 1).collect()
    }

    /// Brings a line into view, with some of what is above it.
    pub(super) fn show(&mut self, line: usize) {
        if !(self.top..self.top + self.height.max(1)).contains(&line) {
            let last = self.lines.len().saturating_sub(self.height);
            self.top = line.saturating_sub(self.height / 3).min(last);
        }
    }
}
