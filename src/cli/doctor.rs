//! `doctor`: configuration, terminal, connection, clock and roles, each with what to do about it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::appearance::is_ascii_by;
use super::connect::client;
use super::exit::Failure;
use super::global::Global;
use super::local_server;
use super::log;
use super::mouse;
use super::output::{Output, SCHEMA_VERSION};
use super::places::Places;
use super::printer::Printer;
use super::read_files::{Found, ReadFile, read_files};
use super::screen;
use super::secrets::{KEY_VARIABLE, api_key};
use super::{model_file, model_trial};
use crate::api::{SessionRef, Timestamp};
use crate::client::{
    AgentQuery, Client, ClientError, ClientOptions, Credentials, EventQuery, SessionQuery,
};
use crate::config::{Auth, Notify, Origin, Settings};
use crate::state::StateDir;
use crate::terminal;
use crate::text::{redact, units};

/// A clock that is further off makes ages on the screen wrong.
const CLOCK_SECONDS: i64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// Worth knowing.
    Note,
    Bad,
}

struct Finding {
    verdict: Verdict,
    about: &'static str,
    text: String,
}

#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn add(&mut self, verdict: Verdict, about: &'static str, text: impl Into<String>) {
        let text = redact::addresses(&text.into()).into_owned();
        self.0.push(Finding { verdict, about, text });
    }
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Send one notification to this terminal, to see whether it arrives
    #[arg(long)]
    notify: bool,
    /// Ask each model of this file one tiny question, as the ones of a profile with `models` are
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

