//! What stands one below the other in the tree: the arguments of a call, its output, the events.

use std::collections::HashMap;

use super::document::Document;
use super::provenance::{self, Supplier};
use crate::api::EventBody;
use crate::api::agent::ToolConfiguration;
use crate::model::timeline::Unit;
use crate::text::json::{Index, Json, NodeId, Outline, decode_some};
use crate::view::reader::Pieces;
use crate::view::tree_view::{self, Part};

/// A part of a document with a name.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub label: String,
    pub document: usize,
    pub root: NodeId,
    /// Only the root is to be seen at first.
    folded: bool,
    /// Who supplied what is not the agent's; `None` where nobody asks.
    suppliers: Option<HashMap<NodeId, Supplier>>,
}

impl Section {
    fn new(label: impl Into<String>, document: usize, root: NodeId) -> Self {
        Self { label: label.into(), document, root, folded: false, suppliers: None }
    }

    pub(super) fn supplier(&self, json: Json<'_>, node: NodeId) -> Option<Supplier> {
        let suppliers = self.suppliers.as_ref()?;
        let mut way = std::iter::successors(Some(node), |at| json.parent(*at));
        let found = way.find_map(|at| suppliers.get(&at).copied());
        Some(found.unwrap_or(Supplier::Agent))
    }
}

/// What is read from the top: a string, or all of a document.
#[derive(Debug, Clone, Copy)]
pub struct Passage {
    pub document: usize,
    pub string: Option<NodeId>,
}

/// The documents of a unit, and the sections that they make.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub documents: Vec<Document>,
    pub sections: Vec<Section>,
}

impl Content {
    pub(super) fn of(unit: &Unit, configuration: Option<&ToolConfiguration>) -> Self {
        let mut documents: Vec<Document> =
            unit.event.iter().chain(&unit.output).map(Document::received).collect();
        if let Some((input, output)) = documents.split_first_mut() {
            input.masked = provenance::masked(input, output.first(), configuration);
        }
        let mut sections = Vec::new();
        let mut events = Vec::new();
        let mut laid_over = None;
        for (at, document) in documents.iter().enumerate() {
            let event = &document.event;
            let id = event.id.as_ref().map_or("", |id| id.as_str());
            let label = crate::text::sanitize::preview(&format!("{} {id}", event.kind), 80);
            let (member, word) = match &*event.kind {
                "tool_input" => ("tool_input", "arguments"),
                "tool_output" => ("tool_output", output_word(&event.body)),
                _ => ("", ""),
            };
            let root = document.json().member(NodeId::ROOT, member).filter(|_| !member.is_empty());
            if let Some(root) = root {
                let mut section = Section::new(word, at, root);
                if member == "tool_input" {
                    section.suppliers = Some(HashMap::new());
                    laid_over =
                        provenance::laid_over(document, documents.get(at + 1), configuration);
                }
                sections.push(section);
            }
            // Behind a section that shows its gist only the root is to be seen.
            let folded = root.is_some();
            events.push(Section { folded, ..Section::new(label, at, NodeId::ROOT) });
        }
        if let Some((made, suppliers)) = laid_over {
            documents.push(made);
            let section = Section::new("arguments", documents.len() - 1, NodeId::ROOT);
            sections[0] = Section { suppliers: Some(suppliers), ..section };
        }
        sections.extend(events);
        Self { documents, sections }
    }

    /// The sections as parts of a tree.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part> {
        self.sections.iter().map(|section| {
            let document = &self.documents[section.document];
            let outline = if section.folded { Outline::folded } else { Outline::new };
            let outline = outline(document.index(), section.root, document.masked.clone());
            Part { index: document.index().clone(), outline }
        })
    }

    /// Documents as they were received, to be read one below the other.
    pub(super) fn passages(&self) -> impl Iterator<Item = (Option<String>, Passage)> {
        let received = self.documents.iter().enumerate().filter(|(_, it)| it.is_received());
        let several = received.clone().count() > 1;
        received.map(move |(document, held)| {
            let id = held.event.id.as_ref().map(ToString::to_string).unwrap_or_default();
            let heading = several.then(|| format!("{} {id}", held.event.kind));
            (heading, Passage { document, string: None })
        })
    }

    /// Section of that number, and its document.
    pub(super) fn section(&self, at: usize) -> Option<(&Section, &Document)> {
        let section = self.sections.get(at)?;
        Some((section, self.documents.get(section.document)?))
    }
}

impl tree_view::Document for Content {
    fn json<'a>(&'a self, root: usize, index: &'a Index) -> Json<'a> {
        Json::new(self.section(root).map_or("", |(_, document)| document.text()), index)
    }
}

impl Pieces for Content {
    type Part = Passage;

    fn piece(&self, part: &Passage, at: usize, size: usize, out: &mut String) -> Option<usize> {
        let document = self.documents.get(part.document)?;
        let Some(string) = part.string else { return document.piece(at, size, out) };
        let inner = document.json().inner(string).unwrap_or_default();
        let next = decode_some(inner, at, size, out);
        (next < inner.len()).then_some(next)
    }
}

fn output_word(body: &EventBody) -> &'static str {
    match body {
        EventBody::ToolOutput(output) if output.error => "error",
        _ => "output",
    }
}
