//! What a file says of itself before it is walked: its session, the order of its lines, and
//! whether it is made of lines at all.

use std::io;

use memchr::{memchr, memrchr};
use serde::Deserialize;

use super::block::{Block, first_word, last_word};
use super::reader::NEARLY_EQUAL_MS;
use super::remaining::STREAMED;
use super::{Archive, Line, foreign, to_size};
use crate::api::Session;

/// How much of each end of a file is looked at for its order.
pub(super) const SAMPLE: usize = 64 * 1024;
/// How much is looked at where that holds too few lines.
const LARGE_SAMPLE: usize = 1 << 20;

/// The order in which a file has its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Also a file without a clear order: it is shown as it is.
    OldestFirst,
    NewestFirst,
}

/// What a file is, as its beginning and its end look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Lines,
    Empty,
    OneArray,
    /// A reply of the service, with its events in a list.
    OnePage,
    /// What `events --json` prints.
    OneListing,
    /// An object over several lines.
    OneDocument,
    Compressed,
    Utf16,
    Binary,
    /// Lines, of which none is an event.
    Foreign,
}

impl Shape {
    /// What is wrong with a file that is not made of lines, and what to do.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::Lines => None,
            Self::Empty => Some("this file is empty"),
            Self::OneArray => Some(
                "this is one JSON array; one event per line is expected: jq -c '.[]' makes lines",
            ),
            Self::OnePage => Some(
                "this is one reply with a list of events; one event per line is expected: \
                 jq -c '.events[]' makes lines",
            ),
            Self::OneListing => Some(
                "this is one listing; one event per line is expected: foretop events KEY --hidden \
                 --jsonl writes them, jq -c '.items[]' makes them of this",
            ),
            Self::OneDocument => Some(
                "this is JSON over several lines; one event per line is expected: \
                 jq -c . makes lines",
            ),
            Self::Compressed => Some("this file is compressed; unpack it, or pipe it unpacked"),
            Self::Utf16 => Some("this is UTF-16; JSON lines are UTF-8"),
            Self::Binary => Some("this is no text"),
            Self::Foreign => Some("none of its lines is an event of this API"),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Preamble {
    pub session: Option<Session>,
    /// Why the session of the first line cannot be read, if so.
    pub problem: Option<String>,
    pub direction: Direction,
    pub shape: Shape,
    /// What it seems to be instead, where it is made of lines that are no events.
    pub seems: Option<String>,
    /// Where the events begin.
    pub(super) body: u64,
    /// The first line is a session that cannot be read.
    pub(super) faulty: bool,
}

impl Preamble {
    /// What is wrong with a file that holds no session in lines, and what to do.
    pub fn advice(&self) -> Option<String> {
        let advice = self.shape.advice()?;
        Some(match &self.seems {
            Some(seems) => format!("{advice}; {seems}"),
            None => advice.to_owned(),
        })
    }
}

impl Archive {
    /// Looks at both ends. Of a pipe that still delivers only at what is there.
    pub fn preamble(&self) -> io::Result<Preamble> {
        let complete = self.is_complete();
        let length = self.length();
        let whole = Line { offset: 0, length };
        let head = self.read_start(whole, SAMPLE)?;
        let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let text = head.get(mark..).unwrap_or_default();
        let blank = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let mut found = Preamble {
            session: None,
            problem: None,
            direction: Direction::OldestFirst,
            shape: self.shape(&head, length)?,
            seems: None,
            body: mark as u64,
            faulty: false,
        };
        if is_session(text.get(blank..).unwrap_or_default()) {
            self.read_session((mark + blank) as u64, &mut found)?;
        }
        if found.shape == Shape::Lines && found.body == mark as u64 {
            self.look_for_events(length, complete, &mut found)?;
        }
        found.direction = self.direction(found.body, length, complete)?;
        Ok(found)
    }

