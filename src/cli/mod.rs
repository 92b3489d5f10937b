//! The command line: what people type, what they are told, and the exit code.
//!
//! Owns arguments, output and exit codes; the work is done by [`crate::client`],
//! [`crate::server`] and [`crate::runtime`]. Start with [`main`]; a file per family of commands.
//! The invariant: data goes to stdout and everything else to stderr, and a failure is one line
//! that says what happened, why, and what to do next.

mod agents;
mod appearance;
mod artifact;
mod audit;
mod auth;
mod bundle;
mod calls;
mod complete;
mod config_file;
mod connect;
mod coverage;
mod demo;
mod diff;
mod display;
mod doctor;
mod environment;
mod event;
mod event_filter;
mod events;
mod exit;
mod export;
mod find;
mod first_run;
mod global;
mod grep;
mod help;
mod key_line;
mod key_table;
mod keymap;
mod keys;
mod live;
mod local_server;
mod log;
mod manual;
mod messages;
mod model_file;
mod model_trial;
mod models;
mod mouse;
mod new_profile;
mod open;
mod output;
mod pager;
mod patience;
mod places;
mod plain;
mod printer;
mod progress;
mod read_files;
mod record;
mod reply;
mod run;
mod screen;
mod screen_flags;
mod secrets;
mod serve;
mod serve_tools;
mod session_filter;
mod sessions;
mod settings;
mod shell;
mod table;
mod tools;
mod triage;
mod upstream;
mod views;
mod wait;
mod watching;
mod zone;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use serde_json::json;

use connect::Context;
use exit::Failure;
use global::Global;
use printer::Printer;

use crate::api::Exact;
use crate::client::RequestPreview;
use crate::server::demo::DEFAULT_SEED;
use crate::text;

/// Watch, triage and debug AI-agent sessions from a terminal.
///
/// Without a command, foretop opens its screen: on an embedded server with --demo, else on the
/// service of a profile or of --url. With nothing configured it asks what to look at.
#[derive(Debug, Parser)]
#[command(name = "foretop", version = env!("FORETOP_VERSION"), max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = manual::after_help())]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    screen: ScreenArgs,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
// Only the commands that are typed get their arguments: all of them cost each start a millisecond.
#[command(defer = true)]
enum Command {
    /// Open the screen on one session
    Ui(UiArgs),
    /// Look at a session in a file, offline
    Open(open::OpenArgs),
    #[command(flatten)]
    Service(Box<ServiceCommand>),
    /// Keys: log in, log out, status
    #[command(subcommand)]
    Auth(auth::AuthCommand),
    /// The configuration and where its values come from
    #[command(subcommand)]
    Config(settings::ConfigCommand),
    /// List every key of the screen, and where it was chosen
    ///
    /// keys.toml beside config.toml has keys of your own.
    Keys(key_table::KeysArgs),
    /// Find out what is wrong with terminal, configuration or connection
    Doctor(doctor::DoctorArgs),
    /// Put a terminal right that was left in a state
    Reset,
    /// Explain a command, as its --help does
    Help(help::HelpArgs),
    /// Print the script that completes commands, flags and names in a shell
    Completion(shell::CompletionArgs),
    /// Print the manual page
    Man(manual::ManArgs),
    /// Run the embedded server alone, for scripts, SDKs and other clients
    Serve(ServeArgs),
}

/// What is done on a service.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum ServiceCommand {
    /// List sessions, the most urgent first
    Ls(sessions::LsArgs),
    /// Show one session
    Show(sessions::ShowArgs),
    /// Make a session
    New(sessions::NewArgs),
    /// Change a session
    Set(sessions::SetArgs),
    /// Delete sessions with their events and files
    Rm(sessions::RmArgs),
    /// Make a session out of another one's events
    ///
    /// Its metadata says where they come from, by which the screen draws the tree of branches.
    Fork(sessions::ForkArgs),
    /// Compare two sessions by what happened in them
    Diff(diff::DiffArgs),
    /// List the events of a session
    Events(events::EventsCommand),
    /// Show one event, whole
    Event(event::EventArgs),
    /// Print the newest events, and follow them with -f
    Tail(events::TailArgs),
    /// Hide events from the agent
    Hide(events::HideArgs),
    /// Show hidden events to the agent again
    Unhide(events::HideArgs),
    /// Write a session to a file, with keys and passwords redacted
    Export(export::ExportArgs),
    /// Pack a session with all that belongs to it, redacted, for a report of a fault
    Bundle(bundle::BundleArgs),
    /// List every tool call that waits for you, the oldest first
    Pending(calls::PendingArgs),
    /// Answer tool calls
    Answer(calls::AnswerArgs),
    /// Run a command on a call's arguments and answer with what it prints
    Run(run::RunArgs),
    /// Say something to a session that rests, and print the reply as it comes
    Send(messages::SendArgs),
    /// Say something to a session that is running
    Steer(messages::SteerArgs),
    /// Stop the running turn
    Interrupt(messages::InterruptArgs),
    /// Put a summary in the place of old events
    Compact(messages::CompactArgs),
    /// Upload files to a session
    Upload(messages::UploadArgs),
    /// Files of a session
    #[command(subcommand)]
    Artifact(artifact::ArtifactCommand),
    /// Find events in many sessions
    Grep(grep::GrepArgs),
    /// List agents, or show one with its steps, tools, skills and sessions
    Agents(agents::AgentsArgs),
    /// List the tools of the agents and who answers their calls, or show one with its schemas
    Tools(tools::ToolsArgs),
    /// List the models that agents can think with, and their prices
    Models(models::ModelsArgs),
    /// Wait until a session is in some state
    Wait(wait::WaitArgs),
    /// Tell, or run a command, whenever a session gets into some state
    Watch(wait::WatchArgs),
}

