//! `ls`, `show`, `new`, `set`, `rm`, `fork`: sessions as a whole.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::config_file::read;
use super::connect::Context;
use super::coverage::Gaps;
use super::exit::Failure;
use super::global::duration;
use super::output::{Column, Listing, OutputArgs, SCHEMA_VERSION};
use super::session_filter::SessionFilter;
use super::triage::{Looked, State};
use crate::api::session::{FromSession, NewSession, SecretValues, SessionChanges};
use crate::api::{AgentKey, Exact, Object, Session, Timestamp};
use crate::client::Gate;
use crate::model::attention;
use crate::model::lineage::{Origin, Taken};
use crate::model::timeline::{ContextRibbon, Counts, spending};
use crate::runtime::session_copy;
use crate::state::StateDir;
use crate::text::{quoted, sanitize, units};

#[derive(Debug, Args)]
pub(super) struct LsArgs {
    /// Only sessions in one of these states
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<State>,
    #[command(flatten)]
    filter: SessionFilter,
    /// How many to look at, newest first; 100 without a filter, else all
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// List only: say nothing about calls that wait or fail, and save two requests a session
    #[arg(long, conflicts_with = "state")]
    no_look: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Sessions that are looked at where nothing narrows them down.
const UNFILTERED: usize = 100;

const LS: &[Column] = &[
    Column("state", false),
    Column("session", false),
    Column("agent", false),
    Column("age", false),
    Column("ctx", false),
    Column("expires", true),
    Column("created", true),
    Column("status", true),
    Column("name", true),
    Column("doing", false),
];

/// Sessions in the order of the screen, and what is not known of them.
pub(super) struct Found {
    pub(super) looked: Vec<Looked>,
    gaps: Gaps,
    narrowed: bool,
    /// There are more than so many.
    cut: Option<usize>,
}

impl Found {
    /// In a sentence what there is beyond them, and what could not be learnt.
    pub(super) fn beyond(&self) -> Option<String> {
        let cut = self.cut.map(|limit| format!("there are more than the {limit} newest"));
        let all: Vec<String> = cut.into_iter().chain(self.gaps.notes()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Looks at the sessions that are asked for.
pub(super) async fn find(
    context: &Context,
    arguments: &LsArgs,
    now: Timestamp,
) -> Result<Found, Failure> {
    let query = arguments.filter.asked()?;
    let narrowed = !arguments.filter.is_none() || !arguments.state.is_empty();
    let agents = context.agents().await?;
    let (mut sessions, refused) = context.sessions_listed(&agents, query).await?;
    let limit = arguments.limit.unwrap_or(if narrowed { usize::MAX } else { UNFILTERED });
    let cut = sessions.len() > limit;
    sessions.truncate(limit);
    let mut looked = if arguments.no_look {
        sessions.into_iter().map(Looked::unseen).collect()
    } else {
        context.look_at_all(sessions, now).await
    };
    let gaps = Gaps::of(refused, &looked);
    looked.retain(|looked| {
        arguments.state.is_empty() || arguments.state.iter().any(|state| looked.is(*state))
    });
    arguments.filter.retain(context, &mut looked, now);
    // As on the screen.
    looked.sort_by_key(|looked| looked.urgency(now));
    Ok(Found { looked, gaps, narrowed, cut: cut.then_some(limit) })
}

pub(super) async fn ls(context: &Context, arguments: &LsArgs) -> Result<ExitCode, Failure> {
    let now = Timestamp::now();
    let Found { looked, gaps, narrowed, cut } = find(context, arguments, now).await?;
    for note in gaps.notes() {
        context.out.note(&note);
    }
    let times = context.times(&arguments.output);
    let rows = looked.iter().map(|looked| {
        let session = &looked.session;
        let probe = looked.look.as_ref().map(|look| &look.probe);
        let left = attention::minutes_left(session, probe, now);
        vec![
            looked.state().to_owned(),
            session.key.to_string(),
            session.agent_key.to_string(),
            looked.age(now),
            attention::percent(session).map_or_else(String::new, |percent| format!("{percent}%")),
            left.map_or_else(String::new, |left| format!("{left}m")),
            times.words(session.created_at),
            session.status.as_ref().map_or_else(String::new, |status| status.as_str().to_owned()),
            session.name.clone(),
            looked.doing(),
        ]
    });
    let listing = Listing {
        columns: LS,
        rows: rows.collect(),
        zone: times.column(6),
        items: looked.iter().map(|looked| looked.json(now).into()).collect(),
        empty: match (narrowed, gaps.are_none(), context.client.gate()) {
            (true, ..) => "no session passes; without --state, --filter and --where all are listed",
            (false, false, _) => "no session, as far as could be asked",
            (false, true, Gate::Open) => "no session. `foretop new` makes one",
            (false, true, _) => "no session",
        },
        partial: cut.is_some() || !gaps.are_none(),
    };
    context.out.listing(&listing, &arguments.output)?;
    if let Some(limit) = cut {
        context.out.note(&format!("there are more than {limit}; --limit N shows more"));
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
}

pub(super) async fn show(context: &Context, arguments: &ShowArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?;
    let now = Timestamp::now();
    let looked = context.look_at(session, now).await;
    let value = json!({"schema_version": SCHEMA_VERSION, "item": looked.json(now),
                       "session": looked.session});
    let session = &looked.session;
    let probe = looked.look.as_ref().map(|look| &look.probe);
    let mut lines = vec![
        ("session", session.reference().to_string()),
        ("name", session.name.clone()),
        ("state", format!("{} {}", looked.state(), looked.age(now))),
        ("doing", looked.doing()),
        ("description", session.description.clone().unwrap_or_default()),
        ("step", session.current_step_name.clone().unwrap_or_default()),
        ("enabled", session.enabled.to_string()),
        ("created", context.wall().named(session.created_at)),
        (
            "expires",
            attention::minutes_left(session, probe, now).map_or_else(
                || if session.tti_minutes == 0 { "never".to_owned() } else { "unknown".to_owned() },
                |left| format!("in {left} min unless used"),
            ),
        ),
        ("metadata", Value::Object(session.metadata.clone()).to_string()),
    ];
    if let Some(usage) = &session.session_context_usage {
        let ribbon = ContextRibbon::new(Some(usage), Counts::default());
        let about = if ribbon.estimated { "about " } else { "" };
        let [used, window] = [ribbon.used, ribbon.window].map(units::tokens);
        lines.push(("context", format!("{about}{used} of {window} tokens at the last call")));
        lines.push(("model", spending(usage).unwrap_or_default()));
    }
    if let Some(problem) = &looked.problem {
        context.out.note(&format!("could not look at its events: {problem}"));
    }
    let lines: Vec<String> = lines
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| format!("{name:<12} {value}"))
        .collect();
    context.out.reading(&value, lines)?;
    Ok(ExitCode::SUCCESS)
}

// What can be said of a session when it is made and changed. No doc comment: it would be the help of each
// command that these belong to.
#[derive(Debug, Default, Args)]
pub(super) struct Properties {
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// What it is about; an empty one keeps the service from writing its own
    #[arg(long)]
    description: Option<String>,
    /// Sets one key of the metadata; VALUE is JSON where it can be read as such
    #[arg(long = "meta", value_name = "KEY=VALUE", value_parser = key_value)]
    metadata: Vec<(String, String)>,
    /// Idle time until the service deletes it, such as 90m; 0 for never
    #[arg(long, value_name = "TIME", value_parser = tti)]
    tti: Option<u64>,
    /// Sets a secret from a file; - reads stdin
    #[arg(long = "secret-file", value_name = "NAME=FILE", value_parser = key_value)]
    secrets: Vec<(String, String)>,
}

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("\"{text}\" is not KEY=VALUE")),
    }
}

fn tti(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    match duration(text)?.as_secs() / 60 {
        0 => Err("less than a minute; the service counts in minutes".to_owned()),
        minutes => Ok(minutes),
    }
}

impl Properties {
    fn metadata(&self) -> Result<Object, Failure> {
        let value = |(key, text): &(String, String)| match serde_json::from_str(text) {
            Ok(value) => Ok((key.clone(), value)),
            // It is JSON all the same, and would go out as something else.
            Err(error) if text.starts_with(['{', '[']) && Exact::new(text.as_str()).is_some() => {
                let key = sanitize::preview(key, 80);
                let why = format!("--meta {key}: this JSON cannot be sent as metadata: {error}");
                Err(Failure::usage(why))
            }
            Err(_) => Ok((key.clone(), Value::from(text.as_str()))),
        };
        self.metadata.iter().map(value).collect()
    }

