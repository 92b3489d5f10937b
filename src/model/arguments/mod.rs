//! The arguments of a waiting call, read: a tree of the exact text, the same text raw, or one value
//! whole; what of it was on the screen; what must not be shown.
//!
//! Knows nothing of the answer. Start with [`Arguments::settle`], which lays out the screen. The
//! invariant: a masked value leaves here, to the screen or to the clipboard, as a mask, but for the
//! one that somebody asked to see, for as long as that lasts.

mod reading;
mod repeated;
mod row;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::api::agent::ToolConfiguration;
use crate::api::{Event, Exact, Timestamp, ToolId};
use crate::text::json::{Index, Json, Kind, NodeId, Outline};

use super::detail::Look;
use super::masking::MASK;
use super::origin::Origins;
use reading::Reading;

pub use row::{Line, RowLine};

/// A masked value shown in clear for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reveal {
    node: NodeId,
    until: Timestamp,
}

/// Cheap to clone but for the list of visible rows.
#[derive(Clone)]
pub struct Arguments {
    text: Exact,
    index: Arc<Index>,
    /// What [`Origins`] was made from.
    input: Option<Event>,
    configuration: Option<ToolConfiguration>,
    origins: Arc<Origins>,
    schema: Option<Arc<Value>>,
    /// Members whose key comes more than once in their object.
    repeated: Arc<HashSet<NodeId>>,
    outline: Outline,
    cursor: NodeId,
    /// First row of the tree on the screen.
    top: usize,
    look: Look,
    raw: Reading,
    /// A value that is shown whole.
    page: Option<Reading>,
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
            .field("text", &self.text)
            .field("cursor", &self.cursor)
            .field("look", &self.look)
            .finish_non_exhaustive()
    }
}

impl Arguments {
    /// With nothing known of their origin, so that everything is masked.
    pub fn new(text: Exact) -> Self {
        let index = Index::of(text.text());
        let json = Json::new(text.text(), &index);
        let origins = Origins::of(json, None, None);
        let repeated = Arc::new(repeated::of(json));
        let outline = Outline::new(&index, NodeId::ROOT, origins.masked().collect());
        let counts = Counts::of(json, &origins);
        Self {
            index: Arc::new(index),
            text,
            input: None,
            configuration: None,
            origins: Arc::new(origins),
            schema: None,
            repeated,
            outline,
            cursor: NodeId::ROOT,
            top: 0,
            look: Look::Tree,
            raw: Reading::of(None),
            page: None,
            reveal: None,
            seen: HashSet::new(),
            counts,
            room: (80, 20),
            screen: Vec::new(),
        }
    }

