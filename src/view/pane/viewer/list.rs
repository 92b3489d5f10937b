//! What is in an archive, row by row.

use std::ops::Range;
use std::sync::Arc;

use super::file_view::Viewing;
use crate::content::{Done, Hits, Job, Listing, Pattern, Prepared};
use crate::viewport::{Motion, Viewport};

#[derive(Debug, Clone, Default)]
pub struct List {
    listing: Option<Arc<Listing>>,
    viewport: Viewport,
    asked: bool,
}

impl List {
    /// `None` as long as it is being made.
    pub fn listing(&self) -> Option<&Listing> {
        self.listing.as_deref()
    }

    pub fn viewport(&self) -> &Viewport {
        &self.viewport
    }

    fn len(&self) -> usize {
        self.listing.as_ref().map_or(0, |listing| listing.entries.len())
    }
}

impl Viewing for List {
    fn settle(&mut self, _: &Prepared, _columns: usize, height: usize, _wrap: bool) {
        // Two rows say what the columns are, and what it is all together.
        self.viewport.settle(self.len(), height.saturating_sub(2).max(1));
    }

    fn go(&mut self, _: &Prepared, motion: Motion) {
        self.viewport.go(motion, self.len());
    }

    fn move_by(&mut self, file: &Prepared, by: isize) {
        self.go_to(file, self.viewport.at().saturating_add_signed(by));
    }

    fn place(&self, _: &Prepared) -> Option<usize> {
        Some(self.viewport.at())
    }

    fn go_to(&mut self, _: &Prepared, entry: usize) {
        self.viewport.select(entry.min(self.len().saturating_sub(1)));
    }

    /// The name under the cursor.
    fn value(&self, _: &Prepared) -> Option<(String, &'static str)> {
        let entry = self.listing.as_ref()?.entries.get(self.viewport.at())?;
        Some((entry.name.clone(), "name"))
    }

    /// Entries that something is in the name of, as if each were one place long.
    fn find(&self, pattern: &Pattern) -> Option<Hits> {
        let entries = self.listing.as_ref()?.entries.iter().enumerate();
        let found = entries.filter(|(_, entry)| !pattern.places(&entry.name).is_empty());
        Some(Hits::of(found.map(|(at, _)| Range { start: at, end: at + 1 }).collect()))
    }

    fn wanted(&mut self, _: &Prepared, shown: bool) -> Option<Job> {
        let misses = shown && self.listing.is_none();
        (misses && !std::mem::replace(&mut self.asked, true)).then_some(Job::List)
    }

    fn forget_asked(&mut self) {
        self.asked = false;
    }

    fn take(&mut self, _: &Prepared, done: Done) -> Option<Done> {
        let Done::Listed(listing) = done else { return Some(done) };
        self.listing = Some(listing);
        None
    }
}
