//! One unit of the timeline looked at closely: its text rendered, its JSON as a tree, or the event
//! as it was received.
//!
//! Holds the events themselves and indexes over their exact text; knows nothing of the timeline
//! around them. Start with [`Detail::open`]. The invariant: a value that may be a secret leaves
//! here, to the screen or to the clipboard, as a mask only.

mod as_markdown;
mod document;
mod provenance;
mod reader;
mod section;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::api::agent::ToolConfiguration;
use crate::api::{Event, EventBody};
use crate::text::json::{Kind, NodeId};
use crate::text::markdown;

use super::masking::SHOWN_MASK;
use super::timeline::{Unit, UnitId};
use document::Document;
use section::Section;

pub use provenance::Supplier;
pub use reader::{Line, Reader};

/// How the unit is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    Rendered,
    Tree,
    Raw,
}

impl Look {
    pub fn word(self) -> &'static str {
        match self {
            Self::Rendered => "rendered",
            Self::Tree => "tree",
            Self::Raw => "raw",
        }
    }
}

/// Where the cursor is: a node of one section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    section: usize,
    node: NodeId,
}

/// The text of a unit, as Markdown, at one width.
#[derive(Debug, Clone)]
pub struct Rendered {
    text: Arc<str>,
    columns: usize,
    lines: Vec<markdown::Line>,
    left_out: usize,
    top: usize,
}

impl Rendered {
    pub fn lines(&self) -> &[markdown::Line] {
        &self.lines
    }

    /// Bytes that are only in the other looks.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    pub fn top(&self) -> usize {
        self.top
    }
}

/// One row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRow {
    pub depth: usize,
    pub key: String,
    pub kind: Kind,
    pub value: String,
    pub measure: String,
    pub folded: Option<bool>,
    pub masked: bool,
    /// For values among the arguments of a call.
    pub supplier: Option<Supplier>,
    pub selected: bool,
}

#[derive(Debug, Clone)]
pub struct Detail {
    unit: UnitId,
    /// What it was made of; others are shown once these are others.
    event: Option<Arc<Event>>,
    output: Option<Arc<Event>>,
    documents: Vec<Document>,
    sections: Vec<Section>,
    rendered: Option<Rendered>,
    raw: Reader,
    /// A string that is shown whole.
    page: Option<Reader>,
    look: Look,
    wrap: bool,
    cursor: Cursor,
    /// First row of the tree on the screen.
    top: usize,
    /// Columns and rows for the content.
    room: (usize, usize),
}

impl Detail {
    /// `None` for a unit of which there is neither an event nor a text.
    pub fn open(unit: &Unit, configuration: Option<&ToolConfiguration>) -> Option<Self> {
        let text = text_of(unit);
        let (documents, sections) = section::of(unit, configuration);
        if documents.is_empty() && text.is_none() {
            return None;
        }
        let root = sections.first().map_or(NodeId::ROOT, |section| section.outline.root());
        let rendered = text.map(|text| Rendered {
            text: text.into(),
            columns: 0,
            lines: Vec::new(),
            left_out: 0,
            top: 0,
        });
        Some(Self {
            unit: unit.id.clone(),
            event: unit.event.clone(),
            output: unit.output.clone(),
            raw: Reader::of_documents(&documents),
            look: if rendered.is_some() { Look::Rendered } else { Look::Tree },
            documents,
            sections,
            rendered,
            page: None,
            wrap: true,
            cursor: Cursor { section: 0, node: root },
            top: 0,
            room: (80, 20),
        })
    }

    pub fn unit(&self) -> &UnitId {
        &self.unit
    }

