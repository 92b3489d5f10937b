//! Small things made of text: gauges, ribbons, and lines with a left and a right part.

use super::{Scene, rect};
use crate::canvas::{Canvas, Color, Line, Modifier, Rect, Span, Strip, Style};
use crate::model::timeline::{ContextRibbon, Visibility};
use crate::text::width;
use crate::theme::Theme;
use crate::view::Area;

/// One cell that says how full something is.
pub(super) fn level(scene: &Scene, percent: u64) -> &'static str {
    let step = usize::try_from(percent.min(100) * 8 / 101).unwrap_or(7);
    scene.theme.glyphs.levels[step.min(7)]
}

pub(super) fn ribbon(scene: &Scene, visibility: Visibility) -> Span<'static> {
    let theme = scene.theme;
    match visibility {
        Visibility::InContext => Span::styled(scene.theme.glyphs.in_context, theme.accent),
        Visibility::Compacted => Span::styled(scene.theme.glyphs.compacted, theme.compacted),
        Visibility::Hidden => Span::styled(scene.theme.glyphs.hidden, theme.hidden),
        Visibility::Unknown => Span::styled("?", theme.dim),
    }
}

/// `▕████▒░····▏`.
pub(super) fn gauge(scene: &Scene, context: &ContextRibbon, width: usize) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let blocks = scene.theme.glyphs.has_blocks();
    let (open, close) = if blocks { ("▕", "▏") } else { ("[", "]") };
    let (full, compacted, hidden) = context.cells(width);
    let rest = width - full - usize::from(compacted) - usize::from(hidden);
    vec![
        Span::styled(open, theme.rule),
        Span::styled(scene.theme.glyphs.in_context.repeat(full), theme.accent),
        Span::styled(if compacted { scene.theme.glyphs.compacted } else { "" }, theme.compacted),
        Span::styled(if hidden { scene.theme.glyphs.hidden } else { "" }, theme.hidden),
        Span::styled(scene.theme.glyphs.unused.repeat(rest), theme.rule),
        Span::styled(close, theme.rule),
    ]
}

pub(super) fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(|span| width::width(&span.content)).sum()
}

/// Cuts spans to `columns`, ending in `…` where something was cut.
pub(super) fn truncate(spans: Vec<Span<'static>>, columns: usize) -> Vec<Span<'static>> {
    if spans_width(&spans) <= columns {
        return spans;
    }
    let mut left = columns;
    let mut out = Vec::new();
    for span in spans {
        let wide = width::width(&span.content);
        // A span that exactly fills the line still needs its last cell for the mark.
        if wide < left {
            left -= wide;
            out.push(span);
            continue;
        }
        let cut = if wide == left {
            width::truncate(&format!("{}…", span.content), left).into_owned()
        } else {
            width::truncate(&span.content, left).into_owned()
        };
        out.push(Span::styled(cut, span.style));
        break;
    }
    out
}

/// A line of exactly `columns`: the right part is kept whole, the left part gives way.
pub(super) fn line(
    left: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
    columns: usize,
) -> Line<'static> {
    let right = truncate(right, columns);
    let taken = spans_width(&right);
    let gap = usize::from(taken > 0);
    let mut spans = truncate(left, columns.saturating_sub(taken + gap));
    let fill = columns.saturating_sub(taken + spans_width(&spans));
    spans.push(Span::raw(" ".repeat(fill)));
    spans.extend(right);
    Line::from(spans)
}

/// The title of a pane. Which pane has the keyboard is said by a sign in front, not by colour alone.
pub(super) fn title(theme: &Theme, focused: bool, words: &str) -> Span<'static> {
    let sign = if focused { theme.glyphs.focus } else { " " };
    text(format!("{sign}{words}"), title_style(theme, focused))
}

pub(super) fn title_style(theme: &Theme, focused: bool) -> Style {
    if focused { theme.heading.patch(theme.accent) } else { theme.heading }
}

/// Marks the rows of what is selected: in the pane that has the keyboard over their whole width, with
/// the terminal's cursor on the first; in another pane with a faint sign.
pub(super) fn mark_rows(canvas: &mut Canvas, theme: &Theme, rows: Area, focused: bool) {
    if focused {
        lay_bar(canvas, theme, rows);
    }
    mark_edge(canvas, theme, rows, focused);
}

/// The same where something within the rows stands out, which a bar would cover.
pub(super) fn mark_edge(canvas: &mut Canvas, theme: &Theme, rows: Area, focused: bool) {
    if rows.width == 0 || rows.height == 0 {
        return;
    }
    let (sign, style) =
        if focused { (theme.glyphs.marker, theme.accent) } else { (theme.glyphs.place, theme.dim) };
    if focused {
        canvas.point_at((rows.x, rows.y));
    }
    for y in rows.y..rows.y + rows.height {
        canvas.set_text((rows.x, y), sign, rows.width, style);
    }
}

/// Takes away what was drawn in an area.
pub(super) fn clear(canvas: &mut Canvas, theme: &Theme, area: Rect) {
    canvas.clear(area);
    canvas.set_style(area, theme.text);
}

/// Lays the selection over rows: one bar, in which no style changes a colour. What stands there in words
/// and signs says what its colour did.
pub(super) fn lay_bar(canvas: &mut Canvas, theme: &Theme, rows: Area) {
    let plain = Style::new()
        .fg(Color::Reset)
        .bg(Color::Reset)
        .remove_modifier(Modifier::DIM | Modifier::REVERSED);
    canvas.set_style(rect(rows), plain.patch(theme.selection));
}

pub(super) fn text(content: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(content.into(), style)
}

/// Draws a line at a row of an area, if that row exists.
pub(super) fn put(canvas: &mut Canvas, area: Area, row: usize, line: &Line) {
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height {
        canvas.set_line((area.x, area.y + row), line, area.width);
    }
}

/// The same for a row that was drawn before.
pub(super) fn put_strip(canvas: &mut Canvas, area: Area, row: usize, strip: &Strip) {
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height {
        canvas.lay((area.x, area.y + row), strip, area.width);
    }
}

/// `── title ──────` over the whole width.
pub(super) fn rule(scene: &Scene, title: &str, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let dash = scene.theme.glyphs.rule;
    let used = width::width(title) + 4;
    line(
        vec![
            text(format!("{dash}{dash} "), theme.rule),
            text(title, theme.heading),
            text(format!(" {}", dash.repeat(columns.saturating_sub(used))), theme.rule),
        ],
        Vec::new(),
        columns,
    )
}
