//! The reply about one artifact, read as it comes: its `data` is decoded on the way, and the rest,
//! which is small, is kept to be read as JSON at the end.
//!
//! Touches no network. Start with [`Scan::feed`]. The invariant: neither the reply nor its base64
//! is ever held whole; what is held does not grow with the size of the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::text::units;

/// What a reply may hold beside the data: names, metadata, a description.
const MOST_REST: usize = 1 << 20;
/// Base64 characters that are decoded at once.
const AT_ONCE: usize = 64 * 1024;
const KEY: &[u8] = b"data";

/// Why the data of a reply cannot be all of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// The text is no base64 from this byte of the decoded file on.
    NotBase64 { at: u64 },
    /// There is far more in the reply than an artifact has.
    TooMuch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Between values, or in one that is no string.
    Outside,
    InString,
    AfterBackslash,
    InData,
    DataAfterBackslash,
    /// In a `\u` escape within the data: digits so far, and their value.
    DataCode(u8, u16),
}

/// The state of one reply.
pub(super) struct Scan {
    at: At,
    depth: usize,
    /// Next at the top level comes a key, and not a value.
    expects_key: bool,
    /// The last string at the top level that may be a key.
    key: Vec<u8>,
    rest: Vec<u8>,
    data: Data,
    had_data: bool,
}

/// The decoded side.
struct Data {
    /// Characters that wait for the rest of their group of four.
    waiting: Vec<u8>,
    decoded: Vec<u8>,
    padded: bool,
    size: u64,
    sum: Sha256,
    broken: Option<Broken>,
}

/// What a reply held.
pub(super) struct Scanned {
    /// The reply with an empty `data`.
    pub(super) rest: Vec<u8>,
    /// Bytes that were decoded.
    pub(super) size: u64,
    /// Their SHA-256 in hex.
    pub(super) sum: String,
    pub(super) had_data: bool,
    pub(super) broken: Option<Broken>,
}

impl Scan {
    pub(super) fn new() -> Self {
        Self {
            at: At::Outside,
            depth: 0,
            expects_key: false,
            key: Vec::new(),
            rest: Vec::new(),
            data: Data {
                waiting: Vec::new(),
                decoded: Vec::new(),
                padded: false,
                size: 0,
                sum: Sha256::new(),
                broken: None,
            },
            had_data: false,
        }
    }

    /// Bytes that were decoded so far.
    pub(super) fn size(&self) -> u64 {
        self.data.size
    }

    /// Reads the next piece of the reply; `sink` gets the bytes that it decodes to.
    pub(super) fn feed(&mut self, piece: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let mut left = piece;
        while let Some(byte) = left.first().copied() {
            match self.at {
                At::InData => {
                    let end = memchr::memchr2(b'"', b'\\', left).unwrap_or(left.len());
                    self.data.take(&left[..end], sink);
                    left = &left[end..];
                    let Some(byte) = left.first() else { break };
                    if *byte == b'"' {
                        self.data.finish(sink);
                        self.keep(b'"');
                        self.at = At::Outside;
                    } else {
                        self.at = At::DataAfterBackslash;
                    }
                }
                At::DataAfterBackslash => match byte {
                    b'u' => self.at = At::DataCode(0, 0),
                    // Of all that can be escaped so, base64 has only the slash.
                    other => {
                        self.at = At::InData;
                        let other = if other == b'/' { other } else { 0 };
                        self.data.take(&[other], sink);
                    }
                },
                At::DataCode(digits, code) => {
                    let digit = char::from(byte).to_digit(16).and_then(|digit| {
                        let digit = u16::try_from(digit).ok()?;
                        Some(code << 4 | digit)
                    });
                    // A wrong digit is as good as a wrong character.
                    let code = digit.unwrap_or(0);
                    self.at = At::DataCode(digits + 1, code);
                    if digits == 3 {
                        self.at = At::InData;
                        self.data.take(&[u8::try_from(code).unwrap_or(0)], sink);
                    }
                }
                At::InString => {
                    let end = memchr::memchr2(b'"', b'\\', left).unwrap_or(left.len());
                    self.keep_all(&left[..end]);
                    left = &left[end..];
                    let Some(byte) = left.first().copied() else { break };
                    self.keep(byte);
                    self.at = if byte == b'"' { At::Outside } else { At::AfterBackslash };
                }
                At::AfterBackslash => {
                    self.keep(byte);
                    self.at = At::InString;
                }
                At::Outside => self.outside(byte),
            }
            left = left.get(1..).unwrap_or_default();
        }
    }

    fn outside(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => {
                self.depth += 1;
                self.expects_key = self.depth == 1 && byte == b'{';
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 1 => self.expects_key = true,
            b':' if self.depth == 1 => self.expects_key = false,
            b'"' => {
                if self.depth == 1 && self.expects_key {
                    self.key.clear();
                }
                let is_data = self.depth == 1 && !self.expects_key && self.key == KEY;
                self.had_data |= is_data;
                self.at = if is_data { At::InData } else { At::InString };
            }
            _ => {}
        }
        self.push(byte);
    }

    /// Of a string outside the data, its closing quote included.
    fn keep(&mut self, byte: u8) {
        let in_string = matches!(self.at, At::InString | At::AfterBackslash);
        let closes = byte == b'"' && self.at == At::InString;
        if in_string && !closes && self.depth == 1 && self.expects_key && self.key.len() <= 8 {
            self.key.push(byte);
        }
        self.push(byte);
    }

