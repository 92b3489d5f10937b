//! What a compaction takes and what it leaves, over the panes.

use super::super::Scene;
use super::super::cells::{self, text};
use super::draw_list;
use crate::canvas::{Canvas, Line};
use crate::text::{units, width};
use crate::view::layer::compaction_page::{self, CompactionPage, Row};

/// Columns of what kind a row is.
const KIND: usize = 6;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, page: &CompactionPage) {
    let theme = scene.theme;
    let rows = page.list.items().iter().filter_map(|line| match line {
        compaction_page::Line::Row(row) => Some(row.time.len()),
        _ => None,
    });
    let time = rows.max().unwrap_or(0);
    draw_list(canvas, scene, &page.list, &page.list.title, |line, here, columns| {
        let marker = text(if here { theme.glyphs.marker } else { " " }, theme.accent);
        match line {
            compaction_page::Line::Heading(words) => {
                let words = text(words.clone(), theme.heading);
                cells::line(vec![marker, words], Vec::new(), columns)
            }
            compaction_page::Line::Remark(words) => {
                let words = text(format!("  {words}"), theme.dim);
                cells::line(vec![marker, words], Vec::new(), columns)
            }
            compaction_page::Line::Row(row) => draw_row(scene, row, here, time, columns),
        }
    });
}

fn draw_row(scene: &Scene, row: &Row, here: bool, time: usize, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let style = if row.goes { theme.compacted } else { theme.text };
    let glyphs = &theme.glyphs;
    let left = vec![
        text(if here { glyphs.marker } else { " " }, theme.accent),
        if row.goes {
            text(glyphs.compacted, theme.compacted)
        } else {
            text(glyphs.in_context, theme.text)
        },
        text(if row.bookmarked { glyphs.bookmark } else { " " }, theme.accent),
        text(format!("{} ", width::fit(&row.time, time)), theme.dim),
        text(width::fit(row.kind, KIND), theme.dim),
        text(row.subject.clone(), style),
    ];
    let mut right = Vec::new();
    if row.split {
        right.push(text("its output stays ", theme.you));
    } else if row.goes && row.pair {
        right.push(text("with output ", theme.dim));
    }
    right.push(text(format!("{:>5}t ", units::tokens(row.tokens)), theme.dim));
    cells::line(left, right, columns)
}
