//! Markdown as it is meant to be read, laid out for one width.
//!
//! Owns the lines and the place in them, and lays out nothing itself: see [`Rendered::misses`].
//! The invariant: lines of another width are shown only until those of this one are here.

use std::ops::Range;

use crate::content::Pattern;
use crate::text::markdown::Line;
use crate::viewport::{Motion, Viewport};

#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The width that the lines are for.
    laid: Option<usize>,
    /// Columns and rows that there are.
    room: (usize, usize),
    lines: Vec<Line>,
    left_out: usize,
    viewport: Viewport,
}

impl Rendered {
    /// `None` as long as they are being made.
    pub fn lines(&self) -> Option<&[Line]> {
        self.laid.map(|_| self.lines.as_slice())
    }

    /// Bytes that are only in the text.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    pub fn top(&self) -> usize {
        self.viewport.top()
    }

    /// The lines on the screen.
    pub fn shown(&self) -> &[Line] {
        self.lines.get(self.viewport.seen(self.lines.len())).unwrap_or_default()
    }

    pub(super) fn columns(&self) -> usize {
        self.room.0
    }

    pub(super) fn settle(&mut self, columns: usize, height: usize) {
        // A column on each side stays free.
        self.room = (columns.saturating_sub(2).max(1), height);
        if self.laid.is_some() {
            self.viewport.settle(self.lines.len(), height);
        }
    }

    pub(super) fn go(&mut self, motion: Motion) {
        self.viewport.scroll(motion, self.lines.len());
    }

    pub(super) fn move_by(&mut self, by: isize) {
        self.show_from(self.top().saturating_add_signed(by));
    }

    pub(super) fn show_from(&mut self, line: usize) {
        self.viewport.show_from(line);
        if self.laid.is_some() {
            self.viewport.settle(self.lines.len(), self.room.1);
        }
    }

    /// It has to be laid out for the width that there is, which was not asked for yet.
    pub(super) fn misses(&self, asked: Option<usize>) -> bool {
        let columns = self.columns();
        columns > 0 && self.laid != Some(columns) && asked != Some(columns)
    }

    pub(super) fn take(&mut self, columns: usize, lines: Vec<Line>, left_out: usize) {
        if columns == self.columns() {
            (self.laid, self.lines, self.left_out) = (Some(columns), lines, left_out);
            self.viewport.settle(self.lines.len(), self.room.1);
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
        self.viewport.jump_to(line);
        self.viewport.settle(self.lines.len(), self.room.1);
    }
}
