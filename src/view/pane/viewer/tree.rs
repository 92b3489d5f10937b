//! JSON as a tree, or a tree for every line of JSON Lines.
//!
//! Lines, and values that the index of a large file has sealed, are looked into when they are
//! unfolded.

use std::ops::Range;
use std::sync::Arc;

use super::file_view::{Places, Viewing};
use crate::content::{Done, Job, Kind as FileKind, Prepared, Text};
use crate::text::json::{Index, Json, Kind, NodeId, Row, decode};
use crate::text::{sanitize, units};
use crate::view::tree_view::{Cursor, Document, LOOK, TreeRow, TreeView};
use crate::viewport::Motion;

/// Characters of a folded line that are shown.
const PREVIEW: usize = 300;

/// The text of a file with the index of all of it, where it is one value.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a Text,
    whole: Option<&'a Index>,
}

impl<'a> Source<'a> {
    /// Bytes of a root.
    fn span(self, root: usize) -> Range<usize> {
        let Some(index) = self.whole else { return self.text.line(root) };
        let (start, end) = Json::of_bytes(self.text.bytes(), index).span(NodeId::numbered(root));
        start..end
    }

    fn slice(self, root: usize) -> &'a [u8] {
        self.text.bytes().get(self.span(root)).unwrap_or_default()
    }
}

impl Document for Source<'_> {
    fn json<'a>(&'a self, root: usize, index: &'a Index) -> Json<'a> {
        Json::of_bytes(self.slice(root), index)
    }

    fn whole<'a>(&'a self, index: &'a Index) -> Json<'a> {
        Json::of_bytes(self.text.bytes(), index)
    }

    fn look_into(&self, root: usize, most: usize) -> Option<Index> {
        let slice = self.slice(root);
        (slice.len() <= most).then(|| Index::of_bytes(slice))
    }
}

#[derive(Debug, Clone, Default)]
pub struct JsonTree {
    /// There once it is made.
    tree: Option<TreeView>,
    /// Of a file that is one value.
    whole: Option<Arc<Index>>,
    /// The byte from which on it is no JSON.
    broken: Option<usize>,
    asked: bool,
    /// Where the reader wants to be once the tree is there.
    awaited: Option<usize>,
}

impl JsonTree {
    pub(super) fn of(file: &Prepared) -> Self {
        let mut view = Self::default();
        match (file.text(), file.index()) {
            (Some(text), _) if file.kind() == FileKind::JsonLines => {
                view.tree = Some(TreeView::lines(text.len()));
            }
            (Some(text), Some(index)) => view.plant(text, Arc::clone(index)),
            _ => {}
        }
        view
    }

    fn plant(&mut self, text: &Text, index: Arc<Index>) {
        let json = Json::of_bytes(text.bytes(), &index);
        let last = NodeId::numbered(index.node_count().saturating_sub(1));
        self.broken = (json.kind(last) == Kind::Broken).then(|| json.span(last).0);
        self.tree = Some(TreeView::whole(Arc::clone(&index)));
        self.whole = Some(index);
    }

    /// `None` as long as it is being made.
    pub fn tree(&self) -> Option<&TreeView> {
        self.tree.as_ref()
    }

    pub fn broken(&self) -> Option<usize> {
        self.broken
    }

    fn source<'a>(&'a self, file: &'a Prepared) -> Option<Source<'a>> {
        Some(Source { text: file.text()?, whole: self.whole.as_deref() })
    }

    /// The tree to be changed, and what it is of.
    fn parts<'a>(&'a mut self, file: &'a Prepared) -> Option<(&'a mut TreeView, Source<'a>)> {
        let source = Source { text: file.text()?, whole: self.whole.as_deref() };
        Some((self.tree.as_mut()?, source))
    }

    /// Rows that are on the screen.
    pub(super) fn rows(&self, file: &Prepared) -> Vec<TreeRow> {
        let Some((tree, source)) = self.tree.as_ref().zip(self.source(file)) else {
            return Vec::new();
        };
        tree.shown().map(|at| self.row(tree, source, at)).collect()
    }

    fn row(&self, tree: &TreeView, source: Source<'_>, at: Cursor) -> TreeRow {
        let row = tree.row(&source, at).map(|mut row| {
            if self.whole.is_none() && at.node == NodeId::ROOT {
                row.key = (at.root + 1).to_string();
            }
            row
        });
        let row = row.unwrap_or_else(|| folded_line(source, at.root));
        TreeRow::of(row, at == tree.cursor())
    }

    /// What the cursor is on: in words of the file, and in words of a root that is open.
    fn way(&self, file: &Prepared, words: fn(Json<'_>, NodeId) -> String) -> Option<[String; 2]> {
        let (tree, source) = (self.tree.as_ref()?, self.source(file)?);
        let at = tree.cursor();
        let inner = tree.part(at.root).and(tree.json(&source, at));
        let inner = inner.map_or_else(|| ".".to_owned(), |(json, node)| words(json, node));
        let whole = self.whole.as_deref().map(|index| source.whole(index));
        let outer = whole.map(|whole| words(whole, NodeId::numbered(at.root)));
        Some([outer.unwrap_or_default(), inner])
    }
}

impl Viewing for JsonTree {
    fn settle(&mut self, _: &Prepared, _columns: usize, height: usize, _wrap: bool) {
        if let Some(tree) = &mut self.tree {
            tree.settle(height);
        }
    }

    fn go(&mut self, _: &Prepared, motion: Motion) {
        if let Some(tree) = &mut self.tree {
            tree.go(motion);
        }
    }

    fn move_by(&mut self, _: &Prepared, by: isize) {
        if let Some(tree) = &mut self.tree {
            tree.move_by(by);
        }
    }

