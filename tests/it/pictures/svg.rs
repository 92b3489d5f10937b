//! The cells of a terminal as a picture: text as text, lines and blocks as shapes.
//!
//! Shapes are drawn, because fonts leave gaps between them. Every run of text is as long as its cells,
//! whatever font there is. What the screen says stands in the description, for who cannot see it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

type Rgb = [u8; 3];

/// Width and height of a cell, and where in it letters stand.
const WIDE: f64 = 8.4;
const HIGH: f64 = 18.0;
const FOOT: f64 = 13.4;
/// Around the cells.
const EDGE: f64 = 10.0;
/// Of a line between panes.
const LINE: f64 = 1.0;

/// The sixteen colours that a terminal has of its own, as xterm has them.
const SIXTEEN: [u32; 16] = [
    0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5,
    0x7f_7f7f, 0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
];

#[derive(Clone, Copy, PartialEq)]
struct Style {
    ink: Rgb,
    ground: Rgb,
    bold: bool,
    italic: bool,
    underline: bool,
}

pub(super) fn of(screen: &Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let cells =
        |row| (0..columns).filter_map(move |column| Some((column, screen.cell(row, column)?)));
    let ground = most_frequent((0..rows).flat_map(cells).map(|(_, cell)| style(cell).ground));
    let (mut shapes, mut texts) = (Shapes::default(), String::new());
    for row in 0..rows {
        let top = EDGE + f64::from(row) * HIGH;
        let mut run = Run::default();
        for (column, cell) in cells(row).filter(|(_, cell)| !cell.is_wide_continuation()) {
            let (style, width) = (style(cell), if cell.is_wide() { 2 } else { 1 });
            let left = EDGE + f64::from(column) * WIDE;
            let across = f64::from(width) * WIDE;
            if style.ground != ground {
                shapes.add([left, top, across, HIGH], style.ground, 1.0);
            }
            let text = cell.contents();
            let drawn =
                text.chars().next().is_some_and(|c| draw(c, left, top, style.ink, &mut shapes));
            if drawn || text.trim().is_empty() && !style.underline {
                run.end(&mut texts);
            } else {
                // What is no letter may be of another font, with a width of its own.
                let alone = !text.is_ascii() && !text.chars().all(char::is_alphabetic);
                run.add(
                    if text.is_empty() { " " } else { text },
                    style,
                    (left, top),
                    across,
                    alone,
                    &mut texts,
                );
            }
        }
        run.end(&mut texts);
    }
    let (width, height) =
        (f64::from(columns) * WIDE + 2.0 * EDGE, f64::from(rows) * HIGH + 2.0 * EDGE);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n\
         <style>text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;\
         white-space:pre}}.b{{font-weight:bold}}.i{{font-style:italic}}.u{{text-decoration:underline}}</style>\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"{}\"/>\n\
         <g shape-rendering=\"crispEdges\">\n{}</g>\n{texts}</svg>\n",
        escaped(title),
        escaped(&screen.contents()),
        hex(ground),
        shapes.0.iter().map(Shape::written).collect::<String>(),
    )
}

