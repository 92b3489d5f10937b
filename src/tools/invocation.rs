//! One process to be: program, arguments, variables, input and limits.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What a command may know of a call. `arguments` are exact JSON, with secrets in clear.
#[derive(Clone, Copy)]
pub struct CallFacts<'a> {
    pub event_id: &'a str,
    /// Name of the tool configuration.
    pub tool: &'a str,
    pub agent: &'a str,
    pub session: &'a str,
    pub arguments: &'a str,
}

/// How far a process may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub timeout: Duration,
    /// Bytes of stdout; one more ends the process.
    pub max_output: usize,
    /// How long it may take to end when it is asked to; then it is killed.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let (timeout, grace) = (Duration::from_mins(1), Duration::from_secs(2));
        Self { timeout, max_output: 1_000_000, grace }
    }
}

/// What a process gets of our own environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Inherits {
    /// All but our secrets: a person runs it.
    #[default]
    All,
    /// What every program needs, and these variables: an agent runs it.
    Named(Vec<String>),
}

/// Holds what the call was made with, secrets in clear, which is why `Debug` leaves that out.
#[derive(Clone, PartialEq, Eq)]
pub struct Invocation {
    pub program: String,
    pub arguments: Vec<String>,
    pub env: Vec<(String, String)>,
    pub inherits: Inherits,
    pub cwd: Option<PathBuf>,
    pub stdin: String,
    pub limits: Limits,
}

impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("program", &self.program)
            .field("arguments", &format_args!("<{} masked>", self.arguments.len()))
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ToolCommand;
    use super::*;

    #[test]
    fn debug_output_never_shows_a_value_of_the_call() {
        let facts = CallFacts {
            event_id: "aev_1",
            tool: "t",
            agent: "a",
            session: "s",
            arguments: r#"{"token": "hunter2"}"#,
        };
        let run = ToolCommand::parse("curl {token}").unwrap().invocation(&facts).unwrap();
        assert!(!format!("{run:?}").contains("hunter2"));
    }
}
