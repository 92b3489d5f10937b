//! What the terminal says that it can do.
//!
//! Asked once, when the screen is taken over, and never waited for: frames are plain until the
//! answers arrive between the keys. Last comes a question that every terminal answers, so that
//! leaving early does not leave answers to the shell.

use std::time::{Duration, Instant};

/// Synchronised output? Left and right margins? And, answered by all: what are you?
const QUESTIONS: &[u8] = b"\x1b[?2026$p\x1b[?69$p\x1b[c";
/// The same without the first.
const QUESTIONS_UNSYNCHRONIZED: &[u8] = b"\x1b[?69$p\x1b[c";

/// Longest that answers are waited for when leaving.
const PATIENCE: Duration = Duration::from_millis(500);

/// What goes beyond the oldest terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Showing a frame at once, however its bytes arrive (mode 2026).
    pub synchronized: bool,
    /// Moving the rows of a pane that is narrower than the screen (mode 69).
    pub left_right_margins: bool,
}

impl Capabilities {
    pub const NONE: Self = Self { synchronized: false, left_right_margins: false };
    pub const ALL: Self = Self { synchronized: true, left_right_margins: true };

    /// The same without synchronised output, even where the terminal has it.
    #[must_use]
    pub const fn unsynchronized(self) -> Self {
        Self { synchronized: false, ..self }
    }

    /// What is worth asking a terminal of this name for. The console of Linux prints a part of
    /// what it does not understand.
    pub fn worth_asking(term: &str) -> Self {
        if term.is_empty() || term == "dumb" || term.starts_with("linux") {
            Self::NONE
        } else {
            Self::ALL
        }
    }
}

/// One answer of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A mode, and whether it can be set.
    Mode(u16, bool),
    /// What the terminal is; the last of the answers.
    Identity,
}

/// The questions and what was answered so far.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    allowed: Capabilities,
    found: Capabilities,
    /// Since when answers are on their way.
    asked: Option<Instant>,
}

impl Probe {
    /// Uses no more than what is `allowed`, whatever the terminal can.
    pub const fn new(allowed: Capabilities) -> Self {
        Self { allowed, found: Capabilities::NONE, asked: None }
    }

    /// What to write to the terminal; nothing when no answer would count.
    pub fn ask(&mut self, now: Instant) -> &'static [u8] {
        if self.allowed == Capabilities::NONE {
            return b"";
        }
        self.asked = Some(now);
        if self.allowed.synchronized { QUESTIONS } else { QUESTIONS_UNSYNCHRONIZED }
    }

    pub const fn hear(&mut self, answer: Answer) {
        match answer {
            Answer::Mode(2026, can) => self.found.synchronized = can && self.allowed.synchronized,
            Answer::Mode(69, can) => {
                self.found.left_right_margins = can && self.allowed.left_right_margins;
            }
            Answer::Mode(..) => {}
            Answer::Identity => self.asked = None,
        }
    }

    pub const fn capabilities(&self) -> Capabilities {
        self.found
    }

    /// How long answers may still be on their way; `None` when all are here or will not come.
    pub fn outstanding(&self, now: Instant) -> Option<Duration> {
        let waited = now.saturating_duration_since(self.asked?);
        PATIENCE.checked_sub(waited).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_and_was_answered_counts() {
        let now = Instant::now();
        let mut probe = Probe::new(Capabilities::ALL.unsynchronized());
        assert_eq!(probe.ask(now), QUESTIONS_UNSYNCHRONIZED);
        for answer in [Answer::Mode(2026, true), Answer::Mode(69, true), Answer::Mode(25, true)] {
            probe.hear(answer);
        }
        let margins = Capabilities { left_right_margins: true, ..Capabilities::NONE };
        assert_eq!(probe.capabilities(), margins);
        probe.hear(Answer::Mode(69, false));
        assert_eq!(probe.capabilities(), Capabilities::NONE);
    }

    #[test]
    fn where_nothing_counts_nothing_is_asked() {
        let now = Instant::now();
        for term in ["", "dumb", "linux", "linux-16color"] {
            let mut probe = Probe::new(Capabilities::worth_asking(term));
            assert_eq!((probe.ask(now), probe.outstanding(now)), (&b""[..], None), "{term}");
        }
        assert_eq!(Capabilities::worth_asking("xterm-256color"), Capabilities::ALL);
    }

    #[test]
    fn answers_are_outstanding_until_the_last_and_not_for_ever() {
        let now = Instant::now();
        let mut probe = Probe::new(Capabilities::ALL);
        assert_eq!(probe.outstanding(now), None);
        probe.ask(now);
        probe.hear(Answer::Mode(2026, true));
        assert_eq!(probe.outstanding(now), Some(PATIENCE));
        assert_eq!(probe.outstanding(now + PATIENCE), None);
        probe.hear(Answer::Identity);
        assert_eq!(probe.outstanding(now), None);
    }
}
