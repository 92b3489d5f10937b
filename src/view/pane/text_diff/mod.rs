//! Two texts side by side: which lines differ, and which words of a line.
//!
//! Owns the comparison and how it is looked at; where the texts come from is the runtime's business.
//! Start with [`compare`], which belongs on a thread of its own, then [`DiffView`]. The invariant:
//! put together, the blocks are both texts, each line once and in order.

mod comparison;
mod view;
mod words;

use std::collections::HashMap;
use std::ops::Range;
use std::time::Instant;

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

pub use comparison::{Comparison, MAX_BYTES, Outcome, Side};
pub use view::{DiffLook, DiffRow, DiffView};
pub use words::emphasis;

/// A text by its lines, which have no line feed at their ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    text: String,
    /// Where each line ends, its line feed not counted.
    ends: Vec<u32>,
    /// The last line ends with a line feed, too.
    pub closed: bool,
}

impl Lines {
    /// `text`: up to 4 GB.
    pub fn new(text: String) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut ends: Vec<u32> = memchr::memchr_iter(b'\n', text.as_bytes()).map(offset).collect();
        let closed = text.is_empty() || text.ends_with('\n');
        if !closed {
            ends.push(offset(text.len()));
        }
        Self { text, ends, closed }
    }

    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// `""` beyond the end.
    pub fn get(&self, at: usize) -> &str {
        let Some(end) = self.ends.get(at) else { return "" };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize + 1);
        self.text.get(start..*end as usize).unwrap_or_default()
    }
}

/// A stretch of lines that are equal in both texts, or of lines that are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub same: bool,
    pub old: Range<u32>,
    pub new: Range<u32>,
}

/// Lines by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub same: usize,
    /// Lines that stand for each other and differ.
    pub changed: usize,
    pub removed: usize,
    pub added: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextDiff {
    pub old: Lines,
    pub new: Lines,
    pub blocks: Vec<Block>,
    pub tally: Tally,
}

/// Compares by lines. After `deadline` what is left is taken as it comes, so that the result is
/// right but longer than it need be.
pub fn compare(old: String, new: String, deadline: Option<Instant>) -> TextDiff {
    let (old, new) = (Lines::new(old), Lines::new(new));
    // Numbers for lines: each is hashed once, however often it is compared.
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut number = |line| -> u32 {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(line).or_insert(next)
    };
    let a: Vec<u32> = (0..old.count()).map(|at| number(old.get(at))).collect();
    let b: Vec<u32> = (0..new.count()).map(|at| number(new.get(at))).collect();
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &a, &b, deadline);
    let mut blocks: Vec<Block> = Vec::new();
    let mut tally = Tally::default();
    // Where a block begins follows from the one before: what an operation says of the text that it
    // does not touch need not be in order.
    let (mut at, mut to) = (0, 0);
    for op in &ops {
        let same = matches!(op, DiffOp::Equal { .. });
        let lines = |range: Range<usize>| u32::try_from(range.len()).unwrap_or(u32::MAX);
        let (old_end, new_end) = (at + lines(op.old_range()), to + lines(op.new_range()));
        match blocks.last_mut() {
            Some(last) if last.same == same => (last.old.end, last.new.end) = (old_end, new_end),
            _ => blocks.push(Block { same, old: at..old_end, new: to..new_end }),
        }
        (at, to) = (old_end, new_end);
    }
    for block in &blocks {
        let (old, new) = (block.old.len(), block.new.len());
        let paired = old.min(new);
        if block.same {
            tally.same += old;
        } else {
            tally.changed += paired;
            tally.removed += old - paired;
            tally.added += new - paired;
        }
    }
    TextDiff { old, new, blocks, tally }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_told_from_their_ends() {
        let lines = |text: &str| {
            let lines = Lines::new(text.to_owned());
            let all = (0..lines.count()).map(|at| lines.get(at).to_owned()).collect::<Vec<_>>();
            (all, lines.closed)
        };
        assert_eq!(lines(""), (vec![], true));
        assert_eq!(lines("a\n\nb"), (vec!["a".into(), String::new(), "b".into()], false));
        assert_eq!(lines("a\r\nb\n"), (vec!["a\r".into(), "b".into()], true));
    }

    #[test]
    fn what_changed_was_removed_and_was_added_is_counted() {
        let diff = compare("a\nb\nc\nd\n".into(), "a\nB\nc\nd\ne\n".into(), None);
        assert_eq!(diff.tally, Tally { same: 3, changed: 1, removed: 0, added: 1 });
        let ends = compare("a\n".into(), "a".into(), None);
        assert_eq!(ends.tally, Tally { same: 1, ..Tally::default() });
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

        #[test]
        fn the_blocks_are_both_texts(old in "[ab\n]{0,40}", new in "[ab\n]{0,40}") {
            let diff = compare(old, new, None);
            let (mut at, mut to) = (0, 0);
            for block in &diff.blocks {
                prop_assert_eq!((block.old.start, block.new.start), (at, to));
                (at, to) = (block.old.end, block.new.end);
                if block.same {
                    prop_assert_eq!(block.old.len(), block.new.len());
                    for (a, b) in block.old.clone().zip(block.new.clone()) {
                        prop_assert_eq!(diff.old.get(a as usize), diff.new.get(b as usize));
                    }
                }
            }
            prop_assert_eq!((at as usize, to as usize), (diff.old.count(), diff.new.count()));
        }
    }
}
