//! One tree over any JSON: a cursor, folds, ways in and out, and the window on its rows.
//!
//! Owns which rows there are and which of them the cursor is on, not the text: that is a
//! [`Document`], which every step is given. Roots of a tree are named sections, lines of a file, or
//! the nodes of one value; each may have an index of its own, and what is too much to be indexed at
//! once is looked into when it is unfolded, so that a file of millions of values costs what is open
//! of it. Start with [`TreeView::sections`] and [`TreeView::settle`]. The invariant: the cursor is
//! on a row, and every open root is visible.

mod json_view;
mod row;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::text::json::{Index, Json, NodeId, Outline, Row};
use crate::viewport::{Motion, Viewport};

pub use json_view::{JsonLook, JsonView};
pub use row::{TreeRow, indent};

/// The text that a tree is of.
pub trait Document {
    /// What is in a root that has an index of its own.
    fn json<'a>(&'a self, root: usize, index: &'a Index) -> Json<'a>;

    /// The value whose nodes are the roots.
    fn whole<'a>(&'a self, index: &'a Index) -> Json<'a> {
        self.json(0, index)
    }

    /// Index of a root that has none yet; `None` where it is longer than so many bytes.
    fn look_into(&self, _root: usize, _most: usize) -> Option<Index> {
        None
    }
}

/// An index with folds.
#[derive(Debug, Clone)]
pub struct Part {
    pub index: Arc<Index>,
    pub outline: Outline,
}

impl Part {
    /// All of what is indexed.
    pub fn of(index: Arc<Index>) -> Self {
        let outline = Outline::new(&index, NodeId::ROOT, HashSet::new());
        Self { index, outline }
    }

    fn fold(&mut self, node: NodeId, folded: bool) -> bool {
        self.outline.fold(&self.index, node, folded)
    }

    pub fn is_folded(&self, node: NodeId) -> bool {
        self.outline.is_folded(&self.index, node)
    }

    /// The node, or the folded one that it is in.
    fn visible(&self, node: NodeId) -> NodeId {
        self.outline.at(self.outline.row_of(node)).unwrap_or(node)
    }

    /// Unfolds the way to the value that a byte is in, as far as the index goes.
    fn reveal(&mut self, json: Json<'_>, byte: usize) -> NodeId {
        let found = json.node_at(byte);
        let mut way: Vec<_> = std::iter::successors(Some(found), |at| json.parent(*at)).collect();
        way.reverse();
        for node in way {
            if json.index().is_sealed(node) {
                return node;
            }
            if node != found {
                self.outline.fold(json.index(), node, false);
            }
        }
        found
    }
}

#[derive(Debug, Clone)]
enum Roots {
    /// Named parts, always open, so many.
    Sections(usize),
    /// Lines of a text, so many.
    Lines(usize),
    /// The nodes of one value.
    Whole(Part),
}

/// A root, and a node in it where it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub root: usize,
    pub node: NodeId,
}

impl Cursor {
    fn at(root: usize) -> Self {
        Self { root, node: NodeId::ROOT }
    }
}

/// Roots that are unfolded together.
const UNFOLDED: usize = 200;
/// Longer roots are not looked into by the way.
pub const LOOK: usize = 64 * 1024;

#[derive(Debug, Clone)]
pub struct TreeView {
    roots: Roots,
    open: BTreeMap<usize, Part>,
    cursor: Cursor,
    viewport: Viewport,
}

impl TreeView {
    pub fn sections(parts: impl IntoIterator<Item = Part>) -> Self {
        let open: BTreeMap<_, _> = parts.into_iter().enumerate().collect();
        let first = open.get(&0).map_or(NodeId::ROOT, |part| part.outline.root());
        let cursor = Cursor { root: 0, node: first };
        Self { cursor, ..Self::new(Roots::Sections(open.len()), open) }
    }

    pub fn lines(count: usize) -> Self {
        Self::new(Roots::Lines(count), BTreeMap::new())
    }

    pub fn whole(index: Arc<Index>) -> Self {
        Self::new(Roots::Whole(Part::of(index)), BTreeMap::new())
    }

    fn new(roots: Roots, open: BTreeMap<usize, Part>) -> Self {
        Self { roots, open, cursor: Cursor::at(0), viewport: Viewport::expecting(20) }
    }

    fn roots(&self) -> usize {
        match &self.roots {
            Roots::Sections(count) | Roots::Lines(count) => *count,
            Roots::Whole(part) => part.outline.row_count(),
        }
    }

    /// The row of a root among the roots.
    fn row_of_root(&self, root: usize) -> usize {
        match &self.roots {
            Roots::Sections(_) | Roots::Lines(_) => root,
            Roots::Whole(part) => part.outline.row_of(NodeId::numbered(root)),
        }
    }

