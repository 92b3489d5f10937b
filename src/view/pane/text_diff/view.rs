//! A comparison as rows: side by side or one below the other, unchanged runs folded.
//!
//! The invariant: the cursor stays on its lines when the rows around it come and go.

use std::collections::BTreeSet;
use std::ops::Range;

use super::TextDiff;
use crate::viewport::{Motion, Viewport};

/// Columns from which both texts have room beside each other.
const TWO_TEXTS: usize = 110;
/// Unchanged lines that are shown on either side of a change.
const CONTEXT: u32 = 3;
/// The furthest that lines are shifted to the left.
const FURTHEST: usize = 4_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiffLook {
    #[default]
    Inline,
    Sides,
}

/// A row, with its lines counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffRow {
    Same {
        old: u32,
        new: u32,
    },
    /// Side by side: lines that stand for each other and differ.
    Pair {
        old: u32,
        new: u32,
    },
    /// `other` is the line that it is compared with by words.
    Removed {
        old: u32,
        other: Option<u32>,
    },
    Added {
        new: u32,
        other: Option<u32>,
    },
    /// Unchanged lines that are folded away.
    Fold {
        block: usize,
        lines: u32,
    },
}

impl DiffRow {
    fn is_change(self) -> bool {
        matches!(self, Self::Pair { .. } | Self::Removed { .. } | Self::Added { .. })
    }
}

#[derive(Debug, Clone, Default)]
pub struct DiffView {
    /// Instead of what the width suggests.
    chosen: Option<DiffLook>,
    look: DiffLook,
    rows: Vec<DiffRow>,
    /// Rows at which a change begins.
    changes: Vec<usize>,
    /// Blocks folded otherwise than `unfolds` says.
    toggled: BTreeSet<usize>,
    unfolds: bool,
    stale: bool,
    built: bool,
    viewport: Viewport,
    /// Columns that lines are shifted to the left.
    column: usize,
}

impl DiffView {
    pub fn look(&self) -> DiffLook {
        self.look
    }

    pub fn rows(&self) -> &[DiffRow] {
        &self.rows
    }

    pub fn cursor(&self) -> usize {
        self.viewport.at()
    }

    /// Rows on the screen, by their place among all of them.
    pub fn seen(&self) -> Range<usize> {
        self.viewport.seen(self.rows.len())
    }

    pub fn column(&self) -> usize {
        self.column
    }

    /// Which of the changes the cursor is at or behind, counted from 1, and how many there are.
    pub fn change(&self) -> (usize, usize) {
        (self.changes.partition_point(|row| *row <= self.cursor()), self.changes.len())
    }

    pub fn next_look(&mut self) {
        self.chosen = Some(match self.look {
            DiffLook::Inline => DiffLook::Sides,
            DiffLook::Sides => DiffLook::Inline,
        });
    }

    pub fn shift(&mut self, by: isize) {
        self.column = self.column.saturating_add_signed(by).min(FURTHEST);
    }

    pub fn go(&mut self, motion: Motion) {
        self.viewport.go(motion, self.rows.len());
    }

    /// Goes to the next change or the one before; false when there is none.
    pub fn leap(&mut self, forward: bool) -> bool {
        let found = if forward {
            self.changes.iter().find(|row| **row > self.cursor())
        } else {
            self.changes.iter().rev().find(|row| **row < self.cursor())
        };
        let Some(row) = found else { return false };
        self.viewport.select(*row);
        self.column = 0;
        true
    }

    /// Unfolds the unchanged lines under the cursor, or folds them again.
    pub fn toggle_fold(&mut self, diff: &TextDiff) {
        let block = match self.rows.get(self.cursor()) {
            Some(DiffRow::Fold { block, .. }) => *block,
            Some(DiffRow::Same { old, .. }) => {
                let found = diff.blocks.iter().position(|block| block.old.contains(old));
                let Some(found) = found else { return };
                found
            }
            _ => return,
        };
        if !self.toggled.remove(&block) {
            self.toggled.insert(block);
        }
        self.stale = true;
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.unfolds = !folded;
        self.toggled.clear();
        self.stale = true;
    }

