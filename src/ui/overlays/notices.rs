//! All that was said in passing, the newest first and whole.

use super::super::Scene;
use super::super::cells::{put, text};
use crate::canvas::{Canvas, Line};
use crate::text::units;
use crate::view::Level;
use crate::view::layer::notice_page::{NONE, NoticePage};

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, page: &NoticePage) {
    let theme = scene.theme;
    let (lines, seen) = (page.lines(), page.seen());
    let below = lines.len() - seen.end;
    let note = match below {
        0 => String::new(),
        below => format!("{} more", units::counted(below, "line")),
    };
    let area = super::framed(canvas, scene, scene.layout.page, "Errors and notices", &note);
    if lines.is_empty() {
        for (row, words) in NONE.iter().enumerate() {
            put(canvas, area, row, &Line::from(text(format!(" {words}"), theme.dim)));
        }
    }
    for (row, at) in seen.enumerate() {
        let line = &lines[at];
        let style = match line.level {
            _ if !line.head => theme.text,
            Level::Info => theme.dim,
            Level::Warning => theme.you,
            Level::Error => theme.error,
        };
        let here = line.notice.is_some() && line.notice == page.selected();
        let mark = if here { theme.glyphs.marker } else { " " };
        let spans = vec![text(mark, theme.accent), text(line.text.clone(), style)];
        put(canvas, area, row, &Line::from(spans));
        if at == page.at() {
            super::bar_at(canvas, scene, area, row);
        }
    }
}
