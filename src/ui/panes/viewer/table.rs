//! A table: the names of its columns stay, and numbers stand on the right.

use super::text;
use crate::canvas::{Line, Span, Style};
use crate::text::{units, width};
use crate::theme::Theme;
use crate::view::pane::viewer::{GAP, Grid, GridRow, Viewer};

/// The rows, and which of them the cursor is on.
pub(super) fn lines(
    theme: &Theme,
    viewer: &Viewer,
    grid: &Grid,
) -> (Vec<Line<'static>>, Option<usize>) {
    let rows = viewer.grid_rows();
    let selected = rows.iter().position(|row| row.selected).map(|row| row + 1);
    let mut lines = vec![header(theme, grid)];
    lines.extend(rows.into_iter().map(|row| line(theme, grid, row)));
    (lines, selected)
}

fn header(theme: &Theme, grid: &Grid) -> Line<'static> {
    let mut spans = vec![text(" ".repeat(grid.gutter()), theme.dim)];
    let (order, _) = grid.order();
    for (column, room) in grid.shown() {
        let Some(known) = grid.table().columns().get(column) else { continue };
        let mark = order
            .filter(|by| by.column == column)
            .map(|by| if by.descending { theme.glyphs.descending } else { theme.glyphs.ascending });
        let mark = mark.unwrap_or_default();
        let name = width::truncate(&known.name, room);
        let style = if column == grid.cursor().1 { theme.accent } else { theme.heading };
        let [words, _] = cell(&name, room, known.numeric, style);
        spans.extend([words, text(format!("{mark:GAP$}"), theme.accent)]);
    }
    Line::from(spans)
}

fn cell(words: &str, room: usize, right: bool, style: Style) -> [Span<'static>; 2] {
    let missing = " ".repeat(room.saturating_sub(width::width(words)));
    let shown = if right { format!("{missing}{words}") } else { format!("{words}{missing}") };
    [text(shown, style), text(" ".repeat(GAP), Style::new())]
}

fn line(theme: &Theme, grid: &Grid, row: GridRow) -> Line<'static> {
    let digits = grid.gutter().saturating_sub(2);
    let style = if row.ragged { theme.error } else { theme.dim };
    let mut spans = vec![text(format!(" {:>digits$} ", row.number), style)];
    for ((column, room), shown) in grid.shown().into_iter().zip(row.cells) {
        let numeric = grid.table().columns().get(column).is_some_and(|known| known.numeric);
        let mut style = if numeric { theme.code_number } else { theme.text };
        if shown.found.is_some() {
            style = style.patch(theme.found);
        }
        if shown.selected || shown.found == Some(true) {
            style = style.patch(theme.selection);
        }
        spans.extend(cell(&shown.text, room, numeric, style));
    }
    Line::from(spans)
}

/// What the heading says of it.
pub(super) fn facts(grid: &Grid) -> Vec<String> {
    let rows = grid.rows();
    let counting = if rows.is_whole() { "" } else { ", counting" };
    let mut facts = vec![format!("{}{counting}", units::counted(grid.row_count(), "row"))];
    if rows.ragged() > 0 {
        facts.push(format!("{} ragged", units::grouped(rows.ragged())));
    }
    if rows.stray() > 0 {
        facts.push(format!("stray quotes in {}", units::grouped(rows.stray())));
    }
    if grid.table().columns_left_out() > 0 {
        let shown = grid.table().columns().len();
        facts.push(format!(
            "first {} of {} columns",
            units::grouped(shown),
            units::grouped(grid.table().field_count())
        ));
    }
    if grid.order().1 {
        facts.push("sorting".to_owned());
    }
    facts
}

/// Where the cursor is.
pub(super) fn position(grid: &Grid) -> String {
    let (row, column) = grid.cursor();
    let columns = grid.table().columns().len();
    let (row, rows) = (units::grouped(row + 1), units::grouped(grid.row_count()));
    format!("row {row}/{rows} column {}/{columns} ", column + 1)
}
