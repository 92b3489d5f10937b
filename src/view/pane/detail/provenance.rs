//! What a tool really got: the arguments of the agent with what configuration laid over them, who
//! supplied each value, and which values must not be shown.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::document::{Document, quoted_mask};
use crate::api::agent::ToolConfiguration;
use crate::api::{Event, EventBody};
use crate::model::masking::{MASK, Provenance, dotted, masked_paths, reach};
use crate::text::json::{Json, Kind, Name, NodeId};

/// Where a value of the arguments came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Supplier {
    Agent,
    Configuration,
    /// By configuration, from a secret; nobody tells its value.
    Secret,
    /// By configuration, and no event says with what value.
    Untold,
}

impl Supplier {
    pub fn words(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Configuration => "configuration",
            Self::Secret => "secret",
            Self::Untold => "configuration, value not told",
        }
    }
}

/// More override paths than that mask everything: nobody configures so many.
const MAX_PATHS: usize = 128;
/// Deeper override paths are one key.
const MAX_STEPS: usize = 32;

/// The members of this name hold what a tool is called with.
const ARGUMENTS: &str = "tool_input";

/// Nodes of an event to mask, by the rules of [`crate::model::masking`].
pub(super) fn masked(
    document: &Document,
    output: Option<&Document>,
    configuration: Option<&ToolConfiguration>,
) -> HashSet<NodeId> {
    let json = document.json();
    let event = &document.event;
    let mut out = HashSet::new();
    if &*event.kind == "client_tool_pending" {
        // Outstanding arguments come in clear, and this event says nothing of their origin.
        for node in json.nodes() {
            if json.name(node) == Name::Key("arguments".into()) {
                let held: Vec<_> = json.children(node).collect();
                out.extend(if held.is_empty() { vec![node] } else { held });
            }
        }
        return out;
    }
    if &*event.kind != ARGUMENTS {
        return out;
    }
    let paths = masked_at(document, output, configuration);
    for arguments in json.members(NodeId::ROOT, ARGUMENTS) {
        if paths.len() > MAX_PATHS {
            out.extend(json.children(arguments));
        }
        for path in paths.iter().take(MAX_PATHS) {
            reach(json, arguments, path, &mut out);
        }
    }
    out
}

/// Dotted paths in the arguments of a call whose values may be secrets.
fn masked_at(
    input: &Document,
    output: Option<&Document>,
    configuration: Option<&ToolConfiguration>,
) -> BTreeSet<String> {
    match &*input.event.body {
        EventBody::ToolInput(input) => {
            let from = Provenance {
                override_paths: Some(&input.argument_override_paths),
                configuration,
                resolved: output.and_then(|output| match &*output.event.body {
                    EventBody::ToolOutput(output) => output.resolved_argument_overrides.as_ref(),
                    _ => None,
                }),
            };
            masked_paths(&input.tool_input, &from)
        }
        // An event that does not fit its type still tells where its overrides are.
        _ => override_paths(input.json()),
    }
}

/// `argument_override_paths` of an event, as far as they can be read.
fn override_paths(json: Json<'_>) -> BTreeSet<String> {
    let lists = json.members(NodeId::ROOT, "argument_override_paths");
    let paths = lists.flat_map(|list| json.children(list).collect::<Vec<_>>());
    paths.map(|path| dotted(&json.value(path))).collect()
}