#[derive(Debug, Args)]
struct UiArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: Option<String>,
    /// Begin at this event of it; its id, or the beginning of that
    #[arg(long, value_name = "ID", requires = "session")]
    event: Option<String>,
    #[command(flatten)]
    live: live::LiveArgs,
}

/// What the screen is opened on.
#[derive(Debug, Args)]
struct ScreenArgs {
    /// Open on an embedded server with a small world of agents that go on working
    #[arg(long, conflicts_with_all = ["url", "api_key_file", "profile"])]
    demo: bool,
    /// Keep the demo's database in this directory instead of a temporary one
    #[arg(long, value_name = "DIR", requires = "demo")]
    data: Option<PathBuf>,
    /// Let agents that you make in the demo think with the models of this file; those of the demo keep
    /// their parts
    #[arg(long, value_name = "FILE", requires = "demo")]
    models: Option<PathBuf>,
    /// Make the demo repeatable
    #[arg(long, value_name = "N", requires = "demo", default_value_t = DEFAULT_SEED)]
    seed: u64,
    #[command(flatten)]
    live: live::LiveArgs,
}

impl ScreenArgs {
    /// Why a flag of the screen means nothing to a command that opens none. Passed over, it would let
    /// somebody take a service of theirs for the demo.
    fn given_for_nothing(&self, command: Option<&Command>) -> Option<String> {
        let flag = match command {
            None | Some(Command::Ui(_)) => return None,
            Some(Command::Serve(_)) if self.demo => {
                return Some(
                    "--demo opens the screen; serve --demo-data has that world".to_owned(),
                );
            }
            Some(_) if self.demo => {
                return Some(
                    "--demo opens the screen, and this command would not look at the demo. \
                     `foretop serve --demo-data --data DIR` serves that world for commands"
                        .to_owned(),
                );
            }
            Some(Command::Open(_)) => self.live.given_of_service()?,
            Some(_) => self.live.given()?,
        };
        Some(format!(
            "{flag} in front of a command is for the screen, which this one does not open on a service"
        ))
    }
}

/// How the embedded server runs.
#[derive(Debug, Args)]
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
    /// What agents think with: models and limits; without it they obey commands
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    /// More access tokens, each with roles; see docs/server.md
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Limits, and switches for what the sources disagree on; see docs/server.md
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Put `hide_reason` on hidden events
    #[arg(long)]
    hide_reason: bool,
    /// Instead of serving, open every seal and follow every reference in the data directory, and ask each
    /// model of --models one tiny question
    #[arg(long, conflicts_with_all = ["listen", "demo_data", "hide_reason", "tokens", "config"])]
    check: bool,
    /// Instead of serving, copy the database into a new file, beside a running server too;
    /// docs/server.md has the way back
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "listen", "demo_data", "hide_reason", "tokens", "config", "check", "models"
        ]
    )]
    backup: Option<PathBuf>,
}

/// Parses the command line, does what it says, and turns the outcome into an exit code.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let as_json = Global::wants_json(&arguments);
    let color = Global::wanted_color(&arguments);
    let (out, err) = (Printer::stdout(color), Printer::stderr(color));
    if let Some(code) = complete::answer(&arguments, out) {
        return code;
    }
    let ascii = appearance::is_ascii_by(Global::wanted_ascii(&arguments));
    let (out, err) = (out.in_ascii(ascii), err.in_ascii(ascii));
    match parse(arguments, out).and_then(|cli| run(cli, out, err)) {
        Ok(code) => code,
        Err(failure) => match failure.preview() {
            Some(preview) => match print_preview(preview, as_json, out) {
                Ok(()) => ExitCode::SUCCESS,
                Err(failure) => failure.report(as_json, err),
            },
            None => failure.report(as_json, err),
        },
    }
}

