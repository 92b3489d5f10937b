//! From the screen that is shown to the one that was drawn, in few bytes.
//!
//! Owns what is known of the terminal: each cell, the cursor and the pen. Writes to memory only and
//! knows nothing of what the cells mean. Start with [`Painter::paint`]. The invariant: what is
//! known is what the terminal shows once it has read the bytes; where terminals may differ, less is
//! taken for known.

mod grid;
mod motion;
mod origins;
mod pen;
mod scroll;
#[cfg(test)]
mod tests;

use crate::canvas::{Canvas, Look, Pen, Position, Rect};
use grid::Grid;
use motion::At;
use origins::Origins;
pub(super) use pen::do_without_italics;
use scroll::Shift;

/// A frame in which more than this moved is painted where it did.
const MOST_SHIFTS: usize = 3;
/// Blank cells from which erasing them is shorter than writing them: at the end of a row, and
/// within it, where the cursor has to get across as well.
const ERASE_TAIL: usize = 4;
const ERASE_WITHIN: usize = 10;
/// Cells that may be written again instead of going around them; a motion has no fewer bytes.
const WRITE_AGAIN: usize = 4;

/// Where the terminal's cursor is left after a frame. It is seen where letters are typed; elsewhere it
/// only marks the row that has the keyboard, for screen readers and braille displays, which follow
/// it whether it is seen or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub at: Position,
    pub seen: bool,
    /// While it is not seen it may stay in there, where that costs less: text that is being written is
    /// read where its newest words are.
    pub roam: Option<Rect>,
}

#[derive(Debug, Default)]
pub struct Painter {
    /// What the terminal shows; nothing is known of it when this has another size.
    shown: Grid,
    /// A row of it, and the one that is to take its place, as they are seen.
    rows: (Vec<Look>, Vec<Look>),
    pen: Pen,
    at: At,
    /// Whether the cursor can be seen, where that is known.
    cursor: Option<bool>,
    known: bool,
    rectangles: bool,
    /// Where something else than text is shown, which the cells know nothing of.
    covered: Option<Rect>,
    out: Vec<u8>,
}

impl Painter {
    /// Lets rectangles be moved that are narrower than the screen. For terminals that said they
    /// have left and right margins.
    pub const fn set_rectangles(&mut self, rectangles: bool) {
        self.rectangles = rectangles;
    }

    /// Somebody else wrote to the terminal: the next frame writes every cell.
    pub const fn forget(&mut self) {
        self.known = false;
    }

    /// Whether the next frame writes every cell.
    pub fn is_stale(&self, drawn: &Canvas) -> bool {
        let size = (usize::from(drawn.area().width), usize::from(drawn.area().height));
        !self.known || self.shown.size() != size
    }

    /// From the next frame on, what is blank there is shown something else over. What was covered
    /// before is written again.
    pub fn cover(&mut self, area: Option<Rect>) {
        if let Some(before) = self.covered.filter(|before| Some(*before) != area) {
            self.shown.lose(before);
        }
        self.covered = area;
    }

    /// The bytes that show `drawn`, and the cursor where there is one. None when nothing changed.
    pub fn paint(&mut self, drawn: &Canvas, cursor: Option<Cursor>) -> &[u8] {
        self.out.clear();
        if self.is_stale(drawn) {
            self.begin_anew(drawn);
        }
        let seen = cursor.is_some_and(|cursor| cursor.seen);
        if !seen && self.cursor != Some(false) {
            self.out.extend_from_slice(b"\x1b[?25l");
            self.cursor = Some(false);
        }
        // Rows would take along what lies over them.
        let most = if self.covered.is_some() { 0 } else { MOST_SHIFTS };
        let mut origins = Origins::find(&self.shown, drawn);
        let mut changed = origins.changed(&self.shown, drawn);
        for _ in 0..most {
            let found = scroll::find(&self.shown, drawn, &changed, &origins, self.rectangles);
            let Some(shift) = found else { break };
            self.shift(&shift);
            origins.shift(&shift, self.shown.size().0);
            changed = origins.changed(&self.shown, drawn);
        }
        for y in changed {
            see(self.shown.row(y), &mut self.rows.0);
            see(drawn.row(y), &mut self.rows.1);
            self.paint_row(y, drawn);
            self.shown.set_row(y, drawn);
        }
        let stays =
            !seen && cursor.and_then(|cursor| cursor.roam).is_some_and(|area| self.at.is_in(area));
        if let Some(Cursor { at: Position { x, y }, .. }) = cursor.filter(|_| !stays) {
            let (width, height) = self.shown.size();
            let x = usize::from(x).min(width.saturating_sub(1));
            let y = usize::from(y).min(height.saturating_sub(1));
            self.at.go(x, y, &mut self.out);
        }
        if seen && self.cursor != Some(true) {
            self.out.extend_from_slice(b"\x1b[?25h");
            self.cursor = Some(true);
        }
        &self.out
    }

    /// Puts pen, margins and cursor where they are known to be.
    fn begin_anew(&mut self, drawn: &Canvas) {
        let Rect { width, height, .. } = drawn.area();
        self.shown = Grid::unknown(width.into(), height.into());
        self.out.extend_from_slice(b"\x1b[m\x1b[r");
        self.pen = Pen::PLAIN;
        self.at = At::HOME;
        self.cursor = None;
        self.known = true;
    }

