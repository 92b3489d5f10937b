//! The exact text of the arguments, and where its values came from: what of it may be read.

use std::sync::Arc;

use crate::api::Exact;
use crate::model::masking::MASK;
use crate::model::origin::Origins;
use crate::text::json::{Index, Json, NodeId, Outline, decode_some};
use crate::view::reader::Pieces;
use crate::view::tree_view::{Document, Part, TreeView};

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Content {
    pub text: Exact,
    pub origins: Arc<Origins>,
    index: Arc<Index>,
}

impl Content {
    /// With nothing known of their origin, so that everything is masked.
    pub(super) fn new(text: Exact) -> Self {
        let index = Index::of(text.text());
        let origins = Origins::of(Json::new(text.text(), &index), None, None);
        Self { text, origins: Arc::new(origins), index: Arc::new(index) }
    }

    pub(super) fn json(&self) -> Json<'_> {
        Json::new(self.text.text(), &self.index)
    }

    /// A tree in which no mask has an inside.
    pub(super) fn tree(&self) -> TreeView {
        let masked = self.origins.masked().collect();
        let outline = Outline::new(&self.index, NodeId::ROOT, masked);
        TreeView::sections([Part { index: Arc::clone(&self.index), outline }])
    }

    /// A node that counts as one value: what holds nothing, and what is masked.
    pub(super) fn is_value(&self, node: NodeId) -> bool {
        self.json().count(node) == 0 || self.origins.is_masked(node)
    }

    /// The text between, but for masks.
    pub(super) fn masked(&self, (mut at, end): (usize, usize)) -> String {
        let text = self.text.text();
        let mut out = String::with_capacity(end - at);
        let masked = self.origins.masked_from(self.json(), at);
        for (from, to) in masked.take_while(|(from, _)| *from < end) {
            out.push_str(text.get(at..from).unwrap_or_default());
            push_mask(&mut out);
            at = to;
        }
        out.push_str(text.get(at..end).unwrap_or_default());
        out
    }

    /// About so much of the text from `at` on, masked; returns where to go on.
    fn masked_piece(&self, mut at: usize, size: usize, out: &mut String) -> usize {
        let json = self.json();
        let (start, _) = json.span(NodeId::ROOT);
        let text = json.raw(NodeId::ROOT);
        for (from, to) in self.origins.masked_from(json, start + at) {
            let (from, to) = (from - start, to - start);
            if from >= at + size || out.len() >= size {
                break;
            }
            out.push_str(text.get(at..from).unwrap_or_default());
            push_mask(out);
            at = to;
        }
        if out.len() >= size {
            return at;
        }
        let next = self.origins.masked_from(json, start + at).next();
        let next = next.map_or(text.len(), |(from, _)| from - start);
        let until = text.ceil_char_boundary(at + size).min(next);
        out.push_str(text.get(at..until).unwrap_or_default());
        until
    }
}

impl Document for Content {
    fn json<'a>(&'a self, _: usize, index: &'a Index) -> Json<'a> {
        Json::new(self.text.text(), index)
    }
}

/// A value, or all of the text.
impl Pieces for Content {
    type Part = Option<NodeId>;

    fn piece(&self, part: &Self::Part, at: usize, size: usize, out: &mut String) -> Option<usize> {
        let json = self.json();
        let (next, end) = match part {
            None => (self.masked_piece(at, size, out), json.raw(NodeId::ROOT).len()),
            Some(node) => {
                if let Some(inner) = json.inner(*node) {
                    (decode_some(inner, at, size, out), inner.len())
                } else {
                    let raw = json.raw(*node);
                    let until = raw.ceil_char_boundary(at + size);
                    out.push_str(raw.get(at..until).unwrap_or_default());
                    (until, raw.len())
                }
            }
        };
        (next < end).then_some(next)
    }
}

fn push_mask(out: &mut String) {
    out.push('"');
    out.push_str(MASK);
    out.push('"');
}