fn parse(arguments: Vec<OsString>, out: Printer) -> Result<Option<Cli>, Failure> {
    let pager = Global::wanted_pager(&arguments);
    match Cli::try_parse_from(arguments) {
        Ok(cli) => match cli.screen.given_for_nothing(cli.command.as_ref()) {
            Some(why) => Err(Failure::usage(why)),
            None => Ok(Some(cli)),
        },
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            // A reader that closed the pipe has seen what it wanted.
            let _ = out.help(&error.render(), &pager);
            Ok(None)
        }
        Err(error) => {
            let text = error.to_string();
            // What is wrong, and the tip if there is one; not the usage of the whole command.
            let lines = text.lines().map(str::trim);
            let lines = lines
                .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
            let what = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
            let what = what.trim_start_matches("error: ").trim_end_matches('.');
            Err(Failure::usage(format!("{what}. `foretop --help` lists what there is")))
        }
    }
}

fn run(cli: Option<Cli>, out: Printer, err: Printer) -> Result<ExitCode, Failure> {
    let Some(cli) = cli else {
        return Ok(ExitCode::SUCCESS);
    };
    // The screen has no room beside it, and the server keeps a log of its own.
    let screen = matches!(cli.command, None | Some(Command::Ui(_) | Command::Open(_)));
    if !matches!(cli.command, Some(Command::Serve(_))) {
        // A demo that is gone at the end leaves nothing behind.
        let passing = cli.screen.demo && cli.screen.data.is_none();
        log::begin(cli.global.verbose && !screen, !passing, err);
    }
    // `ui` may be told to go line by line, where they count.
    let by_line =
        || !matches!(cli.command, Some(Command::Open(_))) && plain::is_wanted(&cli.global);
    if screen && !by_line() {
        screen_flags::refuse(&cli.global)?;
    }
    let cannot_start = |error| Failure::other(format!("cannot start: {error}"));
    match cli.command {
        Some(Command::Serve(arguments)) => {
            let runtime = tokio::runtime::Runtime::new().map_err(cannot_start)?;
            runtime.block_on(serve::run(arguments, cli.global.json, out, err))
        }
        None | Some(Command::Ui(_)) => {
            let runtime = tokio::runtime::Runtime::new().map_err(cannot_start)?;
            let outcome = if plain::is_wanted(&cli.global) {
                runtime.block_on(Box::pin(plain::run(cli)))
            } else {
                runtime.block_on(screen::run(cli))
            };
            // Threads that are still highlighting something must not delay the way out.
            runtime.shutdown_background();
            outcome
        }
        Some(Command::Open(arguments)) => {
            let display = cli.screen.live.display;
            on_one_thread(Box::pin(open::run(arguments, &display, &cli.global)))
        }
        Some(Command::Config(command)) => settings::run(&command, &cli.global),
        Some(Command::Keys(arguments)) => key_table::run(&arguments, &cli.global),
        Some(Command::Reset) => shell::reset(out),
        Some(Command::Help(arguments)) => help::help(&arguments, cli.global.no_pager, out),
        Some(Command::Completion(arguments)) => shell::completion(&arguments, out),
        Some(Command::Man(arguments)) => manual::man(&arguments, out),
        Some(Command::Auth(command)) => on_one_thread(Box::pin(auth::run(&command, cli.global))),
        Some(Command::Doctor(arguments)) => {
            on_one_thread(Box::pin(doctor::run(&cli.global, &arguments)))
        }
        Some(Command::Service(command)) => {
            on_one_thread(Box::pin(on_service(*command, cli.global)))
        }
    }
}

/// A command on its way. In a box, because each is large, and in line they would all be one future
/// that is compiled again wherever it is polled.
type Work<'a> = Pin<Box<dyn Future<Output = Result<ExitCode, Failure>> + 'a>>;

