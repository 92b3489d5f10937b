//! One value as a row of a given width, and what is said of it below its row.
//!
//! Here is decided what a row has room for, because that decides what counts as seen; drawing adds
//! colours.

use super::{Arguments, schema};
use crate::model::masking::SHOWN_MASK;
use crate::model::origin::Origin;
use crate::text::json::{self, Kind, NodeId};
use crate::text::{sanitize, units, width, wrap};
use crate::view::reader::{self, Reader};
use crate::view::tree_view::{TreeRow, indent};

/// Columns for the names of the outermost values, in wide panes and in others.
const NAMES: (usize, usize) = (14, 11);
/// From so many columns on a pane is wide.
const WIDE: usize = 82;
/// Columns at the right, for origin and size.
const RIGHT: usize = 28;
/// The least that is worth to be said of a schema in a row.
const WORDS: usize = 10;
const DEPTH: usize = 2;
/// Strings longer than that have their size in bytes.
const COUNTED: usize = 4_096;
const KEY_CHARS: usize = 2_000;

/// A line of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Row(Box<TreeRow>),
    /// Of a value that its row has no room for, or of what is read from the top.
    Text(String),
    /// What the schema says of the value above, or what there is more of it.
    Note(String),
}

pub(super) struct ArgumentRow {
    pub line: TreeRow,
    /// All of the value is in it.
    pub fits: bool,
    /// All that the schema says, where the row has no room for it.
    schema: Option<String>,
    /// The key, where the row has no room for it.
    key: Option<String>,
}

/// What stands below the row under the cursor.
pub(super) struct Under {
    pub lines: Vec<Line>,
    /// The value is there to its end.
    pub whole: bool,
}

impl Arguments {
    pub(super) fn row(&self, node: NodeId) -> ArgumentRow {
        let (columns, json) = (self.room.0, self.json());
        let folds = self.view.tree.part(0);
        let row = json.row(node, folds.is_some_and(|part| part.is_folded(node)));
        let hidden = self.is_hidden(node);
        let is_root = row.depth == 0;
        let indent = indent(row.depth, columns);
        let (name, key_cut) = name(&row, columns);
        let origin = self.content.origins.origin(node);
        let (value, mut fits) = self.value_of(&row, hidden);
        let taken = 1 + indent.len() + 2 + width::width(&name);
        let room = columns.saturating_sub(taken + RIGHT + 1);
        fits &= width::width(&value) <= room && !key_cut;
        let sized = !hidden && (!fits || !row.measure.is_empty());
        let right = if is_root {
            String::new()
        } else {
            width::fit(&self.right(&row, origin, sized), RIGHT)
        };
        let words = self.schema.as_ref().and_then(|schema| schema::words(schema, json, node));
        let free = room.saturating_sub(width::width(&value) + 2);
        // Of a container its kind is on the screen already.
        let words = words.filter(|words| row.folded.is_none() || words.contains(" · "));
        let in_row = columns >= WIDE && free >= WORDS;
        let shown = words.as_deref().filter(|_| in_row && !is_root);
        let shown = shown.map(|words| width::truncate(words, free).into_owned());
        let whole = shown.as_deref() == words.as_deref();
        let line = TreeRow {
            depth: row.depth,
            folded: row.folded.filter(|_| !self.content.origins.is_masked(node)),
            key: name,
            gap: 0,
            kind: row.kind,
            value: width::truncate(&value, room).into_owned(),
            beside: shown.map(|words| format!("  {words}")).unwrap_or_default(),
            right,
            hidden,
            repeated: self.repeated.contains(&node),
            selected: node == self.cursor(),
        };
        let key = key_cut.then(|| match json.name(node) {
            json::Name::Key(key) => sanitize::preview(&key, KEY_CHARS),
            _ => String::new(),
        });
        ArgumentRow { line, fits, schema: words.filter(|_| !whole), key }
    }

