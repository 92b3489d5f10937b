//! The bytes that a terminal sends, as keys, pastes and answers.
//!
//! Sequences are cut by their grammar first and looked up second, so that one with an unknown
//! meaning is dropped as a whole and what follows is understood again.

use std::collections::VecDeque;

use crate::keymap::{Code, Key};

use super::input::TerminalEvent;
use super::pictures::Graphics;
use super::probe::Answer;

/// What a terminal sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Event(TerminalEvent),
    Answer(Answer),
}

const ESC: u8 = 0x1b;
/// A longer sequence means nothing here.
const LONGEST_SEQUENCE: usize = 256;
/// A longer paste is cut.
const LONGEST_PASTE: usize = 16 << 20;
const PASTE_END: &[u8] = b"\x1b[201~";

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After ESC O.
    Single,
    /// After ESC \[.
    Sequence,
    /// After ESC \[ \[, as the console of Linux sends its function keys.
    Console,
    /// Within a character of several bytes; so many are missing, and whether Alt is held.
    Character(u8, bool),
    /// Within the old report of a mouse; so many bytes are left.
    Mouse(u8),
    /// Within a string that only ESC \\ or BEL ends; whether ESC was there.
    String(bool),
    Paste,
}

/// Cuts bytes into events, wherever they were torn apart on their way.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    pending: Vec<u8>,
    heard: VecDeque<Heard>,
}

impl Decoder {
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// Whether the last byte is the Esc key unless more follows soon.
    pub fn is_undecided(&self) -> bool {
        self.state == State::Escape
    }

    /// Nothing followed: it was the Esc key.
    pub fn decide(&mut self) {
        if self.is_undecided() {
            self.state = State::Ground;
            self.key(Code::Esc, Held::default());
        }
    }

