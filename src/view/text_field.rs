//! Where the lines of a text that is edited stand in its area, and which letter of it is under a cell.
//!
//! Drawn by the drawing, pointed at with the mouse. Start with [`FieldView`]. The invariant: the line with the
//! cursor is in view, and so is what is said below it.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::{breaking, sanitize, width};
use crate::view::{Area, Editor, Layer, LayerKind, Model};

/// Columns in front of a line: of its number, or of nothing.
const NUMBERED: usize = 5;
const PLAIN: usize = 1;
/// Bytes of a column, at most: wide letters, each with marks.
const BYTES_PER_COLUMN: usize = 16;

/// A text in an area, with the lines below which something is said.
pub struct FieldView<'a> {
    pub editor: &'a Editor,
    pub numbered: bool,
    /// A line that is longer than a row goes on in the next one, or else is seen around the cursor.
    pub wraps: bool,
    pub remarked: Vec<usize>,
}

/// A line of the text on the screen, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRow {
    /// Row of the area.
    pub y: usize,
    pub line: usize,
    /// Its characters.
    pub part: Range<usize>,
    /// Whether the line goes on in the next row.
    pub goes_on: bool,
    /// Columns of them that are to the left of what is seen.
    pub shift: usize,
}

impl FieldRow {
    /// What is seen of it.
    pub fn text(&self, editor: &Editor) -> String {
        let line = editor.lines().get(self.line).map_or("", String::as_str);
        skip_columns(&clean(&characters(line, &self.part)), self.shift)
    }
}

impl<'a> FieldView<'a> {
    /// Prose, as a message is.
    pub fn prose(editor: &'a Editor) -> Self {
        Self { editor, numbered: false, wraps: true, remarked: Vec::new() }
    }

    pub fn gutter(&self) -> usize {
        if self.numbered { NUMBERED } else { PLAIN }
    }

    /// Columns of a row; the last is for a cursor behind it.
    fn room(&self, columns: u16) -> usize {
        usize::from(columns).saturating_sub(self.gutter() + 1).max(1)
    }

    fn line(&self, at: usize) -> &str {
        self.editor.lines().get(at).map_or("", String::as_str)
    }

    /// The characters of a line, row by row.
    fn parts(&self, line: usize, room: usize) -> Vec<Range<usize>> {
        let line = self.line(line);
        if self.wraps {
            broken(line, room)
        } else {
            std::iter::once(0..line.chars().count()).collect()
        }
    }

    /// The parts of the line with the cursor, and which of them that is in.
    fn at_cursor(&self, room: usize) -> (Vec<Range<usize>>, usize) {
        let (line, at) = self.editor.cursor();
        let parts = self.parts(line, room);
        let own = parts.iter().rposition(|part| part.start <= at).unwrap_or(0);
        (parts, own)
    }

    /// Rows that all of it takes, or so many where it takes more.
    pub fn height(&self, columns: u16, most: usize) -> usize {
        let room = self.room(columns);
        let mut rows = 0;
        for (at, line) in self.editor.lines().iter().enumerate() {
            if self.wraps && line.len() > most.saturating_mul(room * BYTES_PER_COLUMN) {
                return most;
            }
            rows += self.parts(at, room).len();
            if rows >= most {
                return most;
            }
        }
        rows
    }

    /// The rows that are seen.
    pub fn rows(&self, area: Area) -> Vec<FieldRow> {
        let (cursor, at) = self.editor.cursor();
        let room = self.room(area.width);
        let height = usize::from(area.height);
        let (mut line, mut skipped) = self.top(room, height);
        let mut rows = Vec::new();
        let mut y = 0;
        while y < height && line < self.editor.lines().len() {
            let parts = self.parts(line, room);
            let last = parts.len().saturating_sub(1);
            for (index, part) in parts.into_iter().enumerate().skip(skipped) {
                if y >= height {
                    break;
                }
                let goes_on = index < last;
                let here = !self.wraps && line == cursor;
                let cursor = if here { columns(self.line(line), at) } else { 0 };
                rows.push(FieldRow { y, line, part, goes_on, shift: cursor.saturating_sub(room) });
                y += self.rows_of(line, goes_on);
            }
            (line, skipped) = (line + 1, 0);
        }
        rows
    }

