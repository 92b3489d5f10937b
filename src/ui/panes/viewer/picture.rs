//! A picture in half blocks, or room for the terminal to draw it in; below it what it is.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::content::{Drawn, Halves};
use crate::model::viewer::Viewer;
use crate::text::units;
use crate::theme::{Depth, Glyphs, Theme};

use super::super::super::frame::clean;
use super::text;

/// From dark to light, for terminals without colours or blocks.
const SHADES: &[u8] = b" .:-=+*#%@";

/// `by_terminal`: the terminal draws it itself, where these lines leave room.
pub(super) fn lines(theme: &Theme, viewer: &Viewer, by_terminal: bool) -> Vec<Line<'static>> {
    let file = viewer.file();
    let header = match (file.picture(), viewer.picture().problem()) {
        (Some(Err(problem)), _) => return refused(theme, viewer, problem),
        (Some(Ok(_)), Some(problem)) => return refused(theme, viewer, problem),
        (Some(Ok(header)), None) => header,
        (None, _) => return Vec::new(),
    };
    let mut lines = Vec::new();
    let drawn = viewer.picture().drawn();
    let by_terminal = drawn.and_then(Drawn::payload).filter(|_| by_terminal);
    let way = if let Some(payload) = by_terminal {
        lines.resize(usize::from(payload.rows), Line::default());
        payload.protocol.word()
    } else {
        lines.extend(drawn.into_iter().flat_map(Drawn::rows).map(|row| halves(theme, &row)));
        way(theme, viewer)
    };
    let (width, height) = (header.width, header.height);
    let said = format!(" {} · {width} × {height} · {}", file.format(), header.colours);
    let bytes = units::bytes(file.bytes().len() as u64);
    lines.push(Line::from(text(format!("{said} · {bytes}"), theme.text)));
    lines.push(Line::from(text(format!(" {way}"), theme.dim)));
    lines
}

/// What draws it where the terminal does not.
fn way(theme: &Theme, viewer: &Viewer) -> &'static str {
    let picture = viewer.picture();
    match (picture.drawn(), shaded(theme)) {
        (None, _) => "being decoded",
        (Some(drawn), _) if drawn.payload().is_some() => "half blocks for now",
        (Some(_), true) => "shades · no graphics, no colours",
        (Some(_), false) => "half blocks · this terminal proved no graphics",
    }
}

fn refused(theme: &Theme, viewer: &Viewer, problem: &str) -> Vec<Line<'static>> {
    let file = viewer.file();
    let bytes = units::bytes(file.bytes().len() as u64);
    vec![
        Line::from(text(format!(" x {}", clean(problem)), theme.error)),
        Line::from(text(format!("   {} · {bytes} · zv shows its bytes", file.format()), theme.dim)),
    ]
}

fn shaded(theme: &Theme) -> bool {
    theme.depth == Depth::Mono || theme.glyphs == Glyphs::ASCII
}

fn halves(theme: &Theme, row: &[Halves]) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = vec![text(" ", Style::new())];
    for halves in row {
        let (glyph, style) = if shaded(theme) { shade(*halves) } else { half(theme, *halves) };
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push(glyph),
            _ => spans.push(text(glyph, style)),
        }
    }
    Line::from(spans)
}

fn half(theme: &Theme, (above, below): Halves) -> (char, Style) {
    let colour = |half: Option<[u8; 3]>| half.and_then(|rgb| theme.depth.nearest(rgb));
    match (colour(above), colour(below)) {
        (None, None) => (' ', Style::new()),
        (Some(above), None) => ('▀', Style::new().fg(above)),
        (None, Some(below)) => ('▄', Style::new().fg(below)),
        (Some(above), Some(below)) if above == below => (' ', Style::new().bg(above)),
        (Some(above), Some(below)) => ('▀', Style::new().fg(above).bg(below)),
    }
}

fn shade((above, below): Halves) -> (char, Style) {
    let light = |half: Option<[u8; 3]>| {
        half.map_or(0, |[red, green, blue]| {
            (usize::from(red) * 3 + usize::from(green) * 6 + usize::from(blue)) / 10
        })
    };
    let light = usize::midpoint(light(above), light(below));
    (char::from(SHADES[light * (SHADES.len() - 1) / 255]), Style::new())
}
