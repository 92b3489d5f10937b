//! One node as a row of a tree: sanitised, bounded, and made only when it is looked at.

use std::borrow::Cow;

use super::super::{sanitize, units};
use super::string::{boundary, decode, notation};
use super::{IN_ARRAY, Json, Kind, NodeId, blob};

/// Bytes of a value that its row can show.
const PREVIEW: usize = 512;
const KEY_CHARS: usize = 120;
/// Strings longer than that tell their size.
const LONG: usize = 80;

/// What a node is called in what it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<'a> {
    Root,
    Key(Cow<'a, str>),
    At(u32),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub node: NodeId,
    pub depth: usize,
    /// `""` for the root, `[3]` in an array.
    pub key: String,
    pub kind: Kind,
    /// The value, or its start.
    pub preview: String,
    /// `{6}` of a container, the size of what is long, or nothing.
    pub measure: String,
    /// `None` for what holds nothing.
    pub folded: Option<bool>,
}

impl<'a> Json<'a> {
    pub fn name(self, node: NodeId) -> Name<'a> {
        match self.index.node(node).key {
            (0, 0) => Name::Root,
            (at, IN_ARRAY) => Name::At(at),
            (start, end) => {
                let key = self.text.get(start as usize + 1..end as usize - 1);
                Name::Key(decode(key.unwrap_or_default()))
            }
        }
    }

    /// What a string says; for everything else the value as it is written.
    pub fn value(self, node: NodeId) -> Cow<'a, str> {
        self.inner(node).map_or(Cow::Borrowed(self.raw(node)), decode)
    }

    pub fn row(self, node: NodeId, folded: bool) -> Row {
        let place = self.index.node(node);
        // What is in a container is not looked at, however much that is.
        let raw = if place.kind.is_container() { "" } else { self.raw(node) };
        let length = (place.value.1 - place.value.0) as usize;
        let key = match self.name(node) {
            Name::Root => String::new(),
            Name::Key(key) => key_words(&key),
            Name::At(at) => format!("[{at}]"),
        };
        let size = || units::bytes(length as u64);
        let (preview, measure) = match place.kind {
            Kind::Object | Kind::Array => {
                let object = place.kind == Kind::Object;
                let (open, close) = if object { ('{', '}') } else { ('[', ']') };
                let size = if length > LONG { format!(" {}", size()) } else { String::new() };
                (String::new(), format!("{open}{}{close}{size}", place.children))
            }
            Kind::String => self.string_row(node),
            Kind::Number | Kind::Boolean | Kind::Null => {
                let long = raw.len() > LONG;
                (start_of(raw), if long { size() } else { String::new() })
            }
            Kind::Broken if raw.is_empty() => {
                (format!("the text ends here, at byte {}", place.value.0), String::new())
            }
            Kind::Broken => {
                (format!("not JSON from byte {}: {}", place.value.0, start_of(raw)), size())
            }
            Kind::Beyond => {
                let words = format!("more values than are shown, from byte {}", place.value.0);
                (words, size())
            }
        };
        let folded = (place.kind.is_container() && place.children > 0).then_some(folded);
        Row { node, depth: place.depth as usize, key, kind: place.kind, preview, measure, folded }
    }

    fn string_row(self, node: NodeId) -> (String, String) {
        let inner = self.inner(node).unwrap_or_default();
        if let Some(chip) = blob::chip(inner) {
            return (chip, String::new());
        }
        let shown = sanitize::one_line(&notation(inner, PREVIEW)).into_owned();
        let long = inner.len() > LONG;
        let size = if long { units::bytes(inner.len() as u64) } else { String::new() };
        if inner.len() > PREVIEW {
            (format!("\"{shown}…"), size)
        } else {
            (format!("\"{shown}\""), size)
        }
    }
}

/// A key that is more than a word is quoted, or it could look like a key with another value.
fn key_words(key: &str) -> String {
    let shown = sanitize::preview(key, KEY_CHARS);
    let plain = |c: char| !c.is_whitespace() && c != '"' && c != '\\';
    if !key.is_empty() && key.chars().take(KEY_CHARS).all(plain) {
        return shown;
    }
    serde_json::to_string(&shown).unwrap_or(shown)
}

fn start_of(raw: &str) -> String {
    let end = boundary(raw, PREVIEW);
    let cut = if end < raw.len() { "…" } else { "" };
    format!("{}{cut}", sanitize::one_line(&raw[..end]))
}
