//! Looking for something in the bytes of a text.

use std::fmt::Write as _;
use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::Encoding;

/// More are not counted.
const MOST: usize = 100_000;
/// Looked through between two looks at whether anybody still waits.
const STRETCH: usize = 1 << 20;
/// A match may reach so far beyond a stretch.
const OVERLAP: usize = 64 * 1024;

/// What is looked for: letters, or `/regex/`. Capitals count where there are any.
#[derive(Debug, Clone)]
pub struct Pattern {
    typed: String,
    regex: Regex,
    in_bytes: bool,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.typed, self.in_bytes) == (&other.typed, other.in_bytes)
    }
}

impl Pattern {
    /// `None` where nothing is looked for; in words what is wrong with a regex.
    pub fn read(typed: &str, encoding: Encoding) -> Result<Option<Self>, String> {
        if typed.is_empty() {
            return Ok(None);
        }
        let inner = typed.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let inner = inner.filter(|inner| !inner.is_empty());
        let letters = encoding.encode(typed);
        let plain = match std::str::from_utf8(&letters) {
            Ok(letters) => regex::escape(letters),
            Err(_) => letters.iter().fold("(?-u)".to_owned(), |mut out, byte| {
                let _ = write!(out, "\\x{byte:02x}");
                out
            }),
        };
        let regex = RegexBuilder::new(inner.unwrap_or(&plain))
            .case_insensitive(!typed.chars().any(char::is_uppercase))
            .multi_line(true)
            .size_limit(1 << 20)
            .build();
        match regex {
            Ok(regex) => Ok(Some(Self { typed: typed.to_owned(), regex, in_bytes: false })),
            Err(error) => {
                let words = error.to_string();
                let last = words.lines().last().unwrap_or_default();
                Err(last.trim_start_matches("error: ").to_owned())
            }
        }
    }

    /// Bytes to be looked for in the file as it is: `0x89 50 4e`, or the letters of anything else.
    pub fn read_bytes(typed: &str) -> Result<Option<Self>, String> {
        let Some(digits) = typed.strip_prefix("0x").or_else(|| typed.strip_prefix("0X")) else {
            let quoted = typed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let letters = quoted.filter(|inner| !inner.is_empty()).unwrap_or(typed);
            let pattern = Self::read(letters, Encoding::Utf8)?;
            return Ok(pattern.map(|pattern| Self {
                typed: typed.to_owned(),
                in_bytes: true,
                ..pattern
            }));
        };
        let digits: String = digits.split_whitespace().collect();
        let digits = digits.replace("0x", "");
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("bytes are two hex digits each: 0x89 50 4e".to_owned());
        }
        // Half a byte is one that is still being typed.
        let mut bytes = "(?-u)".to_owned();
        for pair in digits.as_bytes().chunks_exact(2) {
            let _ = write!(bytes, "\\x{}", String::from_utf8_lossy(pair));
        }
        if digits.len() < 2 {
            return Ok(None);
        }
        let regex = RegexBuilder::new(&bytes).size_limit(1 << 20).build();
        let regex = regex.map_err(|_| "that is too long to be looked for".to_owned())?;
        Ok(Some(Self { typed: typed.to_owned(), regex, in_bytes: true }))
    }

    /// Places are those of the file, and not of its text.
    pub fn is_in_bytes(&self) -> bool {
        self.in_bytes
    }

    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Where it is in a short text.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let found = self.regex.find_iter(text.as_bytes()).map(|found| found.range());
        found.filter(|range| !range.is_empty()).take(MOST).collect()
    }
}

/// Where something is in a text, in the order of the text.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    places: Vec<Range<usize>>,
    more: bool,
}

impl Hits {
    pub(super) fn look(pattern: &Pattern, bytes: &[u8], gone: &dyn Fn() -> bool) -> Option<Self> {
        let mut out = Self::default();
        let mut at = 0;
        let mut stretch = STRETCH;
        while at < bytes.len() {
            if gone() {
                return None;
            }
            let seen = &bytes[..(stretch + OVERLAP).min(bytes.len())];
            let found = pattern.regex.find_at(seen, at).filter(|found| found.start() < stretch);
            let Some(found) = found else {
                at = stretch.max(at);
                stretch = at + STRETCH;
                continue;
            };
            if out.places.len() == MOST {
                out.more = true;
                break;
            }
            if !found.is_empty() {
                out.places.push(found.range());
            }
            at = found.end().max(found.start() + 1).max(at + 1);
        }
        Some(out)
    }

    /// All at once, in what is short.
    pub fn in_short(pattern: &Pattern, bytes: &[u8]) -> Self {
        Self::look(pattern, bytes, &|| false).unwrap_or_default()
    }

    /// For views that have places of their own.
    pub fn of(places: Vec<Range<usize>>) -> Self {
        Self { places, more: false }
    }

    pub fn places(&self) -> &[Range<usize>] {
        &self.places
    }

    /// There are more than are counted.
    pub fn more(&self) -> bool {
        self.more
    }

    /// The first one that ends behind a byte.
    pub fn first_behind(&self, byte: usize) -> usize {
        self.places.partition_point(|place| place.end <= byte)
    }

    /// Those that have something in common with a stretch of the text.
    pub fn within(&self, range: &Range<usize>) -> &[Range<usize>] {
        let rest = &self.places[self.first_behind(range.start)..];
        &rest[..rest.partition_point(|place| place.start < range.end)]
    }
}