    fn keep_all(&mut self, bytes: &[u8]) {
        if self.depth == 1 && self.expects_key {
            let room = 8_usize.saturating_sub(self.key.len());
            self.key.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        if self.rest.len() + bytes.len() > MOST_REST {
            self.data.broken = Some(Broken::TooMuch);
        } else {
            self.rest.extend_from_slice(bytes);
        }
    }

    fn push(&mut self, byte: u8) {
        if self.rest.len() < MOST_REST {
            self.rest.push(byte);
        } else {
            self.data.broken = Some(Broken::TooMuch);
        }
    }

    /// Nothing more is worth reading.
    pub(super) fn is_broken(&self) -> bool {
        self.data.broken.is_some()
    }

    pub(super) fn end(self) -> Scanned {
        let Data { sum, size, broken, .. } = self.data;
        let sum = units::hex(&sum.finalize());
        Scanned { rest: self.rest, size, sum, had_data: self.had_data, broken }
    }

    #[cfg(test)]
    fn held(&self) -> usize {
        self.rest.capacity() + self.data.waiting.capacity() + self.data.decoded.capacity()
    }
}

impl Data {
    fn take(&mut self, text: &[u8], sink: &mut dyn FnMut(&[u8])) {
        for text in text.chunks(AT_ONCE) {
            if self.broken.is_some() {
                return;
            }
            self.waiting.extend_from_slice(text);
            let whole = self.waiting.len() / 4 * 4;
            self.decode(whole, sink);
        }
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[u8])) {
        if self.broken.is_none() && !self.waiting.is_empty() {
            self.decode(self.waiting.len(), sink);
        }
    }

    fn decode(&mut self, length: usize, sink: &mut dyn FnMut(&[u8])) {
        if length == 0 {
            return;
        }
        self.decoded.clear();
        let group = &self.waiting[..length];
        // What follows padding belongs to nothing.
        if self.padded || STANDARD.decode_vec(group, &mut self.decoded).is_err() {
            self.decode_until_broken(length);
            self.broken = Some(Broken::NotBase64 { at: self.size + self.decoded.len() as u64 });
        } else {
            self.padded = group.ends_with(b"=");
        }
        self.size += self.decoded.len() as u64;
        self.sum.update(&self.decoded);
        if !self.decoded.is_empty() {
            sink(&self.decoded);
        }
        self.waiting.drain(..length);
    }

    /// As much as can be read of what cannot be read whole.
    fn decode_until_broken(&mut self, length: usize) {
        self.decoded.clear();
        if self.padded {
            return;
        }
        for group in self.waiting[..length].chunks(4) {
            let before = self.decoded.len();
            if STANDARD.decode_vec(group, &mut self.decoded).is_err() {
                self.decoded.truncate(before);
                return;
            }
            if group.ends_with(b"=") {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(reply: &str, step: usize) -> (Vec<u8>, Scanned) {
        let mut scan = Scan::new();
        let mut bytes = Vec::new();
        for piece in reply.as_bytes().chunks(step) {
            scan.feed(piece, &mut |decoded| bytes.extend_from_slice(decoded));
        }
        (bytes, scan.end())
    }

    #[test]
    fn the_data_is_found_wherever_the_reply_is_cut() {
        let reply = r#"{"a":{"data":"no"},"list":["data"],"x\"y":"data", "data" : "cXVhcnRl\u0063mx5" ,"z":"data","mime_type":"t\\"}"#;
        for step in 1..reply.len() {
            let (bytes, scanned) = scanned(reply, step);
            assert_eq!(String::from_utf8_lossy(&bytes), "quarterly", "{step}");
            assert!(scanned.had_data && scanned.broken.is_none());
            let rest = String::from_utf8(scanned.rest).unwrap();
            assert_eq!(rest, reply.replace(r"cXVhcnRl\u0063mx5", ""), "{step}");
            assert_eq!(scanned.sum, units::hex(&Sha256::digest(b"quarterly")));
        }
    }

    #[test]
    fn slashes_may_be_escaped_and_padding_ends_it() {
        for (data, bytes, broken) in [
            (r"\/+8=", &b"\xff\xef"[..], None),
            (r"\u002F+8\u003d", b"\xff\xef", None),
            ("", b"", None),
            ("QUJDRA==", b"ABCD", None),
            ("QUJDRA", b"ABC", Some(Broken::NotBase64 { at: 3 })),
            ("QUJD!UJD", b"ABC", Some(Broken::NotBase64 { at: 3 })),
            (r"QUJD\nQUJD", b"ABC", Some(Broken::NotBase64 { at: 3 })),
            ("QUJDRA==QUJD", b"ABCD", Some(Broken::NotBase64 { at: 4 })),
        ] {
            for step in [1, 3, 1000] {
                let (decoded, scanned) = scanned(&format!("{{\"data\":\"{data}\"}}"), step);
                assert_eq!((&decoded[..], scanned.broken), (bytes, broken.clone()), "{data}");
            }
        }
    }

    #[test]
    fn what_is_held_does_not_grow_with_the_file() {
        let mut scan = Scan::new();
        let mut size = 0;
        let mut sink = |decoded: &[u8]| size += decoded.len();
        scan.feed(br#"{"artifact_id":"art_1","data":""#, &mut sink);
        let piece = "QUJD".repeat(100_000);
        let mut most = 0;
        for _ in 0..20 {
            scan.feed(piece.as_bytes(), &mut sink);
            most = most.max(scan.held());
        }
        scan.feed(b"\"}", &mut sink);
        assert_eq!(size, 6_000_000);
        assert!(most < 8 * AT_ONCE, "{most}");
    }

    #[test]
    fn a_reply_of_something_else_is_given_up() {
        let mut scan = Scan::new();
        let mut sink = |_: &[u8]| {};
        scan.feed(b"{\"description\":\"", &mut sink);
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..5 {
            scan.feed(&piece, &mut sink);
        }
        assert!(scan.is_broken());
        assert_eq!(scan.end().broken, Some(Broken::TooMuch));
    }
}
