//! A file as text, in the colours of its grammar.

use super::colours::Colours;
use super::file_view::{Places, Viewing};
use super::finding::Finding;
use super::source::{SourceRow, SourceView};
use crate::content::{Done, Job, Prepared};
use crate::viewport::Motion;

#[derive(Debug, Clone, Default)]
pub struct TextView {
    pub(super) source: SourceView,
    colours: Colours,
}

impl TextView {
    pub fn source(&self) -> &SourceView {
        &self.source
    }

    pub fn colours(&self) -> &Colours {
        &self.colours
    }

    pub(super) fn rows(&self, file: &Prepared, finding: &Finding) -> Vec<SourceRow> {
        let rows = |text| self.source.rows(text, &self.colours, finding);
        file.text().map(rows).unwrap_or_default()
    }
}

impl Viewing for TextView {
    fn settle(&mut self, file: &Prepared, columns: usize, height: usize, wrap: bool) {
        if let Some(text) = file.text() {
            self.source.settle(text, columns, height, wrap);
        }
    }

    fn go(&mut self, file: &Prepared, motion: Motion) {
        if let Some(text) = file.text() {
            self.source.go(text, motion);
        }
    }

    fn move_by(&mut self, file: &Prepared, by: isize) {
        if let Some(text) = file.text() {
            self.source.move_by(text, by);
        }
    }

    fn places(&self) -> Places {
        Places::Text
    }

    fn place(&self, file: &Prepared) -> Option<usize> {
        Some(self.source.byte(file.text()?))
    }

    fn go_to(&mut self, file: &Prepared, byte: usize) {
        if let Some(text) = file.text() {
            self.source.go_to(text, byte);
        }
    }

    fn go_to_number(&mut self, file: &Prepared, number: usize) {
        if let Some(text) = file.text() {
            let line = number.saturating_sub(1).min(text.len().saturating_sub(1));
            self.source.go_to(text, text.line(line).start);
        }
    }

    fn out(&mut self, _: &Prepared) -> bool {
        self.source.scroll_aside(false)
    }

    fn inwards(&mut self, _: &Prepared) -> bool {
        self.source.scroll_aside(true)
    }

    fn value(&self, file: &Prepared) -> Option<(String, &'static str)> {
        Some((self.source.line(file.text()?), "line"))
    }

    fn wanted(&mut self, file: &Prepared, shown: bool) -> Option<Job> {
        let text = file.text().filter(|_| shown)?;
        self.colours.wanted(text, self.source.lines_shown())
    }

    fn forget_asked(&mut self) {
        self.colours.forget_asked();
    }

    fn take(&mut self, _: &Prepared, done: Done) -> Option<Done> {
        match done {
            Done::Coloured(coloured) => self.colours.take(coloured),
            Done::Colourless => self.colours.never(),
            done => return Some(done),
        }
        None
    }
}
