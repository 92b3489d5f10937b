//! Whatever was on the screen: after the bytes were read, it shows what was drawn.

mod budget;
mod emulator;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::grid::Grid;
use super::look::Look;
use super::{Cursor, Painter};
use emulator::Emulator;

/// What alike screens have in common.
fn look(buffer: &Buffer) -> Vec<Vec<Look>> {
    let mut grid = Grid::default();
    grid.take(buffer);
    grid.rows().map(<[Look]>::to_vec).collect()
}

/// A painter with the terminal that reads it.
struct Pair {
    painter: Painter,
    emulator: Emulator,
}

impl Pair {
    fn new(width: u16, height: u16, rectangles: bool) -> Self {
        let mut painter = Painter::default();
        painter.set_rectangles(rectangles);
        Self { painter, emulator: Emulator::used(width, height, rectangles) }
    }

    /// Shows a frame and compares; how many bytes it took.
    fn show(&mut self, buffer: &Buffer, cursor: Option<Cursor>) -> usize {
        let bytes = self.painter.paint(buffer, cursor).to_vec();
        self.emulator.read(&bytes);
        let said = String::from_utf8_lossy(&bytes);
        let (seen, drawn) = (look(&self.emulator.screen()), look(buffer));
        for (y, (seen, drawn)) in seen.iter().zip(&drawn).enumerate() {
            assert_eq!(seen, drawn, "row {y} after {said:?}");
        }
        assert!(self.emulator.has_no_margins(), "{said:?}");
        assert_eq!(self.emulator.cursor_seen, cursor.is_some_and(|cursor| cursor.seen));
        if let Some(cursor) = cursor {
            assert_eq!(self.emulator.cursor(), cursor.at);
        }
        bytes.len()
    }
}

const GLYPHS: [&str; 16] =
    [" ", " ", " ", " ", "a", "b", "Z", "│", "─", "漢", "字", "é", "e\u{301}", "🚀", "👩‍🚀", "⚡"];

fn style() -> impl Strategy<Value = Style> {
    let colour = prop_oneof![
        4 => Just(Color::Reset),
        1 => Just(Color::Red),
        1 => Just(Color::White),
        1 => any::<u8>().prop_map(Color::Indexed),
        1 => any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
    ];
    let modifier = prop_oneof![
        4 => Just(Modifier::empty()),
        2 => any::<u16>().prop_map(Modifier::from_bits_truncate),
    ];
    (colour.clone(), colour, modifier).prop_map(|(fg, bg, modifier)| Style {
        fg: Some(fg),
        bg: Some(bg),
        add_modifier: modifier,
        ..Style::default()
    })
}

/// What happens between two frames.
#[derive(Debug, Clone)]
enum Change {
    Text { x: u16, y: u16, glyphs: Vec<usize>, style: Style },
    Fill { area: Rect, style: Style },
    Scroll { area: Rect, lines: i16 },
    Rule { x: u16 },
    Lost,
    Resize { width: u16, height: u16 },
    Cursor(Option<(u16, u16, bool)>),
}

fn area() -> impl Strategy<Value = Rect> {
    (0..40_u16, 0..14_u16, 1..40_u16, 1..14_u16)
        .prop_map(|(x, y, width, height)| Rect::new(x, y, width, height))
}

fn change() -> impl Strategy<Value = Change> {
    let glyphs = proptest::collection::vec(0..GLYPHS.len(), 1..40);
    prop_oneof![
        6 => (0..40_u16, 0..14_u16, glyphs, style())
            .prop_map(|(x, y, glyphs, style)| Change::Text { x, y, glyphs, style }),
        2 => (area(), style()).prop_map(|(area, style)| Change::Fill { area, style }),
        6 => (area(), -5..6_i16).prop_map(|(area, lines)| Change::Scroll { area, lines }),
        2 => (0..40_u16).prop_map(|x| Change::Rule { x }),
        1 => Just(Change::Lost),
        1 => (1..40_u16, 1..14_u16).prop_map(|(width, height)| Change::Resize { width, height }),
        1 => proptest::option::of((0..40_u16, 0..14_u16, any::<bool>())).prop_map(Change::Cursor),
    ]
}

fn write(buffer: &mut Buffer, x: u16, y: u16, text: &str, style: Style) {
    if x < buffer.area.width && y < buffer.area.height {
        buffer.set_string(x, y, text, style);
    }
}

/// Moves rows within a rectangle, as a pane that scrolls does; halves of glyphs are blanked.
fn scroll(buffer: &mut Buffer, area: Rect, lines: i16) {
    let area = area.intersection(buffer.area);
    let before = buffer.clone();
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let from =
                y.checked_add_signed(lines).filter(|y| area.top() <= *y && *y < area.bottom());
            buffer[(x, y)] = from.map_or(ratatui::buffer::Cell::EMPTY, |y| before[(x, y)].clone());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn the_terminal_shows_what_was_drawn(
        rectangles: bool,
        frames in proptest::collection::vec(proptest::collection::vec(change(), 0..12), 1..8),
    ) {
        let (mut width, mut height) = (40, 14);
        let mut pair = Pair::new(width, height, rectangles);
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let mut cursor = None;
        for frame in frames {
            for change in frame {
                match change {
                    Change::Text { x, y, glyphs, style } => {
                        let text: String = glyphs.iter().map(|glyph| GLYPHS[*glyph]).collect();
                        write(&mut buffer, x, y, &text, style);
                    }
                    Change::Fill { area, style } => {
                        buffer.set_style(area.intersection(buffer.area), style);
                    }
                    Change::Scroll { area, lines } => scroll(&mut buffer, area, lines),
                    Change::Rule { x } => {
                        (0..height).for_each(|y| write(&mut buffer, x, y, "│", Style::new()));
                    }
                    Change::Lost => {
                        pair.painter.forget();
                        pair.emulator = Emulator::used(width, height, rectangles);
                    }
                    Change::Resize { width: w, height: h } => {
                        (width, height) = (w, h);
                        buffer.resize(Rect::new(0, 0, width, height));
                        pair.painter.forget();
                        pair.emulator = Emulator::used(width, height, rectangles);
                    }
                    Change::Cursor(there) => {
                        cursor = there.map(|(x, y, seen)| Cursor { at: (x, y).into(), seen });
                    }
                }
            }
            let cursor = cursor.filter(|Cursor { at, .. }| at.x < width && at.y < height);
            pair.show(&buffer, cursor);
            prop_assert_eq!(pair.show(&buffer, cursor), 0, "the same again is nothing");
        }
    }
}
