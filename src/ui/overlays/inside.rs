//! The page on the insides: how old the data is, what the polling plan does, what frames cost.

use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use crate::model::Area;
use crate::text::width;

use super::super::cells::{self, put, text};
use super::super::{Scene, rect};

const LABEL: usize = 18;

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene) {
    let body = scene.layout.body;
    let margin = if scene.layout.wide { 4 } else { 0 };
    let area = Area::new(margin, body.y, body.width - margin * 2, body.height);
    frame.render_widget(Clear, rect(area));
    let theme = scene.theme;
    let mut lines: Vec<Line> = Vec::new();
    for (title, facts) in scene.model.inside.iter().flat_map(|inside| &inside.sections) {
        lines.push(Line::default());
        lines.push(Line::from(text(format!(" {title}"), theme.heading)));
        for (label, fact) in facts {
            let label = width::fit(&format!(" {label}"), LABEL);
            lines.push(Line::from(vec![text(label, theme.dim), text(fact.clone(), theme.text)]));
        }
    }
    let room = usize::from(area.height).saturating_sub(1);
    let top = scene.model.overlay_top.min(lines.len().saturating_sub(room));
    let more = lines.len().saturating_sub(top + room);
    let title = if more > 0 { format!("Inside · {more} more lines") } else { "Inside".to_owned() };
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, &title, area.width.into()));
    for (row, line) in lines.iter().skip(top).take(room).enumerate() {
        put(frame.buffer_mut(), area, row + 1, line);
    }
}
