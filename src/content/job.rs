//! What takes longer than a frame: done beside the screen, one of each sort at a time.

use std::ops::Range;
use std::sync::Arc;

use super::table::{RowIndex, SortBy};
use super::{Drawn, Hits, Listing, Pages, Pattern, Prepared, Room, listing, pdf};
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
    /// All rows of a table.
    Rows,
    /// The order of these rows.
    Sort(Arc<RowIndex>, SortBy),
    /// What is in an archive.
    List,
    /// The text of a PDF.
    Read,
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
    Rows(Arc<RowIndex>),
    Sorted(SortBy, Arc<[u32]>),
    Listed(Arc<Listing>),
    Read(Arc<Pages>),
    /// Or why it cannot be drawn.
    Drawn(Room, Result<Arc<Drawn>, String>),
}

/// Work of which one at a time makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    Index,
    Render,
    Colour,
    Find,
    Rows,
    Sort,
    List,
    Read,
    Draw,
}

impl Job {
    /// The slot it runs in: a job ends the one before it in the same slot.
    pub fn slot(&self) -> Slot {
        match self {
            Self::Index => Slot::Index,
            Self::Render { .. } => Slot::Render,
            Self::Colour { .. } => Slot::Colour,
            Self::Find(_) => Slot::Find,
            Self::Rows => Slot::Rows,
            Self::Sort(..) => Slot::Sort,
            Self::List => Slot::List,
            Self::Read => Slot::Read,
            Self::Draw { .. } => Slot::Draw,
        }
    }

    /// Does it, unless `gone` says that nobody waits any more.
    pub fn run(self, file: &Prepared, gone: &dyn Fn() -> bool) -> Option<Done> {
        match self {
            Self::Find(pattern) => {
                let bytes = if pattern.is_in_bytes() { file.bytes() } else { file.searched() };
                let hits = Hits::look(&pattern, bytes, gone)?;
                return Some(Done::Found(pattern, hits));
            }
            Self::List => {
                let listing = listing::list(file.format(), file.bytes(), gone)?;
                return Some(Done::Listed(Arc::new(listing)));
            }
            Self::Read => return Some(Done::Read(Arc::new(pdf::read(file.bytes(), gone)?))),
            _ => {}
        }
        if let Self::Draw { room, before } = self {
            let before = before.map(|drawn| Arc::clone(drawn.picture()));
            let drawn = Drawn::make(before, file.format(), file.bytes(), room);
            return Some(Done::Drawn(room, drawn.map(Arc::new)));
        }
        let text = file.text()?;
        match self {
            Self::Find(_) | Self::Draw { .. } | Self::List | Self::Read => None,
            Self::Rows => Some(Done::Rows(Arc::new(file.table()?.rows(text, gone)?))),
            Self::Sort(rows, by) => {
                let order = file.table()?.sorted(text, &rows, by, gone)?;
                Some(Done::Sorted(by, order.into()))
            }
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
