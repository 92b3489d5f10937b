//! Other values in the place of some of a JSON text.

use super::{Json, NodeId};

/// The text with other values where `with` has one, JSON itself; all else stays as it was written, numbers,
/// order and repeated keys included. `None` where nothing is replaced. What is in a value that was replaced
/// is not asked about.
pub fn replaced(
    text: &str,
    json: Json<'_>,
    mut with: impl FnMut(NodeId) -> Option<String>,
) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    for node in json.nodes() {
        let (start, end) = json.span(node);
        if start < copied {
            continue;
        }
        let Some(other) = with(node) else { continue };
        out.push_str(text.get(copied..start).unwrap_or_default());
        out.push_str(&other);
        copied = end;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Some(out)
}
