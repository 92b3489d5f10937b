//! The keys of what is on the screen, in columns as far as there is room.

use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::model::Area;
use crate::text::{width, wrap};

use super::super::cells::{self, put, text};
use super::super::{Hints, Scene, rect};

const COLUMN: usize = 36;
const FACT_LABEL: usize = 10;

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene, hints: &Hints) {
    let body = scene.layout.body;
    let margin = if scene.layout.wide { 4 } else { 0 };
    let area = Area::new(margin, body.y, body.width - margin * 2, body.height);
    frame.render_widget(Clear, rect(area));
    let columns = (usize::from(area.width) / COLUMN).max(1);
    let column_width = usize::from(area.width) / columns;
    let lines: Vec<Line> = help_rows(scene, hints, columns, column_width);
    let room = usize::from(area.height).saturating_sub(1);
    let top = scene.model.overlay_top.min(lines.len().saturating_sub(room));
    let more = lines.len().saturating_sub(top + room);
    let title = if more > 0 { format!("Keys · {more} more lines") } else { "Keys".to_owned() };
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, &title, area.width.into()));
    for (row, line) in lines.iter().skip(top).take(room).enumerate() {
        put(frame.buffer_mut(), area, row + 1, line);
    }
}

/// Whole, because they are there to be copied.
fn facts(scene: &Scene, hints: &Hints, wide: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let mut out = Vec::new();
    for (name, fact) in &hints.facts {
        let mut label = name.as_str();
        for line in wrap::wrap(fact, wide.saturating_sub(FACT_LABEL).max(1), 8).0 {
            let label = width::fit(&format!(" {}", std::mem::take(&mut label)), FACT_LABEL);
            out.push(Line::from(vec![text(label, theme.dim), text(line, theme.text)]));
        }
    }
    out
}

/// Sections side by side, so many in a row as there are columns.
fn help_rows(scene: &Scene, hints: &Hints, columns: usize, wide: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let mut out = facts(scene, hints, columns * wide);
    for sections in hints.help.chunks(columns) {
        let rows = sections.iter().map(|(_, keys)| keys.len() + 1).max().unwrap_or(0);
        out.push(Line::default());
        for row in 0..rows {
            let mut spans: Vec<Span<'static>> = Vec::new();
            for (title, keys) in sections {
                if row == 0 {
                    spans.push(text(width::fit(&format!(" {title}"), wide), theme.heading));
                } else if let Some(hint) = keys.get(row - 1) {
                    let (key, words) =
                        if hint.off { (theme.dim, theme.dim) } else { (theme.accent, theme.text) };
                    let key_width = 13.min(wide);
                    spans.push(text(width::fit(&format!(" {}", hint.key), key_width), key));
                    spans.push(text(width::fit(&hint.words, wide - key_width), words));
                } else {
                    spans.push(text(" ".repeat(wide), theme.text));
                }
            }
            out.push(Line::from(spans));
        }
    }
    out
}
