//! How far a transfer is, on stderr and only for a person who looks.

use std::time::{Duration, Instant};

use super::connect::Context;
use super::printer::Printer;
use crate::text::units;

/// How often it is told, at most.
pub(super) const EVERY: Duration = Duration::from_millis(200);

/// One line that is written over; gone when this is dropped.
pub(super) struct Progress {
    what: String,
    total: Option<u64>,
    begun: Instant,
    told: Option<Instant>,
    shown: bool,
    err: Printer,
}

impl Progress {
    pub(super) fn new(context: &Context, what: String, total: Option<u64>) -> Self {
        let err = context.out.stderr;
        let shown = err.is_terminal() && !context.out.quiet && !context.out.is_line_by_line();
        // A short transfer is over before anybody could read of it.
        let now = Instant::now();
        Self { what, total, begun: now, told: Some(now).filter(|_| shown), shown: false, err }
    }

    pub(super) fn show(&mut self, done: u64) {
        let Some(told) = self.told.filter(|told| told.elapsed() >= EVERY) else { return };
        self.told = Some(told.max(Instant::now()));
        self.shown = true;
        let line = line(&self.what, done, self.total, self.begun.elapsed());
        // Nobody is hurt when it cannot be shown.
        let _ = self.err.over(&line);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = self.err.over("");
        }
    }
}

fn line(what: &str, done: u64, total: Option<u64>, took: Duration) -> String {
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = units::bytes(done.saturating_mul(1_000) / milliseconds);
    let of = match total {
        Some(total) if total > 0 => {
            let percent = done.min(total).saturating_mul(100) / total;
            format!(" of {} · {percent}%", units::bytes(total))
        }
        _ => String::new(),
    };
    format!("{what}: {}{of} · {rate}/s", units::bytes(done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_of_what_and_how_fast() {
        let two = Duration::from_secs(2);
        assert_eq!(
            line("fetching", 2048, Some(4096), two),
            "fetching: 2.0K of 4.0K · 50% · 1.0K/s"
        );
        assert_eq!(line("uploading 1 file", 0, Some(0), two), "uploading 1 file: 0 · 0/s");
    }
}
