//! What stands one below the other in the tree: the arguments of a call, its output, the events.

use std::collections::HashMap;

use crate::api::EventBody;
use crate::api::agent::ToolConfiguration;
use crate::model::timeline::Unit;
use crate::text::json::{Json, NodeId, Outline};

use super::document::Document;
use super::provenance::{self, Supplier};

/// A part of a document with a name and with folds.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub label: String,
    pub document: usize,
    pub outline: Outline,
    /// Who supplied what is not the agent's; `None` where nobody asks.
    suppliers: Option<HashMap<NodeId, Supplier>>,
}

impl Section {
    fn new(
        label: impl Into<String>,
        documents: &[Document],
        document: usize,
        root: NodeId,
    ) -> Self {
        let held = &documents[document];
        let outline = Outline::new(held.index(), root, held.masked.clone());
        Self { label: label.into(), document, outline, suppliers: None }
    }

    /// All of a document. Behind a section that shows its gist only the root is to be seen.
    fn whole(label: String, documents: &[Document], document: usize, folded: bool) -> Self {
        if !folded {
            return Self::new(label, documents, document, NodeId::ROOT);
        }
        let held = &documents[document];
        let outline = Outline::folded(held.index(), NodeId::ROOT, held.masked.clone());
        Self { label, document, outline, suppliers: None }
    }

    pub(super) fn supplier(&self, json: Json<'_>, node: NodeId) -> Option<Supplier> {
        let suppliers = self.suppliers.as_ref()?;
        let mut way = std::iter::successors(Some(node), |at| json.parent(*at));
        let found = way.find_map(|at| suppliers.get(&at).copied());
        Some(found.unwrap_or(Supplier::Agent))
    }
}

pub(super) fn of(
    unit: &Unit,
    configuration: Option<&ToolConfiguration>,
) -> (Vec<Document>, Vec<Section>) {
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
            let mut section = Section::new(word, &documents, at, root);
            if member == "tool_input" {
                section.suppliers = Some(HashMap::new());
                laid_over = provenance::laid_over(document, documents.get(at + 1), configuration);
            }
            sections.push(section);
        }
        events.push(Section::whole(label, &documents, at, root.is_some()));
    }
    if let Some((made, suppliers)) = laid_over {
        documents.push(made);
        let mut section = Section::new("arguments", &documents, documents.len() - 1, NodeId::ROOT);
        section.suppliers = Some(suppliers);
        sections[0] = section;
    }
    sections.extend(events);
    (documents, sections)
}

fn output_word(body: &EventBody) -> &'static str {
    match body {
        EventBody::ToolOutput(output) if output.error => "error",
        _ => "output",
    }
}
