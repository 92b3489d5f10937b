//! `foretop serve`: the embedded server until a signal stops it.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::ServeArgs;
use super::config_file;
use super::exit::Failure;
use super::log;
use super::model_file::{self, Loaded};
use super::model_trial;
use super::places::Places;
use super::printer::Printer;
use crate::server::access::token::Token;
use crate::server::access::tokens::{self, TokensError};
use crate::server::demo::DEFAULT_SEED;
use crate::server::reading::Mistake;
use crate::server::settings::Settings;
use crate::server::store::backup::{self, BackupError};
use crate::server::store::{OpenError, check};
use crate::server::{Options, Server, StartError};
use crate::tool_runner;

/// Environment variable that gives the token instead of the file.
pub(super) const TOKEN_VARIABLE: &str = tool_runner::SECRETS[1];
/// How long turns may go on after the signal, before they are cut short.
const DRAIN: Duration = Duration::from_secs(2);

pub(super) async fn run(
    arguments: ServeArgs,
    as_json: bool,
    out: Printer,
    err: Printer,
) -> Result<ExitCode, Failure> {
    let log = tracing_subscriber::fmt().with_env_filter(log::filter("warn")).with_ansi(false);
    log.with_writer(log::told(err)).init();
    let Files { loaded, mut settings } = Files::read(&arguments).await?;
    if arguments.check {
        return check(&arguments.data, loaded.as_ref(), as_json, out).await;
    }
    if let Some(file) = &arguments.backup {
        return backup(&arguments.data, file, as_json, out);
    }
    let token = std::env::var(TOKEN_VARIABLE).ok().filter(|text| !text.trim().is_empty());
    settings.switches.hide_reason |= arguments.hide_reason;
    let mut options = Options {
        listen: arguments.listen,
        token: token.map(|text| Token::new(text.trim())),
        tokens: arguments.tokens,
        demo_seed: arguments.demo_data.then_some(DEFAULT_SEED),
        settings,
        ..Options::new(arguments.data)
    };
    if let Some(loaded) = &loaded {
        loaded.give_to(&mut options);
    }
    let mut signals = Signals::new()?;
    let server = Server::start(options).await.map_err(|error| failure(&error))?;
    announce(&server, loaded.as_ref(), as_json, out)
        .map_err(|error| Failure::other(format!("cannot write to stdout: {error}")))?;
    signals.wait().await;
    let end = async {
        server.drain(DRAIN).await;
        server.stop().await;
    };
    // Whoever asks again does not want to wait; then it is as if it had been killed.
    tokio::select! {
        () = end => Ok(ExitCode::SUCCESS),
        () = signals.wait() => Ok(ExitCode::FAILURE),
    }
}

/// What the files say.
struct Files {
    loaded: Option<Loaded>,
    settings: Settings,
}

impl Files {
    /// Before anything is opened: a server must not begin without what its files say. What is wrong with any of
    /// them is told at once.
    async fn read(arguments: &ServeArgs) -> Result<Self, Failure> {
        let loaded = match &arguments.models {
            Some(path) => model_file::load(path, &Places::find()?).await.map(Some),
            None => Ok(None),
        };
        let settings = arguments.config.as_deref().map(read_settings).transpose();
        // The server reads them again, whenever it begins.
        let tokens = arguments.tokens.as_deref().map(tokens::load).transpose();
        let tokens = tokens.map_err(|error| of_tokens(&error));
        match (loaded, settings, tokens) {
            (Ok(loaded), Ok(settings), Ok(_)) => {
                Ok(Self { loaded, settings: settings.unwrap_or_default() })
            }
            (loaded, settings, tokens) => {
                let wrong = [loaded.err(), settings.err(), tokens.err()];
                let lines = wrong.iter().flatten().flat_map(Failure::lines).cloned();
                Err(Failure::mistakes(lines.collect()))
            }
        }
    }
}

