//! A list of things over the panes, one of which is meant: bookmarks, uses of a file, types.
//!
//! Owns its items and how it scrolls; what an item is, the module of each list says. Start with
//! [`ItemList::go`]. The invariant: one of the items is selected while there are any.

use std::ops::Range;

use crate::viewport::{Motion, Viewport};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemList<T> {
    pub title: String,
    pub(super) items: Vec<T>,
    pub(super) viewport: Viewport,
}

impl<T> ItemList<T> {
    pub fn new(title: impl Into<String>, items: Vec<T>) -> Self {
        Self { title: title.into(), items, viewport: Viewport::default() }
    }

    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Row of the item that keys are about.
    pub fn at(&self) -> usize {
        self.viewport.at()
    }

    pub fn selected(&self) -> Option<&T> {
        self.items.get(self.at())
    }

    /// Rows on the screen.
    pub fn seen(&self) -> Range<usize> {
        self.viewport.seen(self.items.len())
    }

    /// Row of the screen's part that the selected item is on.
    pub fn cursor_row(&self) -> usize {
        self.viewport.cursor_row()
    }

    pub fn go(&mut self, motion: Motion) {
        self.viewport.go(motion, self.items.len());
    }

    pub fn settle(&mut self, height: usize) {
        self.viewport.settle(self.items.len(), height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewport::assert_scrolls;

    #[test]
    fn it_scrolls_as_every_list_does() {
        let list = ItemList::new("", (0..12).collect());
        assert_scrolls(list, |list| list.viewport, ItemList::<i32>::go, ItemList::settle);
    }
}
