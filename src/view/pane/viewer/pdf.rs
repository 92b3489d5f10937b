//! The text of a PDF, page after page.

use std::sync::Arc;

use super::file_view::Viewing;
use super::source::SourceView;
use crate::content::{Done, Hits, Job, Pages, Pattern, Prepared, Text};
use crate::viewport::Motion;

#[derive(Debug, Clone, Default)]
pub struct PdfView {
    pages: Option<Arc<Pages>>,
    /// All pages, as lines.
    text: Option<Text>,
    source: SourceView,
    asked: bool,
}

impl PdfView {
    /// `None` as long as they are being read.
    pub fn pages(&self) -> Option<&Pages> {
        self.pages.as_deref()
    }

    /// The text that is read, and where.
    pub fn reading(&self) -> Option<(&Text, &SourceView)> {
        Some((self.text.as_ref()?, &self.source))
    }

    /// The page at the top of the screen, from one.
    pub fn page(&self) -> usize {
        let line = self.source.lines_shown().start;
        self.pages.as_ref().map_or(0, |pages| pages.page_at(line) + 1)
    }
}

impl Viewing for PdfView {
    fn settle(&mut self, _: &Prepared, columns: usize, height: usize, wrap: bool) {
        if let Some(text) = &self.text {
            self.source.settle(text, columns, height, wrap);
        }
    }

    fn go(&mut self, _: &Prepared, motion: Motion) {
        if let Some(text) = &self.text {
            self.source.go(text, motion);
        }
    }

    fn move_by(&mut self, _: &Prepared, by: isize) {
        if let Some(text) = &self.text {
            self.source.move_by(text, by);
        }
    }

    fn place(&self, _: &Prepared) -> Option<usize> {
        Some(self.source.byte(self.text.as_ref()?))
    }

    fn go_to(&mut self, _: &Prepared, byte: usize) {
        if let Some(text) = &self.text {
            self.source.go_to(text, byte);
        }
    }

    fn go_to_number(&mut self, _: &Prepared, page: usize) {
        let starts = self.pages.as_ref().map_or(&[][..], |pages| &pages.starts);
        let last = starts.len().saturating_sub(1);
        if let (Some(line), Some(text)) = (starts.get(page.saturating_sub(1).min(last)), &self.text)
        {
            self.source.go_to(text, text.line(*line).start);
        }
    }

    fn out(&mut self, _: &Prepared) -> bool {
        self.source.scroll_aside(false)
    }

    fn inwards(&mut self, _: &Prepared) -> bool {
        self.source.scroll_aside(true)
    }

    fn value(&self, _: &Prepared) -> Option<(String, &'static str)> {
        Some((self.source.line(self.text.as_ref()?), "line"))
    }

    fn text(&self, file: &Prepared) -> Option<String> {
        self.text.as_ref().or(file.text()).map(|text| text.whole().into_owned())
    }

    fn find(&self, pattern: &Pattern) -> Option<Hits> {
        self.pages()?;
        Some(Hits::in_short(pattern, self.text.as_ref().map_or(&b""[..], Text::bytes)))
    }

    fn wanted(&mut self, _: &Prepared, shown: bool) -> Option<Job> {
        let misses = shown && self.pages.is_none();
        (misses && !std::mem::replace(&mut self.asked, true)).then_some(Job::Read)
    }

    fn forget_asked(&mut self) {
        self.asked = false;
    }

    fn take(&mut self, _: &Prepared, done: Done) -> Option<Done> {
        let Done::Read(pages) = done else { return Some(done) };
        self.text = Some(Text::of_string(pages.text.clone())).filter(|text| !text.is_empty());
        self.pages = Some(pages);
        None
    }
}
