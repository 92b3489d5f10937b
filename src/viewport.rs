//! How everything scrolls: one cursor, one first row, and the height of the pane itself.
//!
//! Owns the arithmetic of lists and texts, and knows nobody. Whoever has rows tells how many they
//! are; rows have no names here, so a list whose rows move looks its selection up by name and calls
//! [`Viewport::select`]. Start with [`Viewport::go`]. The invariant: after [`Viewport::settle`] the
//! cursor is a row, and it is seen.

use std::ops::Range;

/// A step through rows that every list and text understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    Down,
    Up,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    /// The window goes, and the cursor only where it would leave it.
    ScrollDown,
    ScrollUp,
    First,
    Last,
}

impl Motion {
    /// Rows to move by where so many are seen, and `None` for the two ends. A page leaves one row
    /// of what was seen.
    pub fn rows(self, height: usize) -> Option<isize> {
        let height = isize::try_from(height).unwrap_or(isize::MAX);
        let (page, half) = ((height - 1).max(1), (height / 2).max(1));
        Some(match self {
            Self::Down | Self::ScrollDown => 1,
            Self::Up | Self::ScrollUp => -1,
            Self::HalfDown => half,
            Self::HalfUp => -half,
            Self::PageDown => page,
            Self::PageUp => -page,
            Self::First | Self::Last => return None,
        })
    }

    /// Where `at` of `len` rows leads.
    pub fn from(self, at: usize, len: usize, height: usize) -> usize {
        let last = len.saturating_sub(1);
        match self.rows(height) {
            Some(by) => at.saturating_add_signed(by).min(last),
            None if self == Self::First => 0,
            None => last,
        }
    }

    /// Towards the end.
    pub fn is_forward(self) -> bool {
        use Motion::{Down, HalfDown, Last, PageDown, ScrollDown};
        matches!(self, Down | HalfDown | PageDown | ScrollDown | Last)
    }

    /// Rows that the window is to move by, where that is what is meant.
    pub fn scrolls(self) -> Option<isize> {
        match self {
            Self::ScrollDown => Some(1),
            Self::ScrollUp => Some(-1),
            _ => None,
        }
    }
}

/// The window on rows, and the cursor in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewport {
    top: usize,
    at: usize,
    height: usize,
}

impl Viewport {
    /// A window that nobody fitted to a pane yet.
    pub fn expecting(height: usize) -> Self {
        Self { height, ..Self::default() }
    }

    /// Row of the cursor.
    pub fn at(&self) -> usize {
        self.at
    }

    /// First row that is seen.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Rows of the pane, as of the last [`Self::settle`].
    pub fn height(&self) -> usize {
        self.height
    }

    /// Moves the cursor, or the window over it.
    pub fn go(&mut self, motion: Motion, len: usize) {
        match motion.scrolls() {
            Some(by) => self.move_window(by, len),
            None => self.at = motion.from(self.at, len, self.height),
        }
    }

    /// The cursor stays on its row as long as that is seen; a row that stands for more, as one below its
    /// heading, is not pushed to the edge.
    fn move_window(&mut self, by: isize, len: usize) {
        let most = len.saturating_sub(self.height);
        let top = self.top.saturating_add_signed(by).min(most);
        if top == self.top {
            return;
        }
        self.top = top;
        let edge = usize::from(self.height > 2);
        let first = top + if top == 0 { 0 } else { edge };
        let last = (top + self.height).saturating_sub(1 + if top == most { 0 } else { edge });
        self.at = self.at.clamp(first.min(last), last).min(len.saturating_sub(1));
    }

    /// Moves the window itself, over a text in which no row is selected.
    pub fn scroll(&mut self, motion: Motion, len: usize) {
        let tops = len.saturating_sub(self.height) + 1;
        self.top = motion.from(self.top, tops, self.height);
        self.at = self.top;
    }

    /// Moves the cursor by so many rows.
    pub fn move_by(&mut self, by: isize, len: usize) {
        self.at = self.at.saturating_add_signed(by).min(len.saturating_sub(1));
    }

    /// Puts the cursor on a row; the window follows with the next [`Self::settle`].
    pub fn select(&mut self, at: usize) {
        self.at = at;
    }

    /// Puts the cursor on a row from elsewhere: where that was out of sight, it comes with some of
    /// what is above it.
    pub fn jump_to(&mut self, at: usize) {
        if !(self.top..self.top + self.height).contains(&at) {
            self.top = at.saturating_sub(self.height / 3);
        }
        self.at = at;
    }

    /// Makes a row the first that is seen, as far as there are rows below it.
    pub fn show_from(&mut self, top: usize) {
        (self.top, self.at) = (top, top);
    }

    /// Fits cursor and window to `len` rows in a pane of `height`.
    pub fn settle(&mut self, len: usize, height: usize) {
        self.settle_around(len, height, 0, 0);
    }

    /// The same, with so many rows above and below the cursor in sight as far as there is room.
    pub fn settle_around(&mut self, len: usize, height: usize, above: usize, below: usize) {
        self.height = height;
        self.at = self.at.min(len.saturating_sub(1));
        // What is around the cursor never pushes the cursor itself out.
        let lowest = (self.at + below + 1).saturating_sub(height).min(self.at);
        let highest = self.at.saturating_sub(above).max(lowest);
        self.top = self.top.clamp(lowest, highest).min(len.saturating_sub(height));
    }

