//! What a cell looks like, as two numbers: whole screens of them are filled, copied and compared at
//! memory speed.
//!
//! Owns the form of the numbers. It knows nothing of places, and of glyphs of more than eight bytes only
//! a hash; the canvas knows their text. Start with [`Look`]. The invariant: looks are equal exactly if
//! glyph and style are.

use std::fmt;

use ratatui::style::{Color, Modifier, Style};

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

const COLOUR_BITS: u32 = 26;
const BACKGROUND_AT: u32 = 12;
const FOREGROUND_AT: u32 = BACKGROUND_AT + COLOUR_BITS;
const COLOUR: u64 = (1 << COLOUR_BITS) - 1;
const BACKGROUND: u64 = COLOUR << BACKGROUND_AT;
const FOREGROUND: u64 = COLOUR << FOREGROUND_AT;

/// What is seen of a blank besides its background.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

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
    pub(super) const fn restyled(self, restyle: Restyle) -> Self {
        Self { glyph: self.glyph, style: self.style & restyle.keep | restyle.set }
    }

    #[inline]
    pub(super) fn toggled(self, modifier: Modifier) -> Self {
        Self { glyph: self.glyph, style: self.style ^ u64::from(modifier.bits()) }
    }

    /// Reduced to what is seen of it: of a blank mostly its background, and of the further columns of a
    /// glyph nothing but that they belong to `before`.
    #[inline]
    #[must_use]
    pub fn seen(self, before: Self) -> Self {
        if self.glyph == 0 {
            return before.rest();
        }
        if self.glyph == BLANK && self.style & u64::from(SEEN_ON_BLANKS.bits()) == 0 {
            return Self { glyph: BLANK, style: self.style & BACKGROUND };
        }
        self
    }

    /// What is written, as one number that only means something beside another.
    #[inline]
    pub const fn glyph(self) -> u64 {
        self.glyph
    }

    pub fn pen(self) -> Pen {
        Pen {
            fg: colour_of(self.style >> FOREGROUND_AT & COLOUR),
            bg: colour_of(self.style >> BACKGROUND_AT & COLOUR),
            modifier: Modifier::from_bits_truncate(
                u16::try_from(self.style & ((1 << BACKGROUND_AT) - 1)).unwrap_or_default(),
            ),
        }
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

/// What laying a style over another does to it: what stays, and what is put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Restyle {
    keep: u64,
    set: u64,
}

impl Restyle {
    pub(super) const NONE: Self = Self { keep: u64::MAX, set: 0 };

    pub(super) fn of(style: Style) -> Self {
        let Self { mut keep, mut set } = Self::NONE;
        if let Some(fg) = style.fg {
            (keep, set) = (keep & !FOREGROUND, set | colour(fg) << FOREGROUND_AT);
        }
        if let Some(bg) = style.bg {
            (keep, set) = (keep & !BACKGROUND, set | colour(bg) << BACKGROUND_AT);
        }
        // What is taken away wins, as it does in ratatui.
        keep &= !u64::from(style.sub_modifier.bits());
        set |= u64::from(style.add_modifier.difference(style.sub_modifier).bits());
        Self { keep, set }
    }
}

/// How glyphs are written: a style in which nothing is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

impl Pen {
    pub const PLAIN: Self =
        Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    pub fn is_seen_on_blanks(self) -> bool {
        self.modifier.intersects(SEEN_ON_BLANKS)
    }
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
    use super::*;

    const COLOURS: [Color; 7] = [
        Color::Reset,
        Color::Black,
        Color::White,
        Color::Indexed(0),
        Color::Indexed(15),
        Color::Rgb(0, 0, 0),
        Color::Rgb(255, 255, 255),
    ];

    fn look(symbol: &str, style: Style) -> Look {
        Look::BARE.with_glyph(glyph(symbol)).restyled(Restyle::of(style))
    }

    /// Cells of every kind that look different from each other.
    fn cells() -> Vec<(&'static str, Pen)> {
        let mut cells = Vec::new();
        for symbol in ["a", "é", "│", "👨‍👩‍👧", "日", "e\u{301}\u{302}\u{303}\u{304}"]
        {
            for fg in COLOURS.into_iter().chain(NAMES) {
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

    fn style(pen: Pen) -> Style {
        Style::new().fg(pen.fg).bg(pen.bg).add_modifier(pen.modifier)
    }

    #[test]
    fn looks_are_equal_exactly_if_cells_are() {
        let cells = cells();
        for (at, one) in cells.iter().enumerate() {
            let seen = look(one.0, style(one.1));
            assert!(seen != Look::UNKNOWN && seen != seen.rest());
            for other in &cells[at + 1..] {
                assert_eq!(
                    seen == look(other.0, style(other.1)),
                    one == other,
                    "{one:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn a_look_says_what_was_drawn() {
        for (symbol, pen) in cells() {
            let look = look(symbol, style(pen));
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
        assert_eq!(wide.rest().restyled(Restyle::of(underlined_style())).seen(wide), wide.rest());
    }

    fn underlined_style() -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    #[test]
    fn a_style_over_another_is_what_ratatui_makes_of_both() {
        let modifiers = [Modifier::empty(), Modifier::BOLD, Modifier::DIM | Modifier::REVERSED];
        let mut styles = Vec::new();
        for fg in [None, Some(Color::Red), Some(Color::Reset)] {
            for bg in [None, Some(Color::Indexed(7))] {
                for add_modifier in modifiers {
                    for sub_modifier in modifiers {
                        styles.push(Style { fg, bg, add_modifier, sub_modifier });
                    }
                }
            }
        }
        for under in &styles {
            for over in &styles {
                let mut cell = ratatui::buffer::Cell::EMPTY;
                cell.set_style(*under).set_style(*over);
                let pen = look(" ", *under).restyled(Restyle::of(*over)).pen();
                assert_eq!((pen.fg, pen.bg, pen.modifier), (cell.fg, cell.bg, cell.modifier));
            }
        }
    }
}
