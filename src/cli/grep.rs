//! `grep`: events of many sessions that pass a query.
//!
//! The invariant: what was not looked through is said, so that nothing found is never taken for
//! nothing there.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use super::connect::Context;
use super::exit::{Code, Failure};
use super::output::{Column, Listing, OutputArgs};
use super::session_filter::SessionFilter;
use crate::api::page::MAX_LIMIT;
use crate::api::{Page, SessionRef, Timestamp, time};
use crate::client::watch::Budget;
use crate::client::{Client, ClientError, EventQuery};
use crate::model::event_search::{Hit, Progress, hits};
use crate::query::{Domain, Query};
use crate::text::units::grouped;
use crate::watcher::{Landed, Place, Sweep};

#[derive(Debug, Args)]
pub(super) struct GrepArgs {
    /// What to look for: words, "exactly this", /re/, or conditions as in tool:web_* is:error
    #[arg(value_name = "QUERY", value_parser = query)]
    query: Query,
    /// Only these sessions: keys, their beginnings, or AGENT/KEY
    #[arg(value_name = "SESSION")]
    sessions: Vec<String>,
    #[command(flatten)]
    filter: SessionFilter,
    /// How many events to find before it ends
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
    /// Exit code 10 when something is found
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    output: OutputArgs,
}

const COLUMNS: &[Column] = &[
    Column("time", false),
    Column("session", false),
    Column("agent", true),
    Column("event", true),
    Column("what", false),
    Column("text", false),
];

/// Reads an argument of the command line.
fn query(text: &str) -> Result<Query, String> {
    if text.trim().is_empty() {
        return Err("there is nothing to look for".to_owned());
    }
    let query = Query::parse(text, Domain::Events).map_err(|mistake| mistake.to_string())?;
    match query.beyond_one_event() {
        Some(condition) => Err(format!(
            "{condition} takes more than the event itself: `foretop events SESSION --filter` knows it"
        )),
        None => Ok(query),
    }
}

pub(super) async fn grep(context: &Context, arguments: &GrepArgs) -> Result<ExitCode, Failure> {
    let now = Timestamp::now();
    let (sessions, listed) = sessions(context, arguments, now).await?;
    let (mut found, progress) = look_through(context, arguments, sessions, now).await;
    found.sort_by_key(|hit| std::cmp::Reverse(hit.at));
    let full = found.len() > arguments.limit;
    found.truncate(arguments.limit);
    let times = context.times(&arguments.output);
    let rows = found.iter().map(|hit| {
        vec![
            hit.at.map_or_else(String::new, |at| times.words(at)),
            hit.session.key.to_string(),
            hit.session.agent.to_string(),
            hit.event.to_string(),
            hit.what.clone(),
            hit.excerpt.clone(),
        ]
    });
    let whole = listed && progress.is_whole();
    let listing = Listing {
        columns: COLUMNS,
        rows: rows.collect(),
        zone: times.column(0),
        items: found.iter().map(|hit| item(hit).into()).collect(),
        empty: if whole { "nothing found" } else { "nothing found in what was looked through" },
        partial: full || !whole,
    };
    context.out.listing(&listing, &arguments.output)?;
    if full {
        let limit = grouped(arguments.limit);
        context.out.note(&format!("ended at {limit} events; --limit N finds more"));
    } else if !progress.is_whole() {
        context.out.note(&progress.words(""));
    }
    if progress.cut_off {
        return Err(Failure::new(Code::Network, "the service does not answer any more"));
    }
    Ok(match (arguments.exit_code, found.is_empty()) {
        (true, false) => Code::Condition.into(),
        _ => ExitCode::SUCCESS,
    })
}

fn item(hit: &Hit) -> serde_json::Value {
    json!({
        "agent_key": hit.session.agent, "session_key": hit.session.key, "event_id": hit.event,
        "created_at": hit.at.map(time::format), "what": hit.what, "hidden": hit.hidden,
        "excerpt": hit.excerpt,
    })
}

/// Those that were named, or all that pass the filter, and whether all of them are known.
async fn sessions(
    context: &Context,
    arguments: &GrepArgs,
    now: Timestamp,
) -> Result<(Vec<SessionRef>, bool), Failure> {
    if arguments.sessions.is_empty() {
        let (looked, gaps) = arguments.filter.sessions(context, now).await?;
        gaps.notes().iter().for_each(|note| context.out.note(note));
        let sessions = looked.iter().map(|looked| looked.session.reference()).collect();
        return Ok((sessions, gaps.are_none()));
    }
    if !arguments.filter.is_none() {
        return Err(Failure::usage("name sessions, or say --filter and --where, not both"));
    }
    let mut sessions = Vec::new();
    for name in &arguments.sessions {
        sessions.push(context.session(name).await?.reference());
    }
    Ok((sessions, true))
}

type Read = (Place, Result<Page<crate::api::Event>, ClientError>);

async fn look_through(
    context: &Context,
    arguments: &GrepArgs,
    sessions: Vec<SessionRef>,
    now: Timestamp,
) -> (Vec<Hit>, Progress) {
    let spending = context.spending();
    let mut budget = Budget::new(spending.requests_per_second).with_burst(spending.burst);
    let mut sweep = Sweep::over(sessions, spending.at_once);
    // The sweep decides when to repeat one.
    let client = Arc::new(context.client.clone().without_repeats());
    let mut reading: JoinSet<Read> = JoinSet::new();
    let mut found = Vec::new();
    while !sweep.is_over() && found.len() <= arguments.limit {
        let at = Timestamp::now();
        for place in sweep.due(at, || budget.take(at)) {
            reading.spawn(read(Arc::clone(&client), place));
        }
        let wait = sweep.wake_at().map(|wake| wake.duration_since(at));
        let wait = wait.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(Duration::MAX);
        let arrived = tokio::time::timeout(wait, reading.join_next()).await;
        let Ok(Some(Ok((place, page)))) = arrived else { continue };
        let landed = match page {
            Err(error) => Landed::from(&error),
            Ok(page) => {
                found.extend(hits(&arguments.query, &place.session, &page.items, now));
                Landed::Read { events: page.items.len(), next: page.page_key }
            }
        };
        sweep.landed(place, landed, Timestamp::now());
        tell(context, sweep.progress(), found.len());
    }
    untell(context);
    (found, sweep.progress())
}

async fn read(client: Arc<Client>, place: Place) -> Read {
    let page_key = place.page_key().map(str::to_owned);
    let query = EventQuery { include_hidden: true, limit: Some(MAX_LIMIT), page_key };
    let page = client.list_events(&place.session, &query).await;
    (place, page)
}

/// How far it is, for a person who waits.
fn tell(context: &Context, progress: Progress, found: usize) {
    if context.out.stderr.is_terminal() && !context.out.quiet {
        let line = format!("{} found, {}", grouped(found), progress.words(""));
        // Nobody is hurt when it cannot be shown.
        let _ = context.out.stderr.over(&line);
    }
}

fn untell(context: &Context) {
    if context.out.stderr.is_terminal() && !context.out.quiet {
        let _ = context.out.stderr.over("");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_event_cannot_decide_is_refused_before_anything_is_asked() {
        let wrong = query("tool:x dur:>5s").unwrap_err();
        assert!(wrong.starts_with("dur: takes more than the event itself"), "{wrong}");
        assert!(query("is:bookmarked").unwrap_err().starts_with("is:bookmarked"));
        assert!(query("  ").is_err());
        assert!(query("tool:web_* is:error since:2h").is_ok());
    }
}