async fn check(
    data: &Path,
    loaded: Option<&Loaded>,
    as_json: bool,
    out: Printer,
) -> Result<ExitCode, Failure> {
    let report = check::check(data).map_err(|error| failure(&StartError::Store(error)))?;
    let tried = match loaded {
        Some(loaded) => model_trial::try_out(loaded).await,
        None => Vec::new(),
    };
    let silent = tried.iter().filter(|tried| !tried.answers).count();
    let written = if as_json {
        let mut line = json!({
            "agents": report.agents, "sessions": report.sessions, "events": report.events,
            "artifacts": report.artifacts, "secrets": report.secrets, "pending": report.pending,
            "problems": report.problems,
        });
        if loaded.is_some() {
            line["models"] = tried.iter().map(model_trial::Tried::to_json).collect();
        }
        out.json(&line.to_string())
    } else {
        let counts = format!(
            "looked at {} agents, {} sessions, {} events, {} artifacts, {} secrets, {} waiting",
            report.agents,
            report.sessions,
            report.events,
            report.artifacts,
            report.secrets,
            report.pending
        );
        let models = tried.iter().map(|tried| &tried.words);
        let verdict = match report.problems.len() + silent {
            0 => "all sound".to_owned(),
            1 => "1 problem".to_owned(),
            several => format!("{several} problems"),
        };
        let lines = std::iter::once(&counts).chain(&report.problems).chain(models);
        out.lines(lines.chain(Some(&verdict)))
    };
    written.map_err(|error| Failure::other(format!("cannot write to stdout: {error}")))?;
    let sound = report.problems.is_empty() && silent == 0;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn backup(data: &Path, file: &Path, as_json: bool, out: Printer) -> Result<ExitCode, Failure> {
    let bytes = backup::backup(data, file).map_err(|error| match error {
        BackupError::Open(error) => failure(&StartError::Store(error)),
        BackupError::Taken { .. } | BackupError::Write { .. } => Failure::usage(error.to_string()),
        BackupError::Copy { .. } => Failure::other(error.to_string()),
    })?;
    let key = data.join(backup::KEY_FILE);
    let written = if as_json {
        out.json(&json!({ "backup": file, "bytes": bytes, "key": key }).to_string())
    } else {
        let (file, key) = (file.display(), key.display());
        out.lines([
            format!("{file} holds the database ({bytes} bytes), sealed"),
            format!("{key} opens it: keep a copy apart from it"),
        ])
    };
    written.map_err(|error| Failure::other(format!("cannot write to stdout: {error}")))?;
    Ok(ExitCode::SUCCESS)
}

fn read_settings(path: &Path) -> Result<Settings, Failure> {
    let missing = || Failure::usage(format!("there is no file {}", path.display()));
    let text = config_file::read(path)?.ok_or_else(missing)?;
    let told = |mistake: &Mistake| format!("{}:{mistake}", path.display());
    Settings::parse(&text).map_err(|wrong| Failure::mistakes(wrong.iter().map(told).collect()))
}

fn of_tokens(error: &TokensError) -> Failure {
    match error {
        TokensError::Content(lines) => Failure::mistakes(lines.clone()),
        error => Failure::usage(error.to_string()),
    }
}

/// Which failures the person can mend by another flag, and which are the world's.
pub(super) fn failure(error: &StartError) -> Failure {
    let message = error.to_string();
    match error {
        StartError::Tokens(error) => of_tokens(error),
        StartError::NotLoopback(_)
        | StartError::Store(
            OpenError::Directory { .. }
            | OpenError::Untrusted(_)
            | OpenError::DatabaseMissing { .. }
            | OpenError::Foreign { .. }
            | OpenError::KeyMissing { .. }
            | OpenError::KeyExposed { .. }
            | OpenError::KeyUnreadable { .. },
        )
        | StartError::Token(_) => Failure::usage(message),
        _ => Failure::other(message),
    }
}

fn announce(
    server: &Server,
    loaded: Option<&Loaded>,
    as_json: bool,
    out: Printer,
) -> std::io::Result<()> {
    let url = server.url();
    let names = loaded.map(Loaded::names);
    if as_json {
        let mut value = json!({ "url": url, "token_file": server.token_file() });
        if let Some(names) = names {
            value["models"] = json!(names);
        }
        return out.json(&value.to_string());
    }
    let mut lines = vec![format!("listening on {url}")];
    match server.token_file() {
        Some(path) => {
            let path = path.display();
            lines.push(format!("token in     {path}"));
            let header = format!("\"x-api-key: $(cat {path})\"");
            lines.push(format!("try          curl -H {header} {url}/v2/agents"));
        }
        None => lines.push(format!("token from   {TOKEN_VARIABLE}")),
    }
    if let (Some(names), Some(loaded)) = (names, loaded) {
        lines.push(format!("models       {} ({})", names.join(", "), loaded.path.display()));
    }
    lines.push("stop with    Ctrl-C".to_owned());
    out.lines(lines)
}

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|error| Failure::other(format!("cannot watch signals: {error}")))
        };
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hangup: on(SignalKind::hangup())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