    fn places(&self) -> Places {
        Places::Text
    }

    /// Where the value under the cursor starts.
    fn place(&self, file: &Prepared) -> Option<usize> {
        let (Some(tree), source) = (&self.tree, self.source(file)?) else { return self.awaited };
        let at = tree.cursor();
        let inside = tree.part(at.root).and(tree.json(&source, at));
        Some(source.span(at.root).start + inside.map_or(0, |(json, node)| json.span(node).0))
    }

    /// Unfolds the way to the value that a byte is in.
    fn go_to(&mut self, file: &Prepared, byte: usize) {
        let is_whole = self.whole.is_some();
        let Some((tree, source)) = self.parts(file) else {
            self.awaited = Some(byte);
            return;
        };
        let root = if is_whole {
            tree.root_of_byte(&source, byte)
        } else {
            source.text.line_at(byte).min(tree.row_count().saturating_sub(1))
        };
        // The start of a root is the root itself, which need not be unfolded for it.
        let inside = byte.checked_sub(source.span(root).start).filter(|byte| *byte > 0);
        tree.reveal(&source, root, inside);
    }

    fn out(&mut self, file: &Prepared) -> bool {
        self.parts(file).is_some_and(|(tree, source)| tree.out(&source))
    }

    fn inwards(&mut self, file: &Prepared) -> bool {
        self.parts(file).is_some_and(|(tree, source)| tree.inwards(&source))
    }

    fn toggle_fold(&mut self, file: &Prepared) -> bool {
        let parts = self.parts(file);
        parts.map(|(tree, source)| tree.toggle_fold(&source)).is_some()
    }

    fn fold_all(&mut self, file: &Prepared, folded: bool) -> bool {
        self.parts(file).map(|(tree, source)| tree.fold_all(&source, folded)).is_some()
    }

    /// Without quotes and escapes.
    fn string(&self, file: &Prepared) -> Option<String> {
        let (tree, source) = (self.tree.as_ref()?, self.source(file)?);
        let (json, node) = tree.json(&source, tree.cursor())?;
        Some(decode(json.inner(node)?).into_owned())
    }

    /// Of a line its number comes first.
    fn breadcrumb(&self, file: &Prepared) -> Option<String> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is for one lifetime only"
        )]
        let [outer, inner] = self.way(file, |json, node| json.breadcrumb(node))?;
        let line = self.tree.as_ref()?.cursor().root + 1;
        Some(match (self.whole.is_some(), inner.as_str()) {
            (true, _) => joined(outer, &inner),
            (false, ".") => format!("line {line}"),
            (false, _) => format!("line {line} {inner}"),
        })
    }

    /// In a file of lines it starts in the line.
    fn path(&self, file: &Prepared) -> Option<String> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is for one lifetime only"
        )]
        let [outer, inner] = self.way(file, |json, node| json.path(node))?;
        Some(if self.whole.is_some() { joined(outer, &inner) } else { inner })
    }

    /// Text without quotes and escapes, everything else as it stands in the file.
    fn value(&self, file: &Prepared) -> Option<(String, &'static str)> {
        let (tree, source) = (self.tree.as_ref()?, self.source(file)?);
        let value = match tree.json(&source, tree.cursor()) {
            Some((json, node)) => json.value(node).into_owned(),
            None => source.text.decoded(source.span(tree.cursor().root)).into_owned(),
        };
        Some((value, "value"))
    }

    /// Made also while another view stands.
    fn wanted(&mut self, _: &Prepared, _shown: bool) -> Option<Job> {
        let misses = self.tree.is_none();
        (misses && !std::mem::replace(&mut self.asked, true)).then_some(Job::Index)
    }

    fn forget_asked(&mut self) {
        self.asked = false;
    }

    fn take(&mut self, file: &Prepared, done: Done) -> Option<Done> {
        let Done::Index(index) = done else { return Some(done) };
        if let Some(text) = file.text() {
            self.plant(text, index);
        }
        if let Some(byte) = self.awaited.take() {
            self.go_to(file, byte);
        }
        None
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
fn folded_line(source: Source<'_>, line: usize) -> Row {
    let bytes = source.span(line);
    let start = source.text.decoded(bytes.start..preview_end(source.text, &bytes));
    let mut row = Row {
        node: NodeId::ROOT,
        depth: 0,
        key: (line + 1).to_string(),
        kind: Kind::Object,
        preview: sanitize::preview(&start, PREVIEW),
        measure: units::bytes(bytes.len() as u64),
        folded: Some(true),
        whole: false,
    };
    if bytes.len() > LOOK {
        return row;
    }
    // Looking a line up again would cost as much as all the rest.
    let slice = source.text.bytes().get(bytes).unwrap_or_default();
    if slice.trim_ascii().is_empty() {
        return Row { folded: None, measure: String::new(), ..row };
    }
    let index = Index::of_bytes(slice);
    let json = Json::of_bytes(slice, &index);
    let root = json.row(NodeId::ROOT, true);
    if let Some(broken) = json.nodes().last().filter(|node| json.kind(*node) == Kind::Broken) {
        row.kind = Kind::Broken;
        row.preview = format!("broken at byte {}: {}", json.span(broken).0, row.preview);
    } else if root.folded.is_none() {
        (row.kind, row.preview, row.measure) = (root.kind, root.preview, root.measure);
    }
    row.folded = (index.node_count() > 1).then_some(true);
    row
}

fn preview_end(text: &Text, line: &Range<usize>) -> usize {
    let end = (line.start + 4 * PREVIEW).min(line.end);
    // Not in the middle of a character.
    let rest = text.bytes().get(end..line.end).unwrap_or_default();
    end + rest.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count()
}
