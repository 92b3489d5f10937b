//! `events`, `tail`, `hide`, `unhide`: what happened in a session, and what its agent sees of it.

use std::collections::HashSet;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::connect::Context;
use super::event::{self, EventsRmArgs};
use super::event_filter::{event_query, passing};
use super::exit::{Code, Failure};
use super::output::{Column, Listing, OutputArgs};
use super::sessions::done;
use super::triage::State;
use super::upstream;
use super::watching::Watching;
use super::zone::{DayLines, Times};
use crate::api::{Event, EventId, Exact, SessionRef, Timestamp};
use crate::archive::written::marked;
use crate::model::event_words::{kind, outcome, subject, text};
use crate::query::Query;
use crate::text::{sanitize, units};

/// The list of events, or what is done to some.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct EventsCommand {
    #[command(subcommand)]
    act: Option<EventsAct>,
    #[command(flatten)]
    list: EventsArgs,
}

#[derive(Debug, Subcommand)]
enum EventsAct {
    /// Delete events for good
    Rm(EventsRmArgs),
}

pub(super) async fn command(
    context: &Context,
    arguments: &EventsCommand,
) -> Result<ExitCode, Failure> {
    match &arguments.act {
        Some(EventsAct::Rm(arguments)) => event::rm(context, arguments).await,
        None => events(context, &arguments.list).await,
    }
}

#[derive(Debug, Args)]
struct EventsArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    #[arg(required = true)]
    session: Option<String>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Only events of these types, such as `tool_output`
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    kinds: Vec<String>,
    /// Only events that pass this query, such as 'tool:web_* is:error'
    #[arg(long, value_name = "QUERY", value_parser = event_query)]
    filter: Option<Query>,
    /// Events that the agent no longer sees, too, and of each whether it does
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

