//! Editable text in an area, scrolled so that the cursor is in view.

use super::super::cells::{self, put, text};
use crate::canvas::{Canvas, Span, Style};
use crate::theme::Theme;
use crate::view::text_field::{FieldRow, FieldView, columns};
use crate::view::{Area, Editor};

pub(in crate::ui) struct TextField<'a> {
    pub editor: &'a Editor,
    pub numbered: bool,
    /// Long lines go on in the next row.
    pub wraps: bool,
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
    pub(in crate::ui) fn draw(&self, canvas: &mut Canvas, theme: &Theme, area: Area) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let remarked: Vec<usize> = self.remarks.iter().map(|remark| remark.line).collect();
        let Self { editor, numbered, wraps, .. } = *self;
        let field = FieldView { editor, numbered, wraps, remarked };
        let (gutter, height) = (field.gutter(), usize::from(area.height));
        let rows = field.rows(area);
        if let Some((y, column)) = field.cursor_in(&rows).filter(|_| self.focused) {
            let x = u16::try_from(gutter + column).unwrap_or(u16::MAX);
            let y = u16::try_from(y).unwrap_or(0);
            canvas.point_at((area.x + x.min(area.width - 1), area.y + y));
        }
        for row in &rows {
            let FieldRow { y, line: at, shift, goes_on, .. } = *row;
            let line = &self.editor.lines()[at];
            let number = match row.part.start {
                0 if self.numbered => format!("{:>3}  ", at + 1),
                _ => " ".repeat(gutter),
            };
            let shown = row.text(editor);
            let spans = vec![text(number, theme.dim), text(shown, Style::new().patch(theme.text))];
            put(canvas, area, y, &cells::line(spans, Vec::new(), area.width.into()));
            let mut remarks = self.remarks.iter().filter(|remark| remark.line == at && !goes_on);
            let Some(remark) = remarks.next().filter(|_| y + 1 < height) else { continue };
            let begin = gutter + columns(line, remark.start).saturating_sub(shift);
            let begin = begin.min(usize::from(area.width) / 2);
            let wide = columns(line, remark.end).saturating_sub(columns(line, remark.start));
            let under = remark.sign.to_string().repeat(wide.clamp(1, 12));
            let more = match remarks.count() {
                0 => String::new(),
                more => format!(" (+{more})"),
            };
            let words = format!("{:begin$}{under}  {}{more}", "", remark.words);
            let spans = vec![Span::styled(words, remark.style)];
            let line = cells::line(spans, Vec::new(), area.width.into());
            put(canvas, area, y + 1, &line);
        }
    }
}
