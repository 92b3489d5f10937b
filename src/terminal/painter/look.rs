//! What a cell looks like, as one number: whole screens of them are taken over and compared at
//! memory speed.
//!
//! Owns the form of the number, in which two cells that look alike are equal. It knows nothing of
//! places. Start with [`Eye::see`]. The invariant: looks are equal exactly if the cells look alike,
//! except for glyphs of more than eight bytes, which are told apart by a hash.

use std::fmt;

use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::style::{Color, Modifier};

use super::pen::Pen;

/// The glyph in the upper half, the style in the lower.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Look(u128);

/// What is written in a cell: its bytes as one number, or, with [`LONG`] in front, a hash of them.
/// Bytes of valid text never begin with that.
const LONG: u64 = 0xff << 56;
/// About as many bytes as a glyph has that is not told by its bytes.
const BYTES_OF_LONG: usize = 12;
/// What a control character is drawn as. None should come this far.
const REPLACEMENT: &str = "\u{fffd}";
const BLANK: u64 = b' ' as u64;
/// Of those that every terminal has had from the beginning.
const LAST_LETTER: u64 = b'~' as u64;

const COLOUR_BITS: u32 = 26;
const BACKGROUND_AT: u32 = 12;
const FOREGROUND_AT: u32 = BACKGROUND_AT + COLOUR_BITS;
const COLOUR: u64 = (1 << COLOUR_BITS) - 1;

impl Look {
    /// Stands where nobody knows what the terminal shows; equal to no cell that is drawn.
    pub(super) const UNKNOWN: Self = Self(u128::MAX);
    /// Nothing to see but the terminal's own background.
    pub(super) const BARE: Self = Self::written(BLANK, 0);

    const fn written(glyph: u64, style: u64) -> Self {
        Self((glyph as u128) << 64 | style as u128)
    }

    /// What stands in the further columns of this wide glyph.
    pub(super) fn rest(self) -> Self {
        Self(u128::from(self.style()))
    }

    /// What is written, without its style.
    #[inline]
    pub(super) fn glyph(self) -> u64 {
        u64::try_from(self.0 >> 64).unwrap_or(u64::MAX)
    }

    #[inline]
    fn style(self) -> u64 {
        u64::try_from(self.0 & u128::from(u64::MAX)).unwrap_or(u64::MAX)
    }

    pub(super) fn pen(self) -> Pen {
        let style = self.style();
        Pen {
            fg: colour_of(style >> FOREGROUND_AT & COLOUR),
            bg: colour_of(style >> BACKGROUND_AT & COLOUR),
            modifier: Modifier::from_bits_truncate(
                u16::try_from(style & ((1 << BACKGROUND_AT) - 1)).unwrap_or_default(),
            ),
        }
    }

    /// Whether one pen writes both.
    #[inline]
    pub(super) fn is_styled_as(self, other: Self) -> bool {
        self.style() == other.style()
    }

    #[inline]
    pub(super) fn is_rest_of_glyph(self) -> bool {
        self.glyph() == 0
    }

    #[inline]
    pub(super) fn is_blank(self) -> bool {
        self.glyph() == BLANK
    }

    /// How many bytes its glyph has; about, where they are many.
    #[inline]
    pub(super) fn bytes(self) -> usize {
        match self.glyph() {
            long if long >= LONG => BYTES_OF_LONG,
            glyph => (u64::BITS - glyph.leading_zeros()).div_ceil(8) as usize,
        }
    }

    /// Writes the glyph, which is that of `drawn`.
    pub(super) fn write(self, drawn: &Cell, out: &mut Vec<u8>) {
        if self.glyph() >= LONG {
            out.extend_from_slice(drawn.symbol().as_bytes());
        } else {
            out.extend_from_slice(&self.glyph().to_be_bytes()[8 - self.bytes()..]);
        }
    }

