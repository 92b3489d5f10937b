//! `event`, `events rm`: one event, whole, and events that go for good.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::connect::Context;
use super::exit::Failure;
use super::output::SCHEMA_VERSION;
use super::sessions::{copies, done};
use crate::api::{Event, EventId, Timestamp};
use crate::text::{json, quoted, sanitize};

#[derive(Debug, Args)]
pub(super) struct EventArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Id of the event, or its beginning
    event: String,
}

/// Prints an event as the service sent it.
pub(super) async fn event(context: &Context, arguments: &EventArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let id = context.event(&session, &arguments.event).await?;
    let event = context.client.get_event(&session, &id).await?;
    let raw = event.raw().get();
    let whole = format!("{{\"schema_version\":{SCHEMA_VERSION},\"event\":{raw}}}");
    context.out.exact(&whole, &json::spread(raw))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Args)]
pub(super) struct EventsRmArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Ids of events, or their beginnings
    #[arg(required = true)]
    events: Vec<String>,
    /// Keeps no copy; otherwise one is kept for seven days
    #[arg(long)]
    no_backup: bool,
}

/// Deletes events, one after the other; a copy of all of them is written before.
pub(super) async fn rm(context: &Context, arguments: &EventsRmArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let mut ids: Vec<EventId> = Vec::new();
    for event in &arguments.events {
        ids.push(context.event(&session, event).await?);
    }
    let copies = copies(context, arguments.no_backup)?;
    let last = ids.last().map(|id| id.as_str().to_owned()).unwrap_or_default();
    let wanted = quoted::to_type(&last, context.settings.production.value);
    let what = match ids.as_slice() {
        [one] => format!("event {one}"),
        many => format!("{} events, the last is {last}", many.len()),
    };
    let copy = if copies.is_some() { "a copy is kept for seven days" } else { "no copy is kept" };
    context.confirm(&format!("Deletes {what} of {session}, for good; {copy}."), wanted)?;
    if let Some(state) = &copies {
        let mut events: Vec<Arc<Event>> = Vec::new();
        for id in &ids {
            events.push(Arc::new(context.client.get_event(&session, id).await?));
        }
        let kept = state.keep_deleted(&session, &events, Timestamp::now());
        let kept = kept.map_err(|error| {
            let advice = "nothing was deleted; --no-backup deletes without a copy";
            Failure::other(format!("no copy could be kept: {error}; {advice}"))
        })?;
        context.out.note(&format!("the copy is {}; `foretop open` shows it", kept.display()));
    }
    let mut names = Vec::new();
    for id in ids {
        match context.sent(context.client.delete_event(&session, &id).await) {
            Ok(Some(())) => names.push(id.to_string()),
            Ok(None) => {}
            Err(failure) => {
                // What is gone is said even when a later one failed.
                done(context, "deleted", &names)?;
                let id = sanitize::one_line(id.as_str());
                context.out.note(&format!("{id} was refused; what came before it is done"));
                return Err(failure);
            }
        }
    }
    done(context, "deleted", &names)?;
    Ok(ExitCode::SUCCESS)
}
