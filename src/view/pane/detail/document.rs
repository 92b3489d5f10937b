//! One JSON text with its index and with what of it must not be shown.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use crate::api::Event;
use crate::model::masking::MASK;
use crate::text::json::{Index, Json, NodeId};

#[derive(Debug, Clone)]
enum Text {
    Received(Arc<Event>),
    /// The arguments of a call with what configuration laid over them.
    Made(Arc<str>),
}

/// Cheap to clone; the texts and indexes may be of many megabytes.
#[derive(Debug, Clone)]
pub(super) struct Document {
    text: Text,
    index: Arc<Index>,
    /// The event that it is, or that it was made of.
    pub event: Arc<Event>,
    /// Nodes whose values may be secrets.
    pub masked: HashSet<NodeId>,
    /// Path of the root in that event.
    prefix: &'static str,
}

impl Document {
    pub(super) fn received(event: &Arc<Event>) -> Self {
        let index = Arc::new(Index::of(event.raw().get()));
        let text = Text::Received(Arc::clone(event));
        Self { text, index, event: Arc::clone(event), masked: HashSet::new(), prefix: "" }
    }

    pub(super) fn made(text: String, event: &Arc<Event>, prefix: &'static str) -> Self {
        let index = Arc::new(Index::of(&text));
        let text = Text::Made(text.into());
        Self { text, index, event: Arc::clone(event), masked: HashSet::new(), prefix }
    }

    pub(super) fn is_received(&self) -> bool {
        matches!(self.text, Text::Received(_))
    }

    pub(super) fn text(&self) -> &str {
        match &self.text {
            Text::Received(event) => event.raw().get(),
            Text::Made(text) => text,
        }
    }

    pub(super) fn json(&self) -> Json<'_> {
        Json::new(self.text(), &self.index)
    }

    pub(super) fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// Nothing in the node, and nothing that it is in, is masked.
    pub(super) fn is_masked(&self, node: NodeId) -> bool {
        let way = std::iter::successors(Some(node), |at| self.json().parent(*at));
        !self.masked.is_empty() && way.into_iter().any(|at| self.masked.contains(&at))
    }

    /// The spans of masked values, in their order.
    pub(super) fn masked_spans(&self) -> Vec<(usize, usize)> {
        let mut spans: Vec<_> = self.masked.iter().map(|node| self.json().span(*node)).collect();
        spans.sort_unstable();
        spans
    }

    /// The text of a node as it was received, but for masks.
    pub(super) fn raw(&self, node: NodeId) -> Cow<'_, str> {
        if self.is_masked(node) {
            return Cow::Owned(quoted_mask());
        }
        let (mut at, end) = self.json().span(node);
        let inside = |span: &(usize, usize)| at <= span.0 && span.1 <= end;
        let spans: Vec<_> = self.masked_spans().into_iter().filter(inside).collect();
        if spans.is_empty() {
            return Cow::Borrowed(self.json().raw(node));
        }
        let mut out = String::with_capacity(end - at);
        for (from, to) in spans {
            // A masked value may lie in another one.
            if from >= at {
                out.push_str(self.text().get(at..from).unwrap_or_default());
                out.push_str(&quoted_mask());
                at = to;
            }
        }
        out.push_str(self.text().get(at..end).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Appends about `size` bytes of the text from `at` on, but for masks. The place to go on at,
    /// and `None` behind the end.
    pub(super) fn piece(&self, at: usize, size: usize, out: &mut String) -> Option<usize> {
        let text = self.text();
        let until = text.ceil_char_boundary(at + size);
        let masked = self.masked_spans().into_iter().find(|(_, end)| *end > at);
        let next = if let Some((from, to)) = masked.filter(|(from, _)| *from < until) {
            out.push_str(text.get(at..from).unwrap_or_default());
            out.push_str(&quoted_mask());
            to
        } else {
            out.push_str(text.get(at..until).unwrap_or_default());
            until
        };
        (next < text.len()).then_some(next)
    }

    /// What a node says: text without quotes and escapes, everything else as received.
    pub(super) fn value(&self, node: NodeId) -> Cow<'_, str> {
        if self.is_masked(node) {
            Cow::Borrowed(MASK)
        } else if self.json().inner(node).is_some() {
            self.json().value(node)
        } else {
            self.raw(node)
        }
    }

    /// The path in the event.
    pub(super) fn path(&self, node: NodeId) -> String {
        self.prefixed(self.json().path(node))
    }

    pub(super) fn breadcrumb(&self, node: NodeId) -> String {
        self.prefixed(self.json().breadcrumb(node))
    }

    fn prefixed(&self, path: String) -> String {
        match (self.prefix, path.as_str()) {
            ("", _) => path,
            (prefix, ".") => prefix.to_owned(),
            (prefix, _) if path.starts_with(".[") => format!("{prefix}{}", &path[1..]),
            (prefix, _) => format!("{prefix}{path}"),
        }
    }
}

pub(super) fn quoted_mask() -> String {
    format!("\"{MASK}\"")
}
