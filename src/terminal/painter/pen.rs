//! How glyphs are written at the moment, and the shortest way to write them otherwise.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::canvas::{Color, Look, Modifier, Pen};

/// Whether the terminal takes what is slanted for what stands out, as GNU screen does: it is underlined
/// there. There is one terminal per process.
static WITHOUT_ITALICS: AtomicBool = AtomicBool::new(false);

/// For a terminal of which its environment says that it has no italics.
pub(in crate::terminal) fn do_without_italics(without: bool) {
    WITHOUT_ITALICS.store(without, Ordering::Relaxed);
}

fn switches(without_italics: bool) -> [(Modifier, u8, u8); 9] {
    SWITCHES.map(|(modifier, on, off)| match modifier {
        Modifier::ITALIC if without_italics => (modifier, 4, 24),
        _ => (modifier, on, off),
    })
}

/// What switches each modifier on, and what off. Bold and dim share their off.
const SWITCHES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

impl Pen {
    /// Whether a cell written with this pen looks as it should. On a blank, most is not seen.
    pub(super) fn serves(self, look: Look) -> bool {
        let wanted = look.pen();
        let blank = look.is_blank() && !wanted.is_seen_on_blanks();
        self == wanted || (blank && self.bg == wanted.bg && !self.is_seen_on_blanks())
    }

    /// Whether erasing with this pen leaves the terminal's own background and nothing else.
    pub(super) fn erases(self) -> bool {
        self.bg == Color::Reset && !self.is_seen_on_blanks()
    }

    /// Writes what turns this pen into `wanted`.
    pub(super) fn change(&mut self, wanted: Self, out: &mut Vec<u8>) {
        if *self == wanted {
            return;
        }
        let start = out.len();
        let mut codes = Codes::begin(out);
        codes.switch(self.modifier, wanted.modifier);
        codes.colours(*self, wanted);
        codes.end();
        let steps = out.len() - start;
        let mut codes = Codes::begin(out);
        // Alone, a reset needs no number.
        if wanted != Self::PLAIN {
            codes.push(0);
        }
        codes.switch(Modifier::empty(), wanted.modifier);
        codes.colours(Self::PLAIN, wanted);
        codes.end();
        let anew = out.len() - start - steps;
        if anew < steps {
            out.drain(start..start + steps);
        } else {
            out.truncate(start + steps);
        }
        *self = wanted;
    }
}

/// The parameters of one sequence.
struct Codes<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Codes<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(b"\x1b[");
        Self { out, first: true }
    }

    fn end(self) {
        self.out.push(b'm');
    }

    fn push(&mut self, code: u8) {
        if !self.first {
            self.out.push(b';');
        }
        self.first = false;
        // Writing to memory cannot fail.
        drop(write!(self.out, "{code}"));
    }

    fn switch(&mut self, from: Modifier, to: Modifier) {
        let switches = switches(WITHOUT_ITALICS.load(Ordering::Relaxed));
        let mut have = from;
        for (modifier, _, off) in switches {
            if have.contains(modifier) && !to.contains(modifier) {
                self.push(off);
                for (shared, _, _) in switches.into_iter().filter(|(.., same)| *same == off) {
                    have.remove(shared);
                }
            }
        }
        for (modifier, on, _) in switches {
            if to.contains(modifier) && !have.contains(modifier) {
                self.push(on);
            }
        }
    }

    fn colours(&mut self, from: Pen, to: Pen) {
        if from.fg != to.fg {
            self.colour(to.fg, 0);
        }
        if from.bg != to.bg {
            self.colour(to.bg, 10);
        }
    }

    /// `ground` is 0 for the foreground and 10 for the background.
    fn colour(&mut self, colour: Color, ground: u8) {
        let (base, offset) = match colour {
            Color::Reset => (39, 0),
            Color::Black => (30, 0),
            Color::Red => (30, 1),
            Color::Green => (30, 2),
            Color::Yellow => (30, 3),
            Color::Blue => (30, 4),
            Color::Magenta => (30, 5),
            Color::Cyan => (30, 6),
            Color::Gray => (30, 7),
            Color::DarkGray => (90, 0),
            Color::LightRed => (90, 1),
            Color::LightGreen => (90, 2),
            Color::LightYellow => (90, 3),
            Color::LightBlue => (90, 4),
            Color::LightMagenta => (90, 5),
            Color::LightCyan => (90, 6),
            Color::White => (90, 7),
            Color::Indexed(index) => {
                for code in [38 + ground, 5, index] {
                    self.push(code);
                }
                return;
            }
            Color::Rgb(red, green, blue) => {
                for code in [38 + ground, 2, red, green, blue] {
                    self.push(code);
                }
                return;
            }
        };
        self.push(base + offset + ground);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: Pen, to: Pen) -> String {
        let mut pen = from;
        let mut out = Vec::new();
        pen.change(to, &mut out);
        assert_eq!(pen, to);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_differs_is_written_and_a_reset_where_that_is_shorter() {
        let plain = Pen::PLAIN;
        let bold = Pen { modifier: Modifier::BOLD, ..plain };
        let red = Pen { fg: Color::Red, ..bold };
        assert_eq!(change(plain, plain), "");
        assert_eq!(change(plain, bold), "\x1b[1m");
        assert_eq!(change(bold, red), "\x1b[31m");
        assert_eq!(change(red, bold), "\x1b[39m");
        assert_eq!(change(red, plain), "\x1b[m");
        let loud = Pen { fg: Color::Red, bg: Color::Blue, modifier: Modifier::all() };
        assert_eq!(change(loud, red), "\x1b[0;1;31m");
        assert_eq!(change(loud, Pen { bg: Color::Reset, ..loud }), "\x1b[49m");
        assert_eq!(change(plain, Pen { bg: Color::Indexed(7), ..plain }), "\x1b[48;5;7m");
        assert_eq!(change(plain, Pen { fg: Color::Rgb(1, 2, 3), ..plain }), "\x1b[38;2;1;2;3m");
        assert_eq!(change(plain, Pen { bg: Color::White, ..plain }), "\x1b[107m");
    }

    #[test]
    fn bold_and_dim_share_their_off() {
        let both =
            Pen { modifier: Modifier::BOLD | Modifier::DIM, fg: Color::Red, bg: Color::Blue };
        assert_eq!(change(both, Pen { modifier: Modifier::BOLD, ..both }), "\x1b[22;1m");
    }
}
