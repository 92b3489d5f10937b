//! In which encoding bytes are text, if in any.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Of that much it is decided what bytes without a mark are.
const LOOK: usize = 64 * 1024;
/// One control character in so many bytes is still text.
const CONTROLS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8WithMark,
    /// Mostly UTF-8; what is not is shown as bytes.
    Utf8Damaged,
    Utf16Le,
    Utf16Be,
    /// What remains; Latin-1 is nearly the same.
    Windows1252,
}

impl Encoding {
    pub fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8WithMark => "UTF-8 with BOM",
            Self::Utf8Damaged => "damaged UTF-8",
            Self::Utf16Le => "UTF-16 LE",
            Self::Utf16Be => "UTF-16 BE",
            Self::Windows1252 => "Windows-1252, guessed",
        }
    }

    /// The bytes, decoded where need be, are proper UTF-8 from end to end.
    pub fn is_utf8(self) -> bool {
        !matches!(self, Self::Utf8Damaged | Self::Windows1252)
    }

    /// `None` where it is no text.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xef, 0xbb, 0xbf, rest @ ..] if simdutf8::basic::from_utf8(rest).is_ok() => {
                return Some(Self::Utf8WithMark);
            }
            [0xff, 0xfe, 0, 0, ..] => return None,
            [0xff, 0xfe, ..] => return Some(Self::Utf16Le),
            [0xfe, 0xff, ..] => return Some(Self::Utf16Be),
            _ => {}
        }
        let look = &bytes[..bytes.len().min(LOOK)];
        if look.contains(&0) {
            return utf16_without_mark(look);
        }
        let odd = |byte: &&u8| matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127);
        let few = look.iter().filter(odd).count() * CONTROLS <= look.len();
        if simdutf8::basic::from_utf8(bytes).is_ok() {
            // Escapes and the like do not make it less of a text; they are shown.
            return Some(Self::Utf8);
        }
        if !few {
            return None;
        }
        let (mut good, mut bad) = (0_usize, 0_usize);
        for chunk in look.utf8_chunks() {
            good += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
            bad += usize::from(!chunk.invalid().is_empty());
        }
        // Letters of Latin-1 hardly ever make proper UTF-8 by chance.
        Some(if good > 0 && good >= bad { Self::Utf8Damaged } else { Self::Windows1252 })
    }

    /// Decodes what cannot be shown piece by piece: UTF-16, without its mark.
    pub(super) fn decode_whole(self, bytes: &[u8]) -> Option<String> {
        let encoding = match self {
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            _ => return None,
        };
        let (text, _) = encoding.decode_with_bom_removal(bytes);
        Some(text.into_owned())
    }

    /// A piece as text; bytes that are none become `\x..`.
    pub(super) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        if self == Self::Windows1252 {
            return WINDOWS_1252.decode_without_bom_handling(bytes).0;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(visible(bytes)),
        }
    }

    /// Letters as they are in a text of this encoding, which for all others is UTF-8.
    pub(super) fn encode(self, letters: &str) -> Cow<'_, [u8]> {
        if self == Self::Windows1252 {
            return WINDOWS_1252.encode(letters).0;
        }
        Cow::Borrowed(letters.as_bytes())
    }
}

fn visible(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Text of western scripts has a zero in every other byte, and hardly one in the others.
fn utf16_without_mark(look: &[u8]) -> Option<Encoding> {
    let pairs = look.len() / 2;
    let zeros = |from: usize| look.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    if pairs < 2 || look.len() % 2 == 1 && look.len() < LOOK {
        return None;
    }
    let is = |many: usize, few: usize| many * 10 >= pairs * 7 && few * 20 <= pairs;
    if is(low_first, high_first) {
        Some(Encoding::Utf16Le)
    } else if is(high_first, low_first) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}
