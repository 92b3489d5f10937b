//! What is told of a run beside its output: to the log file, and with `--verbose` to stderr.
//!
//! The level comes from `FORETOP_LOG`. A log that cannot be written is no reason to stop; `doctor`
//! says so.

use std::io;
use std::sync::{Arc, OnceLock};

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::places::Places;
use super::printer::{Printer, Style};
use crate::state::LogFile;
use crate::text::redact;

pub(super) const VARIABLE: &str = "FORETOP_LOG";
/// The libraries that speak to models and to MCP servers.
const BODIES: [&str; 2] = ["genai", "rmcp"];
/// What goes wrong, and what a person is told.
pub(super) const DEFAULT: &str = "foretop=info";

/// The log of this run, where there is one.
static LOG: OnceLock<Arc<LogFile>> = OnceLock::new();

/// Writes each event as a line of the file.
#[derive(Clone)]
struct Lines(Arc<LogFile>);

impl io::Write for Lines {
    /// An event comes in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        // Nothing waits for it, and there is nowhere to say that it failed.
        let _ = self.0.line(&String::from_utf8_lossy(event));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `FORETOP_LOG` asks for; the fault of one that cannot be read.
pub(super) fn directives() -> Result<Option<String>, String> {
    let Some(text) = std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    match EnvFilter::try_new(&text) {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(error.to_string()),
    }
}

/// What of a log is wanted: by the variable, else by `default`. The libraries that speak to models and
/// to MCP servers tell of bodies, which are nobody's business unless somebody asks for one by name.
pub(super) fn filter(default: &str) -> EnvFilter {
    let wanted = directives().ok().flatten().unwrap_or_else(|| default.to_owned());
    EnvFilter::new(without_bodies(&wanted))
}

fn without_bodies(wanted: &str) -> String {
    let unnamed = BODIES.iter().filter(|name| !wanted.contains(**name));
    unnamed.fold(wanted.to_owned(), |wanted, name| format!("{wanted},{name}=off"))
}

/// Where the log is, if a place can be found.
pub(super) fn file() -> Option<LogFile> {
    Places::find().ok().map(|places| LogFile::below(&places.state))
}

/// Writes each event as a line for people.
#[derive(Clone, Copy)]
struct Told(Printer);

impl io::Write for Told {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(event);
        let line = redact::line(line.trim());
        // The level, which is our word.
        let (level, said) = line.split_at(line.find(' ').unwrap_or(0));
        let _ = self.0.styled(&[vec![(Style::Faint, level), (Style::Plain, said)]]);
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where events go that are told on stderr.
pub(super) fn told(err: Printer) -> impl Fn() -> Box<dyn io::Write> {
    move || Box::new(Told(err))
}

/// Begins to listen. `to_stderr` tells of every request there too; without `unasked`, the file is
/// written only where the variable says what.
pub(super) fn begin(to_stderr: bool, unasked: bool, err: Printer) {
    let wanted = directives().ok().flatten();
    let wanted = wanted.or_else(|| unasked.then(|| DEFAULT.to_owned()));
    let file = wanted.zip(file()).map(|(wanted, file)| {
        let file = Arc::new(file);
        let lines = Lines(Arc::clone(LOG.get_or_init(|| file)));
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || lines.clone())
            .with_filter(EnvFilter::new(without_bodies(&wanted)))
    });
    // Method, address and outcome of every request, never its headers.
    let requests = to_stderr.then(|| {
        tracing_subscriber::fmt::layer()
            .without_time()
            .with_target(false)
            .with_ansi(false)
            .with_writer(told(err))
            .with_filter(EnvFilter::new("foretop::client=debug"))
    });
    let _ = tracing_subscriber::registry().with(file).with(requests).try_init();
}

/// Keeps a secret out of the log.
pub(super) fn hide(secret: &str) {
    if let Some(log) = LOG.get() {
        log.hide(secret);
    }
}