/// One thread is enough for a command, and it starts sooner.
fn on_one_thread(work: Work<'_>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::other(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

async fn on_service(command: ServiceCommand, global: Global) -> Result<ExitCode, Failure> {
    // For these the time is that of the whole command, and not of each answer.
    let whole = matches!(command, ServiceCommand::Wait(_) | ServiceCommand::Run(_));
    let timeout = global.timeout;
    let mut context =
        Context::open(Global { timeout: timeout.filter(|_| !whole), ..global }).await?;
    context.global.timeout = timeout;
    perform(&context, &command).await
}

async fn perform(context: &Context, command: &ServiceCommand) -> Result<ExitCode, Failure> {
    let work: Work<'_> = match command {
        ServiceCommand::Ls(arguments) => Box::pin(sessions::ls(context, arguments)),
        ServiceCommand::Show(arguments) => Box::pin(sessions::show(context, arguments)),
        ServiceCommand::New(arguments) => Box::pin(sessions::new(context, arguments)),
        ServiceCommand::Set(arguments) => Box::pin(sessions::set(context, arguments)),
        ServiceCommand::Rm(arguments) => Box::pin(sessions::rm(context, arguments)),
        ServiceCommand::Fork(arguments) => Box::pin(sessions::fork(context, arguments)),
        ServiceCommand::Diff(arguments) => Box::pin(diff::diff(context, arguments)),
        ServiceCommand::Events(arguments) => Box::pin(events::command(context, arguments)),
        ServiceCommand::Event(arguments) => Box::pin(event::event(context, arguments)),
        ServiceCommand::Tail(arguments) => Box::pin(events::tail(context, arguments)),
        ServiceCommand::Hide(arguments) => Box::pin(events::hide(context, arguments, true)),
        ServiceCommand::Unhide(arguments) => Box::pin(events::hide(context, arguments, false)),
        ServiceCommand::Bundle(arguments) => Box::pin(bundle::bundle(context, arguments)),
        ServiceCommand::Export(arguments) => Box::pin(export::export(context, arguments)),
        ServiceCommand::Pending(arguments) => Box::pin(calls::pending(context, arguments)),
        ServiceCommand::Answer(arguments) => Box::pin(calls::answer(context, arguments)),
        ServiceCommand::Run(arguments) => Box::pin(run::run(context, arguments)),
        ServiceCommand::Send(arguments) => Box::pin(messages::send(context, arguments)),
        ServiceCommand::Steer(arguments) => Box::pin(messages::steer(context, arguments)),
        ServiceCommand::Interrupt(arguments) => Box::pin(messages::interrupt(context, arguments)),
        ServiceCommand::Compact(arguments) => Box::pin(messages::compact(context, arguments)),
        ServiceCommand::Upload(arguments) => Box::pin(messages::upload(context, arguments)),
        ServiceCommand::Artifact(command) => Box::pin(artifact::run(context, command)),
        ServiceCommand::Grep(arguments) => Box::pin(grep::grep(context, arguments)),
        ServiceCommand::Agents(arguments) => Box::pin(agents::agents(context, arguments)),
        ServiceCommand::Tools(arguments) => Box::pin(tools::tools(context, arguments)),
        ServiceCommand::Models(arguments) => Box::pin(models::models(context, arguments)),
        ServiceCommand::Wait(arguments) => Box::pin(wait::wait(context, arguments)),
        ServiceCommand::Watch(arguments) => Box::pin(wait::watch(context, arguments)),
    };
    work.await
}

/// The request that a dry run did not send.
fn print_preview(preview: &RequestPreview, as_json: bool, out: Printer) -> Result<(), Failure> {
    if as_json {
        // Spelt out, because a body of any depth is no value.
        let [method, url] = [&preview.method, &preview.url].map(|text| json!(text));
        let body = preview.body.as_ref().map_or("null", Exact::text);
        let version = output::SCHEMA_VERSION;
        let value = format!(
            r#"{{"schema_version":{version},"dry_run":true,"method":{method},"url":{url},"body":{body}}}"#
        );
        out.json(&crate::archive::written::on_one_line(&value))?;
    } else {
        out.line(&format!("{} {}", preview.method, preview.url))?;
        if let Some(body) = &preview.body {
            out.json(&text::json::spread(body.text()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_example_of_the_help_can_be_parsed() {
        let help = manual::after_help();
        let examples = help.lines().filter(|line| line.starts_with("  foretop "));
        let mut count = 0;
        for line in examples {
            let words = shlex::split(line).unwrap();
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
            count += 1;
        }
        assert!(count >= 8);
    }

    #[test]
    fn the_help_of_a_command_begins_with_what_the_list_of_commands_says_of_it() {
        fn look(of: &clap::Command) {
            for command in of.get_subcommands() {
                let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                let help = command.get_long_about().map(ToString::to_string).unwrap_or_default();
                let begins = help.is_empty() || help.starts_with(&about);
                assert!(begins, "{}: {about}, and its help says: {help:.200}", command.get_name());
                look(command);
            }
        }
        look(&Cli::command());
    }
}