    pub fn settle(&mut self, diff: &TextDiff, width: usize, height: usize) {
        let wide = if width >= TWO_TEXTS { DiffLook::Sides } else { DiffLook::Inline };
        let look = self.chosen.unwrap_or(wide);
        if !self.built || self.stale || look != self.look {
            let here = self.rows.get(self.cursor()).copied();
            self.look = look;
            self.build(diff);
            if let Some(here) = here {
                self.viewport.select(self.place_of(here, diff));
            } else {
                let first = self.changes.first().copied().unwrap_or(0);
                self.viewport.show_from(first.saturating_sub(CONTEXT as usize));
                self.viewport.select(first);
            }
            (self.built, self.stale) = (true, false);
        }
        // What stands around the cursor is seen, too.
        let margin = (CONTEXT as usize).min(height.saturating_sub(1) / 2);
        self.viewport.settle_around(self.rows.len(), height, margin, margin);
    }

    /// Where the lines of a row are now.
    fn place_of(&self, row: DiffRow, diff: &TextDiff) -> usize {
        let place = |row: &DiffRow| match *row {
            DiffRow::Same { old, .. }
            | DiffRow::Pair { old, .. }
            | DiffRow::Removed { old, .. } => (Some(old), None),
            DiffRow::Added { new, other } => (other, Some(new)),
            DiffRow::Fold { block, .. } => {
                let start = diff.blocks.get(block).map_or(0, |block| block.old.start);
                (Some(start + if start == 0 { 0 } else { CONTEXT }), None)
            }
        };
        let fits = |(old, new): (Option<u32>, Option<u32>), candidate: &DiffRow| match *candidate {
            DiffRow::Same { old: at, new: to } | DiffRow::Pair { old: at, new: to } => {
                old == Some(at) || new == Some(to)
            }
            DiffRow::Removed { old: at, .. } => old == Some(at),
            DiffRow::Added { new: to, .. } => new == Some(to),
            DiffRow::Fold { block, .. } => diff
                .blocks
                .get(block)
                .is_some_and(|block| old.is_some_and(|old| block.old.contains(&old))),
        };
        let wanted = place(&row);
        self.rows.iter().position(|candidate| fits(wanted, candidate)).unwrap_or(self.cursor())
    }