    fn of_new(&self, key: Option<&str>) -> Result<NewSession, Failure> {
        let metadata = self.metadata()?;
        Ok(NewSession {
            key: key.map(Into::into),
            name: self.name.clone(),
            description: self.description.clone(),
            metadata: (!metadata.is_empty()).then_some(metadata),
            tti_minutes: self.tti,
            secrets: self.secrets()?,
            ..NewSession::default()
        })
    }

    fn secrets(&self) -> Result<Option<SecretValues>, Failure> {
        let mut values = SecretValues::default();
        for (name, file) in &self.secrets {
            let secret = read_input(file)?;
            values.0.insert(name.clone(), Some(secret.trim_end_matches(['\r', '\n']).to_owned()));
        }
        Ok((!values.0.is_empty()).then_some(values))
    }
}

/// A file, or stdin for `-`.
pub(super) fn read_input(file: &str) -> Result<String, Failure> {
    if file == "-" {
        return std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::usage(format!("cannot read stdin: {error}")));
    }
    read(&PathBuf::from(file))?.ok_or_else(|| Failure::usage(format!("there is no file {file}")))
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Key of the session; the service makes one from the name otherwise
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    properties: Properties,
}

pub(super) async fn new(context: &Context, arguments: &NewArgs) -> Result<ExitCode, Failure> {
    let new = arguments.properties.of_new(arguments.key.as_deref())?;
    let agent = context.one_agent().await?;
    make(context, &agent, &new).await
}

