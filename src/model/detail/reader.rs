//! Texts to be read from the top: whole values and raw events, loaded as far as somebody scrolls.

use super::document::{Document, quoted_mask};
use crate::text::json::{NodeId, decode_some};
use crate::text::unroll::Unrolled;

/// Read at once; the first screen needs no more.
pub(super) const PIECE: usize = 64 * 1024;

#[derive(Debug, Clone, Copy)]
enum Source {
    /// All of a document.
    Whole,
    /// What a string says.
    Value(NodeId),
}

#[derive(Debug, Clone)]
struct Part {
    /// Stands above it as a line of its own.
    heading: Option<String>,
    document: usize,
    source: Source,
    read: usize,
    lines: Unrolled,
    ended: bool,
}

impl Part {
    fn len(&self) -> usize {
        self.lines.len() + usize::from(self.heading.is_some())
    }
}

/// A line of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    Heading(&'a str),
    Text(&'a str),
}

#[derive(Debug, Clone)]
pub struct Reader {
    parts: Vec<Part>,
    top: usize,
    height: usize,
}

impl Reader {
    /// Documents as they were received, one below the other.
    pub(super) fn of_documents(documents: &[Document]) -> Self {
        let received = documents.iter().enumerate().filter(|(_, document)| document.is_received());
        let mut parts: Vec<Part> = received
            .map(|(at, document)| {
                let event = &document.event;
                let id = event.id.as_ref().map(ToString::to_string).unwrap_or_default();
                Self::part(Some(format!("{} {id}", event.kind)), at, Source::Whole)
            })
            .collect();
        if let [only] = parts.as_mut_slice() {
            only.heading = None;
        }
        Self { parts, top: 0, height: 1 }
    }

    pub(super) fn of_value(document: usize, node: NodeId) -> Self {
        let parts = vec![Self::part(None, document, Source::Value(node))];
        Self { parts, top: 0, height: 1 }
    }

    fn part(heading: Option<String>, document: usize, source: Source) -> Part {
        let lines = Unrolled::new(80, true);
        Part { heading, document, source, read: 0, lines, ended: false }
    }

    pub(super) fn settle(
        &mut self,
        documents: &[Document],
        columns: usize,
        height: usize,
        wrap: bool,
    ) {
        self.height = height.max(1);
        let fits =
            |part: &Part| (part.lines.columns(), part.lines.wraps()) == (columns.max(1), wrap);
        if !self.parts.iter().all(fits) {
            let (at, line) = self.place(self.top);
            let place = self.parts.get(at).map(|part| part.lines.start_of(line));
            self.parts.iter_mut().for_each(|part| part.lines.resize(columns, wrap));
            let before: usize = self.parts.iter().take(at).map(Part::len).sum();
            if let (Some(place), Some(part)) = (place.filter(|_| self.top > 0), self.parts.get(at))
            {
                self.top = before + part.len() - part.lines.len() + part.lines.line_at(place);
            }
        }
        self.load(documents, self.top.saturating_add(self.height));
        self.top = self.top.min(self.len().saturating_sub(self.height));
    }

    /// Moves by lines; [`Self::settle`] loads what that needs.
    pub(super) fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by);
    }

    /// Part, and line in its text, of a line of the whole.
    fn place(&self, mut line: usize) -> (usize, usize) {
        for (at, part) in self.parts.iter().enumerate() {
            if line < part.len() {
                return (at, line.saturating_sub(usize::from(part.heading.is_some())));
            }
            line -= part.len();
        }
        (self.parts.len().saturating_sub(1), 0)
    }

    fn load(&mut self, documents: &[Document], until: usize) {
        let mut lines = 0;
        for part in &mut self.parts {
            let Some(document) = documents.get(part.document) else { continue };
            while !part.ended && lines + part.len() <= until {
                read(part, document);
            }
            lines += part.len();
            if !part.ended {
                return;
            }
        }
    }

    /// Lines that are laid out.
    pub fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nothing is left to load.
    pub fn is_complete(&self) -> bool {
        self.parts.iter().all(|part| part.ended)
    }

    pub fn top(&self) -> usize {
        self.top
    }

    pub fn line(&self, mut at: usize) -> Option<Line<'_>> {
        for part in &self.parts {
            if at < part.len() {
                return Some(match (&part.heading, at) {
                    (Some(heading), 0) => Line::Heading(heading),
                    (Some(_), _) => Line::Text(part.lines.line(at - 1)?),
                    (None, _) => Line::Text(part.lines.line(at)?),
                });
            }
            at -= part.len();
        }
        None
    }
}

/// Reads one piece more.
fn read(part: &mut Part, document: &Document) {
    let mut piece = String::new();
    let end = match part.source {
        Source::Value(node) => {
            let inner = document.json().inner(node).unwrap_or_default();
            part.read = decode_some(inner, part.read, PIECE, &mut piece);
            inner.len()
        }
        Source::Whole => {
            let text = document.text();
            let until = (part.read + PIECE).min(text.len());
            let next = document.masked_spans().into_iter().find(|(_, end)| *end > part.read);
            match next {
                Some((from, to)) if from < until => {
                    piece.push_str(text.get(part.read..from).unwrap_or_default());
                    piece.push_str(&quoted_mask());
                    part.read = to;
                }
                _ => {
                    let until = (until..=text.len()).find(|at| text.is_char_boundary(*at));
                    let until = until.unwrap_or(text.len());
                    piece.push_str(text.get(part.read..until).unwrap_or_default());
                    part.read = until;
                }
            }
            text.len()
        }
    };
    part.lines.push(&piece);
    if part.read >= end {
        part.ended = true;
        part.lines.end();
    }
}
