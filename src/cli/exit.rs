//! Failures as the shell sees them.

use std::io::Write as _;
use std::process::ExitCode;

/// One line for stderr and an exit code that scripts may rely on.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Wrong usage or configuration: exit code 2.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// Anything else: exit code 1.
    pub(super) fn other(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    pub(super) fn report(&self) -> ExitCode {
        // Nothing can be said when stderr is gone.
        let _ = writeln!(std::io::stderr(), "foretop: {}", self.message);
        ExitCode::from(self.code)
    }
}
