//! What takes longer than a frame: done beside the screen, one of each sort at a time.

use std::ops::Range;
use std::sync::Arc;

use super::{Drawn, Hits, Pattern, Prepared, Room};
use crate::text::highlight::{HighlightedLine, Highlighter};
use crate::text::json::Index;
use crate::text::markdown;

/// Lines that are coloured together. The state of the grammar is kept between them.
pub const COLOURED_AT_ONCE: usize = 128;

#[derive(Debug, Clone, PartialEq)]
pub enum Job {
    /// The index that a tree stands on.
    Index,
    Render {
        columns: usize,
    },
    /// The grammar's view of lines, starting at a multiple of [`COLOURED_AT_ONCE`], in the state
    /// that it had there; at the start of a file it has none.
    Colour {
        lines: Range<usize>,
        from: Option<Box<Highlighter>>,
    },
    Find(Pattern),
    /// The picture as it fits there, from what was decoded `before` if it was.
    Draw {
        room: Room,
        before: Option<Arc<Drawn>>,
    },
}

/// Lines as the grammar sees them.
#[derive(Debug, Clone)]
pub struct Coloured {
    pub first: usize,
    pub lines: Vec<HighlightedLine>,
    /// Lines at which it can go on, and how.
    pub states: Vec<(usize, Highlighter)>,
}

#[derive(Debug, Clone)]
pub enum Done {
    Index(Arc<Index>),
    Rendered {
        columns: usize,
        lines: Vec<markdown::Line>,
        left_out: usize,
    },
    Coloured(Coloured),
    /// There is no grammar for that sort of file.
    Colourless,
    Found(Pattern, Hits),
    /// Or why it cannot be drawn.
    Drawn(Room, Result<Arc<Drawn>, String>),
}

impl Job {
    /// A job ends the one before it that has the same number.
    pub fn slot(&self) -> usize {
        match self {
            Self::Index => 0,
            Self::Render { .. } => 1,
            Self::Colour { .. } => 2,
            Self::Find(_) => 3,
            // The places between are of other views.
            Self::Draw { .. } => 8,
        }
    }

    /// Does it, unless `gone` says that nobody waits any more.
    pub fn run(self, file: &Prepared, gone: &dyn Fn() -> bool) -> Option<Done> {
        if let Self::Find(pattern) = self {
            let hits = Hits::look(&pattern, file.searched(), gone)?;
            return Some(Done::Found(pattern, hits));
        }
        if let Self::Draw { room, before } = self {
            let before = before.map(|drawn| Arc::clone(drawn.picture()));
            let drawn = Drawn::make(before, file.format(), file.bytes(), room);
            return Some(Done::Drawn(room, drawn.map(Arc::new)));
        }
        let text = file.text()?;
        match self {
            Self::Find(_) | Self::Draw { .. } => None,
            Self::Index => Some(Done::Index(Arc::new(Index::of_file(text.bytes())))),
            Self::Render { columns } => {
                let (lines, left_out) = markdown::render(&text.whole(), columns);
                Some(Done::Rendered { columns, lines, left_out })
            }
            Self::Colour { lines, from } => {
                let known =
                    from.or_else(|| Highlighter::new(file.name(), file.mime()).map(Box::new));
                let Some(mut grammar) = known else { return Some(Done::Colourless) };
                let mut out =
                    Coloured { first: lines.start, lines: Vec::new(), states: Vec::new() };
                for line in lines.start..lines.end.min(text.len()) {
                    if line % COLOURED_AT_ONCE == 0 {
                        if gone() {
                            return None;
                        }
                        out.states.push((line, Highlighter::clone(&grammar)));
                    }
                    out.lines.push(grammar.line(&format!("{}\n", text.decoded(text.line(line)))));
                }
                out.states.push((lines.end, *grammar));
                Some(Done::Coloured(out))
            }
        }
    }
}
