//! Strings of JSON as the text they stand for.

use std::borrow::Cow;

use memchr::memchr;

/// What a string says; takes what is between its quotes.
pub fn decode(inner: &str) -> Cow<'_, str> {
    if memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    decode_some(inner, 0, usize::MAX, &mut out);
    Cow::Owned(out)
}

/// Decodes about `budget` bytes from `at` on; returns where to go on. Stops neither in an escape
/// nor in a character. What is no proper escape, half a surrogate pair included, stays as it is.
pub fn decode_some(inner: &str, mut at: usize, budget: usize, out: &mut String) -> usize {
    let end = boundary(inner, at.saturating_add(budget));
    while at < end {
        match memchr(b'\\', &inner.as_bytes()[at..end]) {
            None => {
                out.push_str(&inner[at..end]);
                return end;
            }
            Some(plain) => {
                out.push_str(&inner[at..at + plain]);
                at = escape(inner, at + plain, out);
            }
        }
    }
    at
}

/// The last place not behind `at` that is between two characters.
pub(super) fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Decodes the escape whose backslash is at `at`; returns the place behind it.
fn escape(inner: &str, at: usize, out: &mut String) -> usize {
    let simple = match inner.as_bytes().get(at + 1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'"') => '"',
        Some(b'/') => '/',
        Some(b'\\') => '\\',
        Some(b'u') => return unicode(inner, at, out),
        _ => {
            out.push('\\');
            return at + 1;
        }
    };
    out.push(simple);
    at + 2
}

fn unicode(inner: &str, at: usize, out: &mut String) -> usize {
    let unit = |at: usize| {
        let digits = inner.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let Some(first) = unit(at) else {
        out.push('\\');
        return at + 1;
    };
    let pair = match (first, unit(at + 6)) {
        (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
            char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
        }
        _ => None,
    };
    match (pair, char::from_u32(first)) {
        (Some(c), _) => {
            out.push(c);
            at + 12
        }
        (None, Some(c)) => {
            out.push(c);
            at + 6
        }
        (None, None) => {
            out.push_str(&inner[at..at + 6]);
            at + 6
        }
    }
}

/// The start of a string as one line of its own notation: `\n` stays visible as such, characters
/// that were escaped without need are readable.
pub(super) fn notation(inner: &str, max_bytes: usize) -> String {
    let end = boundary(inner, max_bytes);
    let mut out = String::with_capacity(end);
    let mut at = 0;
    while at < end {
        let Some(plain) = memchr(b'\\', &inner.as_bytes()[at..end]) else {
            out.push_str(&inner[at..end]);
            break;
        };
        out.push_str(&inner[at..at + plain]);
        at += plain;
        let mut decoded = String::new();
        let next = escape(inner, at, &mut decoded);
        let readable = inner[at..next].starts_with("\\u")
            && decoded.chars().all(|c| !c.is_control() && c != '"' && c != '\\');
        out.push_str(if readable { &decoded } else { &inner[at..next] });
        at = next;
    }
    out
}