/// What the screen of a picture said.
pub(super) fn words(svg: &str) -> String {
    let rest = svg.split_once("<desc>").map_or("", |(_, rest)| rest);
    let words = rest.split("</desc>").next().unwrap_or_default();
    words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn most_frequent(colours: impl Iterator<Item = Rgb>) -> Rgb {
    let mut counts = BTreeMap::new();
    for colour in colours {
        *counts.entry(colour).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or([0; 3], |(colour, _)| colour)
}

fn rgb(color: Color, usual: Rgb) -> Rgb {
    let parts = |all: u32| {
        let [_, red, green, blue] = all.to_be_bytes();
        [red, green, blue]
    };
    match color {
        Color::Default => usual,
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Idx(index @ 0..16) => parts(SIXTEEN[usize::from(index)]),
        Color::Idx(index @ 16..232) => {
            let at = index - 16;
            [at / 36, at / 6 % 6, at % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
        }
        Color::Idx(index) => [8 + 10 * (index - 232); 3],
    }
}

fn style(cell: &Cell) -> Style {
    let (ink, ground) = (rgb(cell.fgcolor(), [0xe5; 3]), rgb(cell.bgcolor(), [0; 3]));
    let (mut ink, ground) = if cell.inverse() { (ground, ink) } else { (ink, ground) };
    if cell.dim() {
        for (ink, ground) in ink.iter_mut().zip(ground) {
            *ink = u8::midpoint(*ink, u8::midpoint(*ink, ground));
        }
    }
    let (bold, italic, underline) = (cell.bold(), cell.italic(), cell.underline());
    Style { ink, ground, bold, italic, underline }
}

/// Text of one style, as far as it goes.
#[derive(Default)]
struct Run {
    text: String,
    style: Option<Style>,
    left: f64,
    top: f64,
    across: f64,
}

impl Run {
    fn add(
        &mut self,
        text: &str,
        style: Style,
        (left, top): (f64, f64),
        across: f64,
        alone: bool,
        out: &mut String,
    ) {
        let fits =
            |now: Style| now.ink == style.ink && Style { ground: now.ground, ..style } == now;
        if alone || !self.style.is_some_and(fits) {
            self.end(out);
        }
        if self.style.is_none() {
            *self = Self { style: Some(style), left, top, ..Self::default() };
        }
        self.text.push_str(text);
        self.across += across;
        if alone {
            self.end(out);
        }
    }

    fn end(&mut self, out: &mut String) {
        let Self { text, style: Some(style), left, top, across } = std::mem::take(self) else {
            return;
        };
        let marks = [(style.bold, "b"), (style.italic, "i"), (style.underline, "u")];
        let marks: Vec<&str> =
            marks.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        let class = if marks.is_empty() {
            String::new()
        } else {
            format!(" class=\"{}\"", marks.join(" "))
        };
        let _ = writeln!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{}\"{class} textLength=\"{across:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\">{}</text>",
            top + FOOT,
            hex(style.ink),
            escaped(&text)
        );
    }
}

struct Shape {
    /// Left, top, width, height.
    place: [f64; 4],
    colour: Rgb,
    opacity: f64,
}

impl Shape {
    fn written(&self) -> String {
        let [left, top, width, height] = self.place;
        let opacity = if self.opacity < 1.0 {
            format!(" opacity=\"{}\"", self.opacity)
        } else {
            String::new()
        };
        format!(
            "<rect x=\"{left:.1}\" y=\"{top:.2}\" width=\"{width:.1}\" height=\"{height:.2}\" \
             fill=\"{}\"{opacity}/>\n",
            hex(self.colour)
        )
    }
}

#[derive(Default)]
struct Shapes(Vec<Shape>);

impl Shapes {
    /// One that goes on where another one ends becomes a part of it.
    fn add(&mut self, place: [f64; 4], colour: Rgb, opacity: f64) {
        let near = |one: f64, other: f64| (one - other).abs() < 0.01;
        let goes_on = self.0.iter_mut().rev().take(6).find(|shape| {
            let [left, top, width, height] = shape.place;
            let same = shape.colour == colour && near(shape.opacity, opacity);
            same && near(top, place[1]) && near(height, place[3]) && near(left + width, place[0])
        });
        match goes_on {
            Some(shape) => shape.place[2] += place[2],
            None => self.0.push(Shape { place, colour, opacity }),
        }
    }
}

/// Draws blocks, shades and lines; `false` for what is text.
fn draw(c: char, left: f64, top: f64, ink: Rgb, shapes: &mut Shapes) -> bool {
    let eighths = |from: u32| f64::from(u32::from(c) - from) / 8.0;
    let mut block = |x: f64, y: f64, width: f64, height: f64, opacity: f64| {
        shapes.add([left + x * WIDE, top + y * HIGH, width * WIDE, height * HIGH], ink, opacity);
    };
    match c {
        '█' => block(0.0, 0.0, 1.0, 1.0, 1.0),
        '▀' => block(0.0, 0.0, 1.0, 0.5, 1.0),
        '\u{2581}'..='\u{2587}' => {
            let high = eighths(0x2580);
            block(0.0, 1.0 - high, 1.0, high, 1.0);
        }
        '\u{2589}'..='\u{258f}' => block(0.0, 0.0, 1.0 - eighths(0x2588), 1.0, 1.0),
        '▐' => block(0.5, 0.0, 0.5, 1.0, 1.0),
        '▕' => block(0.875, 0.0, 0.125, 1.0, 1.0),
        '░' => block(0.0, 0.0, 1.0, 1.0, 0.25),
        '▒' => block(0.0, 0.0, 1.0, 1.0, 0.5),
        '▓' => block(0.0, 0.0, 1.0, 1.0, 0.75),
        _ => {
            // Where its arms go: left, right, up, down.
            let arms = match c {
                '─' => [true, true, false, false],
                '│' => [false, false, true, true],
                '┌' | '╭' => [false, true, false, true],
                '┐' | '╮' => [true, false, false, true],
                '└' | '╰' => [false, true, true, false],
                '┘' | '╯' => [true, false, true, false],
                '├' => [false, true, true, true],
                '┤' => [true, false, true, true],
                '┬' => [true, true, false, true],
                '┴' => [true, true, true, false],
                '┼' => [true; 4],
                _ => return false,
            };
            let (middle, centre) = (left + (WIDE - LINE) / 2.0, top + (HIGH - LINE) / 2.0);
            let half = f64::midpoint(WIDE, LINE);
            match arms {
                [true, true, ..] => shapes.add([left, centre, WIDE, LINE], ink, 1.0),
                [true, false, ..] => shapes.add([left, centre, half, LINE], ink, 1.0),
                [false, true, ..] => shapes.add([middle, centre, half, LINE], ink, 1.0),
                _ => {}
            }
            let half = f64::midpoint(HIGH, LINE);
            match arms {
                [.., true, true] => shapes.add([middle, top, LINE, HIGH], ink, 1.0),
                [.., true, false] => shapes.add([middle, top, LINE, half], ink, 1.0),
                [.., false, true] => shapes.add([middle, centre, LINE, half], ink, 1.0),
                _ => {}
            }
        }
    }
    true
}

#[test]
fn a_picture_has_the_cells_and_says_what_they_say() {
    let mut terminal = vt100::Parser::new(2.try_into().unwrap(), 12.try_into().unwrap(), 0);
    terminal.process("a\x1b[1;31m<b>\x1b[0m│██\r\n漢字 \x1b[7mx&y\x1b[0m".as_bytes());
    let svg = of(terminal.screen(), "Two rows");
    assert_eq!(words(&svg), terminal.screen().contents());
    assert!(svg.contains(
        "class=\"b\" textLength=\"25.2\" lengthAdjust=\"spacingAndGlyphs\">&lt;b&gt;</text>"
    ));
    assert!(svg.contains("fill=\"#cd0000\""), "{svg}");
    // Two blocks side by side are one shape, and two wide letters four cells.
    assert!(svg.contains("width=\"16.8\" height=\"18.00\" fill=\"#e5e5e5\""), "{svg}");
    assert!(
        svg.contains("textLength=\"33.6\" lengthAdjust=\"spacingAndGlyphs\">漢字</text>"),
        "{svg}"
    );
    assert!(svg.contains("fill=\"#000000\" textLength=\"25.2\""), "reversed: {svg}");
}
