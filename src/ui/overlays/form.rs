//! A form: a row for each field, the button below them.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::super::panes::text_field::TextField;
use super::framed;
use crate::canvas::{Canvas, Span};
use crate::text::{sanitize, units, width, wrap};
use crate::theme::Theme;
use crate::view::layer::form::{Field, FieldKind, Form, LABEL, PROBLEM_ROWS};
use crate::view::layer::form_parts::part;
use crate::view::{Area, LayerKind};

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, form: &Form) {
    let Some(area) = scene.layout.list else { return };
    let room = usize::from(area.width).saturating_sub(6);
    let title = width::truncate(&clean(&form.title), room).into_owned();
    let inside = framed(canvas, scene, area, &title, "");
    let focused = scene.model.layers.top().is_some_and(|top| top.kind() == LayerKind::Form);
    let mut y = -i32::try_from(form.above(inside)).unwrap_or(0);
    for remark in &form.remarks {
        for (at, words) in remark.lines(inside.width.into()).into_iter().enumerate() {
            if let Some(part) = part(inside, y, 1) {
                let label = if at == 0 { remark.label } else { "" };
                let label = format!(" {}", width::fit(label, usize::from(LABEL) - 1));
                let spans =
                    vec![text(label, scene.theme.dim), text(format!(" {words}"), scene.theme.text)];
                let line = cells::line(spans, Vec::new(), inside.width.into());
                put(canvas, part, 0, &line);
            }
            y += 1;
        }
    }
    for (at, field) in form.fields.iter().enumerate() {
        let rows = i32::try_from(field.rows()).unwrap_or(1);
        if let Some(part) = part(inside, y, rows) {
            draw_field(canvas, scene.theme, field, part, focused && at == form.at, at == form.at);
        }
        y += rows;
    }
    if let Some(problem) = &form.problem {
        let columns = usize::from(inside.width).saturating_sub(3).max(8);
        let lines = wrap::wrap(&sanitize::one_line(problem), columns, usize::MAX).0;
        for line in lines.iter().take(PROBLEM_ROWS) {
            if let Some(part) = part(inside, y, 1) {
                let words = vec![text(format!(" x {line}"), scene.theme.error)];
                put(canvas, part, 0, &cells::line(words, Vec::new(), columns + 3));
            }
            y += 1;
        }
        y += i32::try_from(PROBLEM_ROWS.saturating_sub(lines.len())).unwrap_or(0);
    }
    if let Some(part) = part(inside, y, 1) {
        draw_button(canvas, scene, form, part, focused);
    }
}

pub(in crate::ui) fn draw_field(
    canvas: &mut Canvas,
    theme: &Theme,
    field: &Field,
    area: Area,
    focused: bool,
    here: bool,
) {
    let sign = if here { theme.glyphs.marker } else { " " };
    let label = vec![
        text(sign, theme.accent),
        text(width::fit(field.label, usize::from(LABEL) - 2), theme.heading),
    ];
    let label_width = LABEL.min(area.width / 2);
    put(canvas, area, 0, &cells::line(label, Vec::new(), label_width.into()));
    let value = field.value_in(area);
    let problem = area.height - value.height;
    match &field.kind {
        FieldKind::Choice(choices) => {
            let chosen = field.text();
            let about =
                choices.iter().find(|(choice, _)| *choice == chosen).map(|(_, about)| about);
            let about = about.map_or_else(String::new, |about| clean(about));
            let spans = vec![
                text(format!(" < {} >", clean(&chosen)), theme.text),
                text(format!("  {about}"), theme.dim),
            ];
            put(canvas, value, 0, &cells::line(spans, Vec::new(), value.width.into()));
            if focused {
                canvas.point_at((value.x + 1, value.y));
            }
        }
        FieldKind::Secret => {
            let letters = field.text().chars().count();
            let words = match letters {
                0 => field.hint.to_owned(),
                letters => {
                    let lines = field.editor.lines().len();
                    let lines =
                        if lines > 1 { format!(" in {lines} lines") } else { String::new() };
                    format!("{}{lines}, not shown", units::counted(letters, "character"))
                }
            };
            let spans = vec![text(format!(" {words}"), theme.dim)];
            put(canvas, value, 0, &cells::line(spans, Vec::new(), value.width.into()));
            if focused {
                canvas.point_at((value.x + 1, value.y));
            }
        }
        FieldKind::Line | FieldKind::Text | FieldKind::Json => {
            let editor = &field.editor;
            let wraps = field.kind == FieldKind::Text;
            TextField { editor, numbered: false, wraps, focused, remarks: Vec::new() }
                .draw(canvas, theme, value);
            if editor.is_empty() {
                let spans = vec![text(format!("  {}", field.hint), theme.dim)];
                let hint = cells::line(spans, Vec::new(), value.width.into());
                put(canvas, value, 0, &hint);
            }
        }
    }
    if let Some(words) = field.problem.as_ref().filter(|_| problem > 0) {
        let spans = vec![text(format!(" x {}", clean(words)), theme.error)];
        let row = Area { y: value.y + value.height, height: 1, ..value };
        put(canvas, row, 0, &cells::line(spans, Vec::new(), row.width.into()));
    }
}

fn draw_button(canvas: &mut Canvas, scene: &Scene, form: &Form, area: Area, focused: bool) {
    let theme = scene.theme;
    let here = form.field().is_none();
    let sign = if here { theme.glyphs.marker } else { " " };
    let style = if here { theme.heading.patch(theme.selection) } else { theme.heading };
    let mut spans: Vec<Span<'static>> =
        vec![text(sign, theme.accent), text(format!("[ {} ]", form.button), style)];
    if form.sending {
        spans.push(text("  sent, waiting for the answer", theme.accent));
    }
    put(canvas, area, 0, &cells::line(spans, Vec::new(), area.width.into()));
    if focused && here {
        canvas.point_at((area.x + 1, area.y));
    }
}