    /// Row of the area, and column of the text in it, that the cursor is at.
    pub fn cursor_in(&self, rows: &[FieldRow]) -> Option<(usize, usize)> {
        let (line, at) = self.editor.cursor();
        let row = rows.iter().rfind(|row| row.line == line && row.part.start <= at)?;
        let before = characters(self.line(line), &(row.part.start..at));
        Some((row.y, width::width(&clean(&before)).saturating_sub(row.shift)))
    }

    /// The place in the text that a cell is at, or the nearest one.
    pub fn place_at(&self, area: Area, column: u16, y: u16) -> Option<(usize, usize)> {
        let y = usize::from(y.saturating_sub(area.y));
        let row = self.rows(area).into_iter().rfind(|row| row.y <= y)?;
        let left = usize::from(area.x) + self.gutter();
        let wanted = usize::from(column).saturating_sub(left) + row.shift;
        Some((row.line, self.letter_in(row.line, &row.part, row.goes_on, wanted)))
    }

    /// The place a row above the cursor, or below it; `None` where there is no such row.
    pub fn beside(&self, area: Area, down: bool) -> Option<(usize, usize)> {
        let room = self.room(area.width);
        let (line, at) = self.editor.cursor();
        let (parts, own) = self.at_cursor(room);
        let from = parts.get(own)?.start;
        let wanted = width::width(&clean(&characters(self.line(line), &(from..at))));
        let inside = if down { Some(own + 1) } else { own.checked_sub(1) };
        let inside = inside.filter(|index| *index < parts.len());
        let (line, parts, index) = if let Some(index) = inside {
            (line, parts, index)
        } else {
            let next = if down { Some(line + 1) } else { line.checked_sub(1) };
            let next = next.filter(|next| *next < self.editor.lines().len())?;
            let parts = self.parts(next, room);
            let index = if down { 0 } else { parts.len() - 1 };
            (next, parts, index)
        };
        let part = parts.get(index)?;
        Some((line, self.letter_in(line, part, index + 1 < parts.len(), wanted)))
    }

    /// The character of a line that stands at a column of a row. Behind the last of a row that goes on is the
    /// beginning of the next.
    fn letter_in(&self, line: usize, part: &Range<usize>, goes_on: bool, column: usize) -> usize {
        let letter = part.start + letter_at(&characters(self.line(line), part), column);
        let last = if goes_on { part.end.saturating_sub(1).max(part.start) } else { part.end };
        letter.min(last)
    }

    /// What is said of a line stands below its last row.
    fn rows_of(&self, line: usize, goes_on: bool) -> usize {
        1 + usize::from(!goes_on && self.remarked.contains(&line))
    }

    /// The first line to show, and how many of its rows are above.
    fn top(&self, room: usize, height: usize) -> (usize, usize) {
        let (cursor, _) = self.editor.cursor();
        let (mut parts, own) = self.at_cursor(room);
        let mut left = height.saturating_sub(self.rows_of(cursor, own + 1 < parts.len()));
        let mut top = (cursor, own);
        loop {
            let above = match top {
                (line, index) if index > 0 => (line, index - 1),
                (0, _) => return top,
                (line, _) => {
                    parts = self.parts(line - 1, room);
                    (line - 1, parts.len() - 1)
                }
            };
            let rows = self.rows_of(above.0, above.1 + 1 < parts.len());
            if rows > left {
                return top;
            }
            left -= rows;
            top = above;
        }
    }
}

/// The characters of each row of so many columns.
fn broken(line: &str, room: usize) -> Vec<Range<usize>> {
    let mut end = 0;
    let rows = breaking::rows(line, room, |cluster| width::width(&clean(cluster)));
    let characters = rows.into_iter().map(|row| {
        let start = end;
        end += row.chars().count();
        start..end
    });
    characters.collect()
}

