//! Listings and records that are asked for once: traces, artifacts, agents, tools, and aliases.

use crate::app::msg::{Catalogued, ServiceMsg};
use futures_util::{Stream, StreamExt as _, pin_mut};

use super::execute::problem;
use crate::api::trace::Trace;
use crate::api::{Page, SessionRef, ToolId};
use crate::app::Msg;
use crate::client::traces::MAX_SPANS;
use crate::client::{Client, ClientError};
use crate::model::output_schema::ToolRead;
use crate::view::pane::waterfall::Measured;

/// Pages that are listed; nobody reads further down.
const MAX_PAGES: usize = 20;
/// Traces that are looked into, a request each; older turns are told from their events.
const MAX_TRACES: u32 = 10;

pub(super) async fn artifacts(client: &Client, session: SessionRef) -> Msg {
    Msg::Service(match listed(client.artifact_pages(&session)).await {
        Ok((artifacts, more)) => ServiceMsg::ArtifactsListed { session, artifacts, more },
        Err(error) => ServiceMsg::ArtifactsUnlisted { session, problem: problem(&error) },
    })
}

/// What is on the pages of a listing, and whether it goes on behind them.
async fn listed<T>(
    pages: impl Stream<Item = Result<Page<T>, ClientError>>,
) -> Result<(Vec<T>, bool), ClientError> {
    let pages = pages.take(MAX_PAGES);
    pin_mut!(pages);
    let (mut items, mut more) = (Vec::new(), false);
    while let Some(page) = pages.next().await {
        let page = page?;
        more = page.page_key.as_ref().is_some_and(|key| !key.is_empty());
        items.extend(page.items);
    }
    Ok((items, more))
}

/// Agents, tools and aliases, each with an answer of its own: one that is refused costs no other. The
/// three together keep to what a listing may bring.
pub(super) async fn catalogue(client: &Client) -> [Msg; 3] {
    let client = client.listing_together();
    let (agents, tools, aliases) = tokio::join!(
        listed(client.agent_pages()),
        listed(client.tool_pages()),
        listed(client.alias_pages()),
    );
    let catalogued = [
        match agents {
            Ok((agents, more)) => Catalogued::Agents { agents, more },
            Err(error) => Catalogued::NoAgents(problem(&error)),
        },
        match tools {
            Ok((tools, more)) => Catalogued::Tools { tools, more },
            Err(error) => Catalogued::NoTools(problem(&error)),
        },
        match aliases {
            Ok((aliases, more)) => Catalogued::Aliases { aliases, more },
            Err(error) => Catalogued::NoAliases(problem(&error)),
        },
    ];
    catalogued.map(|msg| Msg::Service(ServiceMsg::Catalogued(msg)))
}

/// Never fails: without traces the times of events tell where time went.
pub(super) async fn traces(client: &Client, session: SessionRef) -> Msg {
    let mut lengths = Vec::new();
    let listed = client.list_traces(&session, MAX_TRACES, None).await;
    let traces = listed.map(|page| page.items).unwrap_or_default();
    // A service that does not know the filter tells of all sessions.
    let other = |trace: &Trace| trace.session_key.as_ref().is_some_and(|key| *key != session.key);
    let ours = traces.iter().filter(|trace| !other(trace)).take(MAX_TRACES as usize);
    for trace in ours {
        let Ok(spans) = client.list_spans(&trace.id, MAX_SPANS, None).await else { break };
        lengths.extend(spans.items.iter().filter_map(|span| {
            let length = u64::try_from(span.duration()?.as_millis()).ok()?;
            Some((span.event()?, length))
        }));
    }
    Msg::Service(ServiceMsg::TracesRead { session, measured: Measured::new(lengths) })
}

pub(super) async fn tool(client: &Client, tool: ToolId) -> Msg {
    let read = match client.get_tool(&tool).await {
        Ok(found) => ToolRead::Schemas { input: found.input_schema, output: found.output_schema },
        Err(error) if error.status() == Some(403) => {
            ToolRead::Failed("this key may not read tools".to_owned())
        }
        Err(error) if error.status() == Some(404) => {
            ToolRead::Failed("the service has no such tool".to_owned())
        }
        Err(error) => ToolRead::Failed(format!("it could not be read: {error}")),
    };
    Msg::Service(ServiceMsg::ToolRead { tool, read })
}