    /// Takes over what has become of the unit, and keeps the reader's place where it still is one.
    pub fn refresh(&mut self, unit: &Unit, configuration: Option<&ToolConfiguration>) {
        let same = |now: &Option<Arc<Event>>, then: &Option<Arc<Event>>| match (now, then) {
            (Some(now), Some(then)) => Arc::ptr_eq(now, then),
            (None, None) => true,
            _ => false,
        };
        let told = self.rendered.as_ref().map(|rendered| rendered.text.len());
        let streaming = unit.live_text.is_some() && text_of(unit).map(|text| text.len()) != told;
        if same(&unit.event, &self.event) && same(&unit.output, &self.output) && !streaming {
            return;
        }
        let Some(mut next) = Self::open(unit, configuration) else { return };
        next.look = self.look;
        next.wrap = self.wrap;
        next.room = self.room;
        if let Some(section) = self.sections.get(self.cursor.section)
            && let Some(document) = self.documents.get(section.document)
        {
            next.go_to(&section.label, &document.path(self.cursor.node));
        }
        if let (Some(next), Some(before)) = (&mut next.rendered, &self.rendered) {
            next.top = before.top;
        }
        next.top = self.top;
        *self = next;
        self.settle(self.room.0, self.room.1);
    }

    /// Puts the cursor on the node of that path among those that are visible.
    fn go_to(&mut self, label: &str, path: &str) {
        let Some(at) = self.sections.iter().position(|section| section.label == label) else {
            return;
        };
        let (section, document) = (&self.sections[at], &self.documents[self.sections[at].document]);
        let nodes = (0..section.outline.len()).filter_map(|row| section.outline.at(row));
        let found = nodes.into_iter().find(|node| document.path(*node) == path);
        let node = found.unwrap_or(section.outline.root());
        self.cursor = Cursor { section: at, node };
    }

    pub fn look(&self) -> Look {
        self.look
    }

    pub fn wraps(&self) -> bool {
        self.wrap
    }

    pub fn toggle_wrap(&mut self) {
        self.wrap = !self.wrap;
    }

    pub fn rendered(&self) -> Option<&Rendered> {
        self.rendered.as_ref()
    }

    /// What is read from the top now: a value that is shown whole, or the raw event.
    pub fn reader(&self) -> Option<&Reader> {
        let raw = (self.look == Look::Raw).then_some(&self.raw);
        self.page.as_ref().or(raw)
    }

    pub fn has_page(&self) -> bool {
        self.page.is_some()
    }

    /// Bytes of the events as they were received.
    pub fn size(&self) -> usize {
        let received = self.documents.iter().filter(|document| document.is_received());
        received.map(|document| document.text().len()).sum()
    }

    /// The next look that there is something to see in.
    pub fn next_look(&mut self) {
        self.page = None;
        let order = [Look::Rendered, Look::Tree, Look::Raw];
        let at = order.iter().position(|look| *look == self.look).unwrap_or(0);
        let there = |look: &Look| match look {
            Look::Rendered => self.rendered.is_some(),
            Look::Tree | Look::Raw => !self.documents.is_empty(),
        };
        let next = (1..=order.len()).map(|step| order[(at + step) % order.len()]);
        self.look = next.into_iter().find(there).unwrap_or(self.look);
    }

    /// One level out; false when that leads out of the detail.
    pub fn back(&mut self) -> bool {
        self.page.take().is_some()
    }

    /// Tells the room that there is; loads and lays out what is on the screen.
    pub fn settle(&mut self, columns: usize, height: usize) {
        self.room = (columns.max(1), height.max(1));
        let (columns, height) = self.room;
        let wrap = self.wrap;
        if let Some(page) = &mut self.page {
            page.settle(&self.documents, columns.saturating_sub(2), height, wrap);
            return;
        }
        match self.look {
            Look::Raw => self.raw.settle(&self.documents, columns.saturating_sub(2), height, wrap),
            Look::Tree => {
                let at = self.cursor_row();
                self.top = self.top.clamp((at + 1).saturating_sub(height), at);
                self.top = self.top.min(self.tree_len().saturating_sub(height));
            }
            Look::Rendered => {
                if let Some(rendered) = &mut self.rendered {
                    if rendered.columns != columns {
                        rendered.columns = columns;
                        (rendered.lines, rendered.left_out) =
                            markdown::render(&rendered.text, columns.saturating_sub(2));
                    }
                    rendered.top = rendered.top.min(rendered.lines.len().saturating_sub(height));
                }
            }
        }
    }