    /// What a row says of the value, and whether that is all of it.
    fn value_of(&self, row: &json::Row, hidden: bool) -> (String, bool) {
        if hidden {
            return (SHOWN_MASK.to_owned(), true);
        }
        if !row.kind.is_container() {
            return (row.preview.clone(), row.whole);
        }
        if self.is_revealed(row.node) {
            let raw = self.json().raw(row.node);
            return (sanitize::preview(raw, KEY_CHARS), raw.len() <= KEY_CHARS);
        }
        // What is folded tells its size.
        let count = row.measure.split(' ').next().unwrap_or_default();
        let open = row.folded == Some(false);
        (if open { count.to_owned() } else { row.measure.clone() }, true)
    }

    fn right(&self, row: &json::Row, origin: Origin, sized: bool) -> String {
        let mut out =
            if row.kind.is_container() && self.content.origins.is_mixed(self.json(), row.node) {
                "mixed".to_owned()
            } else {
                origin.words().to_owned()
            };
        if self.is_revealed(row.node) {
            out.push_str(" · shown");
        }
        if self.repeated.contains(&row.node) {
            out = format!("key repeated · {out}");
        }
        if sized && !row.kind.is_container() {
            let inner = self.json().inner(row.node).filter(|inner| inner.len() <= COUNTED);
            let size =
                inner.map(|_| units::counted(self.json().value(row.node).chars().count(), "char"));
            let size = size.unwrap_or_else(|| row.measure.clone());
            if !size.is_empty() {
                out = format!("{out} · {size}");
            }
        }
        out
    }

    /// What the row under the cursor has no room for.
    pub(super) fn under_cursor(&self) -> Under {
        let (columns, height) = self.room;
        let node = self.cursor();
        let row = self.row(node);
        let indent = indent(row.line.depth, columns).len() + 3;
        let room = columns.saturating_sub(indent + 1).max(8);
        let pad = |line: &str| format!("{}{line}", " ".repeat(indent.min(columns / 2)));
        let mut notes = Vec::new();
        if let Some(words) = &row.schema {
            let (lines, _) = wrap::wrap(words, room, 2);
            notes.extend(lines.iter().map(|line| Line::Note(pad(line))));
        }
        let mut lines = Vec::new();
        if let Some(key) = &row.key {
            let (wrapped, _) = wrap::wrap(&format!("key: {key}"), room, 3);
            lines.extend(wrapped.iter().map(|line| Line::Note(pad(line))));
        }
        let left = height.saturating_sub(1 + lines.len());
        notes.truncate(left.saturating_sub(3));
        let left = left.saturating_sub(notes.len());
        let mut whole = row.fits;
        if !row.fits && !row.line.hidden {
            let mut reader = Reader::new(Some(node)).reading_at_once(columns * (height + 1));
            reader.settle(&self.content, room, left.max(1), true);
            let blob = row.line.kind == Kind::String && self.json().is_blob(node);
            whole = reader.is_at_end() && left > 0 && !blob;
            let shown = if whole { left } else { left.saturating_sub(1) };
            let shown = if blob { 0 } else { shown };
            let text = |line| match line {
                reader::Line::Heading(text) | reader::Line::Text(text) => Line::Text(pad(text)),
            };
            lines.extend(reader.shown().take(shown).map(text));
            if !whole && left > 0 {
                lines.push(Line::Note(pad("… Enter reads it whole")));
            }
        }
        lines.extend(notes);
        Under { lines, whole }
    }
}

/// The name in its columns, and whether it was cut.
fn name(row: &json::Row, columns: usize) -> (String, bool) {
    if row.depth == 0 {
        return (String::new(), false);
    }
    let names = if columns >= WIDE { NAMES.0 } else { NAMES.1 };
    let names = names.saturating_sub(DEPTH * (row.depth - 1));
    let (wide, most) = (width::width(&row.key), columns / 3);
    let cut = wide > most || row.key.chars().count() >= json::KEY_CHARS;
    if row.folded.is_some() {
        return (format!("{} ", width::truncate(&row.key, most)), cut);
    }
    (width::fit(&row.key, names.max((wide + 1).min(most))), cut)
}
