//! A long line cut down to a small one that decodes as the same type: long strings keep their
//! beginning, long lists and objects their first members, deep values only their brackets.
//!
//! Streams over the line, holds one block of it, and keeps its own stack. It is lenient: it finds
//! where values begin and end, and notices only that a line is broken beyond that. The invariant:
//! the outer fields of which a glance is made are kept wherever they lie.

use std::io;

use super::clip::{ends_word, escape_length};
use super::header::is_wanted;
use super::{Archive, Line, to_size};

const BLOCK: usize = 256 * 1024;
/// Bytes that a string keeps, in what is still short and in what has grown long.
const STRING: usize = 4 * 1024;
const LATE_STRING: usize = 64;
/// Keys are short; a longer one is cut like any string.
const KEY: usize = 256;
const SCALAR: usize = 64;
const MEMBERS: u32 = 200;
/// Below what a JSON parser follows.
const DEPTH: usize = 100;
/// From here on no list grows and no container is opened.
const ENOUGH: usize = 256 * 1024;

pub(super) struct Shrunk {
    pub(super) json: Vec<u8>,
    /// The line is no JSON. The rest of it was not read.
    pub(super) broken: bool,
}

pub(super) fn shrink(archive: &Archive, line: Line) -> io::Result<Shrunk> {
    let mut input = Input::new(archive, line);
    let mut out = Output { json: Vec::new(), open: Vec::new() };
    let whole = copy(&mut input, &mut out)?;
    out.close();
    Ok(Shrunk { json: out.json, broken: !whole })
}

struct Container {
    object: bool,
    kept: u32,
}

struct Output {
    json: Vec<u8>,
    open: Vec<Container>,
}

impl Output {
    fn close(&mut self) {
        while let Some(container) = self.open.pop() {
            self.json.push(if container.object { b'}' } else { b']' });
        }
    }

    fn is_long(&self) -> bool {
        self.json.len() > ENOUGH
    }
}

/// Copies one value; false where it is broken.
fn copy(input: &mut Input<'_>, out: &mut Output) -> io::Result<bool> {
    let mut key = Vec::new();
    loop {
        let long = out.is_long();
        let depth = out.open.len();
        if let Some(container) = out.open.last_mut() {
            let Some(next) = input.member()? else { return Ok(false) };
            if matches!(next, b'}' | b']') {
                let object = container.object;
                if (next == b'}') != object {
                    return Ok(false);
                }
                input.bump();
                out.json.push(next);
                out.open.pop();
                if out.open.is_empty() {
                    return Ok(input.space()?.is_none());
                }
                continue;
            }
            let mut keep = container.kept < MEMBERS && (container.object || !long);
            key.clear();
            if container.object {
                if next != b'"' || !input.string(&mut key, KEY)? || input.space()? != Some(b':') {
                    return Ok(false);
                }
                input.bump();
                keep |= depth == 1 && is_wanted(&key);
            }
            if !keep {
                if !input.skip()? {
                    return Ok(false);
                }
                continue;
            }
            if container.kept > 0 {
                out.json.push(b',');
            }
            container.kept += 1;
            if container.object {
                out.json.push(b'"');
                out.json.extend_from_slice(&key);
                out.json.extend_from_slice(b"\":");
            }
        }
        let fine = match input.space()? {
            None => false,
            Some(b'"') => {
                let room = if long { LATE_STRING } else { STRING };
                out.json.push(b'"');
                let closed = input.string(&mut out.json, room)?;
                out.json.push(b'"');
                closed
            }
            Some(open @ (b'{' | b'[')) => {
                let object = open == b'{';
                // The outermost object's members are always opened up.
                if depth >= DEPTH || (long && depth > 1) {
                    out.json.extend_from_slice(if object { b"{}" } else { b"[]" });
                    input.skip()?
                } else {
                    input.bump();
                    out.json.push(open);
                    out.open.push(Container { object, kept: 0 });
                    true
                }
            }
            Some(_) => input.scalar(&mut out.json)?,
        };
        if !fine {
            return Ok(false);
        }
        if out.open.is_empty() {
            return Ok(input.space()?.is_none());
        }
    }
}

/// The bytes of a line, block by block.
struct Input<'a> {
    archive: &'a Archive,
    rest: Line,
    block: Vec<u8>,
    at: usize,
}

impl<'a> Input<'a> {
    fn new(archive: &'a Archive, line: Line) -> Self {
        Self { archive, rest: line, block: Vec::new(), at: 0 }
    }

    /// The bytes at hand, at least one unless the line is at its end.
    fn bytes(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.block.len() && self.rest.length > 0 {
            self.block.resize(BLOCK.min(to_size(self.rest.length)), 0);
            self.archive.fill(self.rest.offset, &mut self.block)?;
            let read = self.block.len() as u64;
            self.rest = Line { offset: self.rest.offset + read, length: self.rest.length - read };
            self.at = 0;
        }
        Ok(self.block.get(self.at..).unwrap_or_default())
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        self.bytes().map(|bytes| bytes.first().copied())
    }

