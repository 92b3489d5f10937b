//! A JSON value as rows: one per scalar, one per container, children below unless folded.
//!
//! Rows are plain data with sanitised text, so that the inspector, the timeline and the artifact
//! viewer show values alike.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{sanitize, units};

/// Longest text of one value in a row; the size stands behind what is cut.
const PREVIEW_CHARS: usize = 2_000;
/// Longer runs of base64 are a size, not a text.
const BASE64_BYTES: usize = 1_024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRow {
    /// Dotted from the root, `""` for the root itself: `customer.id`, `events.3.place`.
    pub path: String,
    pub depth: usize,
    /// Object key or array index; empty for the root.
    pub key: String,
    pub value: String,
    pub kind: Kind,
    /// `Some(true)` for a folded container, `None` for a scalar.
    pub folded: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
    /// Hidden because it may be a secret.
    Masked,
}

/// What stands in place of a masked value, whatever its length.
pub const MASK: &str = "••••••••";

/// Rows of `value`. Containers at a path in `folded` hide their children; a value whose path is in
/// `masked`, or below one that is, shows as a mask.
pub fn rows(value: &Value, folded: &BTreeSet<String>, masked: &BTreeSet<String>) -> Vec<TreeRow> {
    let mut out = Vec::new();
    push(value, String::new(), "", 0, folded, masked, &mut out);
    out
}

fn push(
    value: &Value,
    path: String,
    key: &str,
    depth: usize,
    folded: &BTreeSet<String>,
    masked: &BTreeSet<String>,
    out: &mut Vec<TreeRow>,
) {
    let key = sanitize::one_line(key).into_owned();
    if masked.contains(&path) {
        let kind = Kind::Masked;
        out.push(TreeRow { path, depth, key, value: MASK.to_owned(), kind, folded: None });
        return;
    }
    let is_folded = folded.contains(&path);
    let (text, kind, count) = match value {
        Value::Object(map) => (
            if is_folded { format!("{{{}}}", map.len()) } else { "{}".into() },
            Kind::Object,
            map.len(),
        ),
        Value::Array(items) => (format!("[{}]", items.len()), Kind::Array, items.len()),
        Value::String(text) => (string(text), Kind::String, 0),
        Value::Number(number) => (number.to_string(), Kind::Number, 0),
        Value::Bool(yes) => (yes.to_string(), Kind::Boolean, 0),
        Value::Null => ("null".to_owned(), Kind::Null, 0),
    };
    let row = TreeRow {
        path: path.clone(),
        depth,
        key,
        value: text,
        kind,
        folded: (count > 0).then_some(is_folded),
    };
    out.push(row);
    if is_folded {
        return;
    }
    let below = |name: &str| {
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    };
    match value {
        Value::Object(map) => {
            for (name, child) in map {
                push(child, below(name), name, depth + 1, folded, masked, out);
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                let name = index.to_string();
                push(child, below(&name), &name, depth + 1, folded, masked, out);
            }
        }
        _ => {}
    }
}

fn string(text: &str) -> String {
    if text.len() > BASE64_BYTES && looks_like_base64(text) {
        return format!("<base64, {} encoded>", units::bytes(text.len() as u64));
    }
    let end = text.char_indices().nth(PREVIEW_CHARS).map_or(text.len(), |(at, _)| at);
    let shown = serde_json::to_string(&text[..end]).unwrap_or_default();
    let shown = sanitize::one_line(&shown).into_owned();
    if end < text.len() {
        format!("{shown}… {} in all", units::bytes(text.len() as u64))
    } else {
        shown
    }
}

fn looks_like_base64(text: &str) -> bool {
    text.bytes()
        .take(BASE64_BYTES)
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(rows: &[TreeRow]) -> Vec<&str> {
        rows.iter().map(|row| row.path.as_str()).collect()
    }

    #[test]
    fn folding_hides_children_and_counts_them() {
        let value = json!({"order": {"id": 7, "lines": [1, 2]}, "ok": true});
        let none = BTreeSet::new();
        let all = rows(&value, &none, &none);
        assert_eq!(
            paths(&all),
            ["", "order", "order.id", "order.lines", "order.lines.0", "order.lines.1", "ok"]
        );
        let folded = rows(&value, &BTreeSet::from(["order".to_owned()]), &none);
        assert_eq!(paths(&folded), ["", "order", "ok"]);
        assert_eq!(folded[1].value, "{2}");
    }

    #[test]
    fn a_masked_value_shows_neither_text_nor_length_nor_children() {
        let value = json!({"auth": {"token": "hunter2"}, "short": "x"});
        let masked = BTreeSet::from(["auth".to_owned(), "short".to_owned()]);
        let rows = rows(&value, &BTreeSet::new(), &masked);
        assert_eq!(paths(&rows), ["", "auth", "short"]);
        assert!(rows[1..].iter().all(|row| row.value == MASK));
    }

    #[test]
    fn hostile_text_is_visible_and_base64_is_a_size() {
        let value = json!({"\u{1b}k": "\u{1b}[2J", "blob": "QUJD".repeat(600)});
        let rows = rows(&value, &BTreeSet::new(), &BTreeSet::new());
        assert_eq!(rows[1].key, "\\x1bk");
        assert_eq!(rows[1].value, r#""\u001b[2J""#);
        assert_eq!(rows[2].value, "<base64, 2.3K encoded>");
    }
}
