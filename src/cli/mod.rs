//! The command line: what people type, what they are told, and the exit code.
//!
//! Owns arguments and messages on stderr; the work is done by [`crate::server`] and
//! [`crate::runtime`]. Start with [`main`]. The invariant: a failure is one line that says what
//! happened, why, and what to do next.

mod exit;
mod screen;
mod serve;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use exit::Failure;

/// Watch, triage and debug AI-agent sessions from a terminal.
///
/// Without a subcommand, foretop opens its screen: on an embedded server with --demo, or on the
/// service at --url.
#[derive(Debug, Parser)]
#[command(name = "foretop", version, max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    screen: ScreenArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the embedded server alone, for scripts, SDKs and other clients
    Serve(ServeArgs),
}

/// What the screen is opened on.
#[derive(Debug, Args)]
struct ScreenArgs {
    /// Open on an embedded server with a small world of agents that go on working
    #[arg(long, conflicts_with_all = ["url", "api_key_file"])]
    demo: bool,
    /// Keep the demo's database in this directory instead of a temporary one
    #[arg(long, value_name = "DIR", requires = "demo")]
    data: Option<PathBuf>,
    /// Make the demo repeatable
    #[arg(long, value_name = "N", requires = "demo", default_value_t = 7)]
    seed: u64,
    /// Base URL of the service, such as <http://127.0.0.1:8080>
    #[arg(long, value_name = "URL", env = "FORETOP_URL")]
    url: Option<String>,
    /// File that holds the API key; without it, the key is taken from `VECTARA_API_KEY`
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Use ASCII instead of line-drawing and block characters
    #[arg(long)]
    ascii: bool,
}

/// How the embedded server runs.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct ServeArgs {
    /// Loopback address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Directory of the database and the access token; made when missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Fill an empty database with the demo world and keep that world moving
    #[arg(long)]
    demo_data: bool,
    /// More access tokens, each with roles; see the README
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Limits, and switches for what the sources disagree on; see the README
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Put `hide_reason` on hidden events
    #[arg(long)]
    hide_reason: bool,
    /// Instead of serving, open every seal and follow every reference in the data directory
    #[arg(long, conflicts_with_all = ["listen", "demo_data", "hide_reason", "tokens", "config"])]
    check: bool,
    /// Print one JSON line instead of text
    #[arg(long)]
    json: bool,
}

/// Parses the command line, does what it says, and turns the outcome into an exit code.
pub fn main() -> ExitCode {
    match parse(std::env::args_os()).and_then(run) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<Cli>, Failure> {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => Ok(Some(cli)),
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            // A reader that closed the pipe has seen what it wanted.
            let _ = error.print();
            Ok(None)
        }
        Err(error) => {
            let text = error.to_string();
            let lines = text.lines().take_while(|line| !line.trim().is_empty());
            let what = lines.map(str::trim).collect::<Vec<_>>().join(" ");
            let what = what.trim_start_matches("error: ");
            Err(Failure::usage(format!("{what}. `foretop --help` lists what there is")))
        }
    }
}

fn run(cli: Option<Cli>) -> Result<ExitCode, Failure> {
    let Some(cli) = cli else {
        return Ok(ExitCode::SUCCESS);
    };
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::other(format!("cannot start: {error}")))?;
    let outcome = match cli.command {
        Some(Command::Serve(arguments)) => runtime.block_on(serve::run(arguments)),
        None => runtime.block_on(screen::run(cli.screen)),
    };
    // Threads that are still highlighting something must not delay the way out.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }
}