    fn bump(&mut self) {
        self.at += 1;
    }

    /// The next byte that is no space.
    fn space(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.bump(),
                other => return Ok(other),
            }
        }
    }

    /// The next byte of a container that is neither space nor comma.
    fn member(&mut self) -> io::Result<Option<u8>> {
        while self.space()? == Some(b',') {
            self.bump();
        }
        self.peek()
    }

    /// Passes a string and copies up to `room` bytes of it, whole characters and escapes; false
    /// where it has no end.
    fn string(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<bool> {
        self.bump();
        let start = out.len();
        let limit = start + room;
        let mut full = false;
        let mut unit = Vec::new();
        loop {
            let bytes = self.bytes()?;
            if bytes.is_empty() {
                trim(out, start);
                return Ok(false);
            }
            let plain = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
            if !full {
                let take = plain.min(limit.saturating_sub(out.len()));
                out.extend_from_slice(bytes.get(..take).unwrap_or_default());
                full = take < plain;
            }
            let next = bytes.get(plain).copied();
            self.at += plain;
            match next {
                None => {}
                Some(b'"') => {
                    self.bump();
                    trim(out, start);
                    return Ok(true);
                }
                Some(_) => {
                    self.escape(&mut unit)?;
                    full |= out.len() + unit.len() > limit;
                    if !full {
                        out.extend_from_slice(&unit);
                    }
                }
            }
        }
    }

    /// Passes an escape, both halves of a pair.
    fn escape(&mut self, unit: &mut Vec<u8>) -> io::Result<()> {
        unit.clear();
        // Twelve bytes at most; a pair may not be told from a single before its eighth.
        while escape_length(unit).is_none_or(|length| unit.len() < length) {
            // What follows a high half alone is not part of it.
            let Some(byte) = self.peek()? else {
                unit.clear();
                return Ok(());
            };
            let after_high = unit.len() == 6 && byte != b'\\';
            let after_slash = unit.len() == 7 && byte != b'u';
            if after_high {
                return Ok(());
            }
            if after_slash {
                // `\ud83d\n`: the second escape is one of its own, and short.
                unit.push(byte);
                self.bump();
                return Ok(());
            }
            unit.push(byte);
            self.bump();
        }
        Ok(())
    }

    fn scalar(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let start = out.len();
        loop {
            let end = match self.peek()? {
                None => true,
                Some(byte) if ends_word(byte) => true,
                Some(byte) => {
                    out.push(byte);
                    self.bump();
                    false
                }
            };
            let long = out.len() - start > SCALAR;
            if end || long {
                let word = out.get(start..).unwrap_or_default();
                let fine = !long && serde_json::from_slice::<serde_json::Value>(word).is_ok();
                if !fine {
                    out.truncate(start);
                    out.extend_from_slice(b"null");
                }
                // A number of many digits is legal and of no use.
                return if long { self.skip_scalar() } else { Ok(fine) };
            }
        }
    }

    fn skip_scalar(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.bytes()?;
            let (length, done) = match bytes.iter().position(|&byte| ends_word(byte)) {
                Some(length) => (length, true),
                None => (bytes.len(), bytes.is_empty()),
            };
            self.at += length;
            if done {
                return Ok(true);
            }
        }
    }

    /// Passes a value without a look at what is in it.
    fn skip(&mut self) -> io::Result<bool> {
        let mut depth = 0_u64;
        let mut void = Vec::new();
        loop {
            match self.space()? {
                Some(b'"') => {
                    if !self.string(&mut void, 0)? {
                        return Ok(false);
                    }
                }
                Some(b'{' | b'[') => {
                    self.bump();
                    depth += 1;
                }
                Some(b'}' | b']') if depth == 0 => return Ok(false),
                Some(b'}' | b']') => {
                    self.bump();
                    depth -= 1;
                }
                Some(b',' | b':') if depth > 0 => self.bump(),
                Some(b',' | b':') | None => return Ok(false),
                Some(_) => {
                    if !self.skip_plain()? {
                        return Ok(false);
                    }
                }
            }
            if depth == 0 {
                return Ok(true);
            }
        }
    }

    /// Passes numbers and words, up to the next byte that has a meaning of its own.
    fn skip_plain(&mut self) -> io::Result<bool> {
        self.bump();
        loop {
            let bytes = self.bytes()?;
            let ends = |byte: &u8| {
                matches!(byte, b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']')
                    || byte.is_ascii_whitespace()
            };
            let (length, done) = match bytes.iter().position(ends) {
                Some(length) => (length, true),
                None => (bytes.len(), bytes.is_empty()),
            };
            self.at += length;
            if done {
                return Ok(true);
            }
        }
    }
}

/// Takes back the beginning of a character that was cut.
fn trim(out: &mut Vec<u8>, start: usize) {
    let text = out.get(start..).unwrap_or_default();
    if let Err(error) = std::str::from_utf8(text)
        && error.error_len().is_none()
    {
        out.truncate(start + error.valid_up_to());
    }
}
