//! JSON as a tree, or a tree for every line of JSON Lines: folds, a cursor, paths.
//!
//! What is too much to be indexed at once is a root of its own: a line, or a value that the index
//! of a large file has sealed. It is looked into when it is unfolded, so that a file of millions of
//! values costs what is open of it. The invariant: every open root is visible.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::super::detail::TreeRow;
use crate::content::Text;
use crate::text::json::{Index, Json, Kind, NodeId, Outline, decode};
use crate::text::{sanitize, units};

/// Longer lines are not looked into before they are unfolded.
const LOOK: usize = 64 * 1024;
/// Characters of a folded line that are shown.
const PREVIEW: usize = 300;
/// Lines that are unfolded together.
const UNFOLDED: usize = 200;

/// One unfolded value.
#[derive(Debug, Clone)]
struct Part {
    index: Arc<Index>,
    outline: Outline,
    /// Where it stops being JSON, in bytes of the part.
    broken: Option<usize>,
}

impl Part {
    fn new(index: Arc<Index>, bytes: &[u8]) -> Self {
        let outline = Outline::new(&index, NodeId::ROOT, HashSet::new());
        let json = Json::of_bytes(bytes, &index);
        let last = json.nodes().last().filter(|node| json.kind(*node) == Kind::Broken);
        let broken = last.map(|node| json.span(node).0);
        Self { index, outline, broken }
    }

    /// Unfolds the way to the value that a byte is in, as far as the index goes.
    fn reveal(&mut self, bytes: &[u8], byte: usize) -> NodeId {
        let json = Json::of_bytes(bytes, &self.index);
        let found = json.node_at(byte);
        let mut way: Vec<NodeId> =
            std::iter::successors(Some(found), |at| json.parent(*at)).collect();
        way.reverse();
        for node in &way {
            if self.index.is_sealed(*node) {
                return *node;
            }
            if *node != found {
                self.outline.fold(&self.index, *node, false);
            }
        }
        found
    }
}

/// What the roots are.
#[derive(Debug, Clone)]
enum Base {
    /// Lines of the text, so many.
    Lines(usize),
    /// The nodes of one value.
    Whole(Part),
}

/// A root, by its line or by the number of its node, and a node in it where it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    root: usize,
    node: NodeId,
}

impl Cursor {
    fn at(root: usize) -> Self {
        Self { root, node: NodeId::ROOT }
    }
}

#[derive(Debug, Clone)]
pub struct Tree {
    base: Base,
    open: BTreeMap<usize, Part>,
    cursor: Cursor,
    top: usize,
    height: usize,
}

impl Tree {
    pub(super) fn of_whole(index: &Arc<Index>, text: &Text) -> Self {
        Self::of(Base::Whole(Part::new(Arc::clone(index), text.bytes())))
    }

    pub(super) fn of_lines(text: &Text) -> Self {
        Self::of(Base::Lines(text.len()))
    }

    fn of(base: Base) -> Self {
        Self { base, open: BTreeMap::new(), cursor: Cursor::at(0), top: 0, height: 20 }
    }

    fn roots(&self) -> usize {
        match &self.base {
            Base::Lines(count) => *count,
            Base::Whole(part) => part.outline.len(),
        }
    }

    /// The row of a root among the roots.
    fn row_of_root(&self, root: usize) -> usize {
        match &self.base {
            Base::Lines(_) => root,
            Base::Whole(part) => part.outline.row_of(NodeId::numbered(root)),
        }
    }

    fn root_at(&self, row: usize) -> usize {
        match &self.base {
            Base::Lines(_) => row,
            Base::Whole(part) => part.outline.at(row).map_or(0, NodeId::number),
        }
    }

    /// Rows that are visible over the folds.
    pub fn len(&self) -> usize {
        self.roots() + self.open.values().map(|part| part.outline.len() - 1).sum::<usize>()
    }

    pub fn is_empty(&self) -> bool {
        self.roots() == 0
    }

    pub fn cursor_row(&self) -> usize {
        self.row_of(self.cursor)
    }

    /// The byte from which on it is no JSON.
    pub fn broken(&self) -> Option<usize> {
        match &self.base {
            Base::Lines(_) => None,
            Base::Whole(part) => part.broken,
        }
    }