    /// Looks whether any of the first lines is an event. Of a pipe that still delivers nothing is
    /// said before there is enough.
    fn look_for_events(&self, length: u64, complete: bool, found: &mut Preamble) -> io::Result<()> {
        for size in [SAMPLE, LARGE_SAMPLE] {
            let all = complete && length <= size as u64;
            if !all && length < size as u64 {
                return Ok(());
            }
            let head = self.read_start(Line { offset: 0, length }, size)?;
            let stop = if all { head.len() } else { memrchr(b'\n', &head).unwrap_or(0) };
            let head = head.get(..stop).unwrap_or_default();
            let mut unfit = Vec::new();
            let block = Block::new(head, 0, &mut unfit);
            let mut first = None;
            let mut start = to_size(found.body);
            while start < stop {
                let rest = head.get(start..).unwrap_or_default();
                let end = memchr(b'\n', rest).map_or(stop, |length| start + length);
                let pieces = block.pieces(start, end, false);
                if pieces.iter().any(|piece| piece.event) {
                    return Ok(());
                }
                if !pieces.is_empty() && first.is_none() {
                    first = head.get(start..end);
                }
                start = end + 1;
            }
            if let Some(first) = first
                && (all || size == LARGE_SAMPLE)
            {
                found.shape = Shape::Foreign;
                found.seems = Some(foreign::seems(first));
                return Ok(());
            }
        }
        Ok(())
    }

    fn read_session(&self, start: u64, found: &mut Preamble) -> io::Result<()> {
        #[derive(Deserialize)]
        struct FirstLine {
            session: Session,
        }
        let rest = Line { offset: start, length: self.length().saturating_sub(start) };
        let Some(bytes) = self.first_line(rest)? else {
            // Longer than any session: it is walked like every other line.
            found.problem = Some("the first line is too long for a session".into());
            return Ok(());
        };
        found.body = (start + bytes.len() as u64 + 1).min(self.length());
        match serde_json::from_slice::<FirstLine>(&bytes) {
            Ok(line) => found.session = Some(line.session),
            Err(error) => {
                found.problem = Some(error.to_string());
                found.faulty = true;
            }
        }
        Ok(())
    }