/// The arguments with the overrides laid over, and who supplied what is not the agent's. `None`
/// when nothing is laid over.
pub(super) fn laid_over(
    input: &Document,
    output: Option<&Document>,
    configuration: Option<&ToolConfiguration>,
) -> Option<(Document, HashMap<NodeId, Supplier>)> {
    let json = input.json();
    let arguments = json.member(NodeId::ROOT, ARGUMENTS)?;
    if json.kind(arguments) != Kind::Object {
        return None;
    }
    let mut overrides: Vec<(String, Option<&str>)> =
        output.map(resolved).unwrap_or_default().into_iter().collect();
    for path in override_paths(json) {
        if overrides.iter().all(|(known, _)| *known != path) {
            overrides.push((path, None));
        }
    }
    let masked = masked_at(input, output, configuration);
    if overrides.is_empty() || overrides.len().max(masked.len()) > MAX_PATHS {
        return None;
    }
    let mut tree = Branch::default();
    for (path, value) in &overrides {
        tree.add(path, value.map_or_else(quoted_mask, str::to_owned));
    }
    let mut splices = Vec::new();
    tree.lay_over(json, arguments, &mut splices);
    let text = spliced(json, arguments, splices);
    let event: &Arc<Event> = &input.event;
    let mut made = Document::made(text, event, ".tool_input");
    let mut suppliers = HashMap::new();
    for (path, value) in &overrides {
        let supplier = match value {
            None => Supplier::Untold,
            Some(value) if value.contains(MASK) => Supplier::Secret,
            Some(_) => Supplier::Configuration,
        };
        let mut nodes = HashSet::new();
        reach(made.json(), NodeId::ROOT, path, &mut nodes);
        if supplier == Supplier::Untold {
            made.masked.extend(&nodes);
        }
        suppliers.extend(nodes.into_iter().map(|node| (node, supplier)));
    }
    // What is masked and not laid over is masked here, too.
    let is_laid = |path: &String| {
        let below = |rest: &str| rest.is_empty() || rest.starts_with('.');
        overrides.iter().any(|(over, _)| over.strip_prefix(path.as_str()).is_some_and(below))
    };
    for path in masked.iter().filter(|path| !is_laid(path)) {
        let mut nodes = HashSet::new();
        reach(made.json(), NodeId::ROOT, path, &mut nodes);
        made.masked.extend(&nodes);
        suppliers.extend(nodes.into_iter().map(|node| (node, Supplier::Untold)));
    }
    Some((made, suppliers))
}

/// `resolved_argument_overrides` of an output: path and value as received.
fn resolved(output: &Document) -> Vec<(String, Option<&str>)> {
    let json = output.json();
    let Some(resolved) = json.member(NodeId::ROOT, "resolved_argument_overrides") else {
        return Vec::new();
    };
    let members = json.children(resolved).filter_map(|node| match json.name(node) {
        Name::Key(path) => Some((dotted(&path), Some(json.raw(node)))),
        _ => None,
    });
    members.collect()
}

/// Overrides by the first step of their paths. At most [`MAX_STEPS`] deep.
#[derive(Default)]
struct Branch {
    value: Option<String>,
    inner: Vec<(String, Branch)>,
}

impl Branch {
    fn add(&mut self, path: &str, value: String) {
        let mut at = self;
        for step in path.splitn(MAX_STEPS, '.') {
            let known = at.inner.iter().position(|(name, _)| name == step);
            let place = known.unwrap_or_else(|| {
                at.inner.push((step.to_owned(), Self::default()));
                at.inner.len() - 1
            });
            at = &mut at.inner[place].1;
        }
        at.value = Some(value);
    }

    /// As JSON, where there was nothing before.
    fn to_json(&self) -> String {
        if let Some(value) = &self.value {
            return value.clone();
        }
        let members = self.inner.iter().map(|(name, inner)| member(name, inner));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// What to put in the place of which spans, so that a node has these values.
    fn lay_over(&self, json: Json<'_>, node: NodeId, out: &mut Vec<(usize, usize, String)>) {
        let mut added = Vec::new();
        for (name, inner) in &self.inner {
            match json.member(node, name) {
                Some(there) if inner.value.is_none() && json.kind(there).is_container() => {
                    inner.lay_over(json, there, out);
                }
                Some(there) => {
                    let (from, to) = json.span(there);
                    out.push((from, to, inner.to_json()));
                }
                None if json.kind(node) == Kind::Array => added.push(inner.to_json()),
                None => added.push(member(name, inner)),
            }
        }
        if !added.is_empty() {
            let end = json.span(node).1.saturating_sub(1);
            let comma = if json.children(node).next().is_some() { "," } else { "" };
            out.push((end, end, format!("{comma}{}", added.join(","))));
        }
    }
}

fn member(name: &str, inner: &Branch) -> String {
    format!("{}:{}", serde_json::to_string(name).unwrap_or_default(), inner.to_json())
}

fn spliced(json: Json<'_>, node: NodeId, mut splices: Vec<(usize, usize, String)>) -> String {
    splices.sort_unstable();
    let raw = json.raw(node);
    let (start, _) = json.span(node);
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    for (from, to, text) in splices {
        out.push_str(raw.get(at..from - start).unwrap_or_default());
        out.push_str(&text);
        at = to - start;
    }
    out.push_str(raw.get(at..).unwrap_or_default());
    out
}
