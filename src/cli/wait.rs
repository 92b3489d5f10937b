//! `wait` and `watch`: until something is so, and whenever it becomes so.

use std::collections::HashMap;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::connect::Context;
use super::coverage::Gaps;
use super::exit::{Code, Failure};
use super::output::{SCHEMA_VERSION, on_one_line, print_line};
use super::patience::Patience;
use super::triage::{Looked, State};
use crate::api::{Session, SessionRef, Timestamp, time};
use crate::client::SessionQuery;
use crate::model::sessions::CallsAnswer;
use crate::text::sanitize;

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
    context.out.value(&value, crate::text::sanitize::one_line(words.trim_end()).as_ref())?;
    Ok(ExitCode::SUCCESS)
}

async fn reach(context: &Context, arguments: &WaitArgs) -> Result<Looked, Failure> {
    let reference = context.session(&arguments.session).await?.reference();
    // One look is up to three requests.
    let mut patience = Patience::for_requests(context, 3);
    loop {
        let asked = async {
            let session = context.client.get_session(&reference).await?;
            let mut looked = context.look_at(session, Timestamp::now()).await;
            match looked.problem.take() {
                Some(problem) => Err(problem.into()),
                None => Ok(looked),
            }
        };
        if let Some(looked) = patience.take(context, asked.await)? {
            if arguments.until.iter().any(|state| looked.is(*state)) {
                return Ok(looked);
            }
            // It would never be known.
            if looked.calls_answer() == Some(CallsAnswer::Forbidden) {
                let gaps = Gaps::of(Vec::new(), std::slice::from_ref(&looked));
                return Err(Failure::new(gaps.code(), gaps.notes().join("; ")));
            }
        }
        patience.wait().await;
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

/// What a listing says of a session, and the state that a look found.
struct Known {
    listed: (Option<crate::api::SessionStatus>, Option<u64>, Option<String>),
    state: &'static str,
    looked_at: Timestamp,
}

/// Sessions whose listing does not change are looked at again after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

pub(super) async fn watch(context: &Context, arguments: &WatchArgs) -> Result<ExitCode, Failure> {
    let command = arguments.exec.as_deref().map(words).transpose()?;
    let mut known: HashMap<SessionRef, Known> = HashMap::new();
    let mut first = true;
    let mut patience = Patience::for_requests(context, 4);
    loop {
        let round = round(context, &mut known).await;
        if let Some((changed, requests)) = patience.take(context, round)? {
            let silent = first && arguments.new_only;
            first = false;
            for looked in changed.iter().filter(|_| !silent) {
                if !arguments.on.iter().any(|state| looked.is(*state)) {
                    continue;
                }
                tell(context, looked)?;
                if let Some(command) = &command {
                    execute(context, command, looked).await;
                }
                if arguments.once {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            patience.spread(context, requests);
        }
        patience.wait().await;
    }
}

/// The sessions whose state is another than before, and how many requests it took to know.
async fn round(
    context: &Context,
    known: &mut HashMap<SessionRef, Known>,
) -> Result<(Vec<Looked>, usize), Failure> {
    let agents = context.agents().await?;
    let sessions = context.sessions_of(&agents, SessionQuery::default()).await?;
    known.retain(|name, _| sessions.iter().any(|session| session.reference() == *name));
    let now = Timestamp::now();
    let listed = |session: &Session| {
        let usage = session.session_context_usage.as_ref().map(|usage| usage.total_tokens);
        (session.status.clone(), usage, session.current_step_name.clone())
    };
    let due: Vec<Session> = sessions
        .iter()
        .filter(|session| {
            let before = known.get(&session.reference());
            before.is_none_or(|before| {
                let age = now.duration_since(before.looked_at).unsigned_abs();
                before.listed != listed(session) || before.state == "running" || age >= LOOK_AGAIN
            })
        })
        .cloned()
        .collect();
    let requests = 1 + agents.len() + sessions.len() / 100 + due.len() * 2;
    let mut changed = Vec::new();
    for looked in context.look_at_all(due, now).await {
        let Looked { session, problem: None, .. } = &looked else { continue };
        let state = looked.state();
        let entry = Known { listed: listed(session), state, looked_at: now };
        let before = known.insert(session.reference(), entry);
        if before.is_none_or(|before| before.state != state) {
            changed.push(looked);
        }
    }
    Ok((changed, requests))
}

fn tell(context: &Context, looked: &Looked) -> Result<(), Failure> {
    let now = Timestamp::now();
    let line = if context.out.is_for_programs() {
        let value = json!({
            "schema_version": SCHEMA_VERSION, "at": time::format(now), "item": looked.json(now),
        });
        on_one_line(&value.to_string())
    } else {
        let at = crate::text::units::clock(now);
        let name = looked.session.reference();
        let line = format!("{at}  {:<9} {name}  {}", looked.state(), looked.doing());
        sanitize::one_line(&line).into_owned()
    };
    print_line(&line)
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
            .replace("{name}", &session.name)
    };
    let mut words = command.iter().map(fill);
    let Some(program) = words.next() else { return };
    let mut child = tokio::process::Command::new(&program);
    child.args(words).stdin(Stdio::null()).kill_on_drop(true);
    match child.status().await {
        Ok(status) if status.success() => {}
        Ok(status) => context.out.note(&format!("{program} ended with {status}")),
        Err(error) => context.out.note(&format!("cannot run {program}: {error}")),
    }
}