    fn root_at(&self, row: usize) -> usize {
        match &self.roots {
            Roots::Sections(_) | Roots::Lines(_) => row,
            Roots::Whole(part) => part.outline.at(row).map_or(0, NodeId::number),
        }
    }

    /// Rows that are visible over the folds.
    pub fn row_count(&self) -> usize {
        self.roots() + self.open.values().map(|part| part.outline.row_count() - 1).sum::<usize>()
    }

    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    pub fn cursor_row(&self) -> usize {
        self.row_of(self.cursor)
    }

    pub fn viewport(&self) -> &Viewport {
        &self.viewport
    }

    /// The root with its folds, where it is open.
    pub fn part(&self, root: usize) -> Option<&Part> {
        self.open.get(&root)
    }

    fn row_of(&self, at: Cursor) -> usize {
        let before = self.open.range(..at.root).map(|(_, part)| part.outline.row_count() - 1);
        let inside = self.open.get(&at.root).map_or(0, |part| part.outline.row_of(at.node));
        self.row_of_root(at.root) + before.sum::<usize>() + inside
    }

    pub fn at_row(&self, row: usize) -> Cursor {
        let mut before = 0;
        for (root, part) in &self.open {
            let first = self.row_of_root(*root) + before;
            if row < first {
                break;
            }
            if let Some(node) = part.outline.at(row - first) {
                return Cursor { root: *root, node };
            }
            before += part.outline.row_count() - 1;
        }
        Cursor::at(self.root_at(row.saturating_sub(before)))
    }

