//! What is in an archive, row by row.

use std::ops::Range;
use std::sync::Arc;

use crate::content::{Listing, Pattern};

#[derive(Debug, Clone, Default)]
pub struct List {
    listing: Option<Arc<Listing>>,
    cursor: usize,
    top: usize,
    height: usize,
}

impl List {
    /// `None` as long as it is being made.
    pub fn listing(&self) -> Option<&Listing> {
        self.listing.as_deref()
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first entry on the screen.
    pub fn top(&self) -> usize {
        self.top
    }

    fn len(&self) -> usize {
        self.listing.as_ref().map_or(0, |listing| listing.entries.len())
    }

    pub(super) fn settle(&mut self, height: usize) {
        // Two rows say what the columns are, and what it is all together.
        self.height = height.saturating_sub(2).max(1);
        self.cursor = self.cursor.min(self.len().saturating_sub(1));
        self.top = self.top.clamp((self.cursor + 1).saturating_sub(self.height), self.cursor);
    }

    pub(super) fn move_by(&mut self, by: isize) {
        self.show(self.cursor.saturating_add_signed(by));
    }

    pub(super) fn show(&mut self, entry: usize) {
        self.cursor = entry.min(self.len().saturating_sub(1));
    }

    pub(super) fn take(&mut self, listing: Arc<Listing>) {
        self.listing = Some(listing);
    }

    /// The name under the cursor.
    pub(super) fn name(&self) -> Option<String> {
        Some(self.listing.as_ref()?.entries.get(self.cursor)?.name.clone())
    }

    /// Entries that something is in the name of, as if each were one place long.
    pub(super) fn find(&self, pattern: &Pattern) -> Vec<Range<usize>> {
        let entries = self.listing.iter().flat_map(|listing| &listing.entries).enumerate();
        let found = entries.filter(|(_, entry)| !pattern.places(&entry.name).is_empty());
        found.map(|(at, _)| at..at + 1).collect()
    }
}