    /// Has the terminal move rows. Insertion and deletion of lines within margins is what even the
    /// oldest terminals do alike.
    fn shift(&mut self, shift: &Shift) {
        let (width, height) = self.shown.size();
        let out = &mut self.out;
        // What comes in is blank in the background of the pen.
        if !self.pen.erases() {
            self.pen.change(Pen::PLAIN, out);
        }
        let narrow = shift.right - shift.left < width;
        if narrow {
            out.extend_from_slice(b"\x1b[?69h");
            motion::pair(shift.left + 1, shift.right, b's', out);
        }
        // Without a bottom margin, lines move up to the end of the screen.
        let margins = narrow || shift.bottom < height;
        if margins {
            motion::pair(shift.top + 1, shift.bottom, b'r', out);
            self.at = At::HOME;
        }
        motion::absolute(shift.left, shift.top, out);
        let end = if shift.lines > 0 { b'M' } else { b'L' };
        motion::numbered(shift.lines.unsigned_abs(), end, out);
        if narrow {
            out.extend_from_slice(b"\x1b[?69l");
        }
        if margins {
            out.extend_from_slice(b"\x1b[r");
            self.at = At::HOME;
        } else {
            // Some terminals return the carriage, some do not; it was at the left edge before.
            self.at = At::new(0, shift.top);
        }
        self.shown.shift(shift);
    }

    fn paint_row(&mut self, y: usize, drawn: &Canvas) {
        let Self { rows: (shown, next), pen, at, out, .. } = self;
        let width = next.len();
        let tail = width - next.iter().rev().take_while(|look| **look == Look::BARE).count();
        // Set where the terminal may have painted further than it was asked to.
        let mut spilled = false;
        // A cell of which it is known that the pen is its own.
        let mut styled = None;
        let mut x = 0;
        while x < width {
            let columns = glyph_width(next, x);
            if !spilled && (x..x + columns).all(|x| shown[x] == next[x]) {
                x += columns;
                continue;
            }
            if let Some(end) = erasable(shown, next, x, tail) {
                approach(next, (x, y), pen, at, out);
                if !pen.erases() {
                    pen.change(Pen::PLAIN, out);
                    styled = None;
                }
                if x >= tail {
                    out.extend_from_slice(b"\x1b[K");
                    return;
                }
                motion::numbered(end - x, b'X', out);
                spilled = (x..end).any(|x| shown[x].is_doubtful(glyph_width(shown, x)));
                x = end;
                continue;
            }
            let look = next[x];
            let doubtful = look.is_doubtful(columns);
            let doubted = shown[x].is_doubtful(glyph_width(shown, x));
            approach(next, (x, y), pen, at, out);
            if styled.is_none_or(|styled| !look.is_styled_as(styled)) {
                let serves = pen.serves(look);
                if !serves {
                    pen.change(look.pen(), out);
                }
                // A blank may be served by a pen of another colour.
                if !serves || !look.is_blank() {
                    styled = Some(look);
                }
            }
            if doubtful && columns > 1 {
                // Whatever the terminal takes its width for, nothing old is left beside it.
                out.extend(std::iter::repeat_n(b' ', columns));
                *at = At::default();
                at.go(x, y, out);
            }
            drawn.write_glyph(look, out);
            x += columns;
            *at = if doubtful {
                At::default()
            } else {
                At { column: Some(x).filter(|x| *x < width), row: Some(y) }
            };
            spilled = doubtful || doubted;
        }
    }
}

/// What is seen of a row.
fn see(row: &[Look], seen: &mut Vec<Look>) {
    seen.clear();
    let mut before = Look::BARE;
    seen.extend(row.iter().map(|look| {
        before = look.seen(before);
        before
    }));
}

fn glyph_width(row: &[Look], x: usize) -> usize {
    1 + row[x + 1..].iter().take_while(|look| look.is_rest_of_glyph()).count()
}

/// The end of the blank cells from `x` on, if they are better erased than written. `tail` is where
/// the last blank cells of the row begin.
fn erasable(shown: &[Look], next: &[Look], x: usize, tail: usize) -> Option<usize> {
    let run = next[x..].iter().take_while(|look| **look == Look::BARE).count();
    let stale = (x..x + run).rev().find(|x| shown[*x] != next[*x])?;
    let least = if x >= tail { ERASE_TAIL } else { ERASE_WITHIN };
    (stale + 1 - x >= least).then_some(stale + 1)
}

/// Brings the cursor to a cell, by writing the few cells before it again where that is as short.
fn approach(next: &[Look], (x, y): (usize, usize), pen: &Pen, at: &mut At, out: &mut Vec<u8>) {
    if at.row == Some(y)
        && let Some(from) = at.column
        && from < x
        && x - from <= WRITE_AGAIN
    {
        let between = &next[from..x];
        if between.iter().all(|look| look.letter().is_some() && pen.serves(*look)) {
            out.extend(between.iter().filter_map(|look| look.letter()));
            *at = At::new(x, y);
            return;
        }
    }
    at.go(x, y, out);
}
