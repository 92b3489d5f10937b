//! Where in a draft something is: from bytes to lines, and from paths to bytes.

use serde::{Deserialize, Serialize};

use super::check::{Diagnostic, Severity};
use crate::text::json::{Index, Json, Kind, Name, NodeId};
use crate::text::sanitize;

/// A stretch of one line; all counted from zero, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub line: usize,
    pub start: usize,
    /// One behind the last column; never less than one behind `start`.
    pub end: usize,
}

/// Turns bytes into lines and columns.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The first line of a stretch of bytes.
    pub(super) fn span(&self, (start, end): (usize, usize)) -> Span {
        let line = self.starts.partition_point(|at| *at <= start).saturating_sub(1);
        let begin = self.starts.get(line).copied().unwrap_or(0);
        let until = self.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let columns = |from: usize, to: usize| {
            self.text.get(from..to.max(from)).map_or(0, |text| text.chars().count())
        };
        let first = columns(begin, start);
        let width = columns(start, end.min(until)).max(1);
        Span { line, start: first, end: first + width }
    }

    /// Of a line and a byte in it, both counted from one, as the JSON parser counts them.
    pub(super) fn of_parser(&self, line: usize, column: usize) -> Span {
        let begin = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        // Column zero is the end of the line before.
        let mut at = (begin + column).saturating_sub(1).min(self.text.len());
        let bytes = self.text.as_bytes();
        // The end of a line is shown at its last character.
        if matches!(bytes.get(at), None | Some(b'\n')) && at > 0 && bytes[at - 1] != b'\n' {
            at -= 1;
        }
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        self.span((at, at + 1))
    }
}

/// The value that a JSON Pointer (RFC 6901) leads to, as far as it leads.
pub(super) fn at_pointer(json: Json<'_>, pointer: &str) -> NodeId {
    let mut node = NodeId::ROOT;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        match json.member(node, &name) {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

/// A pointer in words: `customer.items[3]`; nothing for the root.
pub(super) fn words(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            out.extend(["[", name.as_str(), "]"]);
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&sanitize::preview(&name, 40));
        }
    }
    out
}

/// What the service said about `field` of an answer (`customer.items[3].id`, nothing for all of
/// it), at the place in the draft that it is about.
pub fn refused_at(text: &str, field: &str, reason: &str) -> Diagnostic {
    let index = Index::of(text);
    let json = Json::new(text, &index);
    let mut node = NodeId::ROOT;
    let mut rest = field;
    while let Some((next, after)) = step(json, node, rest) {
        (node, rest) = (next, after);
    }
    let at = match json.kind(node) {
        Kind::Object | Kind::Array => {
            let (start, _) = json.span(node);
            (start, start + 1)
        }
        _ => json.span(node),
    };
    Diagnostic {
        severity: Severity::Error,
        pointer: String::new(),
        path: sanitize::preview(field.trim_start_matches('.'), 80),
        reason: format!("{} (says the service)", sanitize::preview(reason, 200)),
        at: Lines::of(text).span(at),
    }
}

/// One step along a dotted path, which says nothing about dots in names: the longest name fits.
fn step<'a>(json: Json<'_>, node: NodeId, path: &'a str) -> Option<(NodeId, &'a str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let fits = |child: NodeId| {
        let rest = match json.name(child) {
            Name::Key(key) => path.strip_prefix(&*key)?,
            Name::At(at) => {
                let at = at.to_string();
                let bare = path.strip_prefix(at.as_str());
                bare.or_else(|| {
                    path.strip_prefix('[')?.strip_prefix(at.as_str())?.strip_prefix(']')
                })?
            }
            Name::Root => return None,
        };
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some((child, rest))
    };
    json.children(node).filter_map(fits).min_by_key(|(_, rest)| rest.len())
}