/// Some of the characters of a line.
fn characters(line: &str, range: &Range<usize>) -> String {
    line.chars().skip(range.start).take(range.len()).collect()
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
    // What is drawn as one letter is gone around as one.
    for cluster in line.graphemes(true) {
        taken += width::width(&clean(cluster));
        if taken > column {
            break;
        }
        letters += cluster.chars().count();
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
        let field = FieldView { editor: &editor, numbered: true, wraps: false, remarked: vec![0] };
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
        let field = FieldView { wraps: false, ..FieldView::prose(&editor) };
        let area = Area::new(0, 0, 20, 3);
        let rows = field.rows(area);
        let shift = rows[0].shift;
        assert_eq!((rows.len(), shift), (1, 40 - 18));
        assert_eq!(field.cursor_in(&rows), Some((0, 18)));
        assert_eq!(field.place_at(area, 1, 0), Some((0, shift)));
    }

    /// What is seen, row by row.
    fn seen(editor: &Editor, area: Area) -> Vec<String> {
        let field = FieldView::prose(editor);
        field.rows(area).iter().map(|row| row.text(editor)).collect()
    }

    #[test]
    fn prose_is_broken_behind_words_and_what_has_none_where_the_room_ends() {
        let area = Area::new(0, 0, 12, 9);
        let editor = Editor::new(
            "one two three four\n\nabcdefghijklmnop\nsee \u{65e5}\u{672c}\u{8a9e}\u{306e}\u{6587}",
        );
        assert_eq!(
            seen(&editor, area),
            [
                "one two ",
                "three four",
                "",
                "abcdefghij",
                "klmnop",
                "see \u{65e5}\u{672c}\u{8a9e}",
                "\u{306e}\u{6587}"
            ]
        );
        // A space that has no room hangs over, and the row behind it begins with a word.
        assert_eq!(seen(&Editor::new("ten-letter words"), area), ["ten-letter ", "words"]);
        // What is one letter to the eye is never broken: a family of five characters.
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".repeat(6);
        for row in seen(&Editor::new(&family), area) {
            assert_eq!(row.chars().count() % 5, 0, "{row:?}");
        }
        assert_eq!(FieldView::prose(&editor).height(12, 90), 7);
        assert_eq!(FieldView::prose(&editor).height(12, 3), 3);
    }

    #[test]
    fn the_cursor_is_where_its_letter_is_in_whatever_row_and_every_letter_can_be_pointed_at() {
        let text =
            "one two three four\n\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{6587}\u{7ae0}\u{3092} ab\n\nx";
        for width in [4, 7, 12, 40] {
            let area = Area::new(3, 2, width, 40);
            let mut editor = Editor::new(text);
            for (row, line) in text.split('\n').enumerate() {
                for at in 0..=line.chars().count() {
                    editor.move_to((row, at));
                    let field = FieldView::prose(&editor);
                    let rows = field.rows(area);
                    let (y, column) = field.cursor_in(&rows).unwrap();
                    let cell = |at: usize| u16::try_from(at).unwrap();
                    let there = (area.x + 1 + cell(column), area.y + cell(y));
                    let found = field.place_at(area, there.0, there.1);
                    assert_eq!(found, Some((row, at)), "{width} columns");
                }
            }
        }
    }

    #[test]
    fn a_step_goes_by_rows_and_long_texts_are_seen_around_the_cursor() {
        let area = Area::new(0, 0, 12, 2);
        let mut editor = Editor::new("one two three four\nlast");
        editor.move_to((0, 13));
        let beside = |editor: &Editor, down| FieldView::prose(editor).beside(area, down);
        assert_eq!(beside(&editor, false), Some((0, 5)), "the row above is of the same line");
        assert_eq!(beside(&editor, true), Some((1, 4)), "as far as there are letters");
        assert_eq!(seen(&editor, area), ["one two ", "three four"]);
        editor.move_to((1, 0));
        assert_eq!(seen(&editor, area), ["three four", "last"]);
        assert_eq!(beside(&editor, false), Some((0, 8)));
        assert_eq!(beside(&editor, true), None);
        editor.move_to((0, 2));
        assert_eq!(beside(&editor, false), None);
        assert_eq!(seen(&editor, area), ["one two ", "three four"]);
    }
}
