//! One look at a session, for commands: the answer to "does this need me?" from the same reading
//! ([`probe`](crate::model::probe)) that the screen is built on.

use crate::api::{Event, PendingCall, SessionRef};
use crate::client::order::{Direction, oldest_first};
use crate::client::{Client, ClientError, EventQuery};
use crate::model::probe::{may_wait, read_probe};
use crate::model::sessions::Probe;

/// Newest events that tell what a session is doing.
const EVENTS: u32 = 20;

/// What a session is doing, and the calls that it waits with.
#[derive(Debug, Clone, Default)]
pub struct SessionLook {
    pub probe: Probe,
    pub calls: Vec<PendingCall>,
    /// The `tool_input` events of those calls, as far as they were among the newest.
    pub inputs: Vec<Event>,
}

/// One or two requests: the newest events, and the outstanding calls where there may be some. A
/// key that may not list events may still ask for calls (contract section 1.4).
pub async fn look(client: &Client, session: &SessionRef) -> Result<SessionLook, ClientError> {
    let query = EventQuery { include_hidden: true, limit: Some(EVENTS), page_key: None };
    let events = match client.list_events(session, &query).await {
        Ok(page) => page,
        Err(error) if error.status() == Some(403) => {
            let calls = client.outstanding_calls(session).await?;
            return Ok(SessionLook { probe: read_probe(&[], &calls), calls, inputs: Vec::new() });
        }
        Err(error) => return Err(error),
    };
    let mut direction = Direction::default();
    let whole = events.page_key.is_none();
    let mut events = oldest_first(events.items, &mut direction);
    if direction == Direction::OldestFirst && !whole {
        // The newest are on the last page, and there is no way to it but through the others.
        events = all(client, session, &mut direction).await?;
    }
    let calls = if may_wait(&events) {
        match client.outstanding_calls(session).await {
            // A viewer may not ask; nothing is known then, and nothing is claimed.
            Err(error) if error.status() == Some(403) => Vec::new(),
            answer => answer?,
        }
    } else {
        Vec::new()
    };
    let probe = read_probe(&events, &calls);
    let waits = |event: &Event| calls.iter().any(|call| event.id.as_ref() == Some(&call.event_id));
    let inputs = events.iter().filter(|event| waits(event)).cloned().collect();
    Ok(SessionLook { probe, calls, inputs })
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
