//! What the codes inside a sequence say was pressed.
//!
//! Tables only, free of any state. The invariant: whichever way a terminal sends a key, it has one
//! name.

use crate::keymap::{Code, Key};

/// Modifier keys that are held down.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub shift: bool,
    pub alt: bool,
    pub ctrl: bool,
}

impl Held {
    /// `None` for what the app has no use for: releases, and keys held for the window system.
    pub(super) fn parse(field: Option<&str>) -> Option<Self> {
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

pub(super) fn first_number(field: Option<&str>) -> Option<u32> {
    field?.split(':').next()?.parse().ok()
}

/// One name for each key, whichever way the terminal sent it.
pub(super) fn key(code: Code, held: Held) -> Key {
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
pub(super) fn letter(end: u8) -> Option<Code> {
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

/// Keys after ESC O: those with a letter of their own, and the number pad in application mode.
pub(super) fn single(end: u8) -> Option<Code> {
    Some(match end {
        b' ' => Code::Char(' '),
        b'I' => Code::Tab,
        b'M' => Code::Enter,
        b'X' => Code::Char('='),
        // `*+,-./` and the digits, in the order of ASCII.
        b'j'..=b'y' => Code::Char(char::from(end - b'j' + b'*')),
        _ => return letter(end),
    })
}

/// Keys that end in `~`.
pub(super) fn numbered(number: u32) -> Option<Code> {
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

/// Keys that end in `u`, with the number of what they type; keys that type nothing have numbers
/// where Unicode has no characters of its own.
pub(super) fn by_codepoint(codepoint: u32) -> Option<Code> {
    Some(match codepoint {
        9 => Code::Tab,
        13 => Code::Enter,
        27 => Code::Esc,
        8 | 127 => Code::Backspace,
        0xe000..=0xf8ff => return number_pad(codepoint),
        _ => Code::Char(char::from_u32(codepoint).filter(|char| !char.is_control())?),
    })
}

fn number_pad(codepoint: u32) -> Option<Code> {
    Some(match codepoint {
        57399..=57408 => Code::Char(char::from_digit(codepoint - 57399, 10)?),
        57409 => Code::Char('.'),
        57410 => Code::Char('/'),
        57411 => Code::Char('*'),
        57412 => Code::Char('-'),
        57413 => Code::Char('+'),
        57414 => Code::Enter,
        57415 => Code::Char('='),
        57416 => Code::Char(','),
        57417 => Code::Left,
        57418 => Code::Right,
        57419 => Code::Up,
        57420 => Code::Down,
        57421 => Code::PageUp,
        57422 => Code::PageDown,
        57423 => Code::Home,
        57424 => Code::End,
        57426 => Code::Delete,
        _ => return None,
    })
}
