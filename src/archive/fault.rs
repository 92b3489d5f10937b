//! What was wrong with lines, and what a whole file came to.

/// Why a line is no event, as far as one look at it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    NotJson,
    /// JSON, but no object.
    NoObject,
    NotUtf8,
    /// Nothing but NUL bytes, as a crash leaves them.
    Nul,
    /// The last line: no newline, and not the end of an object. Something still writes the file,
    /// or stopped in the middle.
    Truncated,
    /// A first line `{"session": …}` whose session cannot be read. It has no row.
    Session,
}

/// How many faults of each kind were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FaultCounts {
    pub not_json: u64,
    pub no_object: u64,
    pub not_utf8: u64,
    /// Runs of them.
    pub nul: u64,
    pub truncated: u64,
    pub session: u64,
}

impl FaultCounts {
    pub(super) fn add(&mut self, what: FaultKind) {
        match what {
            FaultKind::NotJson => self.not_json += 1,
            FaultKind::NoObject => self.no_object += 1,
            FaultKind::NotUtf8 => self.not_utf8 += 1,
            FaultKind::Nul => self.nul += 1,
            FaultKind::Truncated => self.truncated += 1,
            FaultKind::Session => self.session += 1,
        }
    }

    /// Lines, and pieces of lines, that have a row and hold no event; runs of NUL bytes apart.
    pub fn rows(&self) -> u64 {
        self.not_json + self.no_object + self.not_utf8 + self.truncated
    }
}

/// What a file came to. Grows while it is read; whole once a chunk was the last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Lines delivered: events, and lines that should be one.
    pub lines: u64,
    pub blank: u64,
    /// Those that are events, or were before they were damaged.
    pub events: u64,
    pub faults: FaultCounts,
    /// Events of which something had to be taken for something else. Not looked for in large files.
    pub odd: u64,
    /// Events whose id an earlier one had. `None` until the end, and in a file of more ids than
    /// are kept.
    pub duplicates: Option<u64>,
    /// Times that lie clearly before the one before them.
    pub inversions: u64,
}
