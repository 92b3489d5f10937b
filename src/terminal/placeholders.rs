//! A picture as text: cells that kitty and those that follow it draw the pieces of a picture in, wherever
//! something between us and them moves the cells to.
//!
//! Owns what is written into such a cell, and must know nothing of what is sent before. Start with
//! [`fill`]. The invariant: each cell says by itself which piece of which picture it is, so that what draws
//! only some of them again draws the right ones.

use crate::canvas::{Canvas, Color, Rect, Style};

/// What is drawn over by a piece of a picture.
const PLACEHOLDER: char = '\u{10eeee}';

/// Marks above a character that count rows, columns and the upper byte of the number, from 0 on; both ends
/// of each run belong to it. The protocol has 297 of them.
const MARKS: &[(u32, u32)] = &[
    (0x305, 0x305),
    (0x30d, 0x30e),
    (0x310, 0x310),
    (0x312, 0x312),
    (0x33d, 0x33f),
    (0x346, 0x346),
    (0x34a, 0x34c),
    (0x350, 0x352),
    (0x357, 0x357),
    (0x35b, 0x35b),
    (0x363, 0x36f),
    (0x483, 0x487),
    (0x592, 0x595),
    (0x597, 0x599),
    (0x59c, 0x5a1),
    (0x5a8, 0x5a9),
    (0x5ab, 0x5ac),
    (0x5af, 0x5af),
    (0x5c4, 0x5c4),
    (0x610, 0x617),
    (0x657, 0x65b),
    (0x65d, 0x65e),
    (0x6d6, 0x6dc),
    (0x6df, 0x6e2),
    (0x6e4, 0x6e4),
    (0x6e7, 0x6e8),
    (0x6eb, 0x6ec),
    (0x730, 0x730),
    (0x732, 0x733),
    (0x735, 0x736),
    (0x73a, 0x73a),
    (0x73d, 0x73d),
    (0x73f, 0x741),
    (0x743, 0x743),
    (0x745, 0x745),
    (0x747, 0x747),
    (0x749, 0x74a),
    (0x7eb, 0x7f1),
    (0x7f3, 0x7f3),
    (0x816, 0x819),
    (0x81b, 0x823),
    (0x825, 0x827),
    (0x829, 0x82d),
    (0x951, 0x951),
    (0x953, 0x954),
    (0xf82, 0xf83),
    (0xf86, 0xf87),
    (0x135d, 0x135f),
    (0x17dd, 0x17dd),
    (0x193a, 0x193a),
    (0x1a17, 0x1a17),
    (0x1a75, 0x1a7c),
    (0x1b6b, 0x1b6b),
    (0x1b6d, 0x1b73),
    (0x1cd0, 0x1cd2),
    (0x1cda, 0x1cdb),
    (0x1ce0, 0x1ce0),
    (0x1dc0, 0x1dc1),
    (0x1dc3, 0x1dc9),
    (0x1dcb, 0x1dcc),
    (0x1dd1, 0x1de6),
    (0x1dfe, 0x1dfe),
    (0x20d0, 0x20d1),
    (0x20d4, 0x20d7),
    (0x20db, 0x20dc),
    (0x20e1, 0x20e1),
    (0x20e7, 0x20e7),
    (0x20e9, 0x20e9),
    (0x20f0, 0x20f0),
    (0x2cef, 0x2cf1),
    (0x2de0, 0x2dff),
    (0xa66f, 0xa66f),
    (0xa67c, 0xa67d),
    (0xa6f0, 0xa6f1),
    (0xa8e0, 0xa8f1),
    (0xaab0, 0xaab0),
    (0xaab2, 0xaab3),
    (0xaab7, 0xaab8),
    (0xaabe, 0xaabf),
    (0xaac1, 0xaac1),
    (0xfe20, 0xfe26),
    (0x10a0f, 0x10a0f),
    (0x10a38, 0x10a38),
    (0x1d185, 0x1d189),
    (0x1d1aa, 0x1d1ad),
    (0x1d242, 0x1d244),
];

fn marks() -> impl Iterator<Item = char> {
    MARKS.iter().flat_map(|(first, last)| *first..=*last).filter_map(char::from_u32)
}

/// The number of a picture, of which what is in between keeps no more than a colour of 256 and a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    colour: u8,
    upper: u8,
}

impl Number {
    /// The first sixteen colours are written in other ways by some.
    const FIRST_COLOUR: u8 = 16;

    /// One that another process in the same window hardly has.
    pub(super) fn new(process: u32, count: u32) -> Self {
        let [low, high, ..] = process.wrapping_mul(31).wrapping_add(count).to_le_bytes();
        let colour = Self::FIRST_COLOUR + low % (u8::MAX - Self::FIRST_COLOUR + 1);
        Self { colour, upper: high.max(1) }
    }

    pub(super) fn of(whole: u32) -> Self {
        let [colour, _, _, upper] = whole.to_le_bytes();
        Self { colour, upper }
    }

    pub(super) fn whole(self) -> u32 {
        u32::from_le_bytes([self.colour, 0, 0, self.upper])
    }
}

/// Writes the cells of a picture. False, with nothing written, where it has more rows or columns than can be
/// counted.
pub(super) fn fill(onto: &mut Canvas, area: Rect, number: Number) -> bool {
    let marks: Vec<char> = marks().collect();
    let (wide, high) = (usize::from(area.width), usize::from(area.height));
    let Some(upper) = marks.get(usize::from(number.upper)) else { return false };
    let (Some(columns), Some(rows)) = (marks.get(..wide), marks.get(..high)) else { return false };
    let style = Style::new().fg(Color::Indexed(number.colour));
    for (row, y) in rows.iter().zip(area.y..) {
        for (column, x) in columns.iter().zip(area.x..) {
            let piece: String = [PLACEHOLDER, *row, *column, *upper].into_iter().collect();
            onto.set_text((x, y), &piece, 1, style);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::width::width;

    #[test]
    fn there_are_as_many_marks_as_the_protocol_has_and_none_takes_a_column() {
        assert_eq!((marks().count(), marks().collect::<BTreeSet<_>>().len()), (297, 297));
        assert!(marks().is_sorted());
        for mark in marks() {
            assert_eq!(width(&format!("{PLACEHOLDER}{mark}")), 1, "{mark:?}");
        }
    }

    #[test]
    fn each_cell_says_row_column_and_number() {
        let mut canvas = Canvas::new(6, 4);
        let number = Number { colour: 42, upper: 2 };
        assert_eq!(number.whole(), 0x0200_002a);
        assert!(fill(&mut canvas, Rect::new(2, 1, 3, 2), number));
        let last = canvas.look((4, 2)).unwrap();
        assert_eq!(canvas.text_of(last), "\u{10eeee}\u{30d}\u{30e}\u{30e}");
        assert_eq!(last.pen().fg, Color::Indexed(42));
        assert_eq!(canvas.text_of(canvas.look((5, 2)).unwrap()), " ");
        assert!(!fill(&mut canvas, Rect::new(0, 0, 298, 1), number), "cannot be counted");
    }

    #[test]
    fn numbers_of_two_processes_and_two_pictures_are_apart_and_keep_their_colour() {
        let some = [Number::new(4711, 1), Number::new(4711, 2), Number::new(4712, 1)];
        assert!(some[0] != some[1] && some[1] != some[2] && some[0] != some[2]);
        for number in (0..70_000).map(|count| Number::new(count, count)) {
            assert_eq!(Number::of(number.whole()), number);
            assert!(number.colour >= Number::FIRST_COLOUR && number.upper > 0);
        }
    }
}
