//! `events`, `tail`, `hide`, `unhide`: what happened in a session, and what its agent sees of it.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::connect::Context;
use super::event_filter::{event_query, passing};
use super::event_words::{kind, outcome, subject};
use super::exit::Failure;
use super::export::marked;
use super::output::{Column, Listing, OutputArgs, on_one_line, print_line};
use super::patience::Patience;
use super::sessions::done;
use crate::api::{Event, EventId, Exact, SessionRef, time};
use crate::query::Query;
use crate::text::{sanitize, units};

#[derive(Debug, Args)]
pub(super) struct EventsArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Only events of these types, such as `tool_output`
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    kinds: Vec<String>,
    /// Only events that pass this query, such as 'tool:web_* is:error'
    #[arg(long, value_name = "QUERY", value_parser = event_query)]
    filter: Option<Query>,
    /// Events that the agent no longer sees, too
    #[arg(long)]
    hidden: bool,
    #[command(flatten)]
    output: OutputArgs,
}

const EVENTS: &[Column] = &[
    Column("time", false),
    Column("event", false),
    Column("kind", false),
    Column("result", false),
    Column("size", true),
    Column("type", true),
    Column("text", false),
];

pub(super) async fn events(context: &Context, arguments: &EventsArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let mut events = context.events(&session, arguments.hidden).await?;
    let visible: Option<HashSet<EventId>> = if arguments.hidden {
        // No field on the wire is sure to say it, so that two listings do (contract 3.7).
        let visible = context.events(&session, false).await?;
        Some(visible.into_iter().filter_map(|event| event.id).collect())
    } else {
        None
    };
    if let Some(query) = &arguments.filter {
        let passing = passing(context, &session, query, &events, visible.as_ref()).await?;
        let mut passing = passing.into_iter();
        events.retain(|_| passing.next().unwrap_or(false));
    }
    events.retain(|event| {
        arguments.kinds.is_empty() || arguments.kinds.iter().any(|kind| **kind == *event.kind)
    });
    if let Some(last) = arguments.last {
        events.drain(..events.len().saturating_sub(last));
    }
    let is_hidden = |event: &Event| {
        let visible = visible.as_ref()?;
        Some(event.id.as_ref().is_some_and(|id| !visible.contains(id)))
    };
    let listing = Listing {
        columns: EVENTS,
        rows: events.iter().map(|event| row(event, is_hidden(event) == Some(true))).collect(),
        items: events
            .iter()
            .filter_map(|event| Exact::new(marked(event, is_hidden(event))))
            .collect(),
        empty: "no events",
        partial: false,
    };
    context.out.listing(&listing, &arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

fn row(event: &Event, hidden: bool) -> Vec<String> {
    vec![
        event.created_at.map_or_else(String::new, time::format),
        event.id.as_ref().map_or_else(String::new, ToString::to_string),
        kind(event).to_owned(),
        if hidden { "hidden".to_owned() } else { outcome(event).to_owned() },
        units::bytes(event.raw().get().len() as u64),
        event.kind.to_string(),
        subject(event),
    ]
}

#[derive(Debug, Args)]
pub(super) struct TailArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Goes on as events are stored; the service has no way to subscribe, so it is asked
    #[arg(short, long)]
    follow: bool,
    /// How many to begin with
    #[arg(long = "last", value_name = "N", default_value_t = 10)]
    last: usize,
    /// With --follow: ends when the session neither runs nor waits
    #[arg(long, requires = "follow")]
    until_idle: bool,
}

pub(super) async fn tail(context: &Context, arguments: &TailArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let mut events = context.newest_events(&session, arguments.last).await?;
    events.drain(..events.len().saturating_sub(arguments.last));
    let mut seen = HashSet::new();
    show(context, &events, &mut seen)?;
    if !arguments.follow {
        return Ok(ExitCode::SUCCESS);
    }
    let mut patience = Patience::new(Duration::from_secs(1));
    loop {
        patience.wait().await;
        let Some(events) = patience.take(context, missed(context, &session, &seen).await)? else {
            continue;
        };
        show(context, &events, &mut seen)?;
        if arguments.until_idle {
            let now = context.client.get_session(&session).await?;
            let looked = context.look_at(now, crate::api::Timestamp::now()).await;
            if looked.is(super::triage::State::Idle) || looked.is(super::triage::State::Parked) {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// The events after those that were seen; all pages where one does not reach back to them.
async fn missed(
    context: &Context,
    session: &SessionRef,
    seen: &HashSet<EventId>,
) -> Result<Vec<Event>, Failure> {
    let is_seen = |event: &Event| event.id.as_ref().is_some_and(|id| seen.contains(id));
    let newest = context.newest_events(session, 20).await?;
    if seen.is_empty() || newest.iter().any(is_seen) {
        return Ok(newest);
    }
    let all = context.events(session, true).await?;
    let start = all.iter().rposition(is_seen).map_or(0, |at| at + 1);
    Ok(all[start..].to_vec())
}

fn show(context: &Context, events: &[Event], seen: &mut HashSet<EventId>) -> Result<(), Failure> {
    for event in events {
        if let Some(id) = &event.id
            && !seen.insert(id.clone())
        {
            continue;
        }
        let line = if context.out.is_for_programs() {
            on_one_line(event.raw().get())
        } else {
            let at = event.created_at.map_or_else(String::new, units::clock);
            format!("{at:8}  {:<8} {:<3} {}", kind(event), outcome(event), subject(event))
        };
        print_line(line.trim_end())?;
    }
    Ok(())
}

#[derive(Debug, Args)]
pub(super) struct HideArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Ids of events, or their beginnings
    #[arg(required = true)]
    events: Vec<String>,
}

/// Hides events from the agent, or shows them again.
pub(super) async fn hide(
    context: &Context,
    arguments: &HideArgs,
    hidden: bool,
) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let mut ids = Vec::new();
    for event in &arguments.events {
        ids.push(context.event(&session, event).await?);
    }
    let verb = if hidden { "hidden" } else { "unhidden" };
    let mut names = Vec::new();
    for id in ids {
        let answer = if hidden {
            context.client.hide_event(&session, &id).await
        } else {
            context.client.unhide_event(&session, &id).await
        };
        match context.sent(answer) {
            Ok(Some(_)) => names.push(id.to_string()),
            Ok(None) => {}
            Err(failure) => {
                done(context, verb, &names)?;
                let id = sanitize::one_line(id.as_str());
                context.out.note(&format!("{id} was refused; what came before it is done"));
                return Err(failure);
            }
        }
    }
    done(context, verb, &names)?;
    Ok(ExitCode::SUCCESS)
}
