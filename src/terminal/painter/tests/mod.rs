//! Whatever was on the screen: after the bytes were read, it shows what was drawn.

mod budget;
mod emulator;

use proptest::prelude::*;

use super::{Cursor, Painter, see};
use crate::canvas::{Canvas, Color, Look, Modifier, Pen, Rect, Style};
use emulator::Emulator;

/// What alike screens have in common.
fn look(canvas: &Canvas) -> Vec<Vec<Look>> {
    let row = |y| {
        let mut seen = Vec::new();
        see(canvas.row(y), &mut seen);
        seen
    };
    (0..canvas.area().height.into()).map(row).collect()
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
    fn show(&mut self, canvas: &Canvas, cursor: Option<Cursor>) -> usize {
        let bytes = self.painter.paint(canvas, cursor).to_vec();
        self.emulator.read(&bytes);
        let said = String::from_utf8_lossy(&bytes);
        let (seen, drawn) = (look(&self.emulator.screen()), look(canvas));
        for (y, (seen, drawn)) in seen.iter().zip(&drawn).enumerate() {
            assert_eq!(seen, drawn, "row {y} after {said:?}");
        }
        assert!(self.emulator.has_no_margins(), "{said:?}");
        assert_eq!(self.emulator.cursor_seen, cursor.is_some_and(|cursor| cursor.seen));
        if let Some(cursor) = cursor {
            let left = self.emulator.cursor();
            let may_roam = cursor.roam.is_some_and(|area| !cursor.seen && area.contains(left));
            assert!(left == cursor.at || may_roam, "left at {left:?}");
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
    (colour.clone(), colour, modifier)
        .prop_map(|(fg, bg, modifier)| Style::from(Pen { fg, bg, modifier }))
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
    Cursor(Option<(u16, u16, bool)>, Option<Rect>),
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
        1 => (
            proptest::option::of((0..40_u16, 0..14_u16, any::<bool>())),
            proptest::option::of(area()),
        )
            .prop_map(|(at, roam)| Change::Cursor(at, roam)),
    ]
}

fn write(canvas: &mut Canvas, x: u16, y: u16, text: impl AsRef<str>, style: Style) {
    canvas.set_text((x, y), text.as_ref(), u16::MAX, style);
}

/// Moves rows within a rectangle, as a pane that scrolls does; of a glyph that its edge cuts, nothing
/// is seen there.
fn scroll(canvas: &mut Canvas, area: Rect, lines: i16) {
    let area = area.intersection(canvas.area());
    let before = canvas.clone();
    canvas.clear(area);
    for y in area.top()..area.bottom() {
        let from = y.checked_add_signed(lines);
        let Some(from) = from.filter(|y| area.top() <= *y && *y < area.bottom()) else { continue };
        for x in area.left()..area.right() {
            let style = before.pen_at((x, from)).into();
            canvas.set_text((x, y), &before.text_at((x, from)), area.right() - x, style);
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
        let mut canvas = Canvas::new(width, height);
        let mut cursor = None;
        for frame in frames {
            for change in frame {
                match change {
                    Change::Text { x, y, glyphs, style } => {
                        let text: String = glyphs.iter().map(|glyph| GLYPHS[*glyph]).collect();
                        write(&mut canvas, x, y, &text, style);
                    }
                    Change::Fill { area, style } => {
                        canvas.set_style(area, style);
                    }
                    Change::Scroll { area, lines } => scroll(&mut canvas, area, lines),
                    Change::Rule { x } => {
                        (0..height).for_each(|y| write(&mut canvas, x, y, "│", Style::new()));
                    }
                    Change::Lost => {
                        pair.painter.forget();
                        pair.emulator = Emulator::used(width, height, rectangles);
                    }
                    Change::Resize { width: w, height: h } => {
                        (width, height) = (w, h);
                        canvas = Canvas::new(width, height);
                        pair.painter.forget();
                        pair.emulator = Emulator::used(width, height, rectangles);
                    }
                    Change::Cursor(there, roam) => {
                        let at = |(x, y, seen)| Cursor { at: (x, y).into(), seen, roam };
                        cursor = there.map(at);
                    }
                }
            }
            let cursor = cursor.filter(|Cursor { at, .. }| at.x < width && at.y < height);
            pair.show(&canvas, cursor);
            prop_assert_eq!(pair.show(&canvas, cursor), 0, "the same again is nothing");
        }
    }
}
