//! A tree, the same text raw, and one value shown whole: what detail and arguments have in common.
//!
//! Owns which of them is looked at, and sends every step there. What may be shown whole is decided
//! by whoever [opens](JsonView::open) it.

use super::{Document, TreeView};
use crate::view::reader::{Pieces, Reader};
use crate::viewport::Motion;

/// How it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonLook {
    Rendered,
    Tree,
    Raw,
}

impl JsonLook {
    pub fn word(self) -> &'static str {
        match self {
            Self::Rendered => "rendered",
            Self::Tree => "tree",
            Self::Raw => "raw",
        }
    }
}

#[derive(Debug, Clone)]
pub struct JsonView<P> {
    pub look: JsonLook,
    pub tree: TreeView,
    raw: Reader<P>,
    /// A value that is shown whole.
    page: Option<Reader<P>>,
}

impl<P> JsonView<P> {
    pub fn new(look: JsonLook, tree: TreeView, raw: Reader<P>) -> Self {
        Self { look, tree, raw, page: None }
    }

    pub fn in_tree(&self) -> bool {
        self.page.is_none() && self.look == JsonLook::Tree
    }

    /// The value that is shown whole.
    pub fn page(&self) -> Option<&Reader<P>> {
        self.page.as_ref()
    }

    /// What is read from the top now.
    pub fn reader(&self) -> Option<&Reader<P>> {
        self.page.as_ref().or((self.look == JsonLook::Raw).then_some(&self.raw))
    }

    fn reader_mut(&mut self) -> Option<&mut Reader<P>> {
        match (&mut self.page, self.look) {
            (Some(page), _) => Some(page),
            (None, JsonLook::Raw) => Some(&mut self.raw),
            (None, _) => None,
        }
    }

    /// Shows a value whole.
    pub fn open(&mut self, what: P) {
        self.page = Some(Reader::new(what));
    }

    /// Leaves the value that is shown whole; false when there is none.
    pub fn back(&mut self) -> bool {
        self.page.take().is_some()
    }

    pub fn show(&mut self, look: JsonLook) {
        self.page = None;
        self.look = look;
    }

    /// Fits what is read to the pane; false where that is the tree, or none of the two.
    pub fn settle_reader(
        &mut self,
        pieces: &impl Pieces<Part = P>,
        (columns, height): (usize, usize),
        wrap: bool,
    ) -> bool {
        let Some(reader) = self.reader_mut() else { return false };
        // A column on each side stays free.
        reader.settle(pieces, columns.saturating_sub(2), height, wrap);
        true
    }

    pub fn go(&mut self, motion: Motion) {
        match self.reader_mut() {
            Some(reader) => reader.go(motion),
            None => self.tree.go(motion),
        }
    }

    /// Says whether there was something to fold.
    pub fn toggle_fold(&mut self, document: &impl Document) -> bool {
        self.in_tree() && self.tree.toggle_fold(document)
    }

    pub fn fold_all(&mut self, document: &impl Document, folded: bool) {
        if self.in_tree() {
            self.tree.fold_all(document, folded);
        }
    }

    /// Leaves what is read, folds, or goes to what this is in; false when there is nothing further
    /// out.
    pub fn out(&mut self, document: &impl Document) -> bool {
        self.back() || self.look == JsonLook::Tree && self.tree.out(document)
    }
}
