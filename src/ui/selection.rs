//! The text that was selected with the mouse, in reverse: a sign that needs no colour.

use super::Scene;
use crate::canvas::{Canvas, Modifier, Rect};
use crate::text::width;
use crate::view::mouse::Surface;
use crate::view::{excerpt, hit};

/// In the panes, or else in the page over them, each before something is drawn over that.
pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, over_the_panes: bool) {
    let Some(selection) = &scene.model.selection else { return };
    let area = match selection.on {
        Surface::Pane(pane) if !over_the_panes => scene.layout.area(pane),
        Surface::Layer(kind) if over_the_panes => hit::layer_area(&scene.layout, kind),
        Surface::Pane(_) | Surface::Layer(_) => None,
    };
    let Some(area) = area else { return };
    for line in excerpt::seen_on(scene.model, selection.on, area, scene.layout.wide) {
        let Some(columns) = selection.columns_of(&line.spot) else { continue };
        let long = if line.whole {
            area.width
        } else {
            u16::try_from(width::width(&line.text)).unwrap_or(u16::MAX)
        };
        let left = area.x.saturating_add(line.column);
        let end = area.x.saturating_add(area.width);
        let from = left.saturating_add(columns.start).min(end);
        let to = left.saturating_add(columns.end.min(long)).min(end);
        // Also where a row is in reverse already.
        canvas.toggle(Rect::new(from, line.y, to.saturating_sub(from), 1), Modifier::REVERSED);
    }
}
