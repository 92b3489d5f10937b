//! The way from the root to a node, as jq writes it.

use super::super::sanitize;
use super::{Json, Name, NodeId};

/// Steps that a breadcrumb names before it leaves out the outer ones.
const CRUMBS: usize = 12;
const CRUMB_CHARS: usize = 40;

impl Json<'_> {
    /// `.customer.items[3]["postal code"]`, exact: jq takes it. The root is `.`.
    pub fn path(self, node: NodeId) -> String {
        let (steps, _) = self.steps(node, usize::MAX);
        let mut out = String::new();
        for step in steps {
            match self.name(step) {
                Name::Root => {}
                Name::At(at) => push(&mut out, &format!("[{at}]")),
                Name::Key(key) => push_key(&mut out, &key),
            }
        }
        if out.is_empty() { ".".to_owned() } else { out }
    }

    /// The path for a heading: fit for a screen, without the outer steps where there are many.
    pub fn breadcrumb(self, node: NodeId) -> String {
        let (steps, cut) = self.steps(node, CRUMBS);
        let mut out = String::from(if cut { "…" } else { "" });
        for step in steps {
            match self.name(step) {
                Name::Root => {}
                Name::At(at) => push(&mut out, &format!("[{at}]")),
                Name::Key(key) => {
                    let short = sanitize::preview(&key, CRUMB_CHARS);
                    push_key(&mut out, &short);
                    if key.chars().nth(CRUMB_CHARS).is_some() {
                        out.push('…');
                    }
                }
            }
        }
        if out.is_empty() { ".".to_owned() } else { out }
    }

    /// The node and what it is in, outermost first, at most `most`; whether some were left out.
    fn steps(self, node: NodeId, most: usize) -> (Vec<NodeId>, bool) {
        let mut way = std::iter::successors(Some(node), |at| self.parent(*at));
        let mut steps: Vec<NodeId> = way.by_ref().take(most).collect();
        steps.reverse();
        // The root names nothing, so that leaving it out is no loss.
        (steps, way.nth(1).is_some())
    }
}

fn push(out: &mut String, step: &str) {
    if out.is_empty() {
        out.push('.');
    }
    out.push_str(step);
}

fn push_key(out: &mut String, key: &str) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let plain = key.chars().all(is_word) && key.starts_with(|c: char| !c.is_ascii_digit());
    if plain {
        out.push('.');
        out.push_str(key);
    } else {
        push(out, &format!("[{}]", serde_json::to_string(key).unwrap_or_default()));
    }
}