    /// Whether terminals disagree on how wide the glyph of `width` columns is: clusters of several
    /// characters, and pictures, which are newer than some terminals' tables.
    pub(super) fn is_doubtful(self, width: usize) -> bool {
        if self.glyph() <= LAST_LETTER {
            return false;
        }
        if self.glyph() >= LONG {
            return self != Self::UNKNOWN;
        }
        let bytes = self.glyph().to_be_bytes();
        let text = str::from_utf8(&bytes[8 - self.bytes()..]).unwrap_or_default();
        let mut chars = text.chars();
        let first = chars.next().unwrap_or(' ');
        let picture = first >= '\u{10000}' || (width > 1 && first < '\u{2e80}');
        picture || chars.next().is_some()
    }
}

/// Whether two rows look alike. Most do: they are compared in pieces, without a question at each cell.
pub(super) fn are_alike(one: &[Look], two: &[Look]) -> bool {
    const PIECE: usize = 8;
    let (pieces, rest) = one.as_chunks::<PIECE>();
    let (other_pieces, other_rest) = two.as_chunks::<PIECE>();
    if pieces.len() != other_pieces.len() || rest != other_rest {
        return false;
    }
    // By numbers and not by iterators: where those are not inlined, this takes ten times as long.
    for at in 0..pieces.len() {
        let (one, two) = (&pieces[at], &other_pieces[at]);
        let mut differ = 0;
        for at in 0..PIECE {
            differ |= one[at].0 ^ two[at].0;
        }
        if differ != 0 {
            return false;
        }
    }
    true
}

/// Makes looks of cells, of which most have the pen of the one before.
pub(super) struct Eye {
    pen: Pen,
    style: u64,
    blank: Look,
}

impl Eye {
    pub(super) fn new(pen: Pen) -> Self {
        // A blank cell shows its background and what is drawn on blanks; the rest is dropped.
        let seen = if pen.is_seen_on_blanks() { pen } else { Pen { bg: pen.bg, ..Pen::PLAIN } };
        Self { pen, style: style(pen), blank: Look::written(BLANK, style(seen)) }
    }

    /// The look of a cell as it was drawn, and how many columns its glyph takes; no more than there is
    /// `room` for.
    #[inline]
    pub(super) fn see(&mut self, drawn: &Cell, room: usize) -> (Look, usize) {
        if !self.pen.drew(drawn) {
            *self = Self::new(Pen::of(drawn));
        }
        let symbol = drawn.symbol();
        match symbol.as_bytes() {
            [b' '] => (self.blank, 1),
            [byte @ 0x21..=0x7e] => (Look::written(u64::from(*byte), self.style), 1),
            // Lines and blocks, U+2500 to U+25BF, are as common as letters, and as narrow.
            [0xe2, 0x94..=0x96, _] => (Look::written(glyph(symbol), self.style), 1),
            _ => self.see_glyph(symbol, room),
        }
    }

    #[cold]
    fn see_glyph(&self, symbol: &str, room: usize) -> (Look, usize) {
        if symbol.chars().any(char::is_control) {
            return (Look::written(glyph(REPLACEMENT), self.style), 1);
        }
        let width = if symbol.is_empty() { 0 } else { usize::from(symbol.cell_width()) };
        if width == 0 || width > room {
            // It would stand on its neighbour or stick out of the row.
            return (self.blank, 1);
        }
        (Look::written(glyph(symbol), self.style), width)
    }
}

fn style(pen: Pen) -> u64 {
    colour(pen.fg) << FOREGROUND_AT
        | colour(pen.bg) << BACKGROUND_AT
        | u64::from(pen.modifier.bits())
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.glyph().to_be_bytes();
        let pen = self.pen();
        write!(f, "{} {:?} {:?} {:?}", bytes.escape_ascii(), pen.fg, pen.bg, pen.modifier)
    }
}

