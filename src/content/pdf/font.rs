//! Codes of a font as letters, and how wide each is.

use std::collections::HashMap;

use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};
use hayro_cmap::{BfString, CMap};
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};

use super::names;
use super::page::unpacked;

/// Thousandths of the size of the font, for what says nothing about its width.
const USUAL_WIDTH: f64 = 500.0;
/// A font names no more widths than that.
const MOST_WIDTHS: usize = 70_000;

pub(super) struct Font {
    /// The file says itself what codes mean.
    told: Option<CMap>,
    codes: Codes,
    widths: HashMap<u32, f64>,
    usual: f64,
}

enum Codes {
    /// One byte a letter.
    Simple(Box<[Option<String>; 256]>),
    /// Two bytes a letter, which are UTF-16 in some fonts and a number of a glyph in others.
    Double { utf16: bool },
}

/// One code of a string.
pub(super) struct Glyph {
    /// Empty where nobody knows.
    pub letters: String,
    /// In thousandths of the size of the font.
    pub width: f64,
    /// The one code that stretches with the space between words.
    pub is_space: bool,
}

impl Font {
    pub(super) fn of(dict: &Dict) -> Self {
        let told = dict.get::<Stream>("ToUnicode").and_then(|stream| unpacked(&stream));
        let told = told.and_then(|data| CMap::parse(&data, |_| None));
        let is_double = dict.get::<Name>("Subtype").is_some_and(|sort| sort.as_ref() == b"Type0");
        if is_double {
            let name = dict.get::<Name>("Encoding");
            let name = name.as_ref().map_or(&b""[..], |name| name.as_ref());
            let has = |word: &[u8]| memchr::memmem::find(name, word).is_some();
            let codes = Codes::Double { utf16: has(b"UCS2") || has(b"UTF16") };
            let inner = dict.get::<Array>("DescendantFonts");
            let inner = inner.and_then(|fonts| fonts.iter::<Dict>().next());
            let usual = inner.as_ref().and_then(|font| font.get::<f64>("DW")).unwrap_or(1_000.0);
            let widths = inner.and_then(|font| font.get::<Array>("W"));
            let widths = widths.map(|widths| double_widths(&widths)).unwrap_or_default();
            return Self { told, codes, widths, usual };
        }
        let first = dict.get::<u32>("FirstChar").unwrap_or(0);
        let widths = dict.get::<Array>("Widths");
        let widths = widths.map(|widths| {
            let widths = widths.iter::<Number>().take(256).enumerate();
            let code = |at: usize| first.saturating_add(u32::try_from(at).unwrap_or(0));
            widths.map(|(at, width)| (code(at), width.as_f64())).collect()
        });
        let codes = Codes::Simple(Box::new(simple_codes(dict)));
        Self { told, codes, widths: widths.unwrap_or_default(), usual: USUAL_WIDTH }
    }

    /// What a string of the page means.
    pub(super) fn glyphs(&self, string: &[u8]) -> Vec<Glyph> {
        let size = if matches!(self.codes, Codes::Simple(_)) { 1 } else { 2 };
        let glyph = |bytes: &[u8]| {
            let code = bytes.iter().fold(0, |code, byte| code << 8 | u32::from(*byte));
            let width = self.widths.get(&code).copied().filter(|width| width.is_finite());
            Glyph {
                letters: self.letters(code).unwrap_or_default(),
                width: width.unwrap_or(self.usual),
                is_space: size == 1 && code == 32,
            }
        };
        string.chunks(size).map(glyph).collect()
    }

    fn letters(&self, code: u32) -> Option<String> {
        let told = self.told.as_ref().and_then(|map| map.lookup_bf_string(code));
        match (told, &self.codes) {
            (Some(BfString::Char(letter)), _) => Some(letter.to_string()),
            (Some(BfString::String(letters)), _) => Some(letters),
            (None, Codes::Simple(table)) => table.get(usize::try_from(code).ok()?)?.clone(),
            (None, Codes::Double { utf16: true }) => char::from_u32(code).map(String::from),
            (None, Codes::Double { utf16: false }) => None,
        }
    }
}

fn simple_codes(dict: &Dict) -> [Option<String>; 256] {
    let encoding = dict.get::<Object>("Encoding");
    let (base, differences) = match encoding {
        Some(Object::Name(name)) => (Some(name.as_ref().to_vec()), None),
        Some(Object::Dict(encoding)) => {
            let base = encoding.get::<Name>("BaseEncoding").map(|name| name.as_ref().to_vec());
            (base, encoding.get::<Array>("Differences"))
        }
        _ => (None, None),
    };
    let by = |encoding: &'static Encoding, code: u8| {
        let bytes = [code];
        let (text, _) = encoding.decode_without_bom_handling(&bytes);
        Some(text.into_owned()).filter(|text| code >= 0x20 && text != "\u{fffd}")
    };
    let mut out = std::array::from_fn(|code| {
        let code = u8::try_from(code).unwrap_or(0);
        match base.as_deref() {
            Some(b"WinAnsiEncoding") => by(WINDOWS_1252, code),
            Some(b"MacRomanEncoding") => by(MACINTOSH, code),
            _ => names::standard(code).map(String::from),
        }
    });
    let mut code = 0_usize;
    for object in differences.iter().flat_map(Array::iter::<Object>) {
        match object {
            Object::Number(number) => code = usize::try_from(number.as_i64()).unwrap_or(256),
            Object::Name(name) => {
                if let Some(place) = out.get_mut(code) {
                    *place = names::letters(&String::from_utf8_lossy(name.as_ref()));
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    out
}

/// `[first [width width …] first last width …]`
fn double_widths(array: &Array) -> HashMap<u32, f64> {
    let code = |number: Number| u32::try_from(number.as_i64()).ok();
    let mut out = HashMap::new();
    let mut objects = array.iter::<Object>();
    while let Some(Object::Number(first)) = objects.next() {
        let Some(first) = code(first) else { break };
        match objects.next() {
            Some(Object::Array(widths)) => {
                let widths = (first..).zip(widths.iter::<Number>());
                out.extend(widths.take(MOST_WIDTHS).map(|(code, width)| (code, width.as_f64())));
            }
            Some(Object::Number(last)) => {
                let (Some(last), Some(Object::Number(width))) = (code(last), objects.next()) else {
                    break;
                };
                out.extend((first..=last).take(MOST_WIDTHS).map(|code| (code, width.as_f64())));
            }
            _ => break,
        }
        if out.len() > MOST_WIDTHS {
            break;
        }
    }
    out
}
