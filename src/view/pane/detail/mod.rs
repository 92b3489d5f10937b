//! One unit of the timeline looked at closely: its text rendered, its JSON as a tree, or the event
//! as it was received.
//!
//! Holds the events themselves and indexes over their exact text; knows nothing of the timeline
//! around them. Start with [`Detail::open`]. The invariant: a value that may be a secret leaves
//! here, to the screen or to the clipboard, as a mask only.

mod as_markdown;
mod document;
mod provenance;
mod section;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::agent::ToolConfiguration;
use crate::api::{Event, EventBody, Timestamp};
use crate::model::masking::SHOWN_MASK;
use crate::model::timeline::{Unit, UnitId};
use crate::text::json::{Kind, NodeId};
use crate::text::markdown;
use crate::view::reader;
use crate::view::rendered::Rendered;
use crate::view::tree_view::{Cursor, JsonView, TreeRow, TreeView};
use crate::viewport::Motion;
use document::Document;
use section::{Content, Passage, Section};

pub use crate::view::reader::Line;
pub use crate::view::tree_view::JsonLook;
pub use provenance::Supplier;

/// What of it is read from the top.
pub type Reader = reader::Reader<Passage>;

#[derive(Debug, Clone)]
pub struct Detail {
    unit: UnitId,
    /// What it was made of; others are shown once these are others.
    event: Option<Arc<Event>>,
    output: Option<Arc<Event>>,
    content: Content,
    view: JsonView<Passage>,
    /// What the unit says, as its author wrote it, and how that looks.
    text: Option<Arc<str>>,
    rendered: Rendered,
    wrap: bool,
    /// Columns and rows for the content.
    room: (usize, usize),
    /// A text that streams in was longer by then; it is laid out again at that moment.
    due: Option<Timestamp>,
    /// When it was made of what there was.
    made_at: Option<Timestamp>,
}

/// A text that streams in is laid out again after a while that grows with it, so that doing so takes
/// the same part of the time however long it is: so many bytes for each millisecond.
const BYTES_PER_MILLISECOND: usize = 1_024;

impl Detail {
    /// `None` for a unit of which there is neither an event nor a text.
    pub fn open(unit: &Unit, configuration: Option<&ToolConfiguration>) -> Option<Self> {
        let text = text_of(unit);
        let content = Content::of(unit, configuration);
        if content.documents.is_empty() && text.is_none() {
            return None;
        }
        let look = if text.is_some() { JsonLook::Rendered } else { JsonLook::Tree };
        let tree = TreeView::sections(content.parts());
        Some(Self {
            unit: unit.id.clone(),
            event: unit.event.clone(),
            output: unit.output.clone(),
            view: JsonView::new(look, tree, Reader::of_parts(content.passages())),
            content,
            text: text.map(Arc::from),
            rendered: Rendered::default(),
            wrap: true,
            room: (80, 20),
            due: None,
            made_at: None,
        })
    }

    pub fn unit(&self) -> &UnitId {
        &self.unit
    }

    /// Takes over what has become of the unit, and keeps the reader's place where it still is one.
    pub fn refresh(
        &mut self,
        unit: &Unit,
        configuration: Option<&ToolConfiguration>,
        now: Timestamp,
    ) {
        let same = |now: &Option<Arc<Event>>, then: &Option<Arc<Event>>| match (now, then) {
            (Some(now), Some(then)) => Arc::ptr_eq(now, then),
            (None, None) => true,
            _ => false,
        };
        let told = self.text().map_or(0, str::len);
        let longer = unit.live_text.as_ref().is_some_and(|text| text.len() != told);
        let streaming = same(&unit.event, &self.event) && same(&unit.output, &self.output);
        if streaming {
            let rest = i64::try_from(told / BYTES_PER_MILLISECOND).unwrap_or(i64::MAX);
            let rest = SignedDuration::from_millis(rest);
            let due = self.made_at.and_then(|made| made.checked_add(rest).ok());
            self.due = due.filter(|due| longer && *due > now);
            if !longer || self.due.is_some() {
                return;
            }
        }
        let Some(mut next) = Self::open(unit, configuration) else { return };
        next.view.look = self.view.look;
        next.wrap = self.wrap;
        next.made_at = Some(now);
        if let Some((section, document)) = self.here() {
            next.select(&section.label, &document.path(self.cursor().node));
        }
        next.rendered.show_from(self.rendered.top());
        next.view.tree.show_from(self.view.tree.viewport().top());
        next.settle(self.room.0, self.room.1);
        *self = next;
    }

