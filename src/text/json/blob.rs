//! Long base64 as what it is: a kind and a size, never text.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::super::{sanitize, units};

/// Longer runs of base64 are a size, not a text.
const LONG: usize = 1_024;
/// Of that much of a text it is decided what it is.
const LOOK: usize = 1_024;
/// Longest media type that is believed.
const MEDIA_TYPE: usize = 80;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);

/// First bytes of well-known kinds of file.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\x7fELF", "ELF"),
    (b"\0asm", "WebAssembly"),
    (b"OggS", "Ogg"),
    (b"ID3", "MP3"),
    (b"SQLite format 3\0", "SQLite"),
    (b"<svg", "SVG"),
    (b"<?xml", "XML"),
];

/// `base64 · 12K · looks like PNG`, when a string (without its quotes) is that.
pub(super) fn chip(inner: &str) -> Option<String> {
    if let Some(rest) = inner.strip_prefix("data:") {
        let comma = rest.bytes().take(MEDIA_TYPE).position(|byte| byte == b',')?;
        let payload = &rest[comma + 1..];
        let media_type = rest[..comma].strip_suffix(";base64")?;
        let media_type = if media_type.is_empty() { "text/plain" } else { media_type };
        let media_type = sanitize::preview(media_type, MEDIA_TYPE);
        return Some(format!("data URL · {media_type} · {}", size(payload)));
    }
    if inner.len() <= LONG || !is_base64(inner) {
        return None;
    }
    let kind = looks_like(inner).map_or_else(String::new, |kind| format!(" · looks like {kind}"));
    Some(format!("base64 · {}{kind}", size(inner)))
}

/// Of what it stands for.
fn size(payload: &str) -> String {
    units::bytes(payload.len() as u64 / 4 * 3)
}

fn is_base64(inner: &str) -> bool {
    // Lines of base64 are broken by some; between quotes that is a backslash and a letter.
    let start = inner.as_bytes()[..LOOK.min(inner.len())].iter();
    start.enumerate().all(|(at, byte)| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
            || (*byte == b'\\' && at >= 60)
    })
}

fn looks_like(inner: &str) -> Option<&'static str> {
    let first: String = inner.bytes().take(32).map(char::from).collect();
    let first = first.replace('-', "+").replace('_', "/");
    let bytes = STANDARD.decode(first).ok()?;
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("WebP");
    }
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}