/// A script's next command is about the new session, so that it must be visible by then.
async fn make(context: &Context, agent: &AgentKey, new: &NewSession) -> Result<ExitCode, Failure> {
    let Some(made) = context.sent(context.client.create_session(agent, new).await)? else {
        return Ok(ExitCode::SUCCESS);
    };
    // A key that may not read has made it all the same.
    let seen = context.client.wait_until_visible(&made.reference()).await.unwrap_or(made);
    told(context, Some(&seen))
}

/// The session as it is now; its name alone for people, so that scripts can take it up.
fn told(context: &Context, session: Option<&Session>) -> Result<ExitCode, Failure> {
    if let Some(session) = session {
        let value = json!({"schema_version": SCHEMA_VERSION, "session": session});
        context.out.value(&value, [session.reference().to_string()])?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    #[command(flatten)]
    properties: Properties,
    /// Removes one key of the metadata
    #[arg(long = "unset", value_name = "KEY")]
    unset: Vec<String>,
    /// Removes a secret
    #[arg(long = "unset-secret", value_name = "NAME")]
    unset_secrets: Vec<String>,
    /// Lets it take input
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Lets it take no more input
    #[arg(long)]
    disable: bool,
}

pub(super) async fn set(context: &Context, arguments: &SetArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?;
    let properties = &arguments.properties;
    let touches_metadata = !properties.metadata.is_empty() || !arguments.unset.is_empty();
    // The service replaces the whole map, so that what is there must be sent along.
    if touches_metadata && let Some(damage) = &session.damage {
        let why = format!("what it holds could not be kept, because it {damage}. Nothing was sent");
        return Err(Failure::other(format!("the metadata of {} stays: {why}", session.key)));
    }
    let mut metadata = session.metadata.clone();
    arguments.unset.iter().for_each(|key| drop(metadata.shift_remove(key)));
    metadata.extend(properties.metadata()?);
    let metadata = touches_metadata.then_some(metadata);
    let mut secrets = properties.secrets()?;
    if !arguments.unset_secrets.is_empty() {
        let values = secrets.get_or_insert_default();
        values.0.extend(arguments.unset_secrets.iter().map(|name| (name.clone(), None)));
    }
    let changes = SessionChanges {
        name: properties.name.clone(),
        description: properties.description.clone(),
        metadata,
        enabled: match (arguments.enable, arguments.disable) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        tti_minutes: properties.tti,
        secrets,
        ..SessionChanges::default()
    };
    if changes == SessionChanges::default() {
        return Err(Failure::usage("nothing to set; `foretop set --help` lists what there is"));
    }
    let answer = context.client.update_session(&session.reference(), &changes).await;
    told(context, context.sent(answer)?.as_ref())
}

#[derive(Debug, Args)]
pub(super) struct RmArgs {
    /// Keys of sessions, their beginnings, or AGENT/KEY
    #[arg(required = true)]
    sessions: Vec<String>,
    /// Keeps no copy; otherwise one is kept for seven days, with events, hidden ones and files
    #[arg(long)]
    no_backup: bool,
}

pub(super) async fn rm(context: &Context, arguments: &RmArgs) -> Result<ExitCode, Failure> {
    let sessions = context.references(&arguments.sessions).await?;
    for session in &sessions {
        let key = session.key.as_str();
        let wanted = quoted::to_type(key, context.settings.production.value);
        let question = format!(
            "Deletes {session} with all its events and artifacts, for good; {}.",
            if arguments.no_backup { "no copy is kept" } else { "a copy is kept for seven days" }
        );
        context.confirm(&question, wanted)?;
    }
    let copies = copies(context, arguments.no_backup)?;
    let mut deleted = Vec::new();
    for session in &sessions {
        if let Some(state) = &copies {
            match session_copy::keep(&context.client, state, session).await {
                Ok(copy) => context.out.note(&format!(
                    "a copy of {session} is in {}; `foretop open` shows its session.jsonl",
                    copy.words()
                )),
                Err(error) => {
                    done(context, "deleted", &deleted)?;
                    return Err(Failure::other(format!(
                        "{session}: {error}; --no-backup deletes without a copy"
                    )));
                }
            }
        }
        let answer = context.client.delete_session(session).await;
        match context.sent(answer) {
            Ok(Some(())) => deleted.push(session.to_string()),
            Ok(None) => {}
            Err(failure) => {
                // What is gone is said even when a later one failed.
                done(context, "deleted", &deleted)?;
                return Err(failure);
            }
        }
    }
    done(context, "deleted", &deleted)?;
    Ok(ExitCode::SUCCESS)
}

/// Where copies of what is deleted go; `None` where none is wanted or nothing is sent.
pub(super) fn copies(context: &Context, unwanted: bool) -> Result<Option<StateDir>, Failure> {
    let wanted = !unwanted && context.client.gate() == Gate::Open;
    let state = wanted.then(|| context.state()).transpose();
    let advice = "--no-backup deletes without a copy";
    state.map_err(|failure| Failure::other(format!("{failure}; {advice}")))
}

/// Names of what was done something to.
pub(super) fn done(context: &Context, verb: &str, names: &[String]) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let value = json!({"schema_version": SCHEMA_VERSION, verb: names});
    context.out.value(&value, names.iter().map(|name| format!("{verb} {name}")))
}