    pub fn next_heard(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    fn byte(&mut self, byte: u8) {
        match self.state {
            State::Ground => self.begin(byte, false),
            State::Escape => match byte {
                ESC => self.key(Code::Esc, Held::default()),
                b'[' => self.go(State::Sequence),
                b'O' => self.go(State::Single),
                b'P' | b']' | b'_' | b'^' => {
                    self.go(State::String(false));
                    self.pending.push(byte);
                }
                _ => {
                    self.state = State::Ground;
                    self.begin(byte, true);
                }
            },
            State::Single => {
                self.state = State::Ground;
                // The Enter of the number pad has a letter only here.
                let code = if byte == b'M' { Some(Code::Enter) } else { letter(byte) };
                if let Some(code) = code {
                    self.key(code, Held::default());
                }
            }
            State::Console => {
                self.state = State::Ground;
                if let b'A'..=b'E' = byte {
                    self.key(Code::F(byte - b'A' + 1), Held::default());
                }
            }
            State::Sequence => self.sequence_byte(byte),
            State::Character(missing, alt) => self.character_byte(byte, missing, alt),
            State::Mouse(left) => {
                self.state = if left > 1 { State::Mouse(left - 1) } else { State::Ground };
            }
            State::String(escaped) => {
                let ended = byte == 0x07 || (escaped && byte == b'\\');
                if ended {
                    self.state = State::Ground;
                    let said = std::mem::take(&mut self.pending);
                    self.heard.extend(answer_in_string(&said).map(Heard::Answer));
                } else {
                    self.state = State::String(byte == ESC);
                    if self.pending.len() < LONGEST_SEQUENCE {
                        self.pending.push(byte);
                    }
                }
            }
            State::Paste => self.paste_byte(byte),
        }
    }

    fn go(&mut self, state: State) {
        self.state = state;
        self.pending.clear();
    }

    /// The first byte of something; `alt` when ESC came before it.
    fn begin(&mut self, byte: u8, alt: bool) {
        let ctrl = Held { ctrl: true, alt, ..Held::default() };
        let plain = Held { alt, ..Held::default() };
        match byte {
            ESC => self.go(State::Escape),
            b'\r' => self.key(Code::Enter, plain),
            b'\t' => self.key(Code::Tab, plain),
            0x7f => self.key(Code::Backspace, plain),
            0 => self.key(Code::Char(' '), ctrl),
            1..=26 => self.key(Code::Char(char::from(byte - 1 + b'a')), ctrl),
            28..=31 => self.key(Code::Char(char::from(byte - 28 + b'4')), ctrl),
            0x20..=0x7e => self.key(Code::Char(char::from(byte)), plain),
            0xc2..=0xf4 => {
                let missing = if byte < 0xe0 { 1 } else { 2 + u8::from(byte >= 0xf0) };
                self.go(State::Character(missing, alt));
                self.pending.push(byte);
            }
            _ => {}
        }
    }

    fn character_byte(&mut self, byte: u8, missing: u8, alt: bool) {
        if byte & 0xc0 != 0x80 {
            // Torn: what was there is no character, this byte begins something new.
            self.state = State::Ground;
            self.begin(byte, false);
            return;
        }
        self.pending.push(byte);
        if missing > 1 {
            self.state = State::Character(missing - 1, alt);
            return;
        }
        self.state = State::Ground;
        let text = str::from_utf8(&self.pending).ok();
        if let Some(char) = text.and_then(|text| text.chars().next()) {
            self.key(Code::Char(char), Held { alt, ..Held::default() });
        }
    }

    fn sequence_byte(&mut self, byte: u8) {
        match byte {
            b'[' if self.pending.is_empty() => self.state = State::Console,
            b'M' if self.pending.is_empty() => self.state = State::Mouse(3),
            0x20..=0x3f if self.pending.len() < LONGEST_SEQUENCE => self.pending.push(byte),
            0x20..=0x3f => {}
            0x40..=0x7e => {
                self.state = State::Ground;
                let parameters = std::mem::take(&mut self.pending);
                if parameters.len() < LONGEST_SEQUENCE {
                    self.sequence(&parameters, byte);
                }
            }
            // Not of a sequence: it was cut short.
            _ => {
                self.state = State::Ground;
                self.begin(byte, false);
            }
        }
    }

    fn sequence(&mut self, parameters: &[u8], end: u8) {
        let Ok(text) = str::from_utf8(parameters) else { return };
        if let Some(text) = text.strip_prefix('?') {
            // Each number after the first is something that it has.
            if end == b'c' && text.split(';').skip(1).any(|number| number == "4") {
                self.heard.push_back(Heard::Answer(Answer::Pictures(Graphics::Sixel)));
            }
            self.heard.extend(answer(text, end).map(Heard::Answer));
            return;
        }
        let mut fields = text.split(';');
        let number = first_number(fields.next());
        let held = fields.next();
        match (end, number) {
            (b'~', Some(200)) => {
                self.state = State::Paste;
                self.pending.clear();
            }
            (b'~', Some(27)) => {
                // Any key at all, as xterm sends them where it was told to.
                let code = first_number(fields.next()).and_then(by_codepoint);
                self.key_if(code, held);
            }
            (b'~', Some(number)) => self.key_if(numbered(number), held),
            (b'u', Some(codepoint)) => self.key_if(by_codepoint(codepoint), held),
            (b'I' | b'O', _) if text.is_empty() => {
                self.heard.push_back(Heard::Event(TerminalEvent::Focus(end == b'I')));
            }
            (b't', Some(6)) => {
                let cell = first_number(fields.next()).zip(first_number(held));
                self.heard.extend(cell.and_then(cell_size).map(Heard::Answer));
            }
            (b'Z', _) => self.key(Code::BackTab, Held::default()),
            (_, Some(1)) => self.key_if(letter(end), held),
            (_, None) if text.is_empty() || text.starts_with(';') => {
                self.key_if(letter(end), held);
            }
            _ => {}
        }
    }

    fn paste_byte(&mut self, byte: u8) {
        self.pending.push(byte);
        if self.pending.ends_with(PASTE_END) {
            self.state = State::Ground;
            let text = &self.pending[..self.pending.len() - PASTE_END.len()];
            // Terminals send line ends of a paste as the Enter key would.
            let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace('\r', "\n");
            self.heard.push_back(Heard::Event(TerminalEvent::Paste(text)));
            self.pending = Vec::new();
        } else if self.pending.len() > LONGEST_PASTE {
            // Keeps as much as could be the beginning of its end.
            let surplus = LONGEST_PASTE - PASTE_END.len();
            self.pending.remove(surplus);
        }
    }

    fn key_if(&mut self, code: Option<Code>, held: Option<&str>) {
        if let (Some(code), Some(held)) = (code, Held::parse(held)) {
            self.key(code, held);
        }
    }

    fn key(&mut self, code: Code, held: Held) {
        self.heard.push_back(Heard::Event(TerminalEvent::Key(key(code, held))));
    }
}

/// Modifier keys that are held down.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    shift: bool,
    alt: bool,
    ctrl: bool,
}

impl Held {
    /// `None` for what the app has no use for: releases, and keys held for the window system.
    fn parse(field: Option<&str>) -> Option<Self> {
        let mut parts = field.unwrap_or_default().split(':');
        let bits = first_number(parts.next()).unwrap_or(1).saturating_sub(1);
        let released = parts.next() == Some("3");
        // The locks, 64 and 128, are no modifiers.
        let foreign = bits & 0b11_1000 != 0;
        (!released && !foreign).then_some(Self {
            shift: bits & 1 != 0,
            alt: bits & 2 != 0,
            ctrl: bits & 4 != 0,
        })
    }
}

