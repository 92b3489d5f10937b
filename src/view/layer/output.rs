//! What a program printed that was given a file, as a page.

use crate::viewport::{Motion, Viewport};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPage {
    pub title: String,
    /// Fit for the screen.
    pub lines: Vec<String>,
    window: Viewport,
}

impl OutputPage {
    pub fn new(title: String, lines: Vec<String>) -> Self {
        Self { title, lines, window: Viewport::default() }
    }

    pub fn go(&mut self, motion: Motion) {
        self.window.scroll(motion, self.lines.len());
    }

    pub fn settle(&mut self, height: usize) {
        self.window.settle(self.lines.len(), height);
    }

    /// Lines that are seen, and how many come after them.
    pub fn seen(&self) -> (&[String], usize) {
        let seen = self.window.seen(self.lines.len());
        (&self.lines[seen.clone()], self.lines.len() - seen.end)
    }
}
