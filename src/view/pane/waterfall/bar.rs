//! What an account of time is made of: bars, turns and sums, a few bytes each.

use std::ops::Range;

use crate::model::timeline::{Kind, State};

/// What the time of a bar went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nature {
    /// The agent thought, wrote, or decided on a call.
    Model,
    Tool,
    /// A person had to answer.
    Yours,
    Compaction,
    /// Nothing went on between two turns.
    Idle,
    /// Takes no time.
    Mark,
}

/// How far the end of a bar is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    Known,
    /// It still goes on.
    Open,
    /// Nothing says when it ended.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) row: u32,
    /// Milliseconds since its turn began.
    pub(super) start: u32,
    pub(super) length: u32,
    pub(super) kind: Kind,
    pub(super) state: State,
    pub(super) nature: Nature,
    pub(super) end: End,
    pub(super) tool: u8,
    /// Within a step.
    pub(super) inside: bool,
    /// The length is that of a trace.
    pub(super) measured: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    /// Its first event.
    pub(super) row: u32,
    /// Milliseconds since the first event of all.
    pub(super) start: u64,
    pub(super) length: u64,
    /// Milliseconds since the turn before.
    pub(super) pause: u64,
    /// Lengths of all turns before.
    pub(super) before: u64,
    pub(super) bars: Range<u32>,
    pub(super) calls: u32,
    pub(super) failed: u32,
    pub(super) state: State,
    pub(super) end: End,
}

/// Milliseconds by what they went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub model: u64,
    pub tools: u64,
    pub yours: u64,
    pub compaction: u64,
    pub idle: u64,
}

impl Totals {
    pub fn all(self) -> u64 {
        self.model + self.tools + self.yours + self.compaction + self.idle
    }
}

/// All calls of one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ToolTotal {
    pub(super) length: u64,
    pub(super) calls: u32,
    /// One of its calls, to read its name from.
    pub(super) row: u32,
}
