//! Pictures that the terminal draws itself: sent once, placed after the text of a frame, taken
//! away before the text of the frame that they are missing from. Where tmux is in between, which moves
//! text and knows no pictures, they are text to it ([`placeholders`]).
//!
//! Owns what is known of the pictures on the screen. Must not know how they are made. Start with
//! [`Pictures::frame`]. The invariant: a picture that stays where it is costs no byte, and once it
//! is gone every cell under it is written again.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::placeholders::{self, Number};
use super::{Cursor, Painter, Passthrough};
use crate::canvas::{Canvas, Color, Look, Rect};

/// Most characters of base64 in one sequence of kitty.
const CHUNK: usize = 4096;
/// The first number; those of other programs in the same window are likely lower.
const FIRST_NUMBER: u32 = 0x0f07_0001;

/// How a terminal takes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graphics {
    Kitty,
    /// The same behind tmux, by placeholders.
    KittyBehindTmux,
    Iterm2,
    Sixel,
}

/// A picture and the cells that it covers; these must be blank in the frame.
#[derive(Debug, Clone)]
pub struct Placement {
    pub area: Rect,
    pub graphics: Graphics,
    /// A PNG, or the inside of a sixel sequence. Another one is another picture.
    pub data: Arc<[u8]>,
}

impl Placement {
    fn is(&self, other: &Self) -> bool {
        self.area == other.area && Arc::ptr_eq(&self.data, &other.data)
    }
}

/// What a terminal with kitty's protocol holds for us.
#[derive(Debug, Clone)]
struct Held {
    data: Arc<[u8]>,
    number: u32,
    through: Passthrough,
}

impl Held {
    /// Writes something that is about it.
    fn say(&self, keys: &str, out: &mut Vec<u8>) {
        say(self.through, &format!("{keys},i={},q=2", self.number), b"", out);
    }
}

#[derive(Debug, Default)]
pub struct Pictures {
    wanted: Option<Placement>,
    shown: Option<Placement>,
    held: Option<Held>,
    sent: u32,
    /// The frame with the cells of the picture in it.
    cells: Canvas,
    out: Vec<u8>,
}

impl Pictures {
    /// What the next frame is to show.
    pub fn place(&mut self, wanted: Option<Placement>) {
        self.wanted = wanted;
    }

    /// The bytes of a frame with its picture. None when nothing changed.
    pub fn frame(
        &mut self,
        painter: &mut Painter,
        drawn: &Canvas,
        cursor: Option<Cursor>,
    ) -> &[u8] {
        self.out.clear();
        let wanted = self.wanted.take().filter(|wanted| leaves_room(drawn, wanted.area));
        let same = match (&wanted, &self.shown) {
            (Some(wanted), Some(shown)) => wanted.is(shown),
            (wanted, shown) => wanted.is_none() && shown.is_none(),
        };
        // What is painted anew is painted over the picture as well.
        let anew = !same || (wanted.is_some() && painter.is_stale(drawn));
        if anew {
            let other = wanted.as_ref().zip(self.held.as_ref());
            let other = other.is_some_and(|(wanted, held)| !Arc::ptr_eq(&wanted.data, &held.data));
            self.take_away(!other);
            painter.cover(None);
        }
        match wanted {
            Some(wanted) if wanted.graphics == Graphics::KittyBehindTmux => {
                if anew {
                    self.hold(&wanted);
                }
                self.paint_placeholders(painter, drawn, cursor, &wanted, anew);
                self.shown = Some(wanted);
            }
            Some(wanted) if anew => {
                painter.cover(Some(wanted.area));
                self.out.extend_from_slice(painter.paint(drawn, cursor));
                self.put(&wanted);
                self.shown = Some(wanted);
            }
            _ => self.out.extend_from_slice(painter.paint(drawn, cursor)),
        }
        &self.out
    }

    fn paint_placeholders(
        &mut self,
        painter: &mut Painter,
        drawn: &Canvas,
        cursor: Option<Cursor>,
        wanted: &Placement,
        anew: bool,
    ) {
        self.cells.clone_from(drawn);
        if let Some(held) = &self.held
            && placeholders::fill(&mut self.cells, wanted.area, Number::of(held.number))
            && anew
        {
            let Rect { width, height, .. } = wanted.area;
            held.say(&format!("a=p,U=1,c={width},r={height}"), &mut self.out);
        }
        self.out.extend_from_slice(painter.paint(&self.cells, cursor));
    }