    /// Moves the cursor of the tree, or the text.
    pub fn move_by(&mut self, by: isize) {
        if let Some(page) = &mut self.page {
            page.scroll(by);
            return;
        }
        match (self.look, &mut self.rendered) {
            (Look::Raw, _) => self.raw.scroll(by),
            (Look::Rendered, Some(rendered)) => {
                rendered.top = rendered.top.saturating_add_signed(by);
            }
            (Look::Rendered, None) => {}
            (Look::Tree, _) => {
                let row = self.cursor_row().saturating_add_signed(by);
                self.place_cursor(row.min(self.tree_len().saturating_sub(1)));
            }
        }
    }

    /// Rows that are visible over the folds.
    pub fn tree_len(&self) -> usize {
        self.sections.iter().map(|section| section.outline.len()).sum()
    }

    pub fn cursor_row(&self) -> usize {
        let before = self.sections.iter().take(self.cursor.section);
        let before: usize = before.map(|section| section.outline.len()).sum();
        let here = self.sections.get(self.cursor.section);
        before + here.map_or(0, |section| section.outline.row_of(self.cursor.node))
    }

    pub fn top(&self) -> usize {
        self.top
    }

    fn at_row(&self, mut row: usize) -> Option<Cursor> {
        for (at, section) in self.sections.iter().enumerate() {
            if let Some(node) = section.outline.at(row) {
                return Some(Cursor { section: at, node });
            }
            row -= section.outline.len();
        }
        None
    }

    fn place_cursor(&mut self, row: usize) {
        if let Some(cursor) = self.at_row(row) {
            self.cursor = cursor;
        }
    }

    /// The rows on the screen.
    pub fn rows(&self) -> Vec<TreeRow> {
        let shown = self.top..(self.top + self.room.1).min(self.tree_len());
        shown.filter_map(|row| self.at_row(row)).map(|at| self.row(at)).collect()
    }

    fn row(&self, at: Cursor) -> TreeRow {
        let section = &self.sections[at.section];
        let document = &self.documents[section.document];
        let (json, root) = (document.json(), section.outline.root());
        let row = json.row(at.node, section.outline.is_folded(document.index(), at.node));
        let masked = document.masked.contains(&at.node);
        let is_root = at.node == root;
        TreeRow {
            depth: row.depth - json.depth(root).min(row.depth),
            key: if is_root { section.label.clone() } else { row.key },
            kind: row.kind,
            value: if masked { SHOWN_MASK.to_owned() } else { row.preview },
            measure: if masked { String::new() } else { row.measure },
            folded: row.folded.filter(|_| !masked),
            masked,
            supplier: section.supplier(json, at.node).filter(|_| !is_root),
            selected: at == self.cursor,
        }
    }

    /// Section and document under the cursor.
    fn here(&self) -> Option<(&Section, &Document)> {
        let section = self.sections.get(self.cursor.section)?;
        Some((section, self.documents.get(section.document)?))
    }

    /// The path of the cursor, for the heading.
    pub fn breadcrumb(&self) -> String {
        let shown = self.look == Look::Tree || self.page.is_some();
        let here = self.here().filter(|_| shown);
        here.map(|(_, document)| document.breadcrumb(self.cursor.node)).unwrap_or_default()
    }

    /// Enter: shows a string whole, folds or unfolds a container.
    pub fn enter(&mut self) {
        if self.look != Look::Tree || self.page.is_some() {
            return;
        }
        let Some((section, document)) = self.here() else { return };
        let node = self.cursor.node;
        if document.is_masked(node) {
            return;
        }
        if document.json().kind(node) == Kind::String {
            self.page = Some(Reader::of_value(section.document, node));
        } else {
            self.toggle_fold();
        }
    }

    pub fn toggle_fold(&mut self) {
        if let Some((section, document)) = self.here() {
            let folded = section.outline.is_folded(document.index(), self.cursor.node);
            self.fold(!folded);
        }
    }

    /// Says whether there was something to fold.
    fn fold(&mut self, folded: bool) -> bool {
        let Cursor { section, node } = self.cursor;
        let Some(section) = self.sections.get_mut(section).filter(|_| self.look == Look::Tree)
        else {
            return false;
        };
        let Some(document) = self.documents.get(section.document) else { return false };
        self.page.is_none() && section.outline.fold(document.index(), node, folded)
    }

