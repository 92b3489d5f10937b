//! `wait` and `watch`: until something is so, and whenever it becomes so.

use std::collections::HashMap;
use std::process::{ExitCode, Stdio};

use clap::Args;
use serde_json::json;

use super::connect::Context;
use super::coverage::Gaps;
use super::exit::{Code, Failure};
use super::output::SCHEMA_VERSION;
use super::triage::{Looked, State};
use super::watching::Watching;
use super::zone::DayLines;
use crate::api::{SessionRef, Timestamp, time};
use crate::model::sessions::CallsAnswer;
use crate::text::sanitize;
use crate::tool_runner;

#[derive(Debug, Args)]
pub(super) struct WaitArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// What to wait for; several words wait for the first of them
    #[arg(long, value_name = "STATE", value_delimiter = ',', default_value = "idle,parked,error")]
    until: Vec<State>,
}

pub(super) async fn wait(context: &Context, arguments: &WaitArgs) -> Result<ExitCode, Failure> {
    let work = reach(context, arguments);
    let looked = match context.global.timeout {
        None => work.await?,
        Some(limit) => tokio::time::timeout(limit, work).await.map_err(|_| {
            let session = &arguments.session;
            Failure::new(Code::TimedOut, format!("{session} did not come so far within {limit:?}"))
        })??,
    };
    let now = Timestamp::now();
    let value = json!({"schema_version": SCHEMA_VERSION, "item": looked.json(now)});
    let words = format!("{} {} {}", looked.state(), looked.session.reference(), looked.doing());
    context.out.value(&value, [words.trim_end()])?;
    Ok(ExitCode::SUCCESS)
}

async fn reach(context: &Context, arguments: &WaitArgs) -> Result<Looked, Failure> {
    let session = context.session(&arguments.session).await?;
    let name = session.reference();
    let mut watching = Watching::new(context, context.patrol_of(session));
    loop {
        watching.next().await?;
        let Some(looked) = watching.settled(&name) else { continue };
        if arguments.until.iter().any(|state| looked.is(*state)) {
            return Ok(looked);
        }
        // It would never be known.
        if looked.calls_answer() == Some(CallsAnswer::Forbidden) {
            let gaps = Gaps::of(Vec::new(), std::slice::from_ref(&looked));
            return Err(Failure::new(gaps.code(), gaps.notes().join("; ")));
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Which states to tell about
    #[arg(long, value_name = "STATE", value_delimiter = ',', default_value = "parked,error")]
    on: Vec<State>,
    /// Runs this command each time; {} is AGENT/KEY, {agent}, {key}, {state} and {name} work too.
    /// It is split into words like a shell does, and run without one
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
    /// Ends after the first
    #[arg(long)]
    once: bool,
    /// Says nothing of what is so already at the start
    #[arg(long)]
    new_only: bool,
}

pub(super) async fn watch(context: &Context, arguments: &WatchArgs) -> Result<ExitCode, Failure> {
    let command = arguments.exec.as_deref().map(words).transpose()?;
    let mut watching = Watching::new(context, context.patrol());
    let mut known: HashMap<SessionRef, &'static str> = HashMap::new();
    let (mut begun, mut days) = (false, context.day_lines());
    loop {
        for name in watching.next().await? {
            if watching.census().get(&name).is_none() {
                known.remove(&name);
            }
            let Some(looked) = watching.settled(&name) else { continue };
            let state = looked.state();
            let before = known.insert(name, state);
            let is_silent = before.is_none() && !begun && arguments.new_only;
            if before == Some(state)
                || is_silent
                || !arguments.on.iter().any(|state| looked.is(*state))
            {
                continue;
            }
            tell(context, &mut days, &looked)?;
            if let Some(command) = &command {
                execute(context, command, &looked).await;
            }
            if arguments.once {
                return Ok(ExitCode::SUCCESS);
            }
        }
        begun |= watching.census().is_whole();
    }
}

fn tell(context: &Context, days: &mut DayLines, looked: &Looked) -> Result<(), Failure> {
    let now = Timestamp::now();
    if context.out.is_for_programs() {
        let value = json!({
            "schema_version": SCHEMA_VERSION, "at": time::format(now), "item": looked.json(now),
        });
        return context.out.json_line(&value.to_string());
    }
    if let Some(day) = days.line(now) {
        context.out.line(&day)?;
    }
    let (at, name) = (days.time(now), looked.session.reference());
    context.out.line(&format!("{at}  {:<9} {name}  {}", looked.state(), looked.doing()))
}

fn words(command: &str) -> Result<Vec<String>, Failure> {
    match shlex::split(command) {
        Some(words) if !words.is_empty() => Ok(words),
        _ => Err(Failure::usage("--exec is no command: it is empty, or a quote is left open")),
    }
}

/// Placeholders become parts of arguments, never of a shell's text. Its failure is told and the
/// watch goes on.
async fn execute(context: &Context, command: &[String], looked: &Looked) {
    let session = &looked.session;
    let fill = |word: &String| {
        word.replace("{}", &session.reference().to_string())
            .replace("{agent}", session.agent_key.as_str())
            .replace("{key}", session.key.as_str())
            .replace("{state}", looked.state())
            // For people to read, where a command shows it.
            .replace("{name}", &sanitize::one_line(&session.name))
    };
    let mut words = command.iter().map(fill);
    let Some(program) = words.next() else { return };
    let mut child = tokio::process::Command::from(tool_runner::program(&program));
    child.args(words).stdin(Stdio::null()).kill_on_drop(true);
    match child.status().await {
        Ok(status) if status.success() => {}
        Ok(status) => context.out.note(&format!("{program} ended with {status}")),
        Err(error) => context.out.note(&format!("cannot run {program}: {error}")),
    }
}