    /// Puts the cursor on the node of that path among those that are visible.
    fn select(&mut self, label: &str, path: &str) {
        let sections = &self.content.sections;
        let Some(at) = sections.iter().position(|section| section.label == label) else { return };
        let Some((section, document)) = self.content.section(at) else { return };
        let Some(part) = self.view.tree.part(at) else { return };
        let mut nodes = (0..part.outline.row_count()).filter_map(|row| part.outline.at(row));
        let node = nodes.find(|node| document.path(*node) == path).unwrap_or(section.root);
        self.view.tree.select(at, node);
    }

    /// When it has to be laid out again, if it waits for that.
    pub fn next_change(&self) -> Option<Timestamp> {
        self.due
    }

    pub fn look(&self) -> JsonLook {
        self.view.look
    }

    pub fn wraps(&self) -> bool {
        self.wrap
    }

    pub fn toggle_wrap(&mut self) {
        self.wrap = !self.wrap;
    }

    pub fn rendered(&self) -> Option<&Rendered> {
        self.text.as_ref().map(|_| &self.rendered)
    }

    /// What is read from the top now: a value that is shown whole, or the raw event.
    pub fn reader(&self) -> Option<&Reader> {
        self.view.reader()
    }

    pub fn has_page(&self) -> bool {
        self.view.page().is_some()
    }

    /// Bytes of the events as they were received.
    pub fn size(&self) -> usize {
        let received = self.content.documents.iter().filter(|document| document.is_received());
        received.map(|document| document.text().len()).sum()
    }

    /// The next look that there is something to see in.
    pub fn next_look(&mut self) {
        let order = [JsonLook::Rendered, JsonLook::Tree, JsonLook::Raw];
        let at = order.iter().position(|look| *look == self.view.look).unwrap_or(0);
        let there = |look: &JsonLook| match look {
            JsonLook::Rendered => self.text.is_some(),
            JsonLook::Tree | JsonLook::Raw => !self.content.documents.is_empty(),
        };
        let next = (1..=order.len()).map(|step| order[(at + step) % order.len()]);
        let next = next.into_iter().find(there).unwrap_or(self.view.look);
        self.view.show(next);
    }

    /// One level out; false when that leads out of the detail.
    pub fn back(&mut self) -> bool {
        self.view.back()
    }

    /// Tells the room that there is; loads and lays out what is on the screen.
    pub fn settle(&mut self, columns: usize, height: usize) {
        self.room = (columns.max(1), height.max(1));
        if self.view.settle_reader(&self.content, self.room, self.wrap) {
            return;
        }
        match (self.view.look, &self.text) {
            (JsonLook::Rendered, Some(text)) => {
                self.rendered.settle(self.room.0, self.room.1);
                if self.rendered.misses(None) {
                    let columns = self.rendered.columns();
                    let (lines, left_out) = markdown::render(text, columns);
                    self.rendered.take(columns, lines, left_out);
                }
            }
            _ => self.view.tree.settle(self.room.1),
        }
    }

    /// Moves the cursor of the tree, or the text.
    pub fn go(&mut self, motion: Motion) {
        if self.is_rendered() {
            self.rendered.go(motion);
        } else {
            self.view.go(motion);
        }
    }

    fn is_rendered(&self) -> bool {
        self.view.look == JsonLook::Rendered && !self.has_page()
    }

    /// Rows that are visible over the folds.
    pub fn tree_len(&self) -> usize {
        self.view.tree.row_count()
    }

    /// The first row of the tree on the screen.
    pub fn tree_top(&self) -> usize {
        self.view.tree.viewport().top()
    }

    pub fn cursor_row(&self) -> usize {
        self.view.tree.cursor_row()
    }

    /// The rows on the screen.
    pub fn rows(&self) -> Vec<TreeRow> {
        self.view.tree.shown().filter_map(|at| self.row(at)).collect()
    }