    fn row_of(&self, at: Cursor) -> usize {
        let before = self.open.range(..at.root).map(|(_, part)| part.outline.len() - 1);
        let inside = self.open.get(&at.root).map_or(0, |part| part.outline.row_of(at.node));
        self.row_of_root(at.root) + before.sum::<usize>() + inside
    }

    fn at_row(&self, row: usize) -> Cursor {
        let mut before = 0;
        for (root, part) in &self.open {
            let first = self.row_of_root(*root) + before;
            if row < first {
                break;
            }
            if let Some(node) = part.outline.at(row - first) {
                return Cursor { root: *root, node };
            }
            before += part.outline.len() - 1;
        }
        Cursor::at(self.root_at(row - before))
    }

    /// Bytes of a root.
    fn bytes(&self, text: &Text, root: usize) -> Range<usize> {
        match &self.base {
            Base::Lines(_) => text.line(root),
            Base::Whole(part) => {
                let json = Json::of_bytes(text.bytes(), &part.index);
                let (start, end) = json.span(NodeId::numbered(root));
                start..end
            }
        }
    }

    fn slice<'a>(&self, text: &'a Text, root: usize) -> &'a [u8] {
        text.bytes().get(self.bytes(text, root)).unwrap_or_default()
    }

    /// What a cursor is on, as the innermost index knows it; `None` for a folded line.
    fn json<'a>(&'a self, text: &'a Text, at: Cursor) -> Option<(Json<'a>, NodeId)> {
        if let Some(part) = self.open.get(&at.root) {
            return Some((Json::of_bytes(self.slice(text, at.root), &part.index), at.node));
        }
        self.whole(text).map(|whole| (whole, NodeId::numbered(at.root)))
    }

    fn whole<'a>(&'a self, text: &'a Text) -> Option<Json<'a>> {
        match &self.base {
            Base::Lines(_) => None,
            Base::Whole(part) => Some(Json::of_bytes(text.bytes(), &part.index)),
        }
    }

    /// The root has an inside of its own, which is not indexed before it is asked for.
    fn is_closed(&self, root: usize) -> bool {
        match &self.base {
            Base::Lines(_) => true,
            Base::Whole(part) => part.index.is_sealed(NodeId::numbered(root)),
        }
    }

    /// Looks into a root for as long as it is unfolded; says whether there is anything in it.
    fn open(&mut self, text: &Text, root: usize) -> bool {
        if !self.open.contains_key(&root) && self.is_closed(root) {
            let bytes = self.slice(text, root);
            let part = Part::new(Arc::new(Index::of_bytes(bytes)), bytes);
            if part.outline.len() > 1 {
                self.open.insert(root, part);
            }
        }
        self.open.contains_key(&root)
    }

    pub(super) fn settle(&mut self, height: usize) {
        self.height = height;
        let at = self.cursor_row();
        self.top = self.top.clamp((at + 1).saturating_sub(height), at);
        self.top = self.top.min(self.len().saturating_sub(height));
    }

    pub(super) fn move_by(&mut self, by: isize) {
        let row = self.cursor_row().saturating_add_signed(by);
        self.cursor = self.at_row(row.min(self.len().saturating_sub(1)));
        if by.unsigned_abs() > 1 {
            self.top = self.top.saturating_add_signed(by);
        }
    }

    pub(super) fn rows(&self, text: &Text) -> Vec<TreeRow> {
        let shown = self.top..(self.top + self.height).min(self.len());
        shown.map(|row| self.row(text, self.at_row(row))).collect()
    }

    fn row(&self, text: &Text, at: Cursor) -> TreeRow {
        let selected = at == self.cursor;
        let Some((json, node)) = self.json(text, at) else {
            return TreeRow { selected, ..folded_line(text, at.root) };
        };
        let part = self.open.get(&at.root);
        let folded = match (part, &self.base) {
            (Some(part), _) | (None, Base::Whole(part)) => {
                part.outline.is_folded(&part.index, node)
            }
            (None, Base::Lines(_)) => true,
        };
        let mut row = json.row(node, folded);
        if part.is_some() {
            // The root is called what it is called outside, and is as deep as it is there.
            let outside = self.whole(text).map(|whole| whole.row(NodeId::numbered(at.root), false));
            if node == NodeId::ROOT {
                let line = || (at.root + 1).to_string();
                row.key = outside.as_ref().map_or_else(line, |outside| outside.key.clone());
            }
            row.depth += outside.map_or(0, |outside| outside.depth);
        }
        TreeRow {
            depth: row.depth,
            key: row.key,
            kind: row.kind,
            value: row.preview,
            measure: row.measure,
            folded: row.folded,
            masked: false,
            supplier: None,
            selected,
        }
    }

    pub(super) fn toggle_fold(&mut self, text: &Text) {
        if !self.fold(text, false) {
            self.fold(text, true);
        }
    }

    /// Says whether there was something to fold.
    fn fold(&mut self, text: &Text, folded: bool) -> bool {
        let Cursor { root, node } = self.cursor;
        if let Some(part) = self.open.get_mut(&root).filter(|_| node != NodeId::ROOT) {
            return part.outline.fold(&part.index, node, folded);
        }
        if self.is_closed(root) {
            let there = self.open.contains_key(&root);
            return if folded {
                self.open.remove(&root).is_some()
            } else {
                !there && self.open(text, root)
            };
        }
        let Base::Whole(part) = &mut self.base else { return false };
        let node = NodeId::numbered(root);
        let done = part.outline.fold(&part.index, node, folded);
        if done && folded {
            let json = Json::of_bytes(text.bytes(), &part.index);
            let end = json.span(node).1;
            self.open
                .retain(|inner, _| *inner <= root || json.span(NodeId::numbered(*inner)).0 >= end);
        }
        done
    }

    /// All of one value. Of roots that have to be looked into only those around the screen,
    /// because there may be millions.
    pub(super) fn fold_all(&mut self, text: &Text, folded: bool) {
        let first = self.row_of_root(self.at_row(self.top).root);
        if folded {
            self.open.clear();
            self.cursor.node = NodeId::ROOT;
        }
        if let Base::Whole(part) = &mut self.base {
            part.outline.fold_all(&part.index, folded);
            let row = part.outline.row_of(NodeId::numbered(self.cursor.root));
            self.cursor.root = part.outline.at(row).map_or(0, NodeId::number);
        }
        if folded {
            return;
        }
        for row in first..(first + UNFOLDED).min(self.roots()) {
            let root = self.root_at(row);
            if self.is_closed(root) && self.bytes(text, root).len() <= LOOK {
                self.open(text, root);
            }
        }
        for part in self.open.values_mut() {
            part.outline.fold_all(&part.index, false);
        }
    }

    /// Folds, else goes to what this is in; false when there is nothing further out.
    pub(super) fn out(&mut self, text: &Text) -> bool {
        let at_root = self.cursor.node == NodeId::ROOT;
        if matches!(self.base, Base::Whole(_)) && self.cursor == Cursor::at(0) {
            return false;
        }
        if self.fold(text, true) {
            return true;
        }
        let parent = self.json(text, self.cursor).and_then(|(json, node)| json.parent(node));
        match (parent, at_root) {
            (Some(parent), true) => self.cursor = Cursor::at(parent.number()),
            (Some(parent), false) => self.cursor.node = parent,
            (None, _) => return false,
        }
        true
    }

    /// Unfolds, else goes to the first value inside.
    pub(super) fn inwards(&mut self, text: &Text) {
        if self.fold(text, false) {
            return;
        }
        let child =
            self.json(text, self.cursor).and_then(|(json, node)| json.children(node).next());
        match child {
            Some(child) if self.open.contains_key(&self.cursor.root) => self.cursor.node = child,
            Some(child) => self.cursor = Cursor::at(child.number()),
            None => {}
        }
    }

    /// The way to the cursor, for the heading: of a line its number first.
    pub(super) fn breadcrumb(&self, text: &Text) -> String {
        let inner = self.open.get(&self.cursor.root).and(self.json(text, self.cursor));
        let inner = inner.map_or_else(|| ".".to_owned(), |(json, node)| json.breadcrumb(node));
        match self.whole(text) {
            Some(whole) => joined(whole.breadcrumb(NodeId::numbered(self.cursor.root)), &inner),
            None if inner == "." => format!("line {}", self.cursor.root + 1),
            None => format!("line {} {inner}", self.cursor.root + 1),
        }
    }

    /// As jq takes it; in a file of lines it starts in the line.
    pub(super) fn path(&self, text: &Text) -> String {
        let inner = self.open.get(&self.cursor.root).and(self.json(text, self.cursor));
        let inner = inner.map_or_else(|| ".".to_owned(), |(json, node)| json.path(node));
        match self.whole(text) {
            Some(whole) => joined(whole.path(NodeId::numbered(self.cursor.root)), &inner),
            None => inner,
        }
    }

    /// Text without quotes and escapes, everything else as it stands in the file.
    pub(super) fn value(&self, text: &Text) -> String {
        match self.json(text, self.cursor) {
            Some((json, node)) => json.value(node).into_owned(),
            None => text.decoded(self.bytes(text, self.cursor.root)).into_owned(),
        }
    }

    /// The string under the cursor, without quotes and escapes; `None` where it is none.
    pub(super) fn string(&self, text: &Text) -> Option<String> {
        let (json, node) = self.json(text, self.cursor)?;
        Some(decode(json.inner(node)?).into_owned())
    }

    /// Where the value under the cursor starts.
    pub(super) fn byte(&self, text: &Text) -> usize {
        let start = self.bytes(text, self.cursor.root).start;
        let inside = self.open.get(&self.cursor.root).and(self.json(text, self.cursor));
        start + inside.map_or(0, |(json, node)| json.span(node).0)
    }

    /// Unfolds the way to the value that a byte is in.
    pub(super) fn go_to(&mut self, text: &Text, byte: usize) {
        let root = match &mut self.base {
            Base::Lines(count) => text.line_at(byte).min(count.saturating_sub(1)),
            Base::Whole(part) => part.reveal(text.bytes(), byte).number(),
        };
        self.cursor = Cursor::at(root);
        let start = self.bytes(text, root).start;
        // The start of a root is the root itself, which need not be unfolded for it.
        if self.is_empty() || byte <= start || !self.open(text, root) {
            self.center();
            return;
        }
        let slice = self.slice(text, root);
        if let Some(part) = self.open.get_mut(&root) {
            self.cursor.node = part.reveal(slice, byte - start);
        }
        self.center();
    }

    /// Brings the cursor into view with some of what is above it.
    fn center(&mut self) {
        let row = self.cursor_row();
        if !(self.top..self.top + self.height).contains(&row) {
            self.top = row.saturating_sub(self.height / 3);
        }
    }
}

