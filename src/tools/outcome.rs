//! What became of a process, and how that is said.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Exited(i32),
    Signal(i32),
    TimedOut(Duration),
    /// A person, or the way out of the program, stopped it.
    Stopped,
    /// It printed more than this many bytes.
    Flooded(usize),
    NotStarted(String),
}

/// A process that has ended, or never began.
#[derive(Clone, PartialEq, Eq)]
pub struct Ran {
    pub ending: Ending,
    pub took: Duration,
    /// Bytes that are no UTF-8 are replaced.
    pub stdout: String,
    /// Its last part, where it was long.
    pub stderr: String,
}

impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A command may print what it was given.
        f.debug_struct("Ran")
            .field("ending", &self.ending)
            .field("took", &self.took)
            .finish_non_exhaustive()
    }
}

impl Ran {
    pub fn not_started(why: impl Into<String>) -> Self {
        let ending = Ending::NotStarted(why.into());
        Self { ending, took: Duration::ZERO, stdout: String::new(), stderr: String::new() }
    }

    pub fn succeeded(&self) -> bool {
        self.ending == Ending::Exited(0)
    }

    /// `0.8s`, `12s`.
    pub fn took_words(&self) -> String {
        seconds(self.took)
    }

    /// The last lines of stderr that are not empty, the latest last.
    pub fn last_words(&self, count: usize) -> Vec<&str> {
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(count)..].to_vec()
    }

    /// What the agent may be told of a failure.
    pub fn failure(&self) -> Value {
        let code = match self.ending {
            Ending::Exited(code) => Value::from(code),
            _ => Value::Null,
        };
        let said = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        json!({"exit_code": code, "reason": self.ending.to_string(), "output": said.trim_end()})
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit {code}"),
            Self::Signal(number) => match signal_name(*number) {
                Some(name) => write!(f, "killed by {name}"),
                None => write!(f, "killed by signal {number}"),
            },
            Self::TimedOut(limit) => write!(f, "stopped after {}, its time limit", seconds(*limit)),
            Self::Stopped => f.write_str("stopped"),
            Self::Flooded(limit) => {
                let limit = crate::text::units::bytes(*limit as u64);
                write!(f, "stopped: it printed more than {limit} bytes")
            }
            Self::NotStarted(why) => write!(f, "not started: {why}"),
        }
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        whole => format!("{whole}s"),
    }
}

fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_said_in_a_few_words() {
        for (ending, words) in [
            (Ending::Exited(3), "exit 3"),
            (Ending::Signal(11), "killed by SIGSEGV"),
            (Ending::Signal(64), "killed by signal 64"),
            (Ending::TimedOut(Duration::from_mins(1)), "stopped after 60s, its time limit"),
            (Ending::Stopped, "stopped"),
        ] {
            assert_eq!(ending.to_string(), words);
        }
    }

    #[test]
    fn a_failure_tells_what_was_said_last() {
        let mut ran = Ran::not_started("no such file");
        ran.ending = Ending::Exited(2);
        ran.stderr = "one\n\ntwo\nthree\n".to_owned();
        assert_eq!(ran.last_words(2), ["two", "three"]);
        assert_eq!(ran.failure()["exit_code"], 2);
        assert_eq!(ran.failure()["output"], "one\n\ntwo\nthree");
    }
}
