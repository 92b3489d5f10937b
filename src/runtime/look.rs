//! One look at a session, for commands: the answer to "does this need me?" from the same reading
//! ([`probe`](crate::model::probe)) that the screen is built on.
//!
//! Start with [`look`]. The invariant: outstanding calls are asked for whatever the newest events say,
//! and what was not told is not claimed.

use crate::api::{Event, PendingCall, SessionRef};
use crate::client::order::{Direction, oldest_first};
use crate::client::{Client, ClientError, EventQuery};
use crate::model::probe::{read_probe, read_probe_without_calls};
use crate::model::sessions::{CallsAnswer, Probe};

/// Newest events that tell what a session is doing.
const EVENTS: u32 = 20;
/// Calls whose events are fetched one by one, where they are not among the newest.
const MOST_INPUTS: usize = 20;

/// What a session is doing, and the calls that it waits with.
#[derive(Debug, Clone, Default)]
pub struct SessionLook {
    pub probe: Probe,
    pub calls: Vec<PendingCall>,
    /// The `tool_input` events of those calls, as far as they could be had.
    pub inputs: Vec<Event>,
}

/// The newest events and the outstanding calls, asked for together. A key that may not do one of the
/// two may still do the other (contract section 1.4); which calls wait is then unknown, or all that is
/// known.
pub async fn look(client: &Client, session: &SessionRef) -> Result<SessionLook, ClientError> {
    let (events, calls) =
        tokio::join!(newest_events(client, session), client.outstanding_calls(session));
    let calls = match calls {
        Ok(calls) => Ok(calls),
        Err(error) if error.is_outage() || error.status() == Some(404) => return Err(error),
        Err(error) if error.status() == Some(403) => Err(CallsAnswer::Forbidden),
        Err(_) => Err(CallsAnswer::Failed),
    };
    let events = match events {
        Ok(events) => events,
        Err(error) if error.status() == Some(403) && calls.is_ok() => Vec::new(),
        Err(error) => return Err(error),
    };
    let calls = match calls {
        Ok(calls) => calls,
        Err(why) => {
            let probe = read_probe_without_calls(&events, why);
            return Ok(SessionLook { probe, ..SessionLook::default() });
        }
    };
    let mut inputs = Vec::new();
    for call in &calls {
        let is_input = |event: &&Event| event.id.as_ref() == Some(&call.event_id);
        match events.iter().find(is_input) {
            Some(event) => inputs.push(event.clone()),
            // It only tells since when, and what of the arguments is the agent's own.
            None if inputs.len() < MOST_INPUTS => {
                inputs.extend(client.get_event(session, &call.event_id).await.ok());
            }
            None => {}
        }
    }
    let older = |event: &&Event| !events.iter().any(|known| known.id == event.id);
    let mut told: Vec<Event> = inputs.iter().filter(older).cloned().collect();
    told.extend(events);
    Ok(SessionLook { probe: read_probe(&told, &calls), calls, inputs })
}

/// The newest events, oldest first.
async fn newest_events(client: &Client, session: &SessionRef) -> Result<Vec<Event>, ClientError> {
    let query = EventQuery { include_hidden: true, limit: Some(EVENTS), page_key: None };
    let page = client.list_events(session, &query).await?;
    let mut direction = Direction::default();
    let whole = page.page_key.is_none();
    let events = oldest_first(page.items, &mut direction);
    if direction == Direction::OldestFirst && !whole {
        // The newest are on the last page, and there is no way to it but through the others.
        return all(client, session, &mut direction).await;
    }
    Ok(events)
}

async fn all(
    client: &Client,
    session: &SessionRef,
    direction: &mut Direction,
) -> Result<Vec<Event>, ClientError> {
    use futures_util::TryStreamExt as _;

    let pages: Vec<_> = client.event_pages(session, true).try_collect().await?;
    Ok(oldest_first(pages.into_iter().flat_map(|page| page.items).collect(), direction))
}
