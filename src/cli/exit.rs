//! Failures as the shell sees them: one line on stderr, or one JSON object, and an exit code that
//! scripts may rely on.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::printer::{Line, Printer, Style};
use crate::client::{ClientError, RequestPreview};
use crate::config::ConfigError;

/// 0 is success; what the others mean is part of the interface, and [`codes`] says it to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Other = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    NotFound = 3,
    /// Not signed in, or not allowed.
    Denied = 4,
    Conflict = 5,
    /// The service would not take what was sent.
    Rejected = 6,
    /// Network, 5xx, or an answer that cannot be read.
    Network = 7,
    RateLimited = 8,
    /// The condition of `--exit-code` is true.
    Condition = 10,
    TimedOut = 124,
    /// By a signal, after a clean way out.
    Stopped = 130,
    PipeClosed = 141,
}

impl Code {
    pub(super) const ALL: [Self; 12] = [
        Self::Other,
        Self::Usage,
        Self::NotFound,
        Self::Denied,
        Self::Conflict,
        Self::Rejected,
        Self::Network,
        Self::RateLimited,
        Self::Condition,
        Self::TimedOut,
        Self::Stopped,
        Self::PipeClosed,
    ];

    /// In a word or two, and what more there is to it.
    fn meaning(self) -> (&'static str, &'static str) {
        match self {
            Self::Other => ("other failure", ""),
            Self::Usage => ("wrong usage or configuration", ""),
            Self::NotFound => ("not found", ""),
            Self::Denied => ("not signed in or not allowed", ", or read-only"),
            Self::Conflict => ("conflict", ", such as a session that is running"),
            Self::Rejected => ("rejected input", ""),
            Self::Network => (
                "network or service",
                ": no connection, the service's own failure, or an answer that cannot be read",
            ),
            Self::RateLimited => ("rate limited", ", after retries"),
            Self::Condition => (
                "condition of --exit-code is true",
                ": something waits or is found, sessions differ; 4 or 7 where `pending` could not ask \
                 everywhere",
            ),
            Self::TimedOut => ("out of time", ": `--timeout` of `wait` or `run` is over"),
            Self::Stopped => ("Ctrl-C", ""),
            Self::PipeClosed => ("the reader closed the pipe", ""),
        }
    }
}

/// Every exit code with its meaning, success too.
pub(super) fn codes() -> impl Iterator<Item = (u8, &'static str, &'static str)> {
    let failures = Code::ALL.into_iter().map(|code| {
        let (short, more) = code.meaning();
        (code as u8, short, more)
    });
    std::iter::once((0, "done", "")).chain(failures)
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

#[derive(Debug)]
pub(super) struct Failure {
    /// One, or several where mistakes are told all at once. None is split: a line break in it is text.
    lines: Vec<String>,
    code: Code,
    status: Option<u16>,
    request_id: Option<String>,
    details: Vec<String>,
    /// How long the service asked to be left alone.
    retry_after: Option<Duration>,
    /// Asking again would bring the same.
    lasting: bool,
    /// A dry run ends with this one and is no failure.
    preview: Option<Box<RequestPreview>>,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            lines: vec![message.into()],
            code,
            status: None,
            request_id: None,
            details: Vec::new(),
            retry_after: None,
            lasting: false,
            preview: None,
        }
    }

    /// Wrong usage or configuration: exit code 2.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// The same for several mistakes at once.
    pub(super) fn mistakes(lines: Vec<String>) -> Self {
        Self { lines, ..Self::new(Code::Usage, "") }
    }

    /// Anything else: exit code 1.
    pub(super) fn other(message: impl Into<String>) -> Self {
        Self::new(Code::Other, message)
    }

    /// Adds what to do next, in this program's words.
    pub(super) fn with_advice(mut self, advice: &str) -> Self {
        if let Some(last) = self.lines.last_mut() {
            *last = format!("{} {advice}.", last.trim_end());
        }
        self
    }

    pub(super) fn code(&self) -> Code {
        self.code
    }

    /// Whether it may pass by itself, so that asking again makes sense.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self.code, Code::Network | Code::RateLimited) && !self.lasting
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    pub(super) fn preview(&self) -> Option<&RequestPreview> {
        self.preview.as_deref()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"error": {
            "message": self.to_string(), "exit_code": self.code as u8, "status": self.status,
            "request_id": self.request_id, "details": self.details,
        }})
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(super) fn report(&self, as_json: bool, err: Printer) -> ExitCode {
        // Nothing can be said when stderr is gone, and a reader that left wants to hear nothing.
        if self.code != Code::PipeClosed {
            let _ = if as_json {
                err.json(&self.to_json().to_string())
            } else {
                let mut lines: Vec<Line<'_>> =
                    self.lines.iter().map(|line| vec![(Style::Plain, line.as_str())]).collect();
                if let Some(first) = lines.first_mut() {
                    first.splice(..0, [(Style::Alarming, "foretop:"), (Style::Plain, " ")]);
                }
                err.styled(&lines)
            };
        }
        self.code.into()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let code = code_of(&error);
        let mut failure = Self::new(code, error.to_string());
        failure.status = error.status();
        failure.request_id = error.request_id().map(str::to_owned);
        failure.details = error.details();
        failure.retry_after = error.retry_after();
        failure.lasting = error.is_beyond_bounds();
        if let ClientError::DryRun(preview) = error {
            failure.preview = Some(preview);
        }
        failure
    }
}

fn code_of(error: &ClientError) -> Code {
    match error {
        ClientError::Api { status, .. } => match status {
            404 => Code::NotFound,
            401 | 403 => Code::Denied,
            409 => Code::Conflict,
            429 => Code::RateLimited,
            408 | 500.. => Code::Network,
            400..=499 => Code::Rejected,
            _ => Code::Network,
        },
        ClientError::TokenRefused { .. } | ClientError::ReadOnly { .. } => Code::Denied,
        ClientError::BadUrl { .. }
        | ClientError::InsecureUrl { .. }
        | ClientError::BadName { .. }
        | ClientError::BadKey
        | ClientError::Setup { .. } => Code::Usage,
        _ => Code::Network,
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let ConfigError::Mistakes(mistakes) = &error else { return Self::usage(error.to_string()) };
        Self::mistakes(mistakes.iter().map(ToString::to_string).collect())
    }
}

impl From<io::Error> for Failure {
    /// For what is written to stdout: there a closed pipe is the usual end.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(Code::PipeClosed, "the reader closed the pipe")
        } else {
            Self::other(format!("cannot write: {error}"))
        }
    }
}
