//! The arguments of a waiting call, read: a tree of the exact text, the same text raw, or one value
//! whole; what of it was on the screen; what must not be shown.
//!
//! Knows nothing of the answer. Start with [`Arguments::settle`], which lays out the screen. The
//! invariant: a masked value leaves here, to the screen or to the clipboard, as a mask, but for the
//! one that somebody asked to see, for as long as that lasts.

mod content;
mod repeated;
mod row;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::action::Action;
use crate::api::agent::ToolConfiguration;
use crate::api::{Event, Exact, Timestamp, ToolId};
use crate::model::masking::MASK;
use crate::model::origin::Origins;
use crate::text::json::{Json, Kind, NodeId};
use crate::view::KeyNames;
use crate::view::reader::{self, Reader};
use crate::view::tree_view::{JsonLook, JsonView};
use crate::viewport::Motion;
use content::Content;

pub use row::Line;

/// A masked value shown in clear for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reveal {
    node: NodeId,
    until: Timestamp,
}

/// Cheap to clone but for the list of visible rows.
#[derive(Clone)]
pub struct Arguments {
    content: Content,
    /// What [`Origins`] was made from.
    input: Option<Event>,
    configuration: Option<ToolConfiguration>,
    schema: Option<Arc<Value>>,
    /// Members whose key comes more than once in their object.
    repeated: Arc<HashSet<NodeId>>,
    /// A value is read whole, or all of the text raw.
    view: JsonView<Option<NodeId>>,
    reveal: Option<Reveal>,
    /// Values that were on the screen to their end.
    seen: HashSet<NodeId>,
    counts: Counts,
    /// Columns and rows for the content.
    room: (usize, usize),
    screen: Vec<Line>,
}

/// Not a byte of what may be secret.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments")
            .field("text", &self.content.text)
            .field("cursor", &self.cursor())
            .field("look", &self.look())
            .finish_non_exhaustive()
    }
}

impl Arguments {
    /// With nothing known of their origin, so that everything is masked.
    pub fn new(text: Exact) -> Self {
        let content = Content::new(text);
        Self {
            repeated: Arc::new(repeated::of(content.json())),
            counts: Counts::of(&content),
            view: JsonView::new(JsonLook::Tree, content.tree(), Reader::new(None)),
            content,
            input: None,
            configuration: None,
            schema: None,
            reveal: None,
            seen: HashSet::new(),
            room: (80, 20),
            screen: Vec::new(),
        }
    }

    /// Takes over what the service says now; nothing changes where that is the same.
    pub fn replace(&mut self, text: &Exact) {
        if self.content.text != *text {
            let (input, configuration) = (self.input.take(), self.configuration.take());
            let schema = self.schema.take();
            *self = Self::new(text.clone());
            self.schema = schema;
            if let Some(input) = input {
                self.learn(&input, configuration.as_ref());
            }
        }
    }

    /// Tells where the values came from: the `tool_input` event of the call, and how its tool is
    /// configured.
    pub fn learn(&mut self, input: &Event, configuration: Option<&ToolConfiguration>) {
        if self.input.as_ref() == Some(input) && self.configuration.as_ref() == configuration {
            return;
        }
        self.input = Some(input.clone());
        self.configuration = configuration.cloned();
        let schema = configuration.and_then(|tool| {
            ["input_schema", "parameters"].into_iter().find_map(|name| tool.extra.get(name))
        });
        if let Some(schema) = schema {
            self.schema = Some(Arc::new(schema.clone()));
        }
        let origins = Origins::of(self.json(), Some(input), configuration);
        if origins == *self.content.origins {
            return;
        }
        let before = std::mem::replace(&mut self.content.origins, Arc::new(origins));
        self.counts = Counts::of(&self.content);
        // A mask that was seen is not the value, and the other way round.
        let (json, origins) = (self.content.json(), &self.content.origins);
        self.seen.retain(|node| {
            json.count(*node) == 0 && before.is_masked(*node) == origins.is_masked(*node)
        });
        self.reveal = None;
        let (cursor, top) = (self.cursor(), self.view.tree.viewport().top());
        self.view = JsonView::new(self.view.look, self.content.tree(), Reader::new(None));
        self.view.tree.show_from(top);
        self.view.tree.select(0, cursor);
    }

    /// Tells what the tool takes.
    pub fn set_schema(&mut self, schema: Arc<Value>) {
        self.schema = Some(schema);
    }

    /// The tool behind the configuration, where that names one.
    pub fn tool(&self) -> Option<ToolId> {
        self.configuration.as_ref()?.tool_id.as_deref().map(ToolId::from)
    }

