//! Looking through texts beside the loop: one search at a time, and the next one ends it.
//!
//! Owns when what was found is told; [`File`] is for texts that lie in one. Start with
//! [`Searcher::start`]. The invariant: once cancelled nothing more is sent, and not more than a few
//! megabytes are looked at.

mod file;
mod shares;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::inbox::{Arrival, Sender};
use crate::app::Msg;
use crate::app::msg::DoneMsg;
use crate::model::timeline::{Found, Search, Text};
use file::File;

/// How often what was found is shown.
const REPORT_EVERY: Duration = Duration::from_millis(20);

pub(super) struct Searcher {
    inbox: Sender,
    cancel: Arc<AtomicBool>,
}

impl Searcher {
    pub(super) fn new(inbox: Sender) -> Self {
        Self { inbox, cancel: Arc::default() }
    }

    pub(super) fn start(&mut self, search: Search) {
        self.stop();
        self.cancel = Arc::default();
        let (inbox, cancel) = (self.inbox.clone(), Arc::clone(&self.cancel));
        tokio::task::spawn_blocking(move || {
            let send =
                |found| inbox.blocking_send(Arrival::Msg(Msg::Done(DoneMsg::Found(found)))).is_ok();
            run(&search, &cancel, &send);
        });
    }

    pub(super) fn stop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Drop for Searcher {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Looks through all that is asked, in its order, unless it is cancelled.
fn run(search: &Search, cancel: &AtomicBool, send: &dyn Fn(Found) -> bool) {
    let mut report = Report::new(search.generation, cancel, send);
    let outcome = if let Some(archive) = &search.archive {
        File { search, archive, cancel }.look_through(&mut report)
    } else {
        look_through_held(search, cancel, &mut report);
        Ok(())
    };
    report.end(search.asked.len(), outcome.err());
}

fn look_through_held(search: &Search, cancel: &AtomicBool, report: &mut Report<'_>) {
    for (at, asked) in search.asked.iter().enumerate() {
        if cancel.load(Ordering::Relaxed) {
            return;
        }
        let passes = match &asked.text {
            Text::Held(event) => search.passes(asked, event),
            Text::Line(_) => false,
        };
        report.decided(at, passes);
    }
}

/// Collects what was found, and sends it every now and then.
struct Report<'a> {
    generation: u64,
    decided: usize,
    passed: Vec<usize>,
    sent: Instant,
    cancel: &'a AtomicBool,
    send: &'a dyn Fn(Found) -> bool,
}

impl<'a> Report<'a> {
    fn new(generation: u64, cancel: &'a AtomicBool, send: &'a dyn Fn(Found) -> bool) -> Self {
        Self { generation, decided: 0, passed: Vec::new(), sent: Instant::now(), cancel, send }
    }

    fn decided(&mut self, at: usize, passes: bool) {
        self.decided = at + 1;
        if passes {
            self.passed.push(at);
        }
        self.send_if_due();
    }

    /// The same of all before `end` that were not decided yet: these pass.
    fn decided_before(&mut self, end: usize, passed: Vec<usize>) {
        self.decided = end;
        self.passed.extend(passed);
        self.send_if_due();
    }

    fn send_if_due(&mut self) {
        if self.sent.elapsed() >= REPORT_EVERY {
            self.send(false, None);
        }
    }

    fn end(mut self, all: usize, error: Option<io::Error>) {
        // What cannot be read is not asked for again.
        self.decided = all;
        self.send(true, error.map(|error| error.to_string()));
    }

    fn send(&mut self, done: bool, problem: Option<String>) {
        if self.cancel.load(Ordering::Relaxed) {
            return;
        }
        let passed = std::mem::take(&mut self.passed);
        let (generation, decided) = (self.generation, self.decided);
        if !(self.send)(Found { generation, decided, passed, done, problem }) {
            self.cancel.store(true, Ordering::Relaxed);
        }
        self.sent = Instant::now();
    }
}

#[cfg(test)]
mod tests;
