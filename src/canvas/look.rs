//! What a cell looks like, as two numbers: whole screens of them are filled, copied and compared at
//! memory speed.
//!
//! Owns the form of the numbers. It knows nothing of places, and of glyphs of more than eight bytes only
//! a hash; the canvas knows their text. Start with [`Look`]. The invariant: looks are equal exactly if
//! glyph and style are.

use std::fmt;

use super::style::{BACKGROUND, SEEN_ON_BLANKS, bits_of_modifier};
use super::{Modifier, Pen, Style};

/// A glyph and its style.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The bytes of the glyph as one number, or [`LONG`] and a hash of them. 0 in the further columns of
    /// a wide one.
    glyph: u64,
    /// Colours and modifiers, a field of bits each.
    style: u64,
}

/// Stands in front of a hash. Bytes of valid text never begin with that.
const LONG: u64 = 0xff << 56;
const BLANK: u64 = b' ' as u64;
/// Of those that every terminal has had from the beginning.
const LAST_LETTER: u64 = b'~' as u64;
/// About as many bytes as a glyph has that is not told by its bytes.
const BYTES_OF_LONG: usize = 12;

impl Look {
    /// Nothing to see but the terminal's own background.
    pub const BARE: Self = Self { glyph: BLANK, style: 0 };
    /// Stands where nobody knows what a terminal shows; equal to no cell that is drawn.
    pub const UNKNOWN: Self = Self { glyph: u64::MAX, style: u64::MAX };

    /// The same style with another glyph.
    #[inline]
    pub(super) const fn with_glyph(self, glyph: u64) -> Self {
        Self { glyph, style: self.style }
    }

    /// What stands in the further columns of this wide glyph.
    #[inline]
    pub(super) const fn rest(self) -> Self {
        self.with_glyph(0)
    }

    #[inline]
    pub(super) const fn blanked(self) -> Self {
        self.with_glyph(BLANK)
    }

    #[inline]
    pub(super) const fn restyled(self, style: Style) -> Self {
        Self { glyph: self.glyph, style: style.applied_to(self.style) }
    }

    #[inline]
    pub(super) fn toggled(self, modifier: Modifier) -> Self {
        Self { glyph: self.glyph, style: self.style ^ bits_of_modifier(modifier) }
    }

    /// Reduced to what is seen of it: of a blank mostly its background, and of the further columns of a
    /// glyph nothing but that they belong to `before`.
    #[inline]
    #[must_use]
    pub fn seen(self, before: Self) -> Self {
        if self.glyph == 0 {
            return before.rest();
        }
        if self.glyph == BLANK && self.style & bits_of_modifier(SEEN_ON_BLANKS) == 0 {
            return Self { glyph: BLANK, style: self.style & BACKGROUND };
        }
        self
    }

    /// What is written, as one number that only means something beside another.
    #[inline]
    pub const fn glyph(self) -> u64 {
        self.glyph
    }

    pub const fn pen(self) -> Pen {
        Pen::of(self.style)
    }

    /// Whether one pen writes both.
    #[inline]
    pub const fn is_styled_as(self, other: Self) -> bool {
        self.style == other.style
    }

    #[inline]
    pub const fn is_rest_of_glyph(self) -> bool {
        self.glyph == 0
    }

    #[inline]
    pub const fn is_blank(self) -> bool {
        self.glyph == BLANK
    }

    /// Whether nothing is seen of it but the terminal's own background.
    #[inline]
    pub const fn is_bare(self) -> bool {
        let seen = BACKGROUND | bits_of_modifier(SEEN_ON_BLANKS);
        self.glyph == BLANK && self.style & seen == 0
    }

    /// Whether only a hash of its glyph is known here.
    #[inline]
    pub const fn is_long(self) -> bool {
        self.glyph >= LONG
    }

    /// A letter of one byte, which every terminal knows.
    #[inline]
    pub const fn letter(self) -> Option<u8> {
        if self.glyph >= BLANK && self.glyph <= LAST_LETTER {
            return Some(self.glyph.to_be_bytes()[7]);
        }
        None
    }

    /// How many bytes its glyph has; about, where they are many.
    #[inline]
    pub const fn bytes(self) -> usize {
        if self.is_long() {
            return BYTES_OF_LONG;
        }
        (u64::BITS - self.glyph.leading_zeros()).div_ceil(8) as usize
    }

