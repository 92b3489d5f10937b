//! `completion`, `reset`: what belongs around the program.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::complete;
use super::exit::Failure;
use super::printer::Printer;
use crate::tool_runner::program;

#[derive(Debug, Args)]
pub(super) struct CompletionArgs {
    /// The shell that will read it
    shell: Shell,
}

pub(super) fn completion(arguments: &CompletionArgs, out: Printer) -> Result<ExitCode, Failure> {
    out.own(&complete::script(arguments.shell)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Every mode that a full-screen program may leave behind: mouse, focus, paste, keypad, cursor,
/// scroll region, the second screen, colours (xterm's control sequences).
const CURE: &str = "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\
                    \x1b[?1l\x1b[?7h\x1b[r\x1b[?69l\x1b[?1049l\x1b[?25h\x1b[0m\x1b(B";

/// For a terminal that a lost connection left in a state.
pub(super) fn reset(out: Printer) -> Result<ExitCode, Failure> {
    out.own(CURE.as_bytes())?;
    // Echo and line editing are the driver's, not the terminal's.
    let _ = program("stty").arg("sane").status();
    Ok(ExitCode::SUCCESS)
}