    /// Takes over what the service says now; nothing changes where that is the same.
    pub fn replace(&mut self, text: &Exact) {
        if self.text != *text {
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
        if origins == *self.origins {
            return;
        }
        let before = std::mem::replace(&mut self.origins, Arc::new(origins));
        let json = Json::new(self.text.text(), &self.index);
        self.counts = Counts::of(json, &self.origins);
        // A mask that was seen is not the value, and the other way round.
        let origins = &self.origins;
        self.seen.retain(|node| {
            json.count(*node) == 0 && before.is_masked(*node) == origins.is_masked(*node)
        });
        self.reveal = None;
        self.page = None;
        self.raw = Reading::of(None);
        self.outline = Outline::new(&self.index, NodeId::ROOT, self.origins.masked().collect());
        self.cursor = self.outline.at(self.outline.row_of(self.cursor)).unwrap_or(NodeId::ROOT);
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
        Json::new(self.text.text(), &self.index)
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
    pub fn way_to_unseen(&self) -> &'static str {
        if let Some(page) = self.page.as_ref() {
            return if page.at_end() { "Esc leads back" } else { "j reads on" };
        }
        let last = self.cursor_row() + 1 == self.outline.len();
        let here = is_value(self.json(), &self.origins, self.cursor);
        match self.look {
            Look::Raw => "zv shows the tree",
            _ if here && !self.seen.contains(&self.cursor) => "Enter reads it",
            _ if !last => "j shows them",
            _ if self.outline.len() < self.counts.rows => "zR unfolds them",
            _ => "k shows them",
        }
    }

    pub fn look(&self) -> Look {
        self.look
    }

    /// The one value that is shown whole, for the heading: its path.
    pub fn page(&self) -> Option<String> {
        self.page.as_ref().map(|_| self.json().breadcrumb(self.cursor))
    }

    /// What is read from the top now: first line, lines so far, whether that is all.
    pub fn position(&self) -> Option<(usize, usize, bool)> {
        let raw = (self.look == Look::Raw).then_some(&self.raw);
        self.page.as_ref().or(raw).map(Reading::position)
    }

    /// What is on the screen, as [`Self::settle`] laid it out.
    pub fn screen(&self) -> &[Line] {
        &self.screen
    }

    /// Rows that there would be something for, whichever value the cursor is on.
    pub fn wanted_rows(&self) -> usize {
        const READABLE: usize = 60;
        if self.in_tree() {
            self.outline.len().max(self.text.text().len() / READABLE)
        } else {
            usize::from(u16::MAX)
        }
    }

    fn cursor_row(&self) -> usize {
        self.outline.row_of(self.cursor)
    }

    fn is_revealed(&self, node: NodeId) -> bool {
        self.reveal.is_some_and(|reveal| reveal.node == node)
    }

    /// The value of a node must not be shown now.
    fn is_hidden(&self, node: NodeId) -> bool {
        self.origins.is_masked(node) && !self.is_revealed(node)
    }

    /// Tells the room that there is and the time; lays out the screen and notes what is on it.
    pub fn settle(&mut self, columns: usize, height: usize, now: Timestamp) {
        self.room = (columns.max(1), height.max(1));
        self.reveal = self.reveal.filter(|reveal| reveal.until > now);
        let page = self.page.take();
        self.page = page.filter(|page| page.node().is_some_and(|node| !self.is_hidden(node)));
        if self.page.is_some() || self.look == Look::Raw {
            self.lay_out_text();
        } else {
            self.lay_out_tree();
        }
    }

    fn lay_out_text(&mut self) {
        let json = Json::new(self.text.text(), &self.index);
        let room = (self.room.0.saturating_sub(2).max(1), self.room.1);
        let reading = self.page.as_mut().unwrap_or(&mut self.raw);
        reading.settle(json, &self.origins, room);
        if let Some(node) = reading.node().filter(|_| reading.at_end()) {
            self.seen.insert(node);
        }
        self.screen = reading.shown().map(|line| Line::Text(line.to_owned())).collect();
    }

    fn lay_out_tree(&mut self) {
        let height = self.room.1;
        let at = self.cursor_row();
        let under = self.under_cursor();
        self.top = self.top.clamp((at + 1 + under.lines.len()).saturating_sub(height).min(at), at);
        // No row is left empty while there is something above.
        let lines = self.outline.len() + under.lines.len();
        self.top = self.top.min(lines.saturating_sub(height));
        let json = Json::new(self.text.text(), &self.index);
        let mut screen = Vec::new();
        for row in self.top..self.outline.len() {
            if screen.len() >= height {
                break;
            }
            let Some(node) = self.outline.at(row) else { break };
            let shown = self.row(node);
            if is_value(json, &self.origins, node) && (shown.fits || row == at && under.whole) {
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
    pub fn move_by(&mut self, by: isize) {
        if let Some(page) = &mut self.page {
            page.scroll(by);
        } else if self.look == Look::Raw {
            self.raw.scroll(by);
        } else {
            let row = self.cursor_row().saturating_add_signed(by);
            let row = row.min(self.outline.len().saturating_sub(1));
            self.cursor = self.outline.at(row).unwrap_or(NodeId::ROOT);
        }
    }

    /// The tree, or the text as it was received.
    pub fn next_look(&mut self) {
        self.page = None;
        self.look = if self.look == Look::Raw { Look::Tree } else { Look::Raw };
    }

    fn in_tree(&self) -> bool {
        self.page.is_none() && self.look != Look::Raw
    }

    /// Enter: folds or unfolds a container; shows a value whole that its row does not.
    pub fn enter(&mut self) {
        if self.in_tree() && !self.toggle_fold() {
            let node = self.cursor;
            if !self.is_hidden(node) && !self.row(node).fits {
                self.page = Some(Reading::of(Some(node)));
            }
        }
    }

    /// `l`: unfolds, else the same as Enter.
    pub fn inwards(&mut self) {
        if self.in_tree() && !self.fold(false) && self.json().count(self.cursor) == 0 {
            self.enter();
        }
    }

    /// `h`: leaves what is read, folds, or goes to what this is in.
    pub fn out(&mut self) {
        if self.page.take().is_some() || !self.in_tree() || self.fold(true) {
            return;
        }
        self.cursor = self.json().parent(self.cursor).unwrap_or(self.cursor);
    }

    /// Leaves the value that is shown whole; false when there is none.
    pub fn back(&mut self) -> bool {
        self.page.take().is_some()
    }

    /// Says whether there was something to fold.
    fn fold(&mut self, folded: bool) -> bool {
        self.in_tree() && self.outline.fold(&self.index, self.cursor, folded)
    }

    pub fn toggle_fold(&mut self) -> bool {
        let folded = self.outline.is_folded(&self.index, self.cursor);
        self.fold(!folded)
    }

    pub fn fold_all(&mut self, folded: bool) {
        if self.in_tree() {
            self.outline.fold_all(&self.index, folded);
            self.cursor = self.outline.at(self.cursor_row()).unwrap_or(NodeId::ROOT);
        }
    }

    /// Shows the masked value under the cursor until then; false when it is not masked.
    pub fn reveal(&mut self, until: Timestamp) -> bool {
        let masked = self.origins.is_masked(self.cursor) && self.in_tree();
        if masked {
            self.reveal = Some(Reveal { node: self.cursor, until });
        }
        masked
    }

    pub fn revealed_until(&self) -> Option<Timestamp> {
        self.reveal.map(|reveal| reveal.until)
    }

    /// Path of the value under the cursor in the arguments, as jq writes it.
    pub fn path(&self) -> String {
        self.json().path(self.cursor)
    }

    /// The value under the cursor: text as text, everything else as received. Masked, also while
    /// it is shown: what is copied stays.
    pub fn value(&self) -> String {
        let json = self.json();
        if self.origins.is_masked(self.cursor) {
            MASK.to_owned()
        } else if json.kind(self.cursor) == Kind::String {
            json.value(self.cursor).into_owned()
        } else {
            self.masked_span(json.span(self.cursor))
        }
    }

    /// Paths of what is masked, as jq writes them but for the dot before a name.
    pub fn masked_paths(&self) -> Vec<String> {
        let path = |node| {
            let path = self.json().path(node);
            path.strip_prefix('.').map(str::to_owned).unwrap_or(path)
        };
        self.origins.masked().map(path).collect()
    }

    /// The masked values in clear, as JSON: to find and mask them in what repeats them, such as an
    /// answer, and for nothing else.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.origins.masked().map(|node| self.json().raw(node))
    }

    /// The exact text, but for masks.
    pub fn masked_text(&self) -> String {
        self.masked_span(self.json().span(NodeId::ROOT))
    }

    fn masked_span(&self, (mut at, end): (usize, usize)) -> String {
        let json = self.json();
        let text = self.text.text();
        let mut out = String::with_capacity(end - at);
        for (from, to) in self.origins.masked_from(json, at).take_while(|(from, _)| *from < end) {
            out.push_str(text.get(at..from).unwrap_or_default());
            out.push('"');
            out.push_str(MASK);
            out.push('"');
            at = to;
        }
        out.push_str(text.get(at..end).unwrap_or_default());
        out
    }
}

/// A node that counts as one value: what holds nothing, and what is masked.
fn is_value(json: Json<'_>, origins: &Origins, node: NodeId) -> bool {
    json.count(node) == 0 || origins.is_masked(node)
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
    fn of(json: Json<'_>, origins: &Origins) -> Self {
        let mut marks = origins.masked().peekable();
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
