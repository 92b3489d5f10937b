//! Looks through a PDF for what would unpack to more than there is room for, before it is read.
//!
//! The library unpacks streams that hold other objects by itself and without a bound. Such streams
//! stand plainly in the file; here every one that may be of that sort is unpacked to be counted. All
//! other streams are unpacked by [`super::page`], which knows its bounds.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;
use memchr::memmem;

/// What all streams of that sort may unpack to, together.
const MOST_HELD: u64 = 96 << 20;
/// No filter that there is makes more of a byte.
const MOST_GROWTH: u64 = 2_600;

pub(super) const TOO_LARGE: &str = "the PDF unpacks to more than is reasonable";

pub(super) fn check(bytes: &[u8]) -> Result<(), &'static str> {
    check_within(bytes, MOST_HELD)
}

pub(super) fn check_within(bytes: &[u8], most: u64) -> Result<(), &'static str> {
    let encrypted = memmem::find(bytes, b"/Encrypt").is_some();
    let mut held = 0_u64;
    let mut from = 0;
    for at in memmem::find_iter(bytes, b"stream") {
        let before = &bytes[from..at];
        from = at + b"stream".len();
        if before.ends_with(b"end") {
            continue;
        }
        let has = |word: &[u8]| memmem::find(before, word).is_some();
        // Names may hide behind escapes.
        if !(has(b"First") || has(b"/W") || has(b"/XRef") || has(b"#")) {
            continue;
        }
        let data = &bytes[from..];
        let end = memmem::find(data, b"endstream").unwrap_or(data.len());
        let data = &data[..end];
        held = held.saturating_add(grown(before, data, encrypted, most - held));
        if held >= most {
            return Err(TOO_LARGE);
        }
    }
    Ok(())
}

/// What a stream unpacks to, or at most can; no more than `most`.
fn grown(before: &[u8], data: &[u8], encrypted: bool, most: u64) -> u64 {
    let length = data.len() as u64;
    let Some(filter) = memmem::rfind(before, b"Filter").map(|at| &before[at + 6..]) else {
        let hidden = memmem::find(before, b"#").is_some();
        return if hidden {
            length.saturating_mul(MOST_GROWTH).min(most)
        } else {
            length.min(most)
        };
    };
    let filter = filter.trim_ascii_start();
    let alone = match filter.strip_prefix(b"[") {
        None => filter.starts_with(b"/"),
        Some(list) => {
            let list = list.split(|byte| *byte == b']').next().unwrap_or_default();
            memchr::memchr_iter(b'/', list).count() <= 1
        }
    };
    if !alone {
        // One filter on another multiplies what they do.
        return length.saturating_mul(MOST_GROWTH).saturating_mul(MOST_GROWTH).min(most);
    }
    let start = data.iter().position(|byte| !matches!(byte, b'\r' | b'\n' | b' ')).unwrap_or(0);
    let flate = memmem::find(&filter[..filter.len().min(24)], b"Fl").is_some();
    if !flate || encrypted {
        return length.saturating_mul(MOST_GROWTH).min(most);
    }
    unpacked(&data[start..], most).unwrap_or_else(|_| length.saturating_mul(MOST_GROWTH).min(most))
}

/// How much comes out of deflated data, counted up to `most`.
fn unpacked(data: &[u8], most: u64) -> io::Result<u64> {
    io::copy(&mut ZlibDecoder::new(data).take(most), &mut io::sink())
}
