//! The page on the insides: how old the data is, what the polling plan does, what frames cost.

use super::super::Scene;
use super::super::cells::{put, text};
use crate::canvas::{Canvas, Line};
use crate::text::width;
use crate::view::layer::inside::InsidePage;

const LABEL: usize = 18;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, page: &InsidePage) {
    let theme = scene.theme;
    let mut lines: Vec<Line> = Vec::new();
    for (title, facts) in &page.facts.sections {
        lines.push(Line::default());
        lines.push(Line::from(text(format!(" {title}"), theme.heading)));
        for (label, fact) in facts {
            let label = width::fit(&format!(" {label}"), LABEL);
            lines.push(Line::from(vec![text(label, theme.dim), text(fact.clone(), theme.text)]));
        }
    }
    let seen = page.window().seen(lines.len());
    let below = lines.len() - seen.end;
    let note = if below > 0 { format!("{below} more below") } else { String::new() };
    let area = super::framed(canvas, scene, scene.layout.page, "Inside", &note);
    for (row, line) in lines[seen].iter().enumerate() {
        put(canvas, area, row, line);
    }
}