    pub fn fold_all(&mut self, folded: bool) {
        if self.look != Look::Tree || self.page.is_some() {
            return;
        }
        let row = self.cursor;
        for section in &mut self.sections {
            if let Some(document) = self.documents.get(section.document) {
                section.outline.fold_all(document.index(), folded);
            }
        }
        if let Some(section) = self.sections.get(row.section) {
            let shown = section.outline.row_of(row.node);
            self.cursor.node = section.outline.at(shown).unwrap_or(row.node);
        }
    }

    /// `h`: folds, else goes to what this is in; false when there is nothing further out.
    pub fn out(&mut self) -> bool {
        if self.page.take().is_some() {
            return true;
        }
        let Some((section, document)) = self.here().filter(|_| self.look == Look::Tree) else {
            return false;
        };
        if self.cursor.node == section.outline.root() {
            return false;
        }
        let parent = document.json().parent(self.cursor.node);
        if !self.fold(true)
            && let Some(parent) = parent
        {
            self.cursor.node = parent;
        }
        true
    }

    /// `l`: unfolds, else goes to the first value inside, or shows a string whole.
    pub fn inwards(&mut self) {
        if self.look != Look::Tree || self.page.is_some() || self.fold(false) {
            return;
        }
        let Some((section, document)) = self.here() else { return };
        if document.json().kind(self.cursor.node) == Kind::String {
            self.enter();
        } else if section.outline.is_closed(self.cursor.node) {
            // What is masked has no inside.
        } else {
            let child = document.json().children(self.cursor.node).next();
            self.cursor.node = child.unwrap_or(self.cursor.node);
        }
    }

    /// The event that the cursor is in.
    fn event_here(&self) -> Option<&Document> {
        let here = self.here().map(|(_, document)| document);
        let event = here.map(|document| &document.event)?;
        let whole = |document: &&Document| document.is_received();
        let found = |document: &&Document| Arc::ptr_eq(&document.event, event);
        self.documents.iter().filter(whole).find(found)
    }

    /// Id of the event that the cursor is in.
    pub fn event_id(&self) -> Option<&crate::api::EventId> {
        self.event_here()?.event.id.as_ref()
    }

    /// The event that the cursor is in, exactly as it was received but for masks.
    pub fn json(&self) -> Option<String> {
        self.event_here().map(|document| document.raw(NodeId::ROOT).into_owned())
    }

    /// Path of the value under the cursor.
    pub fn path(&self) -> Option<String> {
        self.here().map(|(_, document)| document.path(self.cursor.node))
    }

    /// The value under the cursor: text as text, everything else as it was received.
    pub fn value(&self) -> Option<String> {
        self.here().map(|(_, document)| document.value(self.cursor.node).into_owned())
    }

    /// What the unit says, as its author wrote it.
    pub fn text(&self) -> Option<&str> {
        self.rendered.as_ref().map(|rendered| &*rendered.text)
    }
}

/// What there is to read in a unit, in Markdown.
fn text_of(unit: &Unit) -> Option<String> {
    if let Some(live) = &unit.live_text {
        return Some(live.clone());
    }
    let text = match &unit.event.as_ref()?.body {
        EventBody::InputMessage(message) => message.to_text(),
        EventBody::SkillLoad(skill) => skill.content.clone(),
        EventBody::Thinking(thinking) => thinking.content.clone()?,
        EventBody::AgentOutput(output) => output.content.clone(),
        EventBody::StepTransition(step) => step.content.clone()?,
        EventBody::Compaction(compaction) => compaction.summary_text.clone()?,
        EventBody::Error(error) => error.messages.join("\n\n"),
        EventBody::ContextLimitExceeded(limit) => format!(
            "{}\n\nThe context window is full. Hide events, or compact the session, before it goes \
             on.",
            limit.message
        ),
        EventBody::StepTransitionLimitExceeded(limit) => format!(
            "{}\n\nThe agent went from step to step too often in one turn. Write to it to go on.",
            limit.message
        ),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}
