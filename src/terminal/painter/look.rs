//! What a cell looks like, as one number: whole screens of them are compared at memory speed.
//!
//! Two cells have equal looks exactly if they are equal, except for glyphs of more than eight
//! bytes, which are told apart by a hash.

use ratatui::buffer::Cell;
use ratatui::style::Color;

/// The glyph in the upper half, the style in the lower.
pub(super) type Look = u128;

/// The look of a cell of which nothing is known; no cell that is drawn has it.
pub(super) const UNKNOWN: Look = Look::MAX;

pub(super) fn of(cell: &Cell) -> Look {
    let style = colour(cell.fg) << 38 | colour(cell.bg) << 12 | u64::from(cell.modifier.bits());
    Look::from(glyph(cell.symbol())) << 64 | Look::from(style)
}

/// The part of a look that is written, without its style.
pub(super) fn written(look: Look) -> u64 {
    u64::try_from(look >> 64).unwrap_or(u64::MAX)
}

/// The written part of every look of this glyph.
pub(super) fn glyph(symbol: &str) -> u64 {
    let bytes = symbol.as_bytes();
    if let [byte] = bytes {
        return u64::from(*byte);
    }
    if bytes.len() <= 8 {
        return bytes.iter().fold(0, |out, byte| out << 8 | u64::from(*byte));
    }
    // Bytes of valid text never begin with 0xff.
    let mix = |hash: u64, byte: &u8| {
        (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517c_c1b7_2722_0a95)
    };
    bytes.iter().fold(0, mix) | 0xff << 56
}

/// 26 bits.
fn colour(colour: Color) -> u64 {
    let named = |number: u64| 1 << 24 | number;
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
        Color::Indexed(number) => 2 << 24 | u64::from(number),
        Color::Rgb(red, green, blue) => {
            3 << 24 | u64::from(red) << 16 | u64::from(green) << 8 | u64::from(blue)
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Modifier, Style};

    use super::*;

    #[test]
    fn looks_are_equal_exactly_if_cells_are() {
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
        for symbol in ["", " ", "a", "é", "│", "👨‍👩‍👧", "日", "e\u{301}\u{302}\u{303}\u{304}"]
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
        for (at, one) in cells.iter().enumerate() {
            assert_ne!(of(one), UNKNOWN);
            for other in &cells[at + 1..] {
                assert_eq!(of(one) == of(other), one == other, "{one:?} {other:?}");
            }
        }
    }
}
