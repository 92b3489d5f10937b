//! From a line to an event that can be shown, whatever the line holds.

use std::io;
use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{Archive, CLIP, Line, clip, shrink};
use crate::api::{Event, EventBody, EventKind, Glance};

/// How far into a file its lines are counted.
const COUNTED: u64 = 256 << 20;
const COUNTED_AT_ONCE: u64 = 1 << 20;

/// Lines counted from the start of a file. Rows near each other are asked about together.
#[derive(Debug, Default)]
pub(super) struct Counted {
    at: u64,
    newlines: u64,
    /// Where the line begins that `at` lies in.
    begins: u64,
}

/// An event as it comes into view.
#[derive(Debug, Clone)]
pub struct Viewed {
    pub event: Event,
    /// It is not all there: the line is long, and strings, lists or members were cut away. Its raw
    /// JSON is not the line's; [`Archive::read`] gives that.
    pub clipped: bool,
    /// Why the line is no event, if so. The event then holds the line as one JSON string.
    pub problem: Option<String>,
}

impl Archive {
    /// The event of a line, read whole or, from [`CLIP`] bytes on, clipped. Fails only where the
    /// file does.
    pub fn event(&self, line: Line) -> io::Result<Viewed> {
        self.view(line, None)
    }

    /// The same, helped by what a glance at the line told: a long tool output need not be searched
    /// for whether the tool failed.
    pub fn event_of(&self, line: Line, glance: &Glance) -> io::Result<Viewed> {
        self.view(line, Some(glance))
    }

    /// The event of a line of any length with all of its text.
    pub fn whole_event(&self, line: Line) -> io::Result<Viewed> {
        let mut viewed = exact(self.read(line)?);
        if let Some(problem) = &mut viewed.problem {
            *problem = format!("{}: {problem}", self.place(line)?);
        }
        Ok(viewed)
    }

    fn view(&self, line: Line, glance: Option<&Glance>) -> io::Result<Viewed> {
        let mut viewed = self.view_bytes(line, glance)?;
        if let Some(problem) = &mut viewed.problem {
            *problem = format!("{}: {problem}", self.place(line)?);
        }
        Ok(viewed)
    }

    fn view_bytes(&self, line: Line, glance: Option<&Glance>) -> io::Result<Viewed> {
        let start = self.read_start(line, CLIP)?;
        if start.first() == Some(&0) {
            return Ok(filling(line, &start));
        }
        if start.len() as u64 == line.length {
            return Ok(exact(start));
        }
        if start.trim_ascii_start().first() != Some(&b'{') {
            return Ok(no_event(&start, "it is long, and does not begin with {".into(), true));
        }
        if let Err(error) = std::str::from_utf8(&start)
            && error.error_len().is_some()
        {
            return Ok(no_event(&start, error.to_string(), true));
        }
        if let Some(event) = clip::close(&start).and_then(|closed| decode(closed, glance)) {
            return Ok(Viewed { event, clipped: true, problem: None });
        }
        let small = shrink::shrink(self, line)?;
        let problem = small.broken.then(|| "it breaks the rules of JSON".to_owned());
        Ok(match raw(small.json) {
            Ok(raw) if problem.is_none() => Viewed { event: event(raw), clipped: true, problem },
            Ok(_) => no_event(&start, problem.unwrap_or_default(), true),
            Err(why) => no_event(&start, why, true),
        })
    }

    /// Where a line, or a piece of one, lies, in words. Lines are counted when one is asked for:
    /// few are.
    fn place(&self, line: Line) -> io::Result<String> {
        if line.offset > COUNTED {
            return Ok(format!("at byte {}", line.offset));
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.at > line.offset {
            *counted = Counted::default();
        }
        while counted.at < line.offset {
            let length = COUNTED_AT_ONCE.min(line.offset - counted.at);
            let bytes = self.read(Line { offset: counted.at, length })?;
            counted.newlines += memchr::memchr_iter(b'\n', &bytes).count() as u64;
            if let Some(last) = memchr::memrchr(b'\n', &bytes) {
                counted.begins = counted.at + last as u64 + 1;
            }
            counted.at += length;
        }
        let number = counted.newlines + 1;
        Ok(match line.offset - counted.begins {
            0 => format!("line {number}"),
            before => format!("line {number} from byte {}", before + 1),
        })
    }
}

/// What a crash leaves of room that was reserved and never written.
fn filling(line: Line, start: &[u8]) -> Viewed {
    let all = start.iter().take_while(|byte| **byte == 0 || byte.is_ascii_whitespace()).count();
    let whole = start.len() as u64 == line.length;
    let words = match (whole, all == start.len()) {
        (true, true) => {
            format!("{} NUL bytes", memchr::memchr_iter(0, start).count())
        }
        (false, true) => format!("{} bytes that begin with NUL bytes", line.length),
        _ => "it begins with NUL bytes".to_owned(),
    };
    no_event(b"", words, !whole)
}

fn exact(bytes: Vec<u8>) -> Viewed {
    // Only what cannot be read is copied.
    match serde_json::from_slice::<&RawValue>(&bytes) {
        Err(error) => no_event(&bytes, reason(&error), false),
        Ok(value) if !value.get().starts_with('{') => {
            no_event(&bytes, "it is JSON, but no object".into(), false)
        }
        Ok(_) => match raw(bytes) {
            Ok(raw) => Viewed { event: event(raw), clipped: false, problem: None },
            Err(why) => no_event(&[], why, false),
        },
    }
}

/// The event of a line: the line itself or, in an older form, a member of it beside the mark.
pub fn event(raw: Box<RawValue>) -> Event {
    #[derive(Deserialize)]
    struct Marked {
        hidden: Option<bool>,
        event: Box<RawValue>,
    }
    let event = Event::from_raw(raw);
    if !event.kind.is_empty() || event.id.is_some() {
        return event;
    }
    match serde_json::from_str::<Marked>(event.raw().get()) {
        Ok(marked) if marked.event.get().starts_with('{') => {
            let mut inner = Event::from_raw(marked.event);
            inner.hidden = inner.hidden.or(marked.hidden);
            inner
        }
        _ => event,
    }
}

/// The lines of a file are ours to count, so that a parser's "line 1" says nothing.
fn reason(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at byte ")
}

fn raw(bytes: Vec<u8>) -> Result<Box<RawValue>, String> {
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    RawValue::from_string(text).map_err(|error| reason(&error))
}

fn no_event(bytes: &[u8], problem: String, clipped: bool) -> Viewed {
    let text = String::from_utf8_lossy(bytes);
    // A string always becomes JSON.
    let raw = to_raw_value(&text).unwrap_or_else(|_| RawValue::NULL.to_owned());
    Viewed { event: Event::from_raw(raw), clipped, problem: Some(problem) }
}

/// The event of a closed beginning, if it has all that its type needs.
fn decode(closed: clip::Closed, glance: Option<&Glance>) -> Option<Event> {
    // What is behind the cut would be remarked as missing.
    let fits = |event: &Event| {
        let malformed = matches!(&*event.body, EventBody::Malformed(_));
        !event.kind.is_empty() && !malformed && event.remark.is_none()
    };
    let failed = glance.filter(|glance| glance.kind == EventKind::ToolOutput).map(|it| it.failed);
    let event = self::event(raw(closed.clone().finish()).ok()?);
    if fits(&event) {
        return Some(event);
    }
    let event = self::event(raw(closed.finish_with("error", failed?)).ok()?);
    fits(&event).then_some(event)
}
