//! The text of a PDF, page after page.

use std::sync::Arc;

use super::source::Source;
use crate::content::{Pages, Text};

#[derive(Debug, Clone, Default)]
pub struct Document {
    pages: Option<Arc<Pages>>,
    text: Option<Text>,
    pub(super) source: Source,
}

impl Document {
    /// `None` as long as they are being read.
    pub fn pages(&self) -> Option<&Pages> {
        self.pages.as_deref()
    }

    /// All pages, as lines.
    pub fn text(&self) -> Option<&Text> {
        self.text.as_ref()
    }

    /// The page at the top of the screen, from one.
    pub fn page(&self) -> usize {
        let line = self.source.lines_shown().start;
        self.pages.as_ref().map_or(0, |pages| pages.page_at(line) + 1)
    }

    pub(super) fn take(&mut self, pages: Arc<Pages>) {
        self.text = Some(Text::of_string(pages.text.clone())).filter(|text| !text.is_empty());
        self.pages = Some(pages);
    }

    /// To the start of a page, from one.
    pub(super) fn go_to_page(&mut self, page: usize) {
        let starts = self.pages.as_ref().map_or(&[][..], |pages| &pages.starts);
        let last = starts.len().saturating_sub(1);
        if let (Some(line), Some(text)) = (starts.get(page.saturating_sub(1).min(last)), &self.text)
        {
            self.source.go_to(text, text.line(*line).start);
        }
    }
}
