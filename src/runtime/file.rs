//! Walking a file beside the loop: its lines come in as chunks, through the one inbox.

use std::time::Duration;

use super::inbox::{Arrival, Sender};
use crate::app::Msg;
use crate::app::msg::FileMsg;
use crate::archive::{Archive, Reader, Summary};
use crate::text::units::counted;

/// How long a pipe may be silent before its thread looks whether anybody still wants it.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same of a file, which is often at its end for good.
const PATIENCE_WITH_FILES: Duration = Duration::from_mins(1);

/// Reads to the end and what is appended there, until the screen is gone.
pub(super) fn read(reader: Reader, archive: Archive, inbox: Sender) {
    let mut walk = Walk { reader, archive, inbox };
    std::thread::spawn(move || {
        let mut end = walk.reach_end();
        if end == End::Whole && walk.tell(None) {
            end = walk.follow();
        }
        if let End::Early(problem) = end {
            walk.tell(Some(problem));
        }
    });
}

struct Walk {
    reader: Reader,
    archive: Archive,
    inbox: Sender,
}

/// How a part of it ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// In words why.
    Early(String),
    /// The screen is gone.
    Unwatched,
}

impl Walk {
    /// False once the screen is gone.
    fn send(&self, msg: FileMsg) -> bool {
        self.inbox.blocking_send(Arrival::Msg(Msg::File(msg))).is_ok()
    }

    /// Says how much came of the file, and why no more.
    fn tell(&self, problem: Option<String>) -> bool {
        self.send(FileMsg::FileEnded { remarks: remarks(self.reader.summary()), problem })
    }

    fn reach_end(&mut self) -> End {
        loop {
            let known = self.archive.length();
            match self.reader.next_chunk() {
                Ok(Some(chunk)) => {
                    let (idle, last) = (chunk.lines.is_empty(), chunk.last);
                    if (!idle || last) && !self.send(FileMsg::FileRead(Box::new(chunk))) {
                        return End::Unwatched;
                    }
                    if idle && !last && !self.archive.wait_beyond(known, PATIENCE) {
                        self.reader.hurry();
                        if self.inbox.is_closed() {
                            return End::Unwatched;
                        }
                    }
                }
                Ok(None) => return self.archive.failure().map_or(End::Whole, End::Early),
                Err(error) => return End::Early(format!("cannot read on: {error}")),
            }
        }
    }

    /// Brings what is appended, where that can be.
    fn follow(&mut self) -> End {
        let ended =
            |error: std::io::Error| End::Early(format!("what is appended is not shown: {error}"));
        loop {
            match self.reader.follow() {
                Ok(true) => {}
                Ok(false) => return End::Whole,
                Err(error) => return ended(error),
            }
            match self.archive.wait_for_growth(PATIENCE_WITH_FILES) {
                Ok(true) => {}
                Ok(false) if self.inbox.is_closed() => return End::Unwatched,
                Ok(false) => continue,
                Err(error) => return ended(error),
            }
            loop {
                match self.reader.next_chunk() {
                    Ok(Some(chunk)) if !chunk.lines.is_empty() => {
                        if !self.send(FileMsg::FileRead(Box::new(chunk))) {
                            return End::Unwatched;
                        }
                    }
                    Ok(_) => break,
                    Err(error) => return ended(error),
                }
            }
        }
    }
}

/// What of a file is worth saying.
fn remarks(summary: &Summary) -> Vec<String> {
    let count = |number: u64, what| counted(usize::try_from(number).unwrap_or(usize::MAX), what);
    let mut remarks = Vec::new();
    if summary.events == 0 && summary.lines > 0 {
        remarks.push("none of its lines is an event of this API".to_owned());
    }
    let no_events = summary.faults.rows();
    if no_events > 0 {
        remarks.push(format!("{} no event", count(no_events, "line")));
    }
    if summary.faults.nul > 0 {
        remarks.push(format!("{} of NUL bytes", count(summary.faults.nul, "run")));
    }
    if summary.odd > 0 {
        remarks.push(format!("{} odd", count(summary.odd, "event")));
    }
    if summary.faults.session > 0 {
        remarks.push("the session of the first line cannot be read".to_owned());
    }
    if let Some(twice @ 1..) = summary.duplicates {
        remarks.push(format!("{} more than once", count(twice, "id")));
    }
    if summary.inversions > 0 {
        remarks.push(format!("time runs back {}", count(summary.inversions, "time")));
    }
    remarks
}