    fn build(&mut self, diff: &TextDiff) {
        self.rows.clear();
        self.changes.clear();
        let last = diff.blocks.len().saturating_sub(1);
        for (number, block) in diff.blocks.iter().enumerate() {
            if block.same {
                let lines = block.old.end - block.old.start;
                // Nothing comes before the first line or after the last that wants to be explained.
                let above = if number == 0 { 0 } else { CONTEXT };
                let below = if number == last { 0 } else { CONTEXT };
                let folded = self.toggled.contains(&number) == self.unfolds;
                let hidden = lines.saturating_sub(above + below);
                let only = diff.blocks.len() == 1;
                let cut = (folded && hidden > 1 && !only).then_some((above, hidden));
                for line in 0..lines {
                    match cut {
                        Some((above, hidden)) if line == above => {
                            self.rows.push(DiffRow::Fold { block: number, lines: hidden });
                        }
                        Some((above, hidden)) if line > above && line < above + hidden => {}
                        _ => self.rows.push(DiffRow::Same {
                            old: block.old.start + line,
                            new: block.new.start + line,
                        }),
                    }
                }
                continue;
            }
            self.changes.push(self.rows.len());
            let paired = (block.old.end - block.old.start).min(block.new.end - block.new.start);
            let (old, new) = (block.old.start + paired, block.new.start + paired);
            match self.look {
                DiffLook::Sides => {
                    let pair = |line| DiffRow::Pair {
                        old: block.old.start + line,
                        new: block.new.start + line,
                    };
                    self.rows.extend((0..paired).map(pair));
                    let removed =
                        (old..block.old.end).map(|old| DiffRow::Removed { old, other: None });
                    self.rows.extend(removed);
                    let added = (new..block.new.end).map(|new| DiffRow::Added { new, other: None });
                    self.rows.extend(added);
                }
                DiffLook::Inline => {
                    let removed = block.old.clone().map(|at| {
                        let other = (at < old).then(|| block.new.start + (at - block.old.start));
                        DiffRow::Removed { old: at, other }
                    });
                    self.rows.extend(removed);
                    let added = block.new.clone().map(|at| {
                        let other = (at < new).then(|| block.old.start + (at - block.new.start));
                        DiffRow::Added { new: at, other }
                    });
                    self.rows.extend(added);
                }
            }
        }
        debug_assert!(self.changes.iter().all(|row| self.rows[*row].is_change()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::*;

    fn texts() -> TextDiff {
        let old: String =
            (0..60).flat_map(|n| ["line ".to_owned(), n.to_string(), "\n".to_owned()]).collect();
        let new = old.replace("line 20\n", "line twenty\n").replace("line 40\n", "").clone();
        compare(old, format!("{new}last\n"), None)
    }

    fn folds(view: &DiffView) -> Vec<u32> {
        let lines = |row: &DiffRow| match row {
            DiffRow::Fold { lines, .. } => Some(*lines),
            _ => None,
        };
        view.rows().iter().filter_map(lines).collect()
    }

    #[test]
    fn unchanged_runs_are_folded_but_for_what_is_around_a_change() {
        let (diff, mut view) = (texts(), DiffView::default());
        view.settle(&diff, 120, 30);
        assert_eq!(view.look(), DiffLook::Sides);
        assert_eq!(folds(&view), [17, 13, 13]);
        assert_eq!(view.change(), (1, 3));
        view.fold_all(false);
        view.settle(&diff, 120, 30);
        assert!(folds(&view).is_empty());
        assert_eq!(
            view.rows()[view.cursor()],
            DiffRow::Pair { old: 20, new: 20 },
            "the cursor stays"
        );
        view.fold_all(true);
        view.settle(&diff, 120, 30);
        for _ in 0..4 {
            view.go(Motion::Up);
        }
        view.toggle_fold(&diff);
        view.settle(&diff, 120, 30);
        assert_eq!(folds(&view), [13, 13]);
        view.toggle_fold(&diff);
        view.settle(&diff, 120, 30);
        assert_eq!(folds(&view), [17, 13, 13]);
    }

    #[test]
    fn jumps_go_from_change_to_change_and_stop_at_the_last() {
        let (diff, mut view) = (texts(), DiffView::default());
        view.settle(&diff, 80, 10);
        assert_eq!(view.look(), DiffLook::Inline);
        assert!(view.leap(true) && view.leap(true) && !view.leap(true));
        assert_eq!(view.rows()[view.cursor()], DiffRow::Added { new: 59, other: None });
        view.settle(&diff, 80, 10);
        assert!(view.seen().contains(&view.cursor()) && view.seen().len() == 10);
        assert!(view.leap(false) && view.leap(false) && !view.leap(false));
        view.next_look();
        view.settle(&diff, 80, 10);
        assert_eq!(view.look(), DiffLook::Sides);
        assert_eq!(view.change(), (1, 3));
    }

    #[test]
    fn it_scrolls_as_every_list_does() {
        let diff = texts();
        let settle = |view: &mut DiffView, height| view.settle(&diff, 80, height);
        crate::viewport::assert_scrolls(
            DiffView::default(),
            |view| view.viewport,
            DiffView::go,
            settle,
        );
    }

    #[test]
    fn equal_and_empty_texts_have_no_change_to_go_to() {
        for (old, new) in [("", ""), ("a\nb\n", "a\nb\n")] {
            let diff = compare(old.to_owned(), new.to_owned(), None);
            let mut view = DiffView::default();
            view.settle(&diff, 80, 1);
            assert!(!view.leap(true) && !view.leap(false));
            view.go(Motion::Last);
            view.toggle_fold(&diff);
            view.settle(&diff, 80, 1);
            assert_eq!(view.rows().len(), diff.old.count());
        }
    }
}
