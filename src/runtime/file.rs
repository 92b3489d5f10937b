//! Walking a file beside the loop: its lines come in as chunks, through the one inbox.

use crate::app::msg::FileMsg;
use std::time::Duration;

use super::inbox::{Arrival, Sender};
use crate::app::Msg;
use crate::archive::{Archive, Reader, Summary};
use crate::text::units::counted;

/// How long a pipe may be silent before its thread looks whether anybody still wants it.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reads to the end, or until the screen is gone.
pub(super) fn read(mut reader: Reader, archive: Archive, inbox: Sender) {
    std::thread::spawn(move || {
        let send = |msg| inbox.blocking_send(Arrival::Msg(msg)).is_ok();
        let problem = loop {
            let known = archive.length();
            match reader.next_chunk() {
                Ok(Some(chunk)) => {
                    let (idle, last) = (chunk.lines.is_empty(), chunk.last);
                    if (!idle || last) && !send(Msg::File(FileMsg::FileRead(Box::new(chunk)))) {
                        return;
                    }
                    if idle && !last && !archive.wait_beyond(known, PATIENCE) {
                        reader.hurry();
                        if inbox.is_closed() {
                            return;
                        }
                    }
                }
                Ok(None) => break archive.failure(),
                Err(error) => break Some(format!("cannot read on: {error}")),
            }
        };
        send(Msg::File(FileMsg::FileEnded { remarks: remarks(reader.summary()), problem }));
    });
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
