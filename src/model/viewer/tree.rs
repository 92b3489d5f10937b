//! JSON as a tree, or a tree for every line of JSON Lines: folds, a cursor, paths.
//!
//! A line is looked at when it is on the screen and indexed to stay when it is unfolded, so that a
//! file of a million lines costs what is open of it.

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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    root: usize,
    node: NodeId,
}

#[derive(Debug, Clone)]
pub struct Tree {
    /// Values one below the other, and whether each is a line.
    roots: usize,
    lines: bool,
    open: BTreeMap<usize, Part>,
    cursor: Cursor,
    top: usize,
    height: usize,
}

impl Tree {
    pub(super) fn of_whole(index: &Arc<Index>, text: &Text) -> Self {
        let open = BTreeMap::from([(0, Part::new(Arc::clone(index), text.bytes()))]);
        let cursor = Cursor { root: 0, node: NodeId::ROOT };
        Self { roots: 1, lines: false, open, cursor, top: 0, height: 20 }
    }

    pub(super) fn of_lines(text: &Text) -> Self {
        let cursor = Cursor { root: 0, node: NodeId::ROOT };
        let roots = text.len();
        Self { roots, lines: true, open: BTreeMap::new(), cursor, top: 0, height: 20 }
    }

    /// Rows that are visible over the folds.
    pub fn len(&self) -> usize {
        self.roots + self.open.values().map(|part| part.outline.len() - 1).sum::<usize>()
    }

    pub fn is_empty(&self) -> bool {
        self.roots == 0
    }

    pub fn cursor_row(&self) -> usize {
        self.row_of(self.cursor)
    }

    /// The byte from which on it is no JSON.
    pub fn broken(&self) -> Option<usize> {
        self.open.get(&0).filter(|_| !self.lines)?.broken
    }

    fn row_of(&self, at: Cursor) -> usize {
        let before: usize =
            self.open.range(..at.root).map(|(_, part)| part.outline.len() - 1).sum();
        let inside = self.open.get(&at.root).map_or(0, |part| part.outline.row_of(at.node));
        at.root + before + inside
    }

    fn at_row(&self, row: usize) -> Cursor {
        let mut before = 0;
        for (root, part) in &self.open {
            let first = root + before;
            if row < first {
                break;
            }
            if let Some(node) = part.outline.at(row - first) {
                return Cursor { root: *root, node };
            }
            before += part.outline.len() - 1;
        }
        Cursor { root: row - before, node: NodeId::ROOT }
    }

    /// Bytes of one of the values.
    fn bytes(&self, text: &Text, root: usize) -> Range<usize> {
        if self.lines { text.line(root) } else { 0..text.bytes().len() }
    }