    /// The glyph, unless it is [long](Self::is_long).
    pub(super) fn short_text(self, bytes: &mut [u8; 8]) -> &str {
        *bytes = self.glyph.to_be_bytes();
        let from = 8 - self.bytes().min(8);
        str::from_utf8(&bytes[from..]).unwrap_or_default()
    }

    /// Writes the glyph, unless it is [long](Self::is_long).
    #[inline]
    pub fn write_short(self, out: &mut Vec<u8>) {
        match self.letter() {
            Some(letter) => out.push(letter),
            None => out.extend_from_slice(&self.glyph.to_be_bytes()[8 - self.bytes().min(8)..]),
        }
    }

    /// Whether terminals disagree on how wide the glyph of `width` columns is: clusters of several
    /// characters, and pictures, which are newer than some terminals' tables.
    pub fn is_doubtful(self, width: usize) -> bool {
        if self.glyph <= LAST_LETTER {
            return false;
        }
        if self.is_long() {
            return self != Self::UNKNOWN;
        }
        let mut bytes = [0; 8];
        let mut chars = self.short_text(&mut bytes).chars();
        let first = chars.next().unwrap_or(' ');
        let picture = first >= '\u{10000}' || (width > 1 && first < '\u{2e80}');
        picture || chars.next().is_some()
    }
}

/// Whether two rows look alike. Most do: they are compared in pieces, without a question at each cell.
pub fn are_alike(one: &[Look], two: &[Look]) -> bool {
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
            differ |= one[at].glyph ^ two[at].glyph | one[at].style ^ two[at].style;
        }
        if differ != 0 {
            return false;
        }
    }
    true
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.glyph.to_be_bytes();
        let pen = self.pen();
        write!(f, "{} {:?} {:?} {:?}", bytes.escape_ascii(), pen.fg, pen.bg, pen.modifier)
    }
}

/// What is written where this stands.
pub fn glyph(symbol: &str) -> u64 {
    let bytes = symbol.as_bytes();
    if bytes.len() <= 8 {
        return bytes.iter().fold(0, |out, byte| out << 8 | u64::from(*byte));
    }
    let mix = |hash: u64, byte: &u8| {
        (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517c_c1b7_2722_0a95)
    };
    bytes.iter().fold(0, mix) | LONG
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Color;

    fn look(symbol: &str, style: Style) -> Look {
        Look::BARE.with_glyph(glyph(symbol)).restyled(style)
    }

    /// Cells of every kind that look different from each other.
    fn cells() -> Vec<(&'static str, Pen)> {
        let mut cells = Vec::new();
        for symbol in ["a", "é", "│", "👨‍👩‍👧", "日", "e\u{301}\u{302}\u{303}\u{304}"]
        {
            for fg in [Color::Reset, Color::White, Color::Indexed(15), Color::Rgb(255, 255, 255)] {
                for bg in [Color::Reset, Color::Rgb(1, 2, 3)] {
                    for modifier in [Modifier::empty(), Modifier::BOLD, Modifier::CROSSED_OUT] {
                        cells.push((symbol, Pen { fg, bg, modifier }));
                    }
                }
            }
        }
        cells.dedup();
        cells
    }

    #[test]
    fn looks_are_equal_exactly_if_cells_are() {
        let cells = cells();
        for (at, one) in cells.iter().enumerate() {
            let seen = look(one.0, one.1.into());
            assert!(seen != Look::UNKNOWN && seen != seen.rest());
            for other in &cells[at + 1..] {
                assert_eq!(
                    seen == look(other.0, other.1.into()),
                    one == other,
                    "{one:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn a_look_says_what_was_drawn() {
        for (symbol, pen) in cells() {
            let look = look(symbol, pen.into());
            assert_eq!(look.pen(), pen);
            assert_eq!(look.is_long(), symbol.len() > 8);
            assert_eq!(look.bytes().min(9), symbol.len().min(9));
            if !look.is_long() {
                let mut out = Vec::new();
                look.write_short(&mut out);
                assert_eq!(out, symbol.as_bytes());
                assert_eq!(look.short_text(&mut [0; 8]), symbol);
            }
        }
    }

    #[test]
    fn of_a_blank_only_what_is_seen_counts() {
        let red = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
        assert_eq!(look(" ", red).seen(Look::BARE), Look::BARE);
        let underlined = look(" ", red.underlined());
        assert_eq!(underlined.seen(Look::BARE), underlined);
        let wide = look("日", red);
        assert_eq!(wide.rest().restyled(Style::new().underlined()).seen(wide), wide.rest());
    }
}