    fn row(&self, at: Cursor) -> Option<TreeRow> {
        let (section, document) = self.content.section(at.root)?;
        let mut row = self.view.tree.row(&self.content, at)?;
        let is_root = at.node == section.root;
        if is_root {
            row.key.clone_from(&section.label);
        }
        let masked = document.masked.contains(&at.node);
        if masked {
            SHOWN_MASK.clone_into(&mut row.preview);
            row.measure.clear();
            row.folded = None;
        }
        let supplier = section.supplier(document.json(), at.node).filter(|_| !is_root);
        let mut row = TreeRow::of(row, at == self.cursor());
        row.hidden = masked || supplier == Some(Supplier::Secret);
        let told = |supplier: &Supplier| !row.kind.is_container() || *supplier != Supplier::Agent;
        if let Some(supplier) = supplier.filter(told) {
            row.right.push_str(supplier.words());
            row.right.push(' ');
        }
        Some(row)
    }

    fn cursor(&self) -> Cursor {
        self.view.tree.cursor()
    }

    /// Section and document under the cursor.
    fn here(&self) -> Option<(&Section, &Document)> {
        self.content.section(self.cursor().root)
    }

    /// The path of the cursor, for the heading.
    pub fn breadcrumb(&self) -> String {
        let shown = self.view.look == JsonLook::Tree || self.has_page();
        let here = self.here().filter(|_| shown);
        here.map(|(_, document)| document.breadcrumb(self.cursor().node)).unwrap_or_default()
    }

    /// Enter: shows a string whole, folds or unfolds a container.
    pub fn enter(&mut self) {
        let node = self.cursor().node;
        let Some((section, document)) = self.here().filter(|_| self.view.in_tree()) else { return };
        if document.is_masked(node) {
            return;
        }
        if document.json().kind(node) == Kind::String {
            self.view.open(Passage { document: section.document, string: Some(node) });
        } else {
            self.toggle_fold();
        }
    }

    pub fn toggle_fold(&mut self) {
        self.view.toggle_fold(&self.content);
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.view.fold_all(&self.content, folded);
    }

    /// `h`: folds, else goes to what this is in; false when there is nothing further out.
    pub fn out(&mut self) -> bool {
        self.view.out(&self.content)
    }

    /// `l`: unfolds, else goes to the first value inside, or shows a string whole.
    pub fn inwards(&mut self) {
        if self.view.in_tree() && !self.view.tree.inwards(&self.content) {
            self.enter();
        }
    }

    /// The event that the cursor is in.
    fn event_here(&self) -> Option<&Document> {
        let here = self.here().map(|(_, document)| document);
        let event = here.map(|document| &document.event)?;
        let whole = |document: &&Document| document.is_received();
        let found = |document: &&Document| Arc::ptr_eq(&document.event, event);
        self.content.documents.iter().filter(whole).find(found)
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
        self.here().map(|(_, document)| document.path(self.cursor().node))
    }

    /// The value under the cursor: text as text, everything else as it was received.
    pub fn value(&self) -> Option<String> {
        self.here().map(|(_, document)| document.value(self.cursor().node).into_owned())
    }

    /// What the unit says, as its author wrote it.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// What there is to read in a unit, in Markdown.
fn text_of(unit: &Unit) -> Option<String> {
    if let Some(live) = &unit.live_text {
        return Some(live.clone());
    }
    let text = match &*unit.event.as_ref()?.body {
        EventBody::InputMessage(message) => message.to_text(),
        EventBody::SkillLoad(skill) => skill.content.clone(),
        EventBody::Thinking(thinking) => thinking.content.clone()?,
        EventBody::AgentOutput(output) => output.content.clone(),
        EventBody::StepTransition(step) => step.content.clone()?,
        EventBody::Compaction(compaction) => compaction.summary_text.clone()?,
        EventBody::Error(error) => error.messages.join("\n\n"),
        EventBody::ContextLimitExceeded(limit) => format!(
            "{}\n\nThe context window is full. Hide events, so that less of it is sent, before it goes \
             on. In a shell, `foretop compact` puts a summary in the place of old ones.",
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