/// A path, and one that starts where it ends.
fn joined(outer: String, inner: &str) -> String {
    match (outer.as_str(), inner) {
        (_, ".") => outer,
        (".", _) => inner.to_owned(),
        _ => format!(
            "{outer}{}",
            inner.strip_prefix('.').filter(|rest| rest.starts_with('[')).unwrap_or(inner)
        ),
    }
}

/// A line that nobody unfolded.
fn folded_line(text: &Text, line: usize) -> TreeRow {
    let bytes = text.line(line);
    let start = text.decoded(bytes.start..text_end(text, &bytes));
    let mut row = TreeRow {
        depth: 0,
        key: (line + 1).to_string(),
        kind: Kind::Object,
        value: sanitize::preview(&start, PREVIEW),
        measure: units::bytes(bytes.len() as u64),
        folded: Some(true),
        masked: false,
        supplier: None,
        selected: false,
    };
    if bytes.len() > LOOK {
        return row;
    }
    let slice = text.bytes().get(bytes).unwrap_or_default();
    if slice.trim_ascii().is_empty() {
        return TreeRow { folded: None, measure: String::new(), ..row };
    }
    let index = Index::of_bytes(slice);
    let json = Json::of_bytes(slice, &index);
    let root = json.row(NodeId::ROOT, true);
    if let Some(broken) = json.nodes().last().filter(|node| json.kind(*node) == Kind::Broken) {
        row.kind = Kind::Broken;
        row.value = format!("broken at byte {}: {}", json.span(broken).0, row.value);
    } else if root.folded.is_none() {
        (row.kind, row.value, row.measure) = (root.kind, root.preview, root.measure);
    }
    row.folded = (index.len() > 1).then_some(true);
    row
}

fn text_end(text: &Text, line: &Range<usize>) -> usize {
    let end = (line.start + 4 * PREVIEW).min(line.end);
    // Not in the middle of a character.
    let rest = text.bytes().get(end..line.end).unwrap_or_default();
    end + rest.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count()
}