    fn json(&self) -> Json<'_> {
        self.content.json()
    }

    fn cursor(&self) -> NodeId {
        self.view.tree.cursor().node
    }

    /// Keys of the outermost object.
    pub fn keys(&self) -> usize {
        self.json().count(NodeId::ROOT)
    }

    pub fn masked(&self) -> usize {
        self.counts.masked
    }

    /// Nothing is known of where the values came from.
    pub fn is_of_unknown_origin(&self) -> bool {
        self.input.is_none()
    }

    /// Values that were never on the screen to their end; what lies in folds is among them.
    pub fn unseen(&self) -> usize {
        self.counts.values.saturating_sub(self.seen.len())
    }

    /// The key that brings what was not on the screen, and what it does.
    pub fn way_to_unseen(&self, keys: &KeyNames) -> String {
        let (down, up) = (keys.of(Action::Down, "j"), keys.of(Action::Up, "k"));
        if let Some(page) = self.view.page() {
            return if page.is_at_end() {
                "Esc leads back".to_owned()
            } else {
                format!("{down} reads on")
            };
        }
        let (tree, node) = (&self.view.tree, self.cursor());
        let last = tree.cursor_row() + 1 == tree.row_count();
        match self.view.look {
            JsonLook::Raw => format!("{} shows the tree", keys.of(Action::NextLook, "zv")),
            _ if self.content.is_value(node) && !self.seen.contains(&node) => {
                "Enter reads it".to_owned()
            }
            _ if !last => format!("{down} shows them"),
            _ if tree.row_count() < self.counts.rows => {
                format!("{} unfolds them", keys.of(Action::UnfoldAll, "zR"))
            }
            _ => format!("{up} shows them"),
        }
    }

    pub fn look(&self) -> JsonLook {
        self.view.look
    }

    /// The one value that is shown whole, for the heading: its path.
    pub fn page(&self) -> Option<String> {
        self.view.page().map(|_| self.json().breadcrumb(self.cursor()))
    }

    /// What is read from the top now: first line, lines so far, whether that is all.
    pub fn position(&self) -> Option<(usize, usize, bool)> {
        let reader = self.view.reader()?;
        Some((reader.top(), reader.line_count(), reader.is_complete()))
    }

    /// What is on the screen, as [`Self::settle`] laid it out.
    pub fn screen(&self) -> &[Line] {
        &self.screen
    }

    /// Rows that there would be something for, whichever value the cursor is on.
    pub fn wanted_rows(&self) -> usize {
        const READABLE: usize = 60;
        if self.view.in_tree() {
            self.view.tree.row_count().max(self.content.text.text().len() / READABLE)
        } else {
            usize::from(u16::MAX)
        }
    }

    fn is_revealed(&self, node: NodeId) -> bool {
        self.reveal.is_some_and(|reveal| reveal.node == node)
    }

    /// The value of a node must not be shown now.
    fn is_hidden(&self, node: NodeId) -> bool {
        self.content.origins.is_masked(node) && !self.is_revealed(node)
    }

    /// Tells the room that there is and the time; lays out the screen and notes what is on it.
    pub fn settle(&mut self, columns: usize, height: usize, now: Timestamp) {
        self.room = (columns.max(1), height.max(1));
        self.reveal = self.reveal.filter(|reveal| reveal.until > now);
        if self.paged().is_some_and(|node| self.is_hidden(node)) {
            self.view.back();
        }
        if self.view.settle_reader(&self.content, self.room, true) {
            self.lay_out_text();
        } else {
            self.lay_out_tree();
        }
    }

    /// The value that is shown whole.
    fn paged(&self) -> Option<NodeId> {
        *self.view.page()?.what()?
    }

    fn lay_out_text(&mut self) {
        let Some(reader) = self.view.reader() else { return };
        let text = |line| match line {
            reader::Line::Heading(text) | reader::Line::Text(text) => Line::Text(text.to_owned()),
        };
        self.screen = reader.shown().map(text).collect();
        if reader.is_at_end() {
            self.seen.extend(self.paged());
        }
    }

    fn lay_out_tree(&mut self) {
        let height = self.room.1;
        let under = self.under_cursor();
        self.view.tree.settle_above(under.lines.len(), height);
        let at = self.view.tree.cursor_row();
        let mut screen = Vec::new();
        for row in self.view.tree.viewport().top()..self.view.tree.row_count() {
            if screen.len() >= height {
                break;
            }
            let node = self.view.tree.at_row(row).node;
            let shown = self.row(node);
            if self.content.is_value(node) && (shown.fits || row == at && under.whole) {
                self.seen.insert(node);
            }
            screen.push(Line::Row(Box::new(shown.line)));
            if row == at {
                screen.extend(under.lines.iter().cloned());
            }
        }
        screen.truncate(height);
        self.screen = screen;
    }

    /// Moves the cursor, or the text that is read.
    pub fn go(&mut self, motion: Motion) {
        let top = self.view.tree.viewport().top();
        let rows = self.screen.iter().filter(|line| matches!(line, Line::Row(_))).count();
        self.view.go(motion);
        let is_page = motion.rows(self.room.1).is_some_and(|rows| rows.unsigned_abs() > 1);
        while self.view.in_tree() && is_page && self.passes_over(&(top..top + rows)) {
            self.view.tree.move_by(if motion.is_forward() { -1 } else { 1 });
        }
    }

    /// What stands below the cursor's row takes the place of rows next to those that were seen.
    fn passes_over(&self, seen: &Range<usize>) -> bool {
        let row = self.view.tree.cursor_row();
        if seen.contains(&row) {
            return false;
        }
        let rows = self.room.1.saturating_sub(self.under_cursor().lines.len()).max(1);
        row + 1 > seen.end + rows || row + rows < seen.start
    }

    /// The tree, or the text as it was received.
    pub fn next_look(&mut self) {
        self.view.show(if self.look() == JsonLook::Raw { JsonLook::Tree } else { JsonLook::Raw });
    }

    /// Enter: folds or unfolds a container; shows a value whole that its row does not.
    pub fn enter(&mut self) {
        if self.view.in_tree() && !self.toggle_fold() {
            let node = self.cursor();
            if !self.is_hidden(node) && !self.row(node).fits {
                self.view.open(Some(node));
            }
        }
    }

    /// `l`: unfolds, else goes to the first value inside, or does the same as Enter.
    pub fn inwards(&mut self) {
        if self.view.in_tree() && !self.view.tree.inwards(&self.content) {
            self.enter();
        }
    }

    /// `h`: leaves what is read, folds, or goes to what this is in.
    pub fn out(&mut self) {
        if !self.view.out(&self.content) && self.view.in_tree() {
            self.view.tree.fold(&self.content, true);
        }
    }

    /// Leaves the value that is shown whole; false when there is none.
    pub fn back(&mut self) -> bool {
        self.view.back()
    }

    pub fn toggle_fold(&mut self) -> bool {
        self.view.toggle_fold(&self.content)
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.view.fold_all(&self.content, folded);
    }

    /// Shows the masked value under the cursor until then; false when it is not masked.
    pub fn reveal(&mut self, until: Timestamp) -> bool {
        let masked = self.content.origins.is_masked(self.cursor()) && self.view.in_tree();
        if masked {
            self.reveal = Some(Reveal { node: self.cursor(), until });
        }
        masked
    }

    pub fn revealed_until(&self) -> Option<Timestamp> {
        self.reveal.map(|reveal| reveal.until)
    }

    /// Path of the value under the cursor in the arguments, as jq writes it.
    pub fn path(&self) -> String {
        self.json().path(self.cursor())
    }

    /// The value under the cursor: text as text, everything else as received. Masked, also while
    /// it is shown: what is copied stays.
    pub fn value(&self) -> String {
        let (json, node) = (self.json(), self.cursor());
        if self.content.origins.is_masked(node) {
            MASK.to_owned()
        } else if json.kind(node) == Kind::String {
            json.value(node).into_owned()
        } else {
            self.content.masked(json.span(node))
        }
    }

    /// Paths of what is masked, as jq writes them but for the dot before a name.
    pub fn masked_paths(&self) -> Vec<String> {
        let path = |node| {
            let path = self.json().path(node);
            path.strip_prefix('.').map(str::to_owned).unwrap_or(path)
        };
        self.content.origins.masked().map(path).collect()
    }

    /// The masked values in clear, as JSON: to find and mask them in what repeats them, such as an
    /// answer, and for nothing else.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.content.origins.masked().map(|node| self.json().raw(node))
    }

    /// The exact text, but for masks.
    pub fn masked_text(&self) -> String {
        self.content.masked(self.json().span(NodeId::ROOT))
    }
}

/// Counted once, because arguments may be of many megabytes.
#[derive(Clone, Copy)]
struct Counts {
    /// Values that there are; a masked one counts as one.
    values: usize,
    masked: usize,
    /// Rows that there are with everything unfolded.
    rows: usize,
}

impl Counts {
    fn of(content: &Content) -> Self {
        let json = content.json();
        let mut marks = content.origins.masked().peekable();
        let mut counts = Self { values: 0, masked: 0, rows: 0 };
        let mut behind = NodeId::ROOT;
        for node in json.nodes() {
            if node < behind {
                continue;
            }
            counts.rows += 1;
            if marks.next_if_eq(&node).is_some() {
                behind = json.end(node);
                counts.masked += 1;
                counts.values += 1;
            } else if json.count(node) == 0 {
                counts.values += 1;
            }
        }
        counts
    }
}