    /// What takes the picture from the terminal before somebody else has it.
    pub fn withdraw(&mut self) -> &[u8] {
        self.out.clear();
        self.take_away(false);
        &self.out
    }

    /// Text wipes other pictures out; those of kitty lie beside the text. `keep`: its pixels stay
    /// with the terminal, so that it need not be sent again.
    fn take_away(&mut self, keep: bool) {
        let shown = self.shown.take().is_some();
        let Some(held) = self.held.take_if(|_| !keep || shown) else { return };
        // The capital letter has the terminal forget the pixels as well.
        held.say(if keep { "a=d,d=i" } else { "a=d,d=I" }, &mut self.out);
        self.held = Some(held).filter(|_| keep);
    }

    /// Has a terminal with kitty's protocol hold the picture, unless it does.
    fn hold(&mut self, picture: &Placement) {
        if self.held.is_some() {
            return;
        }
        self.sent = self.sent.wrapping_add(1);
        let (number, through) = match picture.graphics {
            Graphics::Kitty => (FIRST_NUMBER.wrapping_add(self.sent), Passthrough::Direct),
            Graphics::KittyBehindTmux => {
                (Number::new(std::process::id(), self.sent).whole(), Passthrough::Tmux)
            }
            Graphics::Iterm2 | Graphics::Sixel => return,
        };
        let data = Arc::clone(&picture.data);
        send_to_kitty(number, through, &data, &mut self.out);
        self.held = Some(Held { data, number, through });
    }

    fn put(&mut self, picture: &Placement) {
        let Rect { x, y, width, height } = picture.area;
        self.hold(picture);
        let out = &mut self.out;
        // The painter knows where the cursor is and how it writes; both are as before afterwards.
        drop(write!(out, "\x1b7\x1b[{};{}H", y + 1, x + 1));
        match picture.graphics {
            Graphics::Kitty => {
                if let Some(held) = &self.held {
                    held.say(&format!("a=p,p=1,c={width},r={height},C=1"), out);
                }
            }
            // Its cells are where it is.
            Graphics::KittyBehindTmux => {}
            Graphics::Iterm2 => drop(write!(
                out,
                "\x1b]1337;File=inline=1;size={};width={width};height={height};\
                 preserveAspectRatio=0;doNotMoveCursor=1:{}\x07",
                picture.data.len(),
                STANDARD.encode(&picture.data)
            )),
            Graphics::Sixel => {
                // What is transparent stays as it is.
                out.extend_from_slice(b"\x1bP0;1;0q");
                out.extend_from_slice(&picture.data);
                out.extend_from_slice(b"\x1b\\");
            }
        }
        out.extend_from_slice(b"\x1b8");
    }
}

fn send_to_kitty(number: u32, through: Passthrough, png: &[u8], out: &mut Vec<u8>) {
    let text = STANDARD.encode(png);
    let chunks = text.as_bytes().chunks(CHUNK);
    let last = chunks.len().saturating_sub(1);
    for (at, chunk) in chunks.enumerate() {
        let first = if at == 0 { format!("a=t,f=100,t=d,i={number},") } else { String::new() };
        say(through, &format!("{first}q=2,m={}", u8::from(at < last)), chunk, out);
    }
}

/// A sequence of kitty's protocol; `data` is base64.
fn say(through: Passthrough, keys: &str, data: &[u8], out: &mut Vec<u8>) {
    let mut sequence = format!("\x1b_G{keys}");
    if !data.is_empty() {
        sequence.push(';');
        sequence.push_str(&String::from_utf8_lossy(data));
    }
    sequence.push_str("\x1b\\");
    out.extend(through.wrap(&sequence));
}

