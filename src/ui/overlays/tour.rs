//! The rows of the tour, below everything else.

use super::super::Scene;
use super::super::cells::{self, put, text};
use crate::canvas::Canvas;
use crate::text::width;
use crate::view::Tour;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, tour: &Tour) {
    let (theme, area) = (scene.theme, scene.layout.tour);
    if area.height == 0 {
        return;
    }
    let columns = usize::from(area.width);
    let rule = theme.glyphs.rule;
    let title = format!(" {} ", tour.title());
    let leave = if columns < 60 { "" } else { " Esc leaves it " };
    let taken = width::width(&title) + width::width(leave) + 3;
    let left = vec![
        text(rule.repeat(2), theme.rule),
        text(title, theme.heading),
        text(rule.repeat(columns.saturating_sub(taken)), theme.rule),
    ];
    let right = vec![text(leave, theme.dim)];
    put(canvas, area, 0, &cells::line(left, right, columns));
    let lines = tour.lines(area.width).into_iter().map(|line| format!(" {line}"));
    for (row, line) in (1..usize::from(area.height)).zip(lines) {
        let line = cells::line(vec![text(line, theme.text)], Vec::new(), columns);
        put(canvas, area, row, &line);
    }
}
