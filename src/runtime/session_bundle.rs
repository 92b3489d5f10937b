//! All that belongs to a session, read for a bundle. What cannot be read is left out and told, but for the
//! session and its events, without which there is no bundle.
//!
//! The invariant: what is told of a failure is the same each time, so that two bundles of one session are.

use std::collections::{BTreeSet, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, pin_mut};

use crate::api::tool::ClientTool;
use crate::api::trace::{Span, Trace};
use crate::api::{Agent, Artifact, Event, EventId, SessionRef, ToolId};
use crate::client::order::{Direction, oldest_first};
use crate::client::traces::MAX_SPANS;
use crate::client::{Client, ClientError};
use crate::export::Exported;
use crate::export::bundle::{Material, Missing};

/// Traces that are looked into, a request each.
const MOST_TRACES: u32 = 100;

/// All events of a session with what the agent sees of them; `tell` hears how many have come.
pub(crate) async fn events(
    client: &Client,
    session: &SessionRef,
    mut tell: impl FnMut(u64),
) -> Result<Vec<Exported>, ClientError> {
    let pages = client.event_pages(session, true);
    pin_mut!(pages);
    let mut events: Vec<Event> = Vec::new();
    while let Some(page) = pages.next().await {
        events.extend(page?.items);
        tell(events.len() as u64);
    }
    let events = oldest_first(events, &mut Direction::default());
    let mut visible: HashSet<EventId> = HashSet::new();
    if !events.is_empty() {
        let listed = client.all_events(session, false).await?;
        visible.extend(listed.into_iter().filter_map(|event| event.id));
    }
    Ok(Exported::all(events, Some(&visible)))
}

pub(crate) async fn gather(
    client: &Client,
    session: &SessionRef,
    tell: impl FnMut(u64),
) -> Result<Material, ClientError> {
    let about = client.get_session(session).await?;
    let events = events(client, session, tell).await?;
    let mut missing = Vec::new();
    let agent = client.get_agent(&session.agent).await;
    let agent = known(agent, "the agent's configuration", &mut missing);
    let tools = tools(client, agent.as_ref(), &mut missing).await;
    let files: Result<Vec<_>, _> = client.artifact_pages(session).try_collect().await;
    let files = known(files, "the list of files", &mut missing).unwrap_or_default();
    let files: Vec<Artifact> = files.into_iter().flat_map(|page| page.items).collect();
    if !files.is_empty() {
        let why = "what is in them is never packed".to_owned();
        missing.push(Missing { what: "contents of files".to_owned(), why });
    }
    let traces = traces(client, session, &mut missing).await;
    Ok(Material { session: about, events, agent, tools, files, traces, missing })
}

/// What came, or nothing with a word about it.
fn known<T>(answer: Result<T, ClientError>, what: &str, missing: &mut Vec<Missing>) -> Option<T> {
    let error = match answer {
        Ok(found) => return Some(found),
        Err(error) => error,
    };
    // Without the id of the request, which is another one each time.
    let why = match error.status() {
        Some(401 | 403) => "the key may not read it".to_owned(),
        Some(404) => "the service has none".to_owned(),
        Some(status) => format!("the service answered {status}"),
        None => "it could not be read".to_owned(),
    };
    missing.push(Missing { what: what.to_owned(), why });
    None
}

async fn tools(
    client: &Client,
    agent: Option<&Agent>,
    missing: &mut Vec<Missing>,
) -> Vec<ClientTool> {
    let configured = agent.into_iter().flat_map(|agent| agent.tool_configurations.values());
    let ids: BTreeSet<&str> = configured.filter_map(|tool| tool.tool_id.as_deref()).collect();
    let mut tools = Vec::new();
    for id in ids {
        let found = client.get_tool(&ToolId::from(id)).await;
        tools.extend(known(found, &format!("the tool {id}"), missing));
    }
    tools
}

async fn traces(
    client: &Client,
    session: &SessionRef,
    missing: &mut Vec<Missing>,
) -> Vec<(Trace, Vec<Span>)> {
    let listed = client.list_traces(session, MOST_TRACES, None).await;
    let Some(listed) = known(listed, "traces", missing) else { return Vec::new() };
    if listed.page_key.is_some() {
        let why = format!("only {MOST_TRACES} of them are packed");
        missing.push(Missing { what: "more traces".to_owned(), why });
    }
    // A service that does not know the filter tells of all sessions.
    let ours = |trace: &Trace| trace.session_key.as_ref().is_none_or(|key| *key == session.key);
    let mut traces = Vec::new();
    for trace in listed.items.into_iter().filter(ours) {
        let spans = client.list_spans(&trace.id, MAX_SPANS, None).await;
        let spans = known(spans, &format!("the spans of trace {}", trace.id), missing);
        traces.push((trace, spans.map_or_else(Vec::new, |page| page.items)));
    }
    // The service documents no order.
    traces.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    traces
}