    /// What a cursor is on, as the innermost index knows it; `None` for a root that nobody looked
    /// into.
    pub fn json<'a>(
        &'a self,
        document: &'a impl Document,
        at: Cursor,
    ) -> Option<(Json<'a>, NodeId)> {
        match (self.open.get(&at.root), &self.roots) {
            (Some(part), _) => Some((document.json(at.root, &part.index), at.node)),
            (None, Roots::Whole(part)) => {
                Some((document.whole(&part.index), NodeId::numbered(at.root)))
            }
            (None, _) => None,
        }
    }

    /// What a row says, as deep as it is below its root; `None` for a root that nobody looked into.
    pub fn row(&self, document: &impl Document, at: Cursor) -> Option<Row> {
        let (json, node) = self.json(document, at)?;
        let Some(part) = self.open.get(&at.root) else {
            let Roots::Whole(part) = &self.roots else { return None };
            return Some(json.row(node, part.is_folded(node)));
        };
        let mut row = json.row(node, part.is_folded(node));
        let root = part.outline.root();
        row.depth = row.depth.saturating_sub(json.depth(root));
        if let Roots::Whole(part) = &self.roots {
            // It is called what it is called outside, and is as deep as it is there.
            let outside = document.whole(&part.index).row(NodeId::numbered(at.root), false);
            row.depth += outside.depth;
            if node == root {
                row.key = outside.key;
            }
        }
        Some(row)
    }

    /// The root has an inside that is not indexed before it is asked for.
    fn is_lazy(&self, root: usize) -> bool {
        match &self.roots {
            Roots::Sections(_) => false,
            Roots::Lines(_) => true,
            Roots::Whole(part) => part.index.is_sealed(NodeId::numbered(root)),
        }
    }

    /// Looks into a root for as long as it is unfolded; says whether there is anything in it.
    fn look_into(&mut self, document: &impl Document, root: usize, most: usize) -> bool {
        if !self.open.contains_key(&root)
            && self.is_lazy(root)
            && let Some(index) =
                document.look_into(root, most).filter(|index| index.node_count() > 1)
        {
            self.open.insert(root, Part::of(Arc::new(index)));
        }
        self.open.contains_key(&root)
    }

    /// Fits the window to the rows.
    pub fn settle(&mut self, height: usize) {
        self.viewport.select(self.cursor_row());
        self.viewport.settle(self.row_count(), height);
    }

    /// The same where more lines stand below the cursor's row, which are its own.
    pub fn settle_above(&mut self, below: usize, height: usize) {
        self.viewport.select(self.cursor_row() + below);
        self.viewport.settle(self.row_count() + below, height);
        self.viewport.select(self.cursor_row());
        self.viewport.settle(self.row_count() + below, height);
    }

    /// The rows on the screen.
    pub fn shown(&self) -> impl Iterator<Item = Cursor> {
        self.viewport.seen(self.row_count()).map(|row| self.at_row(row))
    }

    pub fn go(&mut self, motion: Motion) {
        if motion.scrolls().is_some() {
            self.viewport.select(self.cursor_row());
            self.viewport.go(motion, self.row_count());
            return self.select_row(self.viewport.at());
        }
        let row = motion.from(self.cursor_row(), self.row_count(), self.viewport.height());
        self.cursor = self.at_row(row);
    }

    pub fn move_by(&mut self, by: isize) {
        self.select_row(self.cursor_row().saturating_add_signed(by));
    }

    pub fn select_row(&mut self, row: usize) {
        self.cursor = self.at_row(row.min(self.row_count().saturating_sub(1)));
    }

    pub fn toggle_fold(&mut self, document: &impl Document) -> bool {
        self.fold(document, false) || self.fold(document, true)
    }

    /// Says whether there was something to fold.
    pub fn fold(&mut self, document: &impl Document, folded: bool) -> bool {
        let Cursor { root, node } = self.cursor;
        if self.is_lazy(root) && node == NodeId::ROOT {
            let there = self.open.contains_key(&root);
            return if folded {
                self.open.remove(&root).is_some()
            } else {
                !there && self.look_into(document, root, usize::MAX)
            };
        }
        if let Some(part) = self.open.get_mut(&root) {
            return part.fold(node, folded);
        }
        let Roots::Whole(part) = &mut self.roots else { return false };
        let node = NodeId::numbered(root);
        let done = part.fold(node, folded);
        if done && folded {
            let json = document.whole(&part.index);
            let behind = json.end(node).number();
            self.open.retain(|inner, _| *inner <= root || *inner >= behind);
        }
        done
    }

    /// Folds or unfolds everything. Of roots that have to be looked into only those around the
    /// screen are, because there may be millions.
    pub fn fold_all(&mut self, document: &impl Document, folded: bool) {
        let first = self.row_of_root(self.at_row(self.viewport.top()).root);
        if folded && !matches!(self.roots, Roots::Sections(_)) {
            self.open.clear();
            self.cursor.node = NodeId::ROOT;
        }
        if let Roots::Whole(part) = &mut self.roots {
            part.outline.fold_all(&part.index, folded);
            self.cursor.root = part.visible(NodeId::numbered(self.cursor.root)).number();
        }
        if !folded {
            for row in first..(first + UNFOLDED).min(self.roots()) {
                self.look_into(document, self.root_at(row), LOOK);
            }
        }
        for part in self.open.values_mut() {
            part.outline.fold_all(&part.index, folded);
        }
        if let Some(part) = self.open.get(&self.cursor.root) {
            self.cursor.node = part.visible(self.cursor.node);
        }
    }

    /// Folds, else goes to what this is in; false when there is nothing further out.
    pub fn out(&mut self, document: &impl Document) -> bool {
        let Cursor { root, node } = self.cursor;
        let top = self.open.get(&root).map_or(NodeId::ROOT, |part| part.outline.root());
        let outermost = match &self.roots {
            Roots::Sections(_) => node == top,
            Roots::Lines(_) => false,
            Roots::Whole(_) => self.cursor == Cursor::at(0),
        };
        if outermost {
            return false;
        }
        if self.fold(document, true) {
            return true;
        }
        let parent = self.json(document, self.cursor).and_then(|(json, node)| json.parent(node));
        let Some(parent) = parent else { return false };
        if self.open.contains_key(&root) {
            self.cursor.node = parent;
        } else {
            self.cursor = Cursor::at(parent.number());
        }
        true
    }

    /// Unfolds, else goes to the first value inside; false where there is none.
    pub fn inwards(&mut self, document: &impl Document) -> bool {
        if self.fold(document, false) {
            return true;
        }
        let Cursor { root, node } = self.cursor;
        let part = self.open.get(&root);
        if part.is_some_and(|part| part.outline.is_closed(node)) {
            return false;
        }
        let child =
            self.json(document, self.cursor).and_then(|(json, node)| json.children(node).next());
        let Some(child) = child else { return false };
        self.cursor = match part {
            Some(_) => Cursor { root, node: child },
            None => Cursor::at(child.number()),
        };
        true
    }

    /// The root that a byte of the whole value is in, unfolded as far as its index goes.
    pub fn root_of_byte(&mut self, document: &impl Document, byte: usize) -> usize {
        let Roots::Whole(part) = &mut self.roots else { return 0 };
        let index = Arc::clone(&part.index);
        part.reveal(document.whole(&index), byte).number()
    }

    /// Puts the cursor on a root, or on the value in it that a byte of the root is in.
    pub fn reveal(&mut self, document: &impl Document, root: usize, byte: Option<usize>) {
        self.cursor = Cursor::at(root);
        if let Some(byte) = byte
            && self.look_into(document, root, usize::MAX)
            && let Some(part) = self.open.get_mut(&root)
        {
            let index = Arc::clone(&part.index);
            self.cursor.node = part.reveal(document.json(root, &index), byte);
        }
        self.viewport.jump_to(self.cursor_row());
    }

    /// Puts the cursor on a node of a root, or on the folded one that it is in.
    pub fn select(&mut self, root: usize, node: NodeId) {
        let node = self.open.get(&root).map_or(node, |part| part.visible(node));
        self.cursor = Cursor { root, node };
    }

    /// Keeps what was at the top of the screen there.
    pub fn show_from(&mut self, row: usize) {
        self.viewport.show_from(row);
    }
}
