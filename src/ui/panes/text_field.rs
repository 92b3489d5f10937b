//! Editable text in an area, scrolled so that the cursor is in view.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::cells::{self, put, text};
use crate::text::{sanitize, width};
use crate::theme::Theme;
use crate::view::{Area, Editor};

pub(in crate::ui) struct TextField<'a> {
    pub editor: &'a Editor,
    pub numbered: bool,
    /// The terminal's cursor is put here.
    pub focused: bool,
    /// Said below lines; the first of a line has a row there.
    pub remarks: Vec<Remark>,
}

/// Something that is said about a stretch of a line, all counted from zero, columns in characters.
pub(in crate::ui) struct Remark {
    pub line: usize,
    pub start: usize,
    pub end: usize,
    pub words: String,
    pub style: Style,
    /// What underlines the stretch: a sign of how bad it is, for those who see no colours.
    pub sign: char,
}

impl TextField<'_> {
    pub(in crate::ui) fn draw(&self, frame: &mut Frame, theme: &Theme, area: Area) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let (row, column) = self.editor.cursor();
        let gutter = if self.numbered { 5 } else { 1 };
        let room = usize::from(area.width).saturating_sub(gutter + 1).max(1);
        let height = usize::from(area.height);
        let lines = self.editor.lines();
        let top = self.top(row, height);
        let cursor = lines.get(row).map_or(0, |line| columns(line, column));
        let shift = cursor.saturating_sub(room);
        let mut y = 0;
        for (at, line) in lines.iter().enumerate().skip(top) {
            if y >= height {
                break;
            }
            let number = if self.numbered { format!("{:>3}  ", at + 1) } else { " ".to_owned() };
            let shift = if at == row { shift } else { 0 };
            let shown = skip_columns(&clean(line), shift);
            let spans = vec![text(number, theme.dim), text(shown, Style::new().patch(theme.text))];
            put(frame.buffer_mut(), area, y, &cells::line(spans, Vec::new(), area.width.into()));
            if at == row && self.focused {
                let x = u16::try_from(gutter + cursor - shift).unwrap_or(0);
                let y = u16::try_from(y).unwrap_or(0);
                frame.set_cursor_position((area.x + x.min(area.width - 1), area.y + y));
            }
            y += 1;
            let mut remarks = self.remarks.iter().filter(|remark| remark.line == at);
            if let Some(remark) = remarks.next() {
                let begin = gutter + columns(line, remark.start).saturating_sub(shift);
                let begin = begin.min(usize::from(area.width) / 2);
                let wide = columns(line, remark.end).saturating_sub(columns(line, remark.start));
                let under = remark.sign.to_string().repeat(wide.clamp(1, 12));
                let more = match remarks.count() {
                    0 => String::new(),
                    more => format!(" (+{more})"),
                };
                let words = format!("{:begin$}{under}  {}{more}", "", remark.words);
                let line = cells::line(
                    vec![Span::styled(words, remark.style)],
                    Vec::new(),
                    area.width.into(),
                );
                put(frame.buffer_mut(), area, y, &line);
                y += 1;
            }
        }
    }

    /// The first line to show, so that the one with the cursor and what is said below it are seen.
    fn top(&self, row: usize, height: usize) -> usize {
        let rows = |at: usize| 1 + usize::from(self.remarks.iter().any(|remark| remark.line == at));
        let mut left = height.saturating_sub(rows(row));
        let mut top = row;
        while top > 0 && rows(top - 1) <= left {
            left -= rows(top - 1);
            top -= 1;
        }
        top
    }
}

/// Columns on the screen that the first `characters` of a line take.
fn columns(line: &str, characters: usize) -> usize {
    let before: String = line.chars().take(characters).collect();
    width::width(&clean(&before))
}

fn clean(line: &str) -> String {
    sanitize::lines(line).collect()
}

fn skip_columns(line: &str, columns: usize) -> String {
    let mut gone = 0;
    let mut rest = line.chars();
    while gone < columns {
        let Some(c) = rest.next() else { break };
        gone += width::width(c.encode_utf8(&mut [0; 4]));
    }
    rest.collect()
}