/// What is written where this stands.
pub(super) fn glyph(symbol: &str) -> u64 {
    let bytes = symbol.as_bytes();
    if bytes.len() <= 8 {
        return bytes.iter().fold(0, |out, byte| out << 8 | u64::from(*byte));
    }
    let mix = |hash: u64, byte: &u8| {
        (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517c_c1b7_2722_0a95)
    };
    bytes.iter().fold(0, mix) | LONG
}

const NAMED: u64 = 1 << 24;
const INDEXED: u64 = 2 << 24;
const RGB: u64 = 3 << 24;
const NAMES: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// In [`COLOUR_BITS`] bits; the terminal's own is 0.
fn colour(colour: Color) -> u64 {
    let named = |number: u64| NAMED | number;
    match colour {
        Color::Reset => 0,
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Indexed(number) => INDEXED | u64::from(number),
        Color::Rgb(red, green, blue) => {
            RGB | u64::from(red) << 16 | u64::from(green) << 8 | u64::from(blue)
        }
    }
}

fn colour_of(bits: u64) -> Color {
    let [.., kind, red, green, blue] = bits.to_be_bytes();
    match kind {
        0 => Color::Reset,
        1 => NAMES.get(usize::from(blue)).copied().unwrap_or_default(),
        2 => Color::Indexed(blue),
        _ => Color::Rgb(red, green, blue),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn see(cell: &Cell, room: usize) -> (Look, usize) {
        Eye::new(Pen::PLAIN).see(cell, room)
    }

    /// Cells of every kind that look different from each other.
    fn cells() -> Vec<Cell> {
        let mut cells = Vec::new();
        let colours = [
            Color::Reset,
            Color::Black,
            Color::White,
            Color::Indexed(0),
            Color::Indexed(15),
            Color::Rgb(0, 0, 0),
            Color::Rgb(255, 255, 255),
        ];
        for symbol in ["a", "é", "│", "👨‍👩‍👧", "日", "e\u{301}\u{302}\u{303}\u{304}"]
        {
            for fg in colours {
                for bg in [Color::Reset, Color::Rgb(1, 2, 3)] {
                    for modifier in [Modifier::empty(), Modifier::BOLD, Modifier::CROSSED_OUT] {
                        let mut cell = Cell::EMPTY;
                        cell.set_symbol(symbol);
                        cell.set_style(Style::new().fg(fg).bg(bg).add_modifier(modifier));
                        cells.push(cell);
                    }
                }
            }
        }
        cells
    }

    #[test]
    fn looks_are_equal_exactly_if_cells_are() {
        let cells = cells();
        for (at, one) in cells.iter().enumerate() {
            let look = |cell| see(cell, 10).0;
            assert!(look(one) != Look::UNKNOWN && look(one) != look(one).rest());
            for other in &cells[at + 1..] {
                assert_eq!(look(one) == look(other), one == other, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_look_says_what_was_drawn() {
        let names = NAMES.iter().map(|fg| {
            let mut cell = Cell::EMPTY;
            cell.set_symbol("x").set_fg(*fg);
            cell
        });
        for cell in cells().into_iter().chain(names) {
            let (look, _) = see(&cell, 10);
            assert_eq!(look.pen(), Pen::of(&cell));
            let mut out = Vec::new();
            look.write(&cell, &mut out);
            assert_eq!(out, cell.symbol().as_bytes());
            assert_eq!(look.bytes().min(9), cell.symbol().len().min(9));
        }
    }

    #[test]
    fn of_a_blank_only_what_is_seen_counts() {
        let mut cell = Cell::EMPTY;
        cell.set_style(Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        assert_eq!(see(&cell, 1), (Look::BARE, 1));
        cell.set_style(Style::new().add_modifier(Modifier::UNDERLINED));
        assert_eq!(see(&cell, 1).0.pen(), Pen::of(&cell));
        cell.set_symbol("日");
        assert!(see(&cell, 1).0.is_blank(), "there is no room for it");
        cell.set_symbol("\u{7}");
        assert_eq!(see(&cell, 1).0.glyph(), glyph(REPLACEMENT));
    }
}
