//! What the common changes may cost, and that an independent terminal understands them.

use super::{Pair, look, write};
use crate::canvas::{Canvas, Color, Modifier, Rect, Style};
use crate::terminal::{Cursor, Painter};

const WIDTH: u16 = 120;
const HEIGHT: u16 = 36;

/// A list in columns, as a timeline has them, between a header and a line of keys.
struct List {
    first: u16,
    selected: u16,
    /// Columns of another list that stands still on the left, with a rule beside it.
    beside: u16,
}

impl List {
    const ROWS: u16 = HEIGHT - 4;

    fn draw(&self) -> Canvas {
        let mut canvas = Canvas::new(WIDTH, HEIGHT);
        let dim = Style::new().fg(Color::DarkGray);
        write(&mut canvas, 0, 0, "foretop  demo", Style::new().add_modifier(Modifier::BOLD));
        write(&mut canvas, 0, 1, "─".repeat(usize::from(WIDTH)), dim);
        write(&mut canvas, 0, HEIGHT - 2, "─".repeat(usize::from(WIDTH)), dim);
        write(&mut canvas, 0, HEIGHT - 1, "j/k move  ? help", Style::new());
        for y in 0..Self::ROWS {
            let place = y + 2;
            if self.beside > 0 {
                write(&mut canvas, 0, place, format!("session-{y} waits"), Style::new());
                write(&mut canvas, self.beside, place, "│", dim);
            }
            let left = if self.beside > 0 { self.beside + 1 } else { 0 };
            let number = self.first + y;
            write(
                &mut canvas,
                left,
                place,
                format!("12:{:02}:{:02}", number / 60, number % 60),
                dim,
            );
            let word = ["tool_input", "tool_output", "text", "thinking"][usize::from(number % 4)];
            write(&mut canvas, left + 10, place, word, Style::new().fg(Color::Cyan));
            let text =
                format!("event {number} says {}", "word ".repeat(usize::from(number * 7 % 9)));
            write(&mut canvas, left + 24, place, text, Style::new());
            if number == self.selected {
                let row = Rect::new(left, place, WIDTH - left, 1);
                canvas.set_style(row, Style::new().add_modifier(Modifier::REVERSED));
            }
        }
        canvas
    }
}

/// Bytes from one list to the other.
fn bytes(rectangles: bool, from: &List, to: &List) -> usize {
    let mut pair = Pair::new(WIDTH, HEIGHT, rectangles);
    pair.show(&from.draw(), None);
    let there = pair.show(&to.draw(), None);
    let back = pair.show(&from.draw(), None);
    there.max(back)
}

#[test]
fn a_list_scrolled_over_the_whole_width_costs_the_rows_that_differ() {
    let list = |first| List { first, selected: first + 20, beside: 0 };
    let took = bytes(false, &list(100), &list(101));
    assert!(took <= 400, "{took} bytes");
    let list = |first| List { first, selected: 120, beside: 0 };
    let took = bytes(false, &list(100), &list(103));
    assert!(took <= 400, "{took} bytes");
}

#[test]
fn a_selection_that_moves_costs_its_two_rows() {
    let list = |selected| List { first: 100, selected, beside: 0 };
    let took = bytes(false, &list(110), &list(111));
    assert!(took <= 400, "{took} bytes");
}

#[test]
fn a_pane_beside_another_scrolls_by_itself_where_the_terminal_can() {
    let list = |first| List { first, selected: first + 31, beside: 43 };
    let took = bytes(true, &list(100), &list(101));
    assert!(took <= 400, "{took} bytes");
    let took = bytes(false, &list(100), &list(101));
    assert!(took <= 1500, "{took} bytes");
}

/// Where a character is typed in the twentieth row.
fn typing(x: u16) -> Cursor {
    Cursor { at: (x, 20).into(), seen: true, roam: None }
}

/// The unseen cursor on the selected row costs a motion where something else moves, and nothing where
/// nothing does.
#[test]
fn a_cursor_for_screen_readers_costs_a_motion_and_a_still_screen_nothing() {
    let row = |y: u16| Some(Cursor { at: (0, y).into(), seen: false, roam: None });
    let list = |selected| List { first: 100, selected, beside: 0 }.draw();
    let both = |from: Option<Cursor>, to| {
        let mut pair = Pair::new(WIDTH, HEIGHT, false);
        pair.show(&list(110), from);
        let took = pair.show(&list(111), to);
        assert_eq!(pair.show(&list(111), to), 0, "nothing moves");
        took
    };
    let (without, with) = (both(None, None), both(row(12), row(13)));
    assert!(with <= without + 8, "{with} bytes instead of {without}");
}