    /// The first of these lines; `None` for one that is too long for a session.
    fn first_line(&self, lines: Line) -> io::Result<Option<Vec<u8>>> {
        // A session is short, and everything waits for it.
        for size in [SAMPLE, STREAMED] {
            let mut bytes = self.read_start(lines, size)?;
            let end = memchr(b'\n', &bytes);
            if end.is_some() || lines.length <= bytes.len() as u64 {
                bytes.truncate(end.unwrap_or(bytes.len()));
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    fn shape(&self, head: &[u8], length: u64) -> io::Result<Shape> {
        let starts = |magic: &[u8]| head.starts_with(magic);
        if starts(b"\x1f\x8b")
            || starts(b"\x28\xb5\x2f\xfd")
            || starts(b"\xfd7zXZ")
            || starts(b"PK\x03\x04")
        {
            return Ok(Shape::Compressed);
        }
        if starts(b"\xff\xfe") || starts(b"\xfe\xff") {
            return Ok(Shape::Utf16);
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        // Behind what a crash left, the session goes on.
        let filling = text.iter().take_while(|byte| **byte == 0).count();
        let text = text.get(filling..).unwrap_or_default().trim_ascii_start();
        if text.is_empty() && filling == 0 && length <= head.len() as u64 {
            return Ok(Shape::Empty);
        }
        let newline = memchr(b'\n', text);
        let first = text.get(..newline.unwrap_or(text.len())).unwrap_or_default().trim_ascii_end();
        let cut = newline.is_none() && length > head.len() as u64;
        Ok(match text.first() {
            Some(b'{') if begins_with_key(text, b"\"schema_version\"") => Shape::OneListing,
            Some(b'{') if first == b"{" => Shape::OneDocument,
            Some(b'{') if is_page(first) => Shape::OnePage,
            Some(b'{') => Shape::Lines,
            Some(b'[') => {
                // One array ends where the file ends; lines with an array each end one by one.
                let one = cut || newline.is_none() || first.last() != Some(&b']');
                let edge = length.min(64);
                let end = self.read(Line { offset: length - edge, length: edge })?;
                if one && last_word(&end) == Some(b']') { Shape::OneArray } else { Shape::Lines }
            }
            _ if filling > 0 || first.contains(&0) || is_garbled(first) => Shape::Binary,
            _ => Shape::Lines,
        })
    }

    fn direction(&self, body: u64, length: u64, complete: bool) -> io::Result<Direction> {
        let mut order = Order::default();
        for size in [SAMPLE, LARGE_SAMPLE] {
            order = self.order(body, length, complete, size)?;
            if order.stamps > 1 || length - body <= size as u64 {
                break;
            }
        }
        Ok(order.direction())
    }

    fn order(&self, body: u64, length: u64, complete: bool, size: usize) -> io::Result<Order> {
        let mut order = Order::default();
        let here = to_size(length - body).min(2 * size);
        let one = complete && length - body <= 2 * size as u64;
        let first = if one { here } else { here.min(size) };
        let head = self.read(Line { offset: body, length: first as u64 })?;
        let stop = if one { first } else { memrchr(b'\n', &head).map_or(0, |at| at + 1) };
        order.add(head.get(..stop).unwrap_or_default());
        if complete && !one {
            let tail = self.read(Line { offset: length - size as u64, length: size as u64 })?;
            let start = memchr(b'\n', &tail).map_or(tail.len(), |at| at + 1);
            order.add(tail.get(start..).unwrap_or_default());
        }
        Ok(order)
    }
}

/// `{"session": …`
fn is_session(text: &[u8]) -> bool {
    begins_with_key(text, b"\"session\"")
}

/// `{"events": [ …`
fn is_page(text: &[u8]) -> bool {
    begins_with_key(text, b"\"events\"")
}

fn begins_with_key(text: &[u8], key: &[u8]) -> bool {
    let inside = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    let rest = inside.and_then(|inside| inside.strip_prefix(key));
    rest.is_some_and(|rest| first_word(rest) == Some(b':'))
}

/// Whether it is no UTF-8, a character cut at the end aside.
fn is_garbled(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_err_and(|error| error.error_len().is_some())
}

/// The steps between the times of neighbours, in samples of a file.
#[derive(Debug, Default)]
struct Order {
    stamps: u64,
    first: Option<i64>,
    last: Option<i64>,
    rising: u64,
    falling: u64,
}

impl Order {
    fn add(&mut self, lines: &[u8]) {
        let mut unfit = Vec::new();
        let block = Block::new(lines, 0, &mut unfit);
        let mut before: Option<i64> = None;
        let mut start = 0;
        while start < lines.len() {
            let newline = memchr(b'\n', lines.get(start..).unwrap_or_default());
            let end = newline.map_or(lines.len(), |length| start + length);
            if let Some(at) =
                block.look(start, end, newline.is_none()).and_then(|look| look.glance.at)
            {
                self.stamps += 1;
                self.first.get_or_insert(at);
                self.last = Some(at);
                let step = before.replace(at).map_or(0, |before| at.saturating_sub(before));
                self.rising += u64::from(step >= NEARLY_EQUAL_MS);
                self.falling += u64::from(step <= -NEARLY_EQUAL_MS);
            }
            start = end + 1;
        }
    }

    /// The many clear steps count more than the two ends, because a clock may be set.
    fn direction(&self) -> Direction {
        let whole = self.first.zip(self.last).map_or(0, |(first, last)| last.saturating_sub(first));
        let falls = if self.rising + self.falling > 0 {
            self.falling > 3 * self.rising
        } else {
            whole <= -NEARLY_EQUAL_MS
        };
        if falls { Direction::NewestFirst } else { Direction::OldestFirst }
    }
}