fn first_number(field: Option<&str>) -> Option<u32> {
    field?.split(':').next()?.parse().ok()
}

/// One name for each key, whichever way the terminal sent it.
fn key(code: Code, held: Held) -> Key {
    let Held { mut shift, alt, ctrl } = held;
    let code = match code {
        Code::Char(char) => {
            // Some terminals send Shift and `g`, some send `G`, some both.
            let char = match char {
                _ if ctrl => char.to_ascii_lowercase(),
                _ if shift => upper(char),
                _ => char,
            };
            shift = false;
            Code::Char(char)
        }
        Code::Tab if shift => {
            shift = false;
            Code::BackTab
        }
        other => other,
    };
    Key { code, ctrl, alt, shift }
}

/// The upper-case letter when it is one letter; `ß` stays.
fn upper(char: char) -> char {
    let mut letters = char.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => letter,
        _ => char,
    }
}

/// Keys that end in a letter of their own.
fn letter(end: u8) -> Option<Code> {
    Some(match end {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'P'..=b'S' => Code::F(end - b'P' + 1),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<Code> {
    Some(match number {
        1 | 7 => Code::Home,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => return function(number - 10),
        17..=21 => return function(number - 11),
        23..=26 => return function(number - 12),
        28 | 29 => return function(number - 13),
        31..=34 => return function(number - 14),
        _ => return None,
    })
}

fn function(number: u32) -> Option<Code> {
    u8::try_from(number).ok().map(Code::F)
}

fn by_codepoint(codepoint: u32) -> Option<Code> {
    Some(match codepoint {
        9 => Code::Tab,
        13 => Code::Enter,
        27 => Code::Esc,
        8 | 127 => Code::Backspace,
        _ => Code::Char(char::from_u32(codepoint).filter(|char| !char.is_control())?),
    })
}

/// Pixels that can be a cell of text.
fn cell_size((width, height): (u32, u32)) -> Option<Answer> {
    let side =
        |pixels: u32| u16::try_from(pixels).ok().filter(|pixels| (1..=1000).contains(pixels));
    Some(Answer::Cell(side(width)?, side(height)?))
}

/// Whether kitty's question was answered with yes, or the terminal's name says which pictures it
/// takes.
fn answer_in_string(said: &[u8]) -> Option<Answer> {
    let said = str::from_utf8(said).ok()?.trim_end_matches('\x1b');
    if let Some(answer) = said.strip_prefix("_G") {
        let (keys, answer) = answer.split_once(';')?;
        let ours = keys.split(',').any(|key| key == "i=31");
        return (ours && answer == "OK").then_some(Answer::Pictures(Graphics::Kitty));
    }
    let name = said.strip_prefix("P>|")?;
    let takes = name.starts_with("iTerm2") || name.starts_with("WezTerm");
    takes.then_some(Answer::Pictures(Graphics::Iterm2))
}

fn answer(text: &str, end: u8) -> Option<Answer> {
    match end {
        b'c' => Some(Answer::Identity),
        b'y' => {
            let (mode, setting) = text.strip_suffix('$')?.split_once(';')?;
            // 1 to 3: set, not set, always set. 0 is unknown and 4 never.
            Some(Answer::Mode(mode.parse().ok()?, matches!(setting, "1" | "2" | "3")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What was heard, in words.
    fn heard(decoder: &mut Decoder) -> Vec<String> {
        std::iter::from_fn(|| decoder.next_heard())
            .map(|heard| match heard {
                Heard::Event(TerminalEvent::Key(key)) => key.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    fn decode(bytes: &[u8]) -> String {
        let mut decoder = Decoder::default();
        decoder.feed(bytes);
        decoder.decide();
        heard(&mut decoder).join(" ")
    }

    #[test]
    fn keys_arrive_in_the_notation() {
        for (bytes, expected) in [
            ("g", "g"),
            ("G", "G"),
            ("ß漢🚀", "ß 漢 🚀"),
            ("\x04", "<c-d>"),
            ("\n", "<c-j>"),
            ("\r\t\x7f ", "<enter> <tab> <bs> <space>"),
            ("\x1b", "<esc>"),
            ("\x1b\x1b", "<esc> <esc>"),
            ("\x1bx", "<a-x>"),
            ("\x1b[A\x1bOB\x1b[1;5C", "<up> <down> <c-right>"),
            ("\x1b[1;2D\x1b[H\x1bOF\x1b[4~", "<s-left> <home> <end> <end>"),
            ("\x1b[3~\x1b[5~\x1b[6~", "<del> <pgup> <pgdn>"),
            ("\x1b[Z\x1b[9;2u", "<s-tab> <s-tab>"),
            ("\x1bOP\x1b[12~\x1b[[C\x1b[15~\x1b[24~", "<f1> <f2> <f3> <f5> <f12>"),
            ("\x1b[103;2u\x1b[100;5u\x1b[27;5;106~", "G <c-d> <c-j>"),
        ] {
            assert_eq!(decode(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn the_terminal_says_whether_it_has_the_keyboard() {
        let mut decoder = Decoder::default();
        decoder.feed(b"\x1b[I\x1b[O");
        let heard: Vec<_> = std::iter::from_fn(|| decoder.next_heard()).collect();
        let focus = |has| Heard::Event(TerminalEvent::Focus(has));
        assert_eq!(heard, [focus(true), focus(false)]);
    }

    #[test]
    fn what_is_not_for_us_is_dropped_as_a_whole() {
        for bytes in [
            "\x1b[120;1:3u",
            "\x1b[99;9u",
            "\x1b[<0;10;10M\x1b[<0;10;10m",
            "\x1b[M !!",
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1bP1$r0m\x1b\\",
            "\x1b[2~",
            "\x1b[?2004;1$z",
        ] {
            assert_eq!(decode(format!("{bytes}q").as_bytes()), "q", "{bytes:?}");
        }
        assert_eq!(decode(b"\xff\xc3q\xe6\xbcj"), "q j");
    }

    #[test]
    fn answers_are_not_keys_and_the_keys_between_them_are_not_lost() {
        let mut decoder = Decoder::default();
        decoder.feed(b"j\x1b[?2026;2$yk\x1b[?69;0$y\x1b[Bc\x1b[?62;22cu");
        let said = heard(&mut decoder).join(" ");
        let expected = "j Answer(Mode(2026, true)) k Answer(Mode(69, false)) <down> c \
                        Answer(Identity) u";
        assert_eq!(said, expected);
    }

    #[test]
    fn what_a_terminal_says_of_pictures_is_heard_between_the_keys() {
        let mut decoder = Decoder::default();
        decoder.feed(b"j\x1b_Gi=31;OK\x1b\\k\x1bP>|iTerm2 3.5.0\x1b\\\x1b[6;20;10tl\x1b[?62;4c");
        let said = heard(&mut decoder).join(" ");
        let expected = "j Answer(Pictures(Kitty)) k Answer(Pictures(Iterm2)) \
                        Answer(Cell(10, 20)) l Answer(Pictures(Sixel)) Answer(Identity)";
        assert_eq!(said, expected);
        for no in
            ["\x1b_Gi=31;ENOTSUP:no\x1b\\", "\x1bP>|tmux 3.4\x1b\\", "\x1b[6;0;0t", "\x1b[8;24;80t"]
        {
            assert_eq!(decode(format!("{no}q").as_bytes()), "q", "{no:?}");
        }
    }

    #[test]
    fn pasted_lines_end_like_lines() {
        let mut decoder = Decoder::default();
        decoder.feed(b"\x1b[200~a\rb\r\nc\n\x1b[A\x1b[201~x");
        let paste = Heard::Event(TerminalEvent::Paste("a\nb\nc\n\x1b[A".to_owned()));
        assert_eq!(decoder.next_heard(), Some(paste));
        assert_eq!(heard(&mut decoder), ["x"]);
    }

    #[test]
    fn escape_waits_for_what_follows() {
        let mut decoder = Decoder::default();
        decoder.feed(b"\x1b");
        assert!(decoder.is_undecided());
        assert_eq!(decoder.next_heard(), None);
        decoder.feed(b"[");
        assert!(!decoder.is_undecided());
        decoder.feed(b"A");
        assert_eq!(heard(&mut decoder), ["<up>"]);
    }

    proptest! {
        #[test]
        fn bytes_mean_the_same_however_they_were_torn(
            parts in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..6),
                    "[ -~é漢\u{1b}]{0,8}".prop_map(String::into_bytes),
                    Just(b"\x1b[?2026;2$y".to_vec()),
                    Just(b"\x1b[200~p\x1b[201~".to_vec()),
                    Just(b"\x1b[1;5A".to_vec()),
                ],
                0..12,
            ),
        ) {
            let (mut torn, mut whole) = (Decoder::default(), Decoder::default());
            for part in &parts {
                torn.feed(part);
            }
            whole.feed(&parts.concat());
            prop_assert_eq!(heard(&mut torn), heard(&mut whole));
            prop_assert!(whole.pending.len() <= parts.concat().len());
        }
    }
}
