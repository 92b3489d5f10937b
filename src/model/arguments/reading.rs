//! Text of the arguments to be read from the top: one value whole, or all of it as received.
//! Loaded as far as somebody scrolls.

use crate::text::json::{Json, NodeId, decode_some};
use crate::text::unroll::Unrolled;

use super::super::masking::MASK;
use super::super::origin::Origins;

/// Read at once; the first screen needs no more.
const PIECE: usize = 64 * 1024;

#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// `None` for all of the text.
    node: Option<NodeId>,
    /// Bytes that are read at once.
    piece: usize,
    read: usize,
    lines: Unrolled,
    top: usize,
    height: usize,
    complete: bool,
}

impl Reading {
    pub(super) fn of(node: Option<NodeId>) -> Self {
        let lines = Unrolled::new(80, true);
        Self { node, piece: PIECE, read: 0, lines, top: 0, height: 1, complete: false }
    }

    /// The start of a value, for a few lines; never more than so many bytes too much.
    pub(super) fn start_of(node: NodeId, bytes: usize) -> Self {
        Self { piece: bytes.clamp(64, PIECE), ..Self::of(Some(node)) }
    }

    pub(super) fn node(&self) -> Option<NodeId> {
        self.node
    }

    /// Lays out what is on the screen, and loads what that needs.
    pub(super) fn settle(&mut self, json: Json<'_>, origins: &Origins, room: (usize, usize)) {
        let (columns, height) = room;
        if self.lines.columns() != columns {
            let place = self.lines.start_of(self.top);
            let there = self.top > 0 && self.top < self.lines.len();
            self.lines.resize(columns, true);
            self.top = if there { self.lines.line_at(place) } else { self.top };
        }
        self.height = height.max(1);
        while !self.complete && self.lines.len() <= self.top.saturating_add(self.height) {
            self.load(json, origins);
        }
        self.top = self.top.min(self.lines.len().saturating_sub(self.height));
    }

    fn load(&mut self, json: Json<'_>, origins: &Origins) {
        let mut piece = String::new();
        let end = match self.node {
            None => {
                let text = json.raw(NodeId::ROOT);
                self.read = masked_piece(json, origins, self.read, &mut piece);
                text.len()
            }
            Some(node) => {
                if let Some(inner) = json.inner(node) {
                    self.read = decode_some(inner, self.read, self.piece, &mut piece);
                    inner.len()
                } else {
                    let raw = json.raw(node);
                    let until = boundary(raw, self.read + self.piece);
                    piece.push_str(raw.get(self.read..until).unwrap_or_default());
                    self.read = until;
                    raw.len()
                }
            }
        };
        self.lines.push(&piece);
        if self.read >= end {
            self.complete = true;
            self.lines.end();
        }
    }

    pub(super) fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by);
    }

    /// First line on the screen, lines laid out so far, and whether that is all of them.
    pub(super) fn position(&self) -> (usize, usize, bool) {
        (self.top, self.lines.len(), self.complete)
    }

    /// The last line is on the screen.
    pub(super) fn at_end(&self) -> bool {
        self.complete && self.top + self.height >= self.lines.len()
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = &str> {
        (self.top..self.lines.len()).take(self.height).filter_map(|at| self.lines.line(at))
    }
}

/// The next character boundary.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// All of the text from `at` on, masked, about a piece of it; returns where to go on.
pub(super) fn masked_piece(
    json: Json<'_>,
    origins: &Origins,
    mut at: usize,
    out: &mut String,
) -> usize {
    let (start, _) = json.span(NodeId::ROOT);
    let text = json.raw(NodeId::ROOT);
    for (from, to) in origins.masked_from(json, start + at) {
        let (from, to) = (from - start, to - start);
        if from >= at + PIECE || out.len() >= PIECE {
            break;
        }
        out.push_str(text.get(at..from).unwrap_or_default());
        out.push('"');
        out.push_str(MASK);
        out.push('"');
        at = to;
    }
    if out.len() >= PIECE {
        return at;
    }
    let next =
        origins.masked_from(json, start + at).next().map_or(text.len(), |(from, _)| from - start);
    let until = boundary(text, at + PIECE).min(next);
    out.push_str(text.get(at..until).unwrap_or_default());
    until
}
