//! Listings and records that are asked for once: traces, tools, and artifacts.

use crate::app::msg::ServiceMsg;
use futures_util::{StreamExt as _, pin_mut};

use super::execute::problem;
use crate::api::trace::Trace;
use crate::api::{SessionRef, ToolId};
use crate::app::Msg;
use crate::client::Client;
use crate::client::traces::MAX_SPANS;
use crate::model::output_schema::ToolRead;
use crate::view::pane::waterfall::Measured;

/// Pages of artifacts that are listed; nobody reads further down.
const MAX_PAGES: usize = 20;
/// Traces that are looked into, a request each; older turns are told from their events.
const MAX_TRACES: u32 = 10;

pub(super) async fn artifacts(client: &Client, session: SessionRef) -> Msg {
    let pages = client.artifact_pages(&session).take(MAX_PAGES);
    pin_mut!(pages);
    let (mut artifacts, mut more) = (Vec::new(), false);
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => {
                more = page.page_key.as_ref().is_some_and(|key| !key.is_empty());
                artifacts.extend(page.items);
            }
            Err(error) => {
                let problem = problem(&error);
                return Msg::Service(ServiceMsg::ArtifactsUnlisted { session, problem });
            }
        }
    }
    Msg::Service(ServiceMsg::ArtifactsListed { session, artifacts, more })
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
        Err(error) => ToolRead::Failed(format!("R asks again: {error}")),
    };
    Msg::Service(ServiceMsg::ToolRead { tool, read })
}