#[derive(Debug, Args)]
pub(super) struct ForkArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Copies events up to and including this one
    #[arg(long, value_name = "EVENT")]
    up_to: Option<String>,
    /// Puts a summary in the place of the events up to and including this one
    #[arg(long, value_name = "EVENT", conflicts_with = "up_to")]
    compact_up_to: Option<String>,
    /// Key of the new session
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    properties: Properties,
}

pub(super) async fn fork(context: &Context, arguments: &ForkArgs) -> Result<ExitCode, Failure> {
    let from = context.session(&arguments.session).await?.reference();
    let mut source = FromSession {
        agent_key: Some(from.agent.clone()),
        session_key: from.key.clone(),
        include_up_to_event_id: None,
        compact_up_to_event_id: None,
    };
    if let Some(event) = &arguments.up_to {
        source.include_up_to_event_id = Some(context.event(&from, event).await?);
    }
    if let Some(event) = &arguments.compact_up_to {
        source.compact_up_to_event_id = Some(context.event(&from, event).await?);
    }
    let mut new = arguments.properties.of_new(arguments.key.as_deref())?;
    let event = source.include_up_to_event_id.as_ref().or(source.compact_up_to_event_id.as_ref());
    // By this the screen finds the branches of a session.
    let taken = event.cloned().map_or(Taken::All, Taken::UpTo);
    let origin = Origin { session: from.clone(), taken };
    origin.note_in(new.metadata.get_or_insert_default());
    let new = NewSession { from_session: Some(source), ..new };
    let agent = context.agent().unwrap_or(from.agent);
    make(context, &agent, &new).await
}