    fn slice<'a>(&self, text: &'a Text, root: usize) -> &'a [u8] {
        text.bytes().get(self.bytes(text, root)).unwrap_or_default()
    }

    fn json<'a>(&'a self, text: &'a Text, root: usize) -> Option<Json<'a>> {
        let part = self.open.get(&root)?;
        Some(Json::of_bytes(self.slice(text, root), &part.index))
    }

    /// Unfolds a line, which is looked at for that; says whether there is anything in it.
    fn open(&mut self, text: &Text, root: usize) -> bool {
        if self.open.contains_key(&root) {
            return true;
        }
        let bytes = self.slice(text, root);
        let part = Part::new(Arc::new(Index::of_bytes(bytes)), bytes);
        let holds = part.outline.len() > 1;
        if holds {
            self.open.insert(root, part);
        }
        holds
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
        let name = || if self.lines { (at.root + 1).to_string() } else { String::new() };
        let (Some(part), Some(json)) = (self.open.get(&at.root), self.json(text, at.root)) else {
            return TreeRow { selected: at == self.cursor, ..folded_line(text, at.root) };
        };
        let row = json.row(at.node, part.outline.is_folded(&part.index, at.node));
        TreeRow {
            depth: row.depth,
            key: if row.depth == 0 { name() } else { row.key },
            kind: row.kind,
            value: row.preview,
            measure: row.measure,
            folded: row.folded,
            masked: false,
            supplier: None,
            selected: at == self.cursor,
        }
    }

    pub(super) fn toggle_fold(&mut self, text: &Text) {
        let folded = self
            .part_here()
            .is_some_and(|part| !part.outline.is_folded(&part.index, self.cursor.node));
        self.fold(text, folded);
    }

    fn part_here(&self) -> Option<&Part> {
        self.open.get(&self.cursor.root)
    }

    /// Says whether there was something to fold.
    fn fold(&mut self, text: &Text, folded: bool) -> bool {
        let Cursor { root, node } = self.cursor;
        if self.lines && node == NodeId::ROOT {
            let there = self.open.contains_key(&root);
            return if folded {
                self.open.remove(&root).is_some()
            } else {
                !there && self.open(text, root)
            };
        }
        let Some(part) = self.open.get_mut(&root) else { return false };
        part.outline.fold(&part.index, node, folded)
    }

    /// All of one value; of lines those around the screen, because there may be millions.
    pub(super) fn fold_all(&mut self, text: &Text, folded: bool) {
        if self.lines && folded {
            self.open.clear();
            self.cursor.node = NodeId::ROOT;
            return;
        }
        if self.lines {
            let first = self.at_row(self.top).root;
            for root in first..(first + UNFOLDED).min(self.roots) {
                if self.bytes(text, root).len() <= LOOK {
                    self.open(text, root);
                }
            }
        }
        let cursor = self.cursor;
        for part in self.open.values_mut() {
            part.outline.fold_all(&part.index, folded);
        }
        if let Some(part) = self.open.get(&cursor.root) {
            let row = part.outline.row_of(cursor.node);
            self.cursor.node = part.outline.at(row).unwrap_or(cursor.node);
        }
    }

    /// Folds, else goes to what this is in; false when there is nothing further out.
    pub(super) fn out(&mut self, text: &Text) -> bool {
        let at_root = self.cursor.node == NodeId::ROOT;
        if at_root && !self.lines {
            return false;
        }
        if self.fold(text, true) {
            return true;
        }
        let parent =
            self.json(text, self.cursor.root).and_then(|json| json.parent(self.cursor.node));
        self.cursor.node = parent.unwrap_or(NodeId::ROOT);
        !at_root
    }

    /// Unfolds, else goes to the first value inside.
    pub(super) fn inwards(&mut self, text: &Text) {
        if self.fold(text, false) {
            return;
        }
        let child = self
            .json(text, self.cursor.root)
            .and_then(|json| json.children(self.cursor.node).next());
        self.cursor.node = child.unwrap_or(self.cursor.node);
    }

    /// The way to the cursor: of a line its number first.
    pub(super) fn breadcrumb(&self, text: &Text) -> String {
        let path = self.json(text, self.cursor.root).map(|json| json.breadcrumb(self.cursor.node));
        match (self.lines, path) {
            (true, Some(path)) if path != "." => format!("line {} {path}", self.cursor.root + 1),
            (true, _) => format!("line {}", self.cursor.root + 1),
            (false, path) => path.unwrap_or_default(),
        }
    }

    /// As jq takes it; in a file of lines it starts in the line.
    pub(super) fn path(&self, text: &Text) -> String {
        let json = self.json(text, self.cursor.root);
        json.map_or_else(|| ".".to_owned(), |json| json.path(self.cursor.node))
    }

    /// Text without quotes and escapes, everything else as it stands in the file.
    pub(super) fn value(&self, text: &Text) -> String {
        match self.json(text, self.cursor.root) {
            Some(json) => json.value(self.cursor.node).into_owned(),
            None => text.decoded(self.bytes(text, self.cursor.root)).into_owned(),
        }
    }

    /// The string under the cursor, without quotes and escapes; `None` where it is none.
    pub(super) fn string(&self, text: &Text) -> Option<String> {
        let json = self.json(text, self.cursor.root)?;
        let inner = json.inner(self.cursor.node)?;
        Some(decode(inner).into_owned())
    }

    /// Where the value under the cursor starts.
    pub(super) fn byte(&self, text: &Text) -> usize {
        let start = self.bytes(text, self.cursor.root).start;
        let inside =
            self.json(text, self.cursor.root).map_or(0, |json| json.span(self.cursor.node).0);
        start + inside
    }

    /// Unfolds the way to the value that a byte is in.
    pub(super) fn go_to(&mut self, text: &Text, byte: usize) {
        let root = if self.lines { text.line_at(byte) } else { 0 };
        self.cursor = Cursor { root, node: NodeId::ROOT };
        let start = self.bytes(text, root).start;
        // The start of a line is the line itself, which need not be unfolded for it.
        if root >= self.roots || (self.lines && byte <= start) || !self.open(text, root) {
            return;
        }
        let Some(node) = self.json(text, root).map(|json| json.node_at(byte - start)) else {
            return;
        };
        let way = self.json(text, root).map(|json| {
            let mut way: Vec<NodeId> =
                std::iter::successors(json.parent(node), |at| json.parent(*at)).collect();
            way.reverse();
            way
        });
        if let Some(part) = self.open.get_mut(&root) {
            for container in way.unwrap_or_default() {
                part.outline.fold(&part.index, container, false);
            }
        }
        self.cursor.node = node;
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
