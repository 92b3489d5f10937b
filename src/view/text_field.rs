//! Where the lines of a text that is edited stand in its area, and which letter of it is under a cell.
//!
//! Drawn by the drawing, pointed at with the mouse. Start with [`FieldView`]. The invariant: the line with the
//! cursor is in view, and so is what is said below it.

use crate::text::{sanitize, width};
use crate::view::{Area, Editor, Layer, LayerKind, Model};

/// Columns in front of a line: of its number, or of nothing.
const NUMBERED: usize = 5;
const PLAIN: usize = 1;

/// A text in an area, with the lines below which something is said.
pub struct FieldView<'a> {
    pub editor: &'a Editor,
    pub numbered: bool,
    pub remarked: &'a [usize],
}

/// A line of the text on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRow {
    /// Row of the area.
    pub y: usize,
    pub line: usize,
    /// Columns of the line that are to the left of what is seen.
    pub shift: usize,
}

impl FieldView<'_> {
    pub fn gutter(&self) -> usize {
        if self.numbered { NUMBERED } else { PLAIN }
    }

    /// Column of a line that the cursor is at.
    pub fn cursor_column(&self) -> usize {
        let (row, column) = self.editor.cursor();
        self.editor.lines().get(row).map_or(0, |line| columns(line, column))
    }

    /// The lines that are seen.
    pub fn rows(&self, area: Area) -> Vec<FieldRow> {
        let (cursor, _) = self.editor.cursor();
        let room = usize::from(area.width).saturating_sub(self.gutter() + 1).max(1);
        let height = usize::from(area.height);
        let mut rows = Vec::new();
        let mut y = 0;
        for line in self.top(cursor, height)..self.editor.lines().len() {
            if y >= height {
                break;
            }
            let shift = if line == cursor { self.cursor_column().saturating_sub(room) } else { 0 };
            rows.push(FieldRow { y, line, shift });
            y += self.rows_of(line);
        }
        rows
    }

    /// The place in the text that a cell is at, or the nearest one.
    pub fn place_at(&self, area: Area, column: u16, y: u16) -> Option<(usize, usize)> {
        let y = usize::from(y.saturating_sub(area.y));
        let row = self.rows(area).into_iter().rfind(|row| row.y <= y)?;
        let line = self.editor.lines().get(row.line)?;
        let left = usize::from(area.x) + self.gutter();
        let wanted = usize::from(column).saturating_sub(left) + row.shift;
        Some((row.line, letter_at(line, wanted)))
    }

    fn rows_of(&self, line: usize) -> usize {
        1 + usize::from(self.remarked.contains(&line))
    }

    /// The first line to show.
    fn top(&self, cursor: usize, height: usize) -> usize {
        let mut left = height.saturating_sub(self.rows_of(cursor));
        let mut top = cursor;
        while top > 0 && self.rows_of(top - 1) <= left {
            left -= self.rows_of(top - 1);
            top -= 1;
        }
        top
    }
}

impl Model {
    /// The text that is written in a layer, in a pane or in the hint row.
    pub fn written_mut(&mut self, kind: LayerKind) -> Option<&mut Editor> {
        if kind == LayerKind::SessionSearch {
            return Some(&mut self.session_search.input);
        }
        match self.layers.top_mut()? {
            Layer::Composer(session) => Some(&mut self.composer.draft_mut(session).editor),
            Layer::Answer(call) => Some(&mut self.calls.get_mut(call)?.draft.editor),
            Layer::Question(question) => Some(&mut question.input),
            Layer::Prompt(prompt) => Some(&mut prompt.input),
            Layer::Palette(palette) => Some(&mut palette.input),
            Layer::Help(help) => Some(&mut help.input),
            _ => None,
        }
    }
}

/// Columns on the screen that the first `characters` of a line take.
pub fn columns(line: &str, characters: usize) -> usize {
    let before: String = line.chars().take(characters).collect();
    width::width(&clean(&before))
}

/// How many characters of a line stand before a column of it.
pub fn letter_at(line: &str, column: usize) -> usize {
    let mut taken = 0;
    let mut letters = 0;
    for char in line.chars() {
        taken += width::width(&clean(char.encode_utf8(&mut [0; 4])));
        if taken > column {
            break;
        }
        letters += 1;
    }
    letters
}

/// As it is shown.
pub fn clean(line: &str) -> String {
    sanitize::lines(line).collect()
}

/// What is left of a line as it is shown once so many columns are to the left of the screen.
pub fn skip_columns(line: &str, columns: usize) -> String {
    let mut gone = 0;
    let mut rest = line.chars();
    while gone < columns {
        let Some(c) = rest.next() else { break };
        gone += width::width(c.encode_utf8(&mut [0; 4]));
    }
    rest.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_at_the_letter_that_is_drawn_there() {
        let mut editor = Editor::new("one\n日本語\nthree\nfour");
        editor.move_to((0, 0));
        let field = FieldView { editor: &editor, numbered: true, remarked: &[0] };
        let area = Area::new(10, 3, 20, 4);
        let lines: Vec<_> = field.rows(area).iter().map(|row| (row.y, row.line)).collect();
        assert_eq!(lines, [(0, 0), (2, 1), (3, 2)], "what is said of the first has a row");
        for ((column, y), place) in [
            ((15, 3), (0, 0)),
            ((17, 3), (0, 2)),
            ((29, 3), (0, 3)),
            ((16, 4), (0, 1)),
            ((15, 5), (1, 0)),
            ((16, 5), (1, 0)),
            ((17, 5), (1, 1)),
            ((0, 6), (2, 0)),
            ((15, 90), (2, 0)),
        ] {
            assert_eq!(field.place_at(area, column, y), Some(place), "{column},{y}");
        }
    }

    #[test]
    fn a_line_that_is_longer_than_its_row_is_seen_around_the_cursor() {
        let mut editor = Editor::new(&"0123456789".repeat(4));
        editor.move_to((0, 40));
        let field = FieldView { editor: &editor, numbered: false, remarked: &[] };
        let area = Area::new(0, 0, 20, 3);
        let shift = field.rows(area)[0].shift;
        assert_eq!(shift, 40 - 18);
        assert_eq!(field.place_at(area, 1, 0), Some((0, shift)));
    }
}
