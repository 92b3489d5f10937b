//! Text with line numbers; what is looked for stands out in it.

use ratatui::text::{Line, Span};

use crate::model::viewer::{SourceRow, Viewer};
use crate::theme::Theme;

use super::{cells, class_style, text};

/// The rows, and which of them the cursor is on.
pub(super) fn lines(
    theme: &Theme,
    viewer: &Viewer,
    columns: usize,
) -> (Vec<Line<'static>>, Option<usize>) {
    let rows = viewer.source_rows();
    let selected = rows.iter().position(|row| row.selected);
    let gutter = viewer.reading().map_or(0, |(_, source)| source.gutter());
    let lines = rows.into_iter().map(|row| line(theme, row, gutter, columns)).collect();
    (lines, selected)
}

fn line(theme: &Theme, row: SourceRow, gutter: usize, columns: usize) -> Line<'static> {
    let digits = gutter.saturating_sub(2);
    let number = row.number.map_or_else(String::new, |number| number.to_string());
    let mut spans = vec![text(format!("{number:>digits$}  "), theme.dim)];
    let mut at = 0;
    for span in row.spans {
        let style = class_style(theme, span.class);
        let end = at + span.text.len();
        let mut from = at;
        let piece = |from: usize, to: usize| span.text.get(from - at..to - at).unwrap_or_default();
        for (found, here) in &row.found {
            let (start, stop) = (found.start.clamp(from, end), found.end.clamp(from, end));
            let marked = if *here { theme.found.patch(theme.selection) } else { theme.found };
            spans.push(text(piece(from, start), style));
            spans.push(text(piece(start, stop), style.patch(marked)));
            from = stop;
        }
        spans.push(text(piece(from, end), style));
        at = end;
    }
    spans.retain(|span: &Span| !span.content.is_empty());
    if row.cut && cells::spans_width(&spans) < columns {
        spans.push(text(theme.glyphs.ellipsis, theme.dim));
    } else if row.cut {
        // The mark needs the last column.
        spans = cells::truncate(spans, columns.saturating_sub(1));
    }
    Line::from(spans)
}
