//! What is typed, a line at a time, from a terminal, a pipe or a file.
//!
//! Start with [`Lines::next`]. The invariant: a line that was read is never lost, whatever waited for it
//! and stopped waiting.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use tokio::task::JoinHandle;

use crate::cli::exit::Failure;

/// Bytes of one line; nobody types more, and what is pasted comes in lines.
const LONGEST: u64 = 1 << 20;

/// What ends a text of several lines.
pub(super) const END: &str = ".";

pub(super) struct Lines {
    /// A read goes on in a thread of its own, also while nobody waits for it.
    reading: Option<JoinHandle<io::Result<Option<String>>>>,
    /// Read, and not what was waited for.
    back: Option<String>,
    pub(super) is_terminal: bool,
}

impl Lines {
    pub(super) fn of_stdin() -> Self {
        Self { reading: None, back: None, is_terminal: io::stdin().is_terminal() }
    }

    /// The next line; `None` at the end of the input. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Failure> {
        if let Some(line) = self.back.take() {
            return Ok(Some(line));
        }
        let reading = self.reading.get_or_insert_with(|| tokio::task::spawn_blocking(read));
        let read = reading.await;
        self.reading = None;
        let failed = |why: String| Failure::other(format!("cannot read what is typed: {why}"));
        read.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }

    /// Gives a line back that is for whoever asks next.
    pub(super) fn give_back(&mut self, line: String) {
        self.back = Some(line);
    }

    /// Lines up to one that holds a full stop alone; `None` where the input ends before.
    pub(super) async fn text(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        while let Some(line) = self.next().await? {
            if line.trim_end() == END {
                return Ok(Some(text));
            }
            text.push_str(&line);
            text.push('\n');
        }
        Ok(None)
    }
}

fn read() -> io::Result<Option<String>> {
    let mut line = Vec::new();
    io::stdin().lock().take(LONGEST).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    let line = String::from_utf8_lossy(&line);
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}
