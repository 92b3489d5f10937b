//! Text with line numbers; what is looked for stands out in it.

use super::{cells, class_style, text};
use crate::canvas::{Line, Span};
use crate::text::units;
use crate::theme::Theme;
use crate::view::pane::viewer::{SourceRow, TextView, Viewer};

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

/// What the heading says of it.
pub(super) fn facts(viewer: &Viewer, view: &TextView, wide: bool) -> Vec<String> {
    let (file, source) = (viewer.file(), view.source());
    let lines = file.text().filter(|_| wide).map(|text| units::counted(text.len(), "line"));
    let mut facts: Vec<_> = lines.into_iter().collect();
    facts.push(match (source.wraps(), source.left()) {
        (true, _) => "wrapped".to_owned(),
        (false, 0) => "cut".to_owned(),
        (false, left) => format!("from column {}", left + 1),
    });
    if view.colours().are_off() {
        facts.push("highlighting off".to_owned());
    }
    if viewer.is_making_tree() {
        facts.push("tree is being made".to_owned());
    }
    facts
}

/// The lines that are on the screen.
pub(super) fn position(viewer: &Viewer) -> String {
    let reading = viewer.reading().filter(|(text, _)| !text.is_empty());
    let Some((text, source)) = reading else { return String::new() };
    let shown = source.lines_shown();
    let (first, last) = (units::grouped(shown.start + 1), units::grouped(shown.end));
    let percent = source.percent(text);
    format!("{first}-{last} of {}   {percent}% ", units::grouped(text.len()))
}
