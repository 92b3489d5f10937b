//! What a program printed that was given a file.

use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use crate::model::Area;
use crate::text::units;

use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::super::{Scene, rect};

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene) {
    let Some(output) = &scene.model.output else { return };
    let body = scene.layout.body;
    let margin = if scene.layout.wide { 4 } else { 0 };
    let area = Area::new(margin, body.y, body.width - margin * 2, body.height);
    frame.render_widget(Clear, rect(area));
    let room = usize::from(area.height).saturating_sub(1);
    let top = scene.model.overlay_top.min(output.lines.len().saturating_sub(room));
    let more = output.lines.len().saturating_sub(top + room);
    let more =
        if more > 0 { format!(" · {} more", units::counted(more, "line")) } else { String::new() };
    let title = format!("{}{more}", clean(&output.title));
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, &title, area.width.into()));
    for (row, line) in output.lines.iter().skip(top).take(room).enumerate() {
        let line = Line::from(text(format!(" {line}"), scene.theme.text));
        put(frame.buffer_mut(), area, row + 1, &line);
    }
}