pub(super) async fn run(global: &Global, arguments: &DoctorArgs) -> Result<ExitCode, Failure> {
    let out = Output::new(global).in_ascii(is_ascii_by(global.ascii));
    let places = Places::find()?;
    let mut report = Report::default();
    terminal(&mut report, out.stdout);
    log_file(&mut report);
    let salvaged = places.salvage_config();
    let settings = global.resolve(&salvaged.config);
    files(&mut report, settings.as_ref().ok(), &places);
    match settings {
        Err(failure) => {
            failure.lines().iter().for_each(|line| report.add(Verdict::Bad, "config", line));
        }
        Ok(mut settings) => {
            // What could be read is looked at; what is missing of it may be a bound.
            if !salvaged.is_whole {
                settings.hold_back(Origin::File(places.config.clone(), 1));
            }
            notifications(&mut report, settings.notify.value, arguments.notify, out.stdout)?;
            let mouse = mouse::decide(settings.mouse.value, variable);
            report.add(Verdict::Fine, "mouse", mouse::words(mouse));
            configuration(&mut report, &settings);
            if let Some(file) = &arguments.models {
                models(&mut report, file, &places).await;
            }
            let sound = match settings.models.clone() {
                Some(file) => models(&mut report, &file.value, &places).await,
                None => true,
            };
            // Without its models, which are told of, the server does not begin.
            if sound {
                let server = match local_server::bring_up(&mut settings, &places).await {
                    Ok(server) => server,
                    Err(failure) => {
                        report.add(Verdict::Bad, "server", failure.to_string());
                        None
                    }
                };
                state(&mut report, &settings, &places);
                connection(&mut report, global, &settings, &places).await;
                drop(server);
            }
        }
    }
    let word = |verdict| match verdict {
        Verdict::Fine => "ok",
        Verdict::Note => "note",
        Verdict::Bad => "BAD",
    };
    let items: Vec<Value> = report
        .0
        .iter()
        .map(|found| json!({"verdict": word(found.verdict), "about": found.about, "text": found.text}))
        .collect();
    let lines: Vec<String> = report
        .0
        .iter()
        .map(|found| format!("{:<5} {:<11} {}", word(found.verdict), found.about, found.text))
        .collect();
    let value = json!({"schema_version": SCHEMA_VERSION, "items": items});
    out.value(&value, lines)?;
    let bad = report.0.iter().any(|found| found.verdict == Verdict::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn terminal(report: &mut Report, stdout: Printer) {
    let term = variable("TERM").unwrap_or_else(|| "not set".to_owned());
    if stdout.is_terminal() {
        let (columns, rows) = terminal::size();
        let small = columns < 80 || rows < 24;
        let verdict = if small { Verdict::Note } else { Verdict::Fine };
        let advice = if small { "; 80x24 shows everything" } else { "" };
        report.add(verdict, "terminal", format!("{term}, {columns}x{rows}{advice}"));
    } else {
        report.add(Verdict::Note, "terminal", "stdout is no terminal; the screen needs one");
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    let utf8 = locale.to_lowercase().replace('-', "").contains("utf8");
    if utf8 {
        report.add(Verdict::Fine, "locale", locale);
    } else {
        report.add(Verdict::Note, "locale", "no UTF-8 locale: ASCII signs are used");
    }
    for (name, what) in [
        ("TMUX", "inside tmux"),
        ("STY", "inside screen"),
        (
            "SSH_CONNECTION",
            "over SSH: at most 30 frames a second for keys, 15 for what comes by itself",
        ),
        ("NO_COLOR", "NO_COLOR is set: no colours"),
    ] {
        if variable(name).is_some() {
            report.add(Verdict::Note, "terminal", what);
        }
    }
}

/// Whether the file can be used; what each of its models answered is said.
async fn models(report: &mut Report, file: &Path, places: &Places) -> bool {
    let loaded = match model_file::load(file, places).await {
        Ok(loaded) => loaded,
        Err(failure) => {
            failure.lines().iter().for_each(|line| report.add(Verdict::Bad, "models", line));
            return false;
        }
    };
    report.add(Verdict::Fine, "models", loaded.path.display().to_string());
    for tried in model_trial::try_out(&loaded).await {
        let verdict = match (tried.answers, tried.calls) {
            (false, _) => Verdict::Bad,
            (true, Some(true)) => Verdict::Fine,
            (true, _) => Verdict::Note,
        };
        report.add(verdict, "model", tried.words);
    }
    true
}

/// Which way notifications take; sends one where it is asked for.
fn notifications(
    report: &mut Report,
    notify: Notify,
    test: bool,
    stdout: Printer,
) -> Result<(), Failure> {
    let notifier = screen::notifier(notify);
    let route = notifier.route();
    let about = "notify";
    if !test {
        let words = match notify {
            Notify::Off => route,
            _ => format!("by {route}; `foretop doctor --notify` sends a test"),
        };
        report.add(Verdict::Fine, about, words);
    } else if notify == Notify::Off {
        report.add(Verdict::Note, about, "off, so nothing was sent; the setting is notify");
    } else if stdout.is_terminal() {
        let sent = stdout.own(&notifier.test());
        sent.map_err(|error| Failure::other(format!("cannot write to the terminal: {error}")))?;
        let advice = if variable("TMUX").is_some() {
            "; tmux hands it on with `set -g allow-passthrough on`, and rings by its bell settings"
        } else {
            ""
        };
        let words = format!(
            "a test was sent by {route}, which no terminal confirms{advice}. If nothing came, try \
             another way: notify = \"bell\", \"osc9\", \"osc777\" or \"osc99\""
        );
        report.add(Verdict::Fine, about, words);
    } else {
        report.add(Verdict::Note, about, "stdout is no terminal, so nothing was sent");
    }
    Ok(())
}

/// Where it is told what went wrong.
fn log_file(report: &mut Report) {
    let level = match log::directives() {
        Ok(Some(asked)) => format!("{} = {asked}", log::VARIABLE),
        Ok(None) => format!("what goes wrong; {}=debug logs every request", log::VARIABLE),
        Err(fault) => {
            let text = format!(
                "{} is not understood ({fault}), so {} counts; write it like debug or \
                 foretop::client=debug",
                log::VARIABLE,
                log::DEFAULT
            );
            report.add(Verdict::Note, "log", text);
            return;
        }
    };
    let Some(file) = log::file() else {
        return report.add(
            Verdict::Note,
            "log",
            "there is no home directory, so nothing is logged",
        );
    };
    match file.check() {
        Ok(size) => {
            let size = if size == 0 { "empty".to_owned() } else { units::bytes(size) };
            let path = file.path().display();
            report.add(Verdict::Fine, "log", format!("{path}, {size}: {level}"));
        }
        Err(error) => report.add(Verdict::Note, "log", format!("nothing is logged: {error}")),
    }
}

/// Whether drafts and the like outlive a run.
fn state(report: &mut Report, settings: &Settings, places: &Places) {
    // Only for the name that it gives, so whatever address it is.
    let options = ClientOptions { allow_http: true, ..ClientOptions::default() };
    let url = settings.url.as_ref().map(|url| url.value.as_str());
    let client = url.and_then(|url| Client::with(url, Credentials::none(), options).ok());
    let Some(profile) = client.map(|client| screen::profile_name(settings, &client)) else {
        return;
    };
    let usable = StateDir::open(&places.state, &profile).and_then(|state| state.check());
    match usable {
        Ok(()) => report.add(Verdict::Fine, "state", places.state.display().to_string()),
        Err(error) => {
            let text = format!(
                "{error}: drafts, bookmarks and what you read are not kept; make it writable, or \
                 set XDG_STATE_HOME"
            );
            report.add(Verdict::Note, "state", text);
        }
    }
}

/// Every file that a run goes by.
fn files(report: &mut Report, settings: Option<&Settings>, places: &Places) {
    let read = read_files(places, settings).into_iter();
    // What is said of its models says where they are.
    for ReadFile { what, path, found } in read.filter(|file| file.what != "models") {
        let path = path.display();
        match &found {
            Found::Fine => report.add(Verdict::Fine, what, path.to_string()),
            Found::Absent => report.add(Verdict::Note, what, format!("{path} does not exist yet")),
            Found::Unknown(lines) => {
                for line in lines {
                    report.add(Verdict::Note, what, line);
                }
            }
            Found::Wrong(lines) => {
                for line in lines {
                    report.add(Verdict::Bad, what, line);
                }
            }
        }
    }
}

fn configuration(report: &mut Report, settings: &Settings) {
    for (name, value, origin) in settings.rows() {
        if origin != "default" {
            report.add(Verdict::Fine, "setting", format!("{name} = {value}  ({origin})"));
        }
    }
    if variable(KEY_VARIABLE).is_some() && settings.auth.value == Auth::ApiKey {
        let text = format!(
            "the key is in {KEY_VARIABLE}, where every program that you start can read it; \
             `foretop auth login` keeps it safer"
        );
        report.add(Verdict::Note, "key", text);
    }
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "SSL_CERT_FILE"] {
        if let Some(value) = variable(name) {
            report.add(Verdict::Note, "network", format!("{name} = {value}"));
        }
    }
}

async fn connection(report: &mut Report, global: &Global, settings: &Settings, places: &Places) {
    if settings.auth.value == Auth::ApiKey && settings.url.is_some() {
        match api_key(settings, places).await {
            Ok((_, source)) => report.add(Verdict::Fine, "key", format!("from {source}")),
            Err(failure) => return report.add(Verdict::Bad, "key", failure.to_string()),
        }
    }
    let client = match client(global, settings, places).await {
        Ok(client) => client,
        Err(failure) => return report.add(Verdict::Bad, "service", failure.to_string()),
    };
    match client.health().await {
        Ok(health) => {
            let milliseconds = health.round_trip.as_millis();
            let text = format!("{} answers in {milliseconds} ms", client.base());
            report.add(Verdict::Fine, "service", text);
            match health.clock {
                None => report.add(Verdict::Note, "clock", "the service does not tell the time"),
                Some(clock) => {
                    let off = Timestamp::now().as_second() - clock.as_second();
                    let (verdict, advice) = if off.abs() <= CLOCK_SECONDS {
                        (Verdict::Fine, "")
                    } else {
                        (Verdict::Bad, ": ages on the screen are wrong by as much; set the clock")
                    };
                    let text = format!("{off} s from the service's{advice}");
                    report.add(verdict, "clock", text);
                }
            }
        }
        Err(ClientError::Api { status: 403, .. }) => {
            report.add(Verdict::Note, "service", format!("{} answers", client.base()));
        }
        Err(error) => return report.add(Verdict::Bad, "service", error.to_string()),
    }
    roles(report, &client, settings).await;
}

/// Roles that reading can prove; whether we may write is learnt by writing only.
async fn roles(report: &mut Report, client: &Client, settings: &Settings) {
    let chosen = settings.agents.value.iter().map(|agent| agent.as_str().into());
    let agents: Vec<crate::api::AgentKey> = match client.list_agents(&AgentQuery::default()).await {
        Ok(page) => page.items.into_iter().map(|agent| agent.key).collect(),
        Err(_) => chosen.collect(),
    };
    for agent in agents.iter().take(5) {
        let query = SessionQuery { limit: Some(1), ..SessionQuery::default() };
        let sessions = match client.list_sessions(agent, &query).await {
            Ok(page) => page.items,
            Err(error) => {
                report.add(Verdict::Note, "roles", format!("{agent}: {error}"));
                continue;
            }
        };
        let Some(session) = sessions.first() else {
            report.add(Verdict::Fine, "roles", format!("{agent}: may list sessions; it has none"));
            continue;
        };
        let at: SessionRef = session.reference();
        let query = EventQuery { limit: Some(1), ..EventQuery::default() };
        let read = client.list_events(&at, &query).await.is_ok();
        let submit = client.outstanding_calls(&at).await.is_ok();
        let may = |yes: bool, what: &str| format!("{} {what}", if yes { "may" } else { "may not" });
        let words = [may(read, "read events"), may(submit, "answer calls and write")];
        report.add(Verdict::Fine, "roles", format!("{agent}: {}", words.join(", ")));
    }
    if client.gate() != crate::client::Gate::Open {
        report.add(Verdict::Note, "roles", "read-only: nothing but reads leaves the process");
    }
}
