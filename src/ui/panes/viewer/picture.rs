//! A picture in half blocks, or room for the terminal to draw it in; below it what it is.

use super::super::super::frame::clean;
use super::text;
use crate::canvas::{Line, Span, Style};
use crate::content::{Drawn, Halves, Prepared};
use crate::text::units;
use crate::theme::{Depth, Theme};
use crate::view::pane::viewer::PictureView;

/// From dark to light, for terminals without colours or blocks.
const SHADES: &[u8] = b" .:-=+*#%@";

/// `next_look`: the key that looks at it in another way. `by_terminal`: the terminal draws it itself, where these lines leave room.
pub(super) fn lines(
    theme: &Theme,
    next_look: &str,
    file: &Prepared,
    picture: &PictureView,
    by_terminal: bool,
) -> Vec<Line<'static>> {
    let header = match (file.picture(), picture.problem()) {
        (Some(Err(problem)), _) => return refused(theme, next_look, file, problem),
        (Some(Ok(_)), Some(problem)) => return refused(theme, next_look, file, problem),
        (Some(Ok(header)), None) => header,
        (None, _) => return Vec::new(),
    };
    let mut lines = Vec::new();
    let drawn = picture.drawn();
    let by_terminal = drawn.and_then(Drawn::payload).filter(|_| by_terminal);
    let way = if let Some(payload) = by_terminal {
        lines.resize(usize::from(payload.rows), Line::default());
        payload.protocol.word()
    } else {
        lines.extend(drawn.into_iter().flat_map(Drawn::rows).map(|row| halves(theme, &row)));
        way(theme, picture)
    };
    let (width, height) = (header.width, header.height);
    let said = format!(" {} · {width} × {height} · {}", file.format(), header.colours);
    let bytes = units::counted(file.bytes().len(), "byte");
    lines.push(Line::from(text(format!("{said} · {bytes}"), theme.text)));
    lines.push(Line::from(text(format!(" {way}"), theme.dim)));
    lines
}

/// What draws it where the terminal does not.
fn way(theme: &Theme, picture: &PictureView) -> &'static str {
    match (picture.drawn(), shaded(theme)) {
        (None, _) => "being decoded",
        (Some(drawn), _) if drawn.payload().is_some() => "half blocks for now",
        (Some(_), true) => "shades · no graphics, no colours",
        (Some(_), false) => "half blocks · this terminal proved no graphics",
    }
}

fn refused(theme: &Theme, shows: &str, file: &Prepared, problem: &str) -> Vec<Line<'static>> {
    let bytes = units::counted(file.bytes().len(), "byte");
    vec![
        Line::from(text(format!(" x {}", clean(problem)), theme.error)),
        Line::from(text(
            format!("   {} · {bytes} · {shows} shows its bytes", file.format()),
            theme.dim,
        )),
    ]
}

fn shaded(theme: &Theme) -> bool {
    theme.depth == Depth::Mono || !theme.glyphs.has_blocks()
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use crate::canvas::Color;
    use image::{ImageFormat, Rgba, RgbaImage};

    use super::*;
    use crate::content::{Graphics, Protocol, prepare};
    use crate::view::pane::viewer::{FileView, Viewer};

    /// White above black, eight pixels wide and four high; the last column is transparent.
    fn viewer(graphics: Option<Graphics>) -> Viewer {
        let pixels = RgbaImage::from_fn(8, 4, |x, y| {
            let light = if y < 3 { 255 } else { 0 };
            Rgba([light, light, light, if x == 7 { 0 } else { 255 }])
        });
        let mut bytes = Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let file = Arc::new(prepare("a.png", "image/png", bytes.into_inner().into()));
        let mut viewer = Viewer::new(Arc::clone(&file));
        viewer.settle_picture(40, 20, graphics);
        let jobs = viewer.wanted();
        assert_eq!((jobs.len(), viewer.wanted().len()), (1, 0), "asked for once");
        for job in jobs {
            viewer.take(job.run(&file, &|| false).unwrap());
        }
        assert_eq!(viewer.wanted(), [], "nothing is made twice");
        viewer
    }

    fn shown(theme: &Theme, viewer: &Viewer, by_terminal: bool) -> Vec<Line<'static>> {
        let FileView::Picture(picture) = viewer.file_view() else { return Vec::new() };
        lines(theme, "zv", viewer.file(), picture, by_terminal)
    }

    fn words(lines: &[Line]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_pixels_are_a_cell_and_what_is_transparent_is_none() {
        let theme = Theme { depth: Depth::Full, ..Theme::default() };
        let lines = shown(&theme, &viewer(None), false);
        let said = words(&lines);
        assert_eq!(said[..2], [format!(" {:8}", ""), format!(" {} ", "▀".repeat(7))]);
        assert!(said[2].starts_with(" PNG · 8 × 4 · RGBA, 8 bits · "), "{}", said[2]);
        assert_eq!(said[3], " half blocks · this terminal proved no graphics");
        let mixed = lines[1].spans[1].style;
        assert_eq!(
            (mixed.foreground(), mixed.background()),
            (Some(Color::Rgb(255, 255, 255)), Some(Color::Rgb(0, 0, 0)))
        );
    }

    #[test]
    fn without_colours_light_is_told_by_characters() {
        let theme = Theme { depth: Depth::Mono, ..Theme::default() };
        let said = words(&shown(&theme, &viewer(None), false));
        assert_eq!(said[..2], [" @@@@@@@ ", " ======= "].map(str::to_owned));
        assert_eq!(said[3], " shades · no graphics, no colours");
    }

    #[test]
    fn the_terminal_finds_room_where_it_draws() {
        let graphics = Graphics { protocol: Protocol::Kitty, cell: (4, 2) };
        let viewer = viewer(Some(graphics));
        let said = words(&shown(&Theme::default(), &viewer, true));
        assert_eq!(said[..2], [String::new(), String::new()]);
        assert_eq!(said[3], " kitty graphics");
        let covered = words(&shown(&Theme::default(), &viewer, false));
        assert_eq!(covered[3], " half blocks for now");
    }

    #[test]
    fn what_is_refused_says_why() {
        let file = prepare("a.png", "image/png", b"\x89PNG\r\n\x1a\n\0\0".to_vec().into());
        let mut viewer = Viewer::new(Arc::new(file));
        viewer.settle_picture(40, 20, None);
        assert_eq!(viewer.wanted(), []);
        let said = words(&shown(&Theme::default(), &viewer, false));
        assert!(said[0].starts_with(" x its header is broken"), "{}", said[0]);
        assert_eq!(said[1], "   PNG · 10 bytes · zv shows its bytes");
    }
}
