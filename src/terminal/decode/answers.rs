//! What a terminal says of itself, and how to tell it from keys when its bytes arrive in pieces.
//!
//! Owns the grammar and the meaning of answers. Must know no state: start with [`progress`] and
//! [`in_sequence`]. The invariant: what is not the beginning of one of [`FORMS`] was typed.

use super::super::pictures::Graphics;
use super::super::probe::Answer;
use super::codes::first_number;

/// How far bytes are on their way to something that a terminal says unasked, or was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    No,
    Beginning,
    /// Within free text: whatever is typed would fit.
    Text,
    Whole,
}

/// What stands between the head and the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Nothing,
    Numbers,
    Text,
}

/// Something that a terminal says.
struct Form {
    head: &'static [u8],
    body: Body,
    ends: &'static [&'static [u8]],
}

const fn form(head: &'static [u8], body: Body, ends: &'static [&'static [u8]]) -> Form {
    Form { head, body, ends }
}

/// So many of them are said without a question.
const UNASKED: usize = 4;

const FORMS: &[Form] = &[
    // It has the keyboard, or lost it; a paste begins.
    form(b"\x1b[I", Body::Nothing, &[b""]),
    form(b"\x1b[O", Body::Nothing, &[b""]),
    form(b"\x1b[200~", Body::Nothing, &[b""]),
    // What the mouse does; late ones come after it was given back.
    form(b"\x1b[<", Body::Numbers, &[b"M", b"m"]),
    // What it is, and whether it has a mode.
    form(b"\x1b[?", Body::Numbers, &[b"c", b"$y"]),
    // The size of a cell.
    form(b"\x1b[6;", Body::Numbers, &[b"t"]),
    // The colour of the background; pictures in kitty's way; its name.
    form(b"\x1b]11;", Body::Text, &[b"\x1b\\", b"\x07"]),
    form(b"\x1b_G", Body::Text, &[b"\x1b\\", b"\x07"]),
    form(b"\x1bP>|", Body::Text, &[b"\x1b\\", b"\x07"]),
];

impl Form {
    fn progress(&self, bytes: &[u8]) -> Progress {
        let Some(rest) = bytes.strip_prefix(self.head) else {
            let begun = self.head.starts_with(bytes);
            return if begun { Progress::Beginning } else { Progress::No };
        };
        let in_body = |byte: &u8| match self.body {
            Body::Nothing => false,
            Body::Numbers => byte.is_ascii_digit() || *byte == b';',
            Body::Text => !byte.is_ascii_control(),
        };
        let end = rest.iter().position(|byte| !in_body(byte)).unwrap_or(rest.len());
        let end = &rest[end..];
        if self.ends.contains(&end) {
            Progress::Whole
        } else if !self.ends.iter().any(|wanted| wanted.starts_with(end)) {
            Progress::No
        } else if self.body == Body::Text {
            Progress::Text
        } else {
            Progress::Beginning
        }
    }
}

/// How far `bytes` are, given whether the questions of the probe are still to be answered.
pub(super) fn progress(bytes: &[u8], asked: bool) -> Progress {
    let forms = if asked { FORMS } else { &FORMS[..UNASKED] };
    let mut progress = forms.iter().map(|form| form.progress(bytes));
    progress.find(|progress| *progress != Progress::No).unwrap_or(Progress::No)
}

/// The answers in a sequence that begins with ESC \[ ?; `text` is what follows, up to its end.
pub(super) fn in_sequence(text: &str, end: u8) -> impl Iterator<Item = Answer> {
    // Each number after the first is something that it has.
    let sixel = end == b'c' && text.split(';').skip(1).any(|number| number == "4");
    let sixel = sixel.then_some(Answer::Pictures(Graphics::Sixel));
    let answer = match end {
        b'c' => Some(Answer::Identity),
        b'y' => mode(text),
        _ => None,
    };
    sixel.into_iter().chain(answer)
}

fn mode(text: &str) -> Option<Answer> {
    let (mode, setting) = text.strip_suffix('$')?.split_once(';')?;
    // 1 to 3: set, not set, always set. 0 is unknown and 4 never.
    Some(Answer::Mode(mode.parse().ok()?, matches!(setting, "1" | "2" | "3")))
}

/// Pixels that can be a cell of text, from their two numbers.
pub(super) fn cell_size(height: Option<&str>, width: Option<&str>) -> Option<Answer> {
    let side = |field| {
        let pixels = u16::try_from(first_number(field)?).ok()?;
        (1..=1000).contains(&pixels).then_some(pixels)
    };
    Some(Answer::Cell(side(width)?, side(height)?))
}

/// The background, whether kitty's question was answered with yes, or by the terminal's name which
/// pictures it takes. `said` has neither its ESC nor its end.
pub(super) fn in_string(said: &[u8]) -> Option<Answer> {
    let said = str::from_utf8(said).ok()?;
    if let Some(answer) = said.strip_prefix("_G") {
        let (keys, answer) = answer.split_once(';')?;
        let ours = keys.split(',').any(|key| key == "i=31");
        return (ours && answer == "OK").then_some(Answer::Pictures(Graphics::Kitty));
    }
    if let Some(color) = said.strip_prefix("]11;") {
        return background(color).map(Answer::Background);
    }
    let name = said.strip_prefix("P>|")?;
    if name.starts_with("iTerm2") || name.starts_with("WezTerm") {
        return Some(Answer::Pictures(Graphics::Iterm2));
    }
    // It takes kitty's pictures without its placeholders.
    name.starts_with("Konsole").then_some(Answer::NoPlaceholders)
}

/// `rgb:1e1e/1e1e/2e2e`, or with `rgba:` and a fourth number; one to four digits each (`XParseColor`).
fn background(color: &str) -> Option<[u8; 3]> {
    let numbers = color.strip_prefix("rgb:").or_else(|| color.strip_prefix("rgba:"))?;
    let mut parts = numbers.split('/').map(|digits| {
        let number = u32::from_str_radix(digits, 16).ok()?;
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
        let fits = digits.len() <= 4 && !digits.starts_with('+');
        fits.then(|| u8::try_from(number * 255 / most).ok()).flatten()
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_background_is_read_as_terminals_write_it() {
        for (said, wanted) in [
            ("]11;rgb:1e1e/1e1e/2e2e", Some([0x1e, 0x1e, 0x2e])),
            ("]11;rgb:ff/ff/ff", Some([255, 255, 255])),
            ("]11;rgba:0000/8080/ffff/ffff", Some([0, 128, 255])),
            ("]11;rgb:f/0/8", Some([255, 0, 136])),
            ("]11;rgb:12345/0/0", None),
            ("]11;rgb:/0/0", None),
            ("]11;rgb:+f/0/0", None),
            ("]11;rgb:0/0", None),
            ("]11;#1e1e2e", None),
            ("]10;rgb:ff/ff/ff", None),
        ] {
            let heard = in_string(said.as_bytes());
            assert_eq!(heard, wanted.map(Answer::Background), "{said}");
        }
    }
}
