//! A row of a tree, ready to be drawn: every tree has the same rows, whatever it is of.

use crate::text::json::{Kind, Row};

/// Columns that a level is indented by.
const DEPTH: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRow {
    pub depth: usize,
    pub folded: Option<bool>,
    pub key: String,
    /// Columns between key and value.
    pub gap: usize,
    pub kind: Kind,
    pub value: String,
    /// Said behind the value: how much is in it, or what a schema says of it.
    pub beside: String,
    /// Said at the right edge, so that no cut takes it away: size and origin.
    pub right: String,
    /// The value must not be shown, or nobody tells it.
    pub hidden: bool,
    /// The key comes more than once in its object.
    pub repeated: bool,
    pub selected: bool,
}

impl TreeRow {
    pub fn of(row: Row, selected: bool) -> Self {
        // A folded line of a file shows its start, and then its size is what is long.
        let counted = row.kind.is_container() && row.preview.is_empty();
        let (beside, right) = match (counted, row.measure) {
            (true, measure) => (measure, String::new()),
            (false, measure) if measure.is_empty() => (String::new(), measure),
            (false, measure) => (String::new(), format!("{measure} ")),
        };
        Self {
            depth: row.depth,
            folded: row.folded,
            key: row.key,
            gap: if row.preview.is_empty() { 1 } else { 2 },
            kind: row.kind,
            value: row.preview,
            beside,
            right,
            hidden: false,
            repeated: false,
            selected,
        }
    }
}

/// What stands before a row that deep. Where there is no room to indent, the depth is a number.
pub fn indent(depth: usize, columns: usize) -> String {
    let deepest = columns / 3 / DEPTH;
    if depth <= deepest {
        " ".repeat(depth * DEPTH)
    } else {
        format!("{depth:>0$}", deepest * DEPTH)
    }
}
