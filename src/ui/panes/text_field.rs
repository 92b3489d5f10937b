//! Editable text in an area, scrolled so that the cursor is in view.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::{Area, Editor};
use crate::text::{sanitize, width};
use crate::theme::Theme;

use super::super::cells::{self, put, text};

pub(super) struct TextField<'a> {
    pub editor: &'a Editor,
    pub numbered: bool,
    /// The terminal's cursor is put here.
    pub focused: bool,
    /// Said below a line, in the style of an error.
    pub remark: Option<(usize, String)>,
}

impl TextField<'_> {
    pub(super) fn draw(&self, frame: &mut Frame, theme: &Theme, area: Area) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let (row, column) = self.editor.cursor();
        let gutter = if self.numbered { 5 } else { 1 };
        let room = usize::from(area.width).saturating_sub(gutter + 1).max(1);
        let height = usize::from(area.height);
        let top = (row + 1)
            .saturating_sub(height.saturating_sub(usize::from(self.remark.is_some())).max(1));
        let lines = self.editor.lines();
        let before: String =
            lines.get(row).map(|line| line.chars().take(column).collect()).unwrap_or_default();
        let cursor = width::width(&clean(&before));
        let shift = cursor.saturating_sub(room);
        let mut y = 0;
        for (at, line) in lines.iter().enumerate().skip(top) {
            if y >= height {
                break;
            }
            let number = if self.numbered { format!("{:>3}  ", at + 1) } else { " ".to_owned() };
            let shown = skip_columns(&clean(line), if at == row { shift } else { 0 });
            let spans = vec![text(number, theme.dim), text(shown, Style::new().patch(theme.text))];
            put(frame.buffer_mut(), area, y, &cells::line(spans, Vec::new(), area.width.into()));
            if at == row && self.focused {
                let x = u16::try_from(gutter + cursor - shift).unwrap_or(0);
                let y = u16::try_from(y).unwrap_or(0);
                frame.set_cursor_position((area.x + x.min(area.width - 1), area.y + y));
            }
            y += 1;
            if let Some((_, words)) = self.remark.as_ref().filter(|(line, _)| *line == at) {
                let words = Span::styled(format!("{:gutter$}~~~ {words}", ""), theme.error);
                put(frame.buffer_mut(), area, y, &Line::from(words));
                y += 1;
            }
        }
    }
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
