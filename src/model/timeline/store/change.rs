//! What has become of the rows, for whoever numbers them or remembers units by their names.

use std::collections::HashMap;

use super::UnitId;
use crate::model::timeline::{Kind, Visibility};

/// Outcome of taking something in.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Change {
    /// Streamed texts of which the stored events have come: the names from and to.
    pub(crate) renamed: Vec<(UnitId, UnitId)>,
    pub(crate) rows: Rows,
}

#[derive(Debug, Default)]
pub(crate) enum Rows {
    /// No row came or went.
    #[default]
    Same,
    /// A text begins to stream in.
    TextBegan {
        was_empty: bool,
        kind: Kind,
    },
    Grown(Growth),
    /// Everything has another number; these are the old ones.
    Renumbered(HashMap<UnitId, u32>),
}

/// Rows that came at the end.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    /// The first new one.
    pub(crate) from: usize,
    /// There was no row at all before.
    pub(crate) was_empty: bool,
    /// Older rows that the new ones say something about.
    pub(crate) touched: Vec<usize>,
    /// Events that a new compaction stands for, and how they were seen before it.
    pub(crate) compacted: Vec<(usize, Visibility)>,
}