#[test]
fn text_that_is_written_takes_the_unseen_cursor_along_and_costs_its_bytes() {
    let mut pair = Pair::new(WIDTH, HEIGHT, false);
    let mut canvas = List { first: 0, selected: 0, beside: 43 }.draw();
    let text = Rect::new(44, 18, 40, 3);
    canvas.clear(text);
    let roam = Some(text);
    let cursor = Some(Cursor { at: (44, 18).into(), seen: false, roam });
    pair.show(&canvas, cursor);
    write(&mut canvas, 50, 20, "a few", Style::new());
    pair.show(&canvas, cursor);
    write(&mut canvas, 55, 20, " words more", Style::new());
    assert_eq!(pair.show(&canvas, cursor), " words more".len());
    // Elsewhere it may not be left.
    write(&mut canvas, 0, 0, "news", Style::new());
    assert!(pair.show(&canvas, cursor) > "news".len());
}

#[test]
fn a_character_typed_costs_little_more_than_itself() {
    let mut pair = Pair::new(WIDTH, HEIGHT, false);
    let mut canvas = List { first: 0, selected: 0, beside: 43 }.draw();
    pair.show(&canvas, Some(typing(50)));
    write(&mut canvas, 50, 20, "x", Style::new());
    let took = pair.show(&canvas, Some(typing(51)));
    assert!(took <= 12, "{took} bytes");
}

#[test]
fn a_first_frame_costs_no_more_than_its_text_and_a_little_for_each_row() {
    let canvas = List { first: 0, selected: 0, beside: 43 }.draw();
    let text: usize = canvas.rows_of_text().iter().map(|row| row.replace(' ', "").len()).sum();
    let took = Painter::default().paint(&canvas, None).len();
    assert!(took <= text + 60 * usize::from(HEIGHT), "{took} bytes for {text}");
}

#[test]
fn an_independent_terminal_shows_the_same() {
    let mut painter = Painter::default();
    let mut terminal = vt100::Parser::new(HEIGHT.try_into().unwrap(), WIDTH.try_into().unwrap(), 0);
    for (first, selected, beside) in
        [(0, 3, 43), (1, 4, 43), (9, 12, 43), (9, 13, 0), (10, 14, 0), (2, 14, 0), (0, 0, 35)]
    {
        let mut canvas = List { first, selected, beside }.draw();
        write(&mut canvas, 60, 9, "漢字 é", Style::new().fg(Color::Indexed(200)));
        terminal.process(painter.paint(&canvas, None));
        compare(&canvas, terminal.screen());
    }
}

fn compare(canvas: &Canvas, screen: &vt100::Screen) {
    for (y, row) in look(canvas).iter().enumerate() {
        for (x, look) in row.iter().enumerate() {
            let at = (u16::try_from(y).unwrap(), u16::try_from(x).unwrap());
            let seen = screen.cell(at.0, at.1).unwrap();
            let text = if seen.has_contents() { seen.contents() } else { " " };
            let drawn = canvas.text_at((at.1, at.0));
            let expected = if look.is_rest_of_glyph() { " " } else { &drawn };
            assert_eq!(text, expected, "{at:?}");
            let pen = look.pen();
            if expected == " " && pen.modifier.is_empty() {
                assert_eq!((seen.bgcolor(), seen.inverse()), (vt100::Color::Default, false));
                continue;
            }
            let colour = match pen.fg {
                Color::Reset => vt100::Color::Default,
                Color::DarkGray => vt100::Color::Idx(8),
                Color::Cyan => vt100::Color::Idx(6),
                Color::Indexed(index) => vt100::Color::Idx(index),
                other => panic!("{other:?} is not drawn here"),
            };
            assert_eq!(seen.fgcolor(), colour, "{at:?}");
            assert_eq!(seen.inverse(), pen.modifier.contains(Modifier::REVERSED), "{at:?}");
            assert_eq!(seen.bold(), pen.modifier.contains(Modifier::BOLD), "{at:?}");
        }
    }
}