    /// Rows that are seen of `len`.
    pub fn seen(&self, len: usize) -> Range<usize> {
        self.top.min(len)..(self.top + self.height).min(len)
    }

    /// The row of the pane that the cursor is on.
    pub fn cursor_row(&self) -> usize {
        self.at.saturating_sub(self.top)
    }
}

/// What every list does, whatever is in it: tried on one of a dozen rows or more.
#[cfg(test)]
pub(crate) fn assert_scrolls<L>(
    mut list: L,
    viewport: impl Fn(&L) -> Viewport,
    go: impl Fn(&mut L, Motion),
    settle: impl Fn(&mut L, usize),
) {
    const HEIGHT: usize = 5;
    let mut step = |motion| {
        settle(&mut list, HEIGHT);
        go(&mut list, motion);
        settle(&mut list, HEIGHT);
        let viewport = viewport(&list);
        (viewport.at(), viewport.top())
    };
    let (first, top) = step(Motion::First);
    assert_eq!(top, 0, "the first row is seen");
    assert_eq!(step(Motion::Down), (first + 1, top), "the cursor moves before the window");
    step(Motion::First);
    let (page, _) = step(Motion::PageDown);
    assert_eq!(page, first + HEIGHT - 1, "a page is the pane's height less one row");
    let (end, top) = step(Motion::Last);
    assert!(top + HEIGHT == end + 1 && top > 0, "the last row is seen at the bottom");
    assert_eq!(step(Motion::Up), (end - 1, top), "the cursor moves before the window");
    step(Motion::Last);
    let (page, _) = step(Motion::PageUp);
    assert_eq!(page, end + 1 - HEIGHT, "a page up is as long");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Motion; 10] = [
        Motion::Down,
        Motion::Up,
        Motion::HalfDown,
        Motion::HalfUp,
        Motion::PageDown,
        Motion::PageUp,
        Motion::First,
        Motion::Last,
        Motion::ScrollDown,
        Motion::ScrollUp,
    ];

    #[test]
    fn a_page_leaves_one_row_of_what_was_seen() {
        let mut list = Viewport::default();
        list.settle(100, 9);
        list.go(Motion::PageDown, 100);
        assert_eq!(list.at(), 8);
        list.settle(100, 9);
        assert_eq!(list.top(), 0, "the cursor is still seen");
        list.go(Motion::PageDown, 100);
        list.settle(100, 9);
        assert_eq!((list.at(), list.top()), (16, 8));
        let mut text = Viewport::default();
        text.settle(31, 9);
        text.scroll(Motion::PageDown, 31);
        assert_eq!(text.seen(31), 8..17);
    }

    #[test]
    fn a_list_that_scrolled_scrolls_back_only_when_the_cursor_leaves_it() {
        let mut list = Viewport::default();
        list.settle(12, 5);
        for _ in 0..11 {
            list.go(Motion::Down, 12);
            list.settle(12, 5);
        }
        assert_eq!((list.at(), list.top()), (11, 7));
        list.go(Motion::Up, 12);
        list.settle(12, 5);
        assert_eq!((list.at(), list.top()), (10, 7), "only the cursor moves");
    }

    #[test]
    fn scrolling_takes_the_cursor_along_only_at_the_edge() {
        let mut list = Viewport::default();
        list.settle(12, 5);
        list.select(3);
        let mut rows = Vec::new();
        for motion in [vec![Motion::ScrollDown; 9], vec![Motion::ScrollUp; 9]].concat() {
            list.go(motion, 12);
            list.settle(12, 5);
            rows.push((list.top(), list.at()));
        }
        let down = [(1, 3), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (7, 8), (7, 8)];
        assert_eq!(rows[..9], down);
        let up = [(6, 8), (5, 8), (4, 7), (3, 6), (2, 5), (1, 4), (0, 3), (0, 3), (0, 3)];
        assert_eq!(rows[9..], up);
    }

    proptest! {
        #[test]
        fn the_cursor_is_a_row_and_is_seen(
            steps in prop::collection::vec((0..10_usize, 0..50_usize, 0..12_usize), 1..60),
            (above, below) in (0..4_usize, 0..4_usize),
        ) {
            let mut list = Viewport::default();
            for (motion, len, height) in steps {
                list.go(ALL[motion], len);
                list.settle_around(len, height, above, below);
                prop_assert!(list.at() < len.max(1));
                if height > 0 && len > 0 {
                    prop_assert!(list.seen(len).contains(&list.at()));
                    prop_assert!(list.seen(len).len() == height.min(len), "no room is wasted");
                }
            }
        }

        #[test]
        fn pages_down_show_every_row(len in 1..200_usize, height in 1..30_usize) {
            let mut text = Viewport::default();
            text.settle(len, height);
            let mut next = 0;
            for _ in 0..=len {
                let seen = text.seen(len);
                prop_assert!(seen.start <= next, "rows {next}..{} were skipped", seen.start);
                next = seen.end;
                text.scroll(Motion::PageDown, len);
                text.settle(len, height);
            }
            prop_assert_eq!(next, len);
        }
    }
}
