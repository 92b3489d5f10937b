//! A screen of cells in one form only, so that two that look alike are equal.

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::style::{Color, Modifier};

use super::look::{self, Look};
use super::pen::Pen;

/// Stands in the further columns of a wide glyph.
const REST_OF_GLYPH: &str = "";
/// Stands where nobody knows what the terminal shows; equal to no cell that is drawn.
const UNKNOWN: &str = "\0";
/// What a control character is drawn as. None should come this far.
const REPLACEMENT: &str = "\u{fffd}";

#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    width: usize,
    height: usize,
    cells: Vec<Cell>,
    /// The same once more, to compare with.
    looks: Vec<Look>,
}

impl Grid {
    /// A screen of which nothing is known.
    pub(super) fn unknown(width: usize, height: usize) -> Self {
        let mut cell = Cell::EMPTY;
        cell.set_symbol(UNKNOWN);
        let cells = vec![cell; width * height];
        Self { width, height, looks: vec![look::UNKNOWN; cells.len()], cells }
    }

    pub(super) const fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    pub(super) fn row(&self, y: usize) -> &[Cell] {
        &self.cells[y * self.width..(y + 1) * self.width]
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks(self.width.max(1))
    }

    pub(super) fn looks(&self, y: usize) -> &[Look] {
        &self.looks[y * self.width..(y + 1) * self.width]
    }

    pub(super) fn rows_of_looks(&self) -> impl Iterator<Item = &[Look]> {
        self.looks.chunks(self.width.max(1))
    }

    /// Takes over what was drawn.
    pub(super) fn take(&mut self, drawn: &Buffer) {
        self.width = usize::from(drawn.area.width);
        self.height = usize::from(drawn.area.height);
        self.cells.resize(self.width * self.height, Cell::EMPTY);
        if self.cells.is_empty() {
            return;
        }
        let rows = self.cells.chunks_mut(self.width).zip(drawn.content.chunks(self.width));
        for (row, drawn) in rows {
            take_row(row, drawn);
        }
        self.looks.clear();
        self.looks.extend(self.cells.iter().map(look::of));
    }

    /// Forgets what is shown there.
    pub(super) fn lose(&mut self, area: ratatui::layout::Rect) {
        let right = usize::from(area.right()).min(self.width);
        let left = usize::from(area.x).min(right);
        for y in usize::from(area.y)..usize::from(area.bottom()).min(self.height) {
            let row = y * self.width + left..y * self.width + right;
            for cell in &mut self.cells[row.clone()] {
                cell.reset();
                cell.set_symbol(UNKNOWN);
            }
            self.looks[row].fill(look::UNKNOWN);
        }
    }

    /// Moves the rows of a rectangle and blanks those that come in.
    pub(super) fn shift(&mut self, shift: &super::scroll::Shift) {
        let by = shift.lines.unsigned_abs();
        for step in 0..shift.bottom - shift.top {
            let (to, from) = if shift.lines > 0 {
                let to = shift.top + step;
                (to, Some(to + by).filter(|from| *from < shift.bottom))
            } else {
                let to = shift.bottom - 1 - step;
                (to, to.checked_sub(by).filter(|from| *from >= shift.top))
            };
            let to = to * self.width + shift.left..to * self.width + shift.right;
            if let Some(from) = from.map(|from| from * self.width + shift.left) {
                // What moves away is blanked or moved over later, so that nothing need be copied.
                swap(&mut self.cells, to.start, from, to.len());
                self.looks.copy_within(from..from + to.len(), to.start);
            } else {
                self.looks[to.clone()].fill(look::of(&Cell::EMPTY));
                self.cells[to].fill(Cell::EMPTY);
            }
        }
    }
}

/// Exchanges two runs of `count` that do not overlap.
fn swap(cells: &mut [Cell], one: usize, other: usize, count: usize) {
    let (first, second) = (one.min(other), one.max(other));
    let (head, tail) = cells.split_at_mut(second);
    head[first..first + count].swap_with_slice(&mut tail[..count]);
}

fn take_row(row: &mut [Cell], drawn: &[Cell]) {
    let mut x = 0;
    while x < row.len() {
        let room = row.len() - x;
        let width = take_cell(&mut row[x], &drawn[x], room);
        let pen = Pen::of(&row[x]);
        for rest in &mut row[x + 1..x + width] {
            rest.set_symbol(REST_OF_GLYPH);
            pen.put_on(rest);
        }
        x += width;
    }
}

/// How many columns the glyph takes; no more than there is `room` for.
fn take_cell(cell: &mut Cell, drawn: &Cell, room: usize) -> usize {
    let symbol = drawn.symbol();
    let pen = Pen::of(drawn);
    if let [byte] = symbol.as_bytes() {
        match byte {
            b' ' => set_blank(cell, pen),
            0x21..=0x7e => {
                cell.set_symbol(symbol);
                pen.put_on(cell);
            }
            _ => {
                cell.set_symbol(REPLACEMENT);
                pen.put_on(cell);
            }
        }
        return 1;
    }
    let width = if symbol.is_empty() { 0 } else { usize::from(symbol.cell_width()) };
    if width == 0 || width > room {
        // It would stand on its neighbour or stick out of the row.
        set_blank(cell, pen);
        return 1;
    }
    let hostile = symbol.chars().any(char::is_control);
    cell.set_symbol(if hostile { REPLACEMENT } else { symbol });
    pen.put_on(cell);
    if hostile { 1 } else { width }
}

/// A blank cell shows its background and what is drawn on blanks; the rest is dropped.
fn set_blank(cell: &mut Cell, pen: Pen) {
    cell.set_symbol(" ");
    if pen.modifier.intersects(Pen::SEEN_ON_BLANKS) {
        pen.put_on(cell);
    } else {
        Pen { fg: Color::Reset, bg: pen.bg, modifier: Modifier::empty() }.put_on(cell);
    }
}

pub(super) fn is_rest_of_glyph(cell: &Cell) -> bool {
    cell.symbol().is_empty()
}

/// Nothing to see but the terminal's own background.
pub(super) fn is_bare(cell: &Cell) -> bool {
    cell.symbol() == " " && cell.bg == Color::Reset && cell.modifier.is_empty()
}

pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " "
}

/// Whether terminals disagree on how wide a glyph of `width` columns is: clusters of several
/// characters, and pictures, which are newer than some terminals' tables.
pub(super) fn is_doubtful(symbol: &str, width: usize) -> bool {
    let mut chars = symbol.chars();
    let first = chars.next().unwrap_or(' ');
    let picture = first >= '\u{10000}' || (width > 1 && first < '\u{2e80}');
    picture || chars.next().is_some()
}