async fn events(context: &Context, arguments: &EventsArgs) -> Result<ExitCode, Failure> {
    let named = arguments.session.as_deref().unwrap_or_default();
    let session = context.session(named).await?.reference();
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
    let brief = context.out.is_brief(&arguments.output);
    let times = context.times(&arguments.output);
    let listing = Listing {
        columns: EVENTS,
        rows: events
            .iter()
            .filter(|_| context.out.has_rows(&arguments.output))
            .map(|event| row(event, is_hidden(event) == Some(true), &times, brief))
            .collect(),
        zone: times.column(0),
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

fn row(event: &Event, hidden: bool, times: &Times, brief: bool) -> Vec<String> {
    vec![
        event.created_at.map_or_else(String::new, |at| times.words(at)),
        event.id.as_ref().map_or_else(String::new, ToString::to_string),
        kind(event).to_owned(),
        [if hidden { "hidden" } else { "" }, outcome(event)].join(" ").trim().to_owned(),
        units::bytes(event.raw().get().len() as u64),
        event.kind.to_string(),
        if brief { subject(event) } else { text(event) },
    ]
}

#[derive(Debug, Args)]
pub(super) struct TailArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    #[arg(required_unless_present = "upstream")]
    session: Option<String>,
    /// Goes on as events are stored; the service has no way to subscribe, so it is asked
    #[arg(short, long)]
    follow: bool,
    /// How many to begin with
    #[arg(long = "last", value_name = "N", default_value_t = 10)]
    last: usize,
    /// With --follow: ends when the session neither runs nor waits
    #[arg(long, requires = "follow")]
    until_idle: bool,
    /// Instead of events, what an embedded server asked of its models, in short and without keys: for a
    /// session, or for all
    #[arg(long, conflicts_with = "until_idle")]
    upstream: bool,
}

pub(super) async fn tail(context: &Context, arguments: &TailArgs) -> Result<ExitCode, Failure> {
    if arguments.upstream {
        let session = arguments.session.as_deref();
        return upstream::tail(context, session, arguments.follow, arguments.last).await;
    }
    let found = context.session(arguments.session.as_deref().unwrap_or_default()).await?;
    let session = found.reference();
    let events = context.newest_events(&session, arguments.last).await?;
    let (before, first) = events.split_at(events.len().saturating_sub(arguments.last));
    let mut days = context.day_lines();
    show(context, &mut days, first)?;
    if !arguments.follow {
        return Ok(ExitCode::SUCCESS);
    }
    // What is not shown is known all the same: it is older than all that will be.
    let mut shown = Shown::default();
    shown.note(before);
    shown.note(first);
    let mut watching = Watching::new(context, context.patrol_of(found));
    let mut unread = None;
    loop {
        watching.next().await?;
        unread = watching.take_newest().or(unread);
        if let Some(newest) = &unread {
            let Some(news) = news(context, &session, &shown, newest).await? else { continue };
            unread = None;
            show(context, &mut days, &news)?;
            shown.note(&news);
        }
        let rests = |state| watching.settled(&session).is_some_and(|looked| looked.is(state));
        if arguments.until_idle && (rests(State::Idle) || rests(State::Parked)) {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// What a reader of a session has had so far.
#[derive(Default)]
struct Shown {
    names: HashSet<String>,
    /// The latest time of them.
    until: Option<Timestamp>,
}

impl Shown {
    fn note(&mut self, events: &[Event]) {
        for event in events {
            self.names.insert(name(event));
            self.until = self.until.max(event.created_at);
        }
    }

    /// The events of a listing that come after all that are known; `None` where it holds none of
    /// these, so that it may not reach back to them.
    fn news(&self, listed: &[Event]) -> Option<Vec<Event>> {
        let known = listed.iter().rposition(|event| self.names.contains(&name(event)));
        known.map(|at| listed[at + 1..].to_vec())
    }

    /// The same by their times alone: all that were known are gone.
    fn later(&self, mut listed: Vec<Event>) -> Vec<Event> {
        let until = self.until;
        listed.retain(|event| until.is_none() || event.created_at > until);
        listed
    }
}

/// By what an event is known again.
fn name(event: &Event) -> String {
    event.id.as_ref().map_or_else(|| event.raw().get().to_owned(), ToString::to_string)
}

/// The events after those that were shown. Where the newest do not reach back to them all are read;
/// `None` while the service does not answer that.
async fn news(
    context: &Context,
    session: &SessionRef,
    shown: &Shown,
    newest: &[Event],
) -> Result<Option<Vec<Event>>, Failure> {
    if let Some(news) = shown.news(newest) {
        return Ok(Some(news));
    }
    match context.events(session, true).await {
        Ok(all) => Ok(Some(shown.news(&all).unwrap_or_else(|| shown.later(all)))),
        // The watch says so.
        Err(failure) if matches!(failure.code(), Code::Network | Code::RateLimited) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn show(context: &Context, days: &mut DayLines, events: &[Event]) -> Result<(), Failure> {
    for event in events {
        if context.out.is_for_programs() {
            context.out.json_line(event.raw().get())?;
            continue;
        }
        if let Some(day) = event.created_at.and_then(|at| days.line(at)) {
            context.out.line(&day)?;
        }
        let at = event.created_at.map_or_else(String::new, |at| days.time(at));
        let line = format!("{at:8}  {:<8} {:<3} {}", kind(event), outcome(event), subject(event));
        context.out.line(line.trim_end())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, second: u32) -> Event {
        let json = format!(
            r#"{{"id":"{id}","type":"thinking","created_at":"2026-05-03T11:00:{second:02}Z"}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn names(events: &[Event]) -> Vec<String> {
        events.iter().map(name).collect()
    }

    #[test]
    fn nothing_older_than_what_was_shown_is_news() {
        let listed = [event("a", 1), event("b", 2), event("c", 3), event("d", 4)];
        let mut shown = Shown::default();
        shown.note(&listed[2..3]);
        assert_eq!(names(&shown.news(&listed).unwrap()), ["d"]);
        assert_eq!(shown.news(&listed[..2]).map(|news| names(&news)), None);
        // The one that was shown was deleted.
        let left = [listed[0].clone(), listed[1].clone(), listed[3].clone()];
        assert_eq!(names(&shown.later(Vec::from(left))), ["d"]);
        assert_eq!(names(&Shown::default().later(Vec::from(listed))).len(), 4);
    }
}