/// Whether nothing is drawn where the picture is to be.
fn leaves_room(drawn: &Canvas, area: Rect) -> bool {
    let is_bare = |look: Look| look.is_blank() && look.pen().bg == Color::Reset;
    !area.is_empty() && area.positions().all(|at| drawn.look(at).is_some_and(is_bare))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Style;

    const AREA: Rect = Rect { x: 2, y: 1, width: 4, height: 2 };

    fn text(extra: &str) -> Canvas {
        let mut canvas = Canvas::new(10, 4);
        for (y, row) in (0..).zip(["a picture:", "|        |", "|        |", extra]) {
            canvas.set_text((0, y), row, 10, Style::new());
        }
        canvas
    }

    fn placement(graphics: Graphics, data: &Arc<[u8]>) -> Placement {
        Placement { area: AREA, graphics, data: Arc::clone(data) }
    }

    struct Both {
        pictures: Pictures,
        painter: Painter,
    }

    impl Both {
        fn new() -> Self {
            Self { pictures: Pictures::default(), painter: Painter::default() }
        }

        fn show(&mut self, canvas: &Canvas, wanted: Option<Placement>) -> String {
            self.pictures.place(wanted);
            let bytes = self.pictures.frame(&mut self.painter, canvas, None);
            String::from_utf8(bytes.to_vec()).unwrap()
        }
    }

    fn count(said: &str, what: &str) -> usize {
        said.matches(what).count()
    }

    #[test]
    fn kitty_gets_a_picture_once_and_places_it_again_after_something_else_was_there() {
        let data: Arc<[u8]> = vec![7; 10_000].into();
        let wanted = || Some(placement(Graphics::Kitty, &data));
        let mut both = Both::new();
        let first = both.show(&text(""), wanted());
        assert_eq!(
            (count(&first, "a=t,"), count(&first, "a=p,"), count(&first, "a=d,")),
            (1, 1, 0)
        );
        assert!(first.ends_with(",q=2\x1b\\\x1b8"), "after the text");
        assert_eq!(count(&first, ",C=1,"), 1, "the cursor stays");
        let pieces = first.split("\x1b_G").skip(1).filter(|piece| piece.contains("m="));
        let sent: String = pieces.map(|piece| &piece[piece.find(';').unwrap() + 1..]).collect();
        assert_eq!(
            STANDARD.decode(sent.replace("\x1b\\", "").split('\x1b').next().unwrap()).unwrap(),
            *data
        );
        assert_eq!(both.show(&text(""), wanted()), "");
        let below = both.show(&text("more"), wanted());
        assert!(below.contains("more") && !below.contains("\x1b_G"), "{below:?}");
        // Something covers it for a frame.
        let covered = both.show(&text("more"), None);
        assert!(covered.starts_with("\x1b_Ga=d,d=i,"));
        let back = both.show(&text("more"), wanted());
        assert_eq!((count(&back, "a=p,"), count(&back, "a=t,")), (1, 0));
        assert_eq!(both.show(&text("more"), wanted()), "");
        assert!(String::from_utf8_lossy(both.pictures.withdraw()).contains("d=I"));
        assert_eq!(both.pictures.withdraw(), b"");
    }

    #[test]
    fn a_screen_that_is_painted_anew_keeps_what_the_terminal_holds() {
        let data: Arc<[u8]> = vec![7; 10].into();
        let mut both = Both::new();
        both.show(&text(""), Some(placement(Graphics::Kitty, &data)));
        both.painter.forget();
        let anew = both.show(&text(""), Some(placement(Graphics::Kitty, &data)));
        assert_eq!((count(&anew, "a=t,"), count(&anew, "d=i,"), count(&anew, "a=p,")), (0, 1, 1));
        let other: Arc<[u8]> = vec![8; 10].into();
        let other = both.show(&text(""), Some(placement(Graphics::Kitty, &other)));
        assert_eq!(
            (count(&other, "a=t,"), count(&other, "d=I,"), count(&other, "a=p,")),
            (1, 1, 1)
        );
    }

    #[test]
    fn behind_tmux_a_picture_is_cells_of_text_and_everything_else_is_handed_on() {
        let data: Arc<[u8]> = vec![7; 10_000].into();
        let wanted = || Some(placement(Graphics::KittyBehindTmux, &data));
        let mut both = Both::new();
        let first = both.show(&text(""), wanted());
        let count_of =
            |said: &str| ["a=t,", "a=p,U=1,c=4,r=2", "a=d,"].map(|what| count(said, what));
        assert_eq!(count_of(&first), [1, 1, 0]);
        assert_eq!(
            count(&first, "\x1b_G"),
            count(&first, "\x1bPtmux;\x1b\x1b_G"),
            "none goes bare"
        );
        let number = both.pictures.held.as_ref().unwrap().number;
        let colour = format!("38;5;{}", number & 0xff);
        assert!(number & 0x00ff_ff00 == 0 && first.contains(&colour), "{number:x} in {first:?}");
        let mut emulator = vt100::Parser::new(4.try_into().unwrap(), 10.try_into().unwrap(), 0);
        emulator.process(first.as_bytes());
        let seen = emulator.screen().contents();
        assert_eq!(count(&seen, "\u{10eeee}"), 8, "{seen:?}");
        assert_eq!(both.show(&text(""), wanted()), "");
        // Text beside it is drawn as ever, and does not touch it.
        let below = both.show(&text("more"), wanted());
        assert!(below.contains("more") && count(&below, "\u{10eeee}") == 0, "{below:?}");
        let covered = both.show(&text("more"), None);
        assert!(covered.starts_with("\x1bPtmux;\x1b\x1b_Ga=d,d=i,"), "{covered:?}");
        emulator.process(below.as_bytes());
        emulator.process(covered.as_bytes());
        let seen = emulator.screen().contents();
        assert!(count(&seen, "\u{10eeee}") == 0 && count(&seen, "|        |") == 2, "{seen:?}");
        let back = both.show(&text("more"), wanted());
        assert_eq!(count_of(&back), [0, 1, 0]);
        let other: Arc<[u8]> = vec![8; 10].into();
        let other = both.show(&text(""), Some(placement(Graphics::KittyBehindTmux, &other)));
        assert_eq!(count_of(&other), [1, 1, 1]);
        assert_eq!(count(&other, "\u{10eeee}"), 8, "under another number");
        let gone = String::from_utf8_lossy(both.pictures.withdraw()).into_owned();
        assert!(gone.starts_with("\x1bPtmux;\x1b\x1b_Ga=d,d=I,"), "{gone:?}");
    }

    #[test]
    fn what_was_under_a_picture_is_written_again() {
        for graphics in [Graphics::Sixel, Graphics::Iterm2] {
            let data: Arc<[u8]> = (*b"#0~").into();
            let mut both = Both::new();
            let first = both.show(&text(""), Some(placement(graphics, &data)));
            let introduction =
                if graphics == Graphics::Sixel { "\x1bP" } else { "\x1b]1337;File=" };
            assert!(first.contains(&format!("\x1b7\x1b[2;3H{introduction}")), "{first:?}");
            assert_eq!(both.show(&text(""), Some(placement(graphics, &data))), "");
            let gone = both.show(&text(""), None);
            let mut emulator = vt100::Parser::new(4.try_into().unwrap(), 10.try_into().unwrap(), 0);
            emulator.process(b"\x1b[2;3Hxxxx\x1b[3;3Hxxxx\x1b[H");
            // The cursor is where the painter left it in the first frame: the row below.
            emulator.process(first.split("\x1b7").next().unwrap().as_bytes());
            emulator.process(b"\x1b7\x1b[2;3Hxxxx\x1b[3;3Hxxxx\x1b8");
            emulator.process(gone.as_bytes());
            let seen = emulator.screen().contents();
            assert!(!seen.contains('x') && seen.contains("|        |"), "{seen}");
        }
    }

    #[test]
    fn where_something_is_drawn_no_picture_is_placed() {
        let data: Arc<[u8]> = (*b"#0~").into();
        let mut both = Both::new();
        let mut canvas = text("");
        canvas.set_text((4, 2), "!", 1, Style::new());
        let said = both.show(&canvas, Some(placement(Graphics::Sixel, &data)));
        assert!(!said.contains("\x1bP"));
        let outside =
            Placement { area: Rect::new(8, 0, 9, 9), ..placement(Graphics::Sixel, &data) };
        assert!(!both.show(&text(""), Some(outside)).contains("\x1bP"));
    }
}
