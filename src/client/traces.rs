//! What the service measured of the turns of a session (contract section 8.4).

use reqwest::Method;

use super::{Client, ClientError};
use crate::api::trace::{Span, Trace};
use crate::api::{Need, Page, SessionRef};

/// The largest page of spans that is granted.
pub const MAX_SPANS: u32 = 500;

const TRACES: [&str; 2] = ["agent_analytics", "traces"];

impl Client {
    /// One trace for each time that the agent was at work on the session, in an order that the
    /// service does not document. Not every installation has them.
    pub async fn list_traces(
        &self,
        session: &SessionRef,
        limit: u32,
        page_key: Option<&str>,
    ) -> Result<Page<Trace>, ClientError> {
        self.request("the traces", Need::Read, Method::GET, &TRACES)?
            .query("agent_key", Some(&session.agent))
            .query("session_key", Some(&session.key))
            .query("limit", Some(limit))
            .query("page_key", page_key)
            .fetch_page()
            .await
    }

    /// Without those of sub-agents, whose events are in sessions of their own, and without what was
    /// said.
    pub async fn list_spans(
        &self,
        trace: &str,
        limit: u32,
        page_key: Option<&str>,
    ) -> Result<Page<Span>, ClientError> {
        let path = [&TRACES[..], &[trace, "spans"]].concat();
        self.request("the spans of a trace", Need::Read, Method::GET, &path)?
            .query("exclude_subagents", Some(true))
            .query("limit", Some(limit))
            .query("page_key", page_key)
            .fetch_page()
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Server, json};
    use super::*;

    #[tokio::test]
    async fn traces_of_a_session_and_their_spans_are_asked_for_and_join_to_events() {
        let traces = r#"{"traces":[{"trace_id":"t/1","agent_key":"a","session_key":"s",
            "started_at":"2026-01-01T00:00:00Z","duration_ms":71000,"status":"ok"}],"metadata":{}}"#;
        let spans = r#"{"spans":[
            {"operation":"invoke_agent","duration_ms":71000,"has_children":true},
            {"operation":"execute_tool","duration_ms":900.5,"attributes":
             {"tool_input_event_id":"aev_1","tool_output_event_id":"aev_2"}},
            {"operation":"thinking","duration_ms":1200,"event_id":"aev_3"}]}"#;
        let server = Server::start([json(200, traces), json(200, spans), json(404, "{}")]).await;
        let (client, session) = (server.client(), SessionRef::new("a", "s"));
        let trace = client.list_traces(&session, 8, None).await.unwrap().items.remove(0);
        let spans = client.list_spans(&trace.id, MAX_SPANS, None).await.unwrap().items;
        let told = spans.iter().filter_map(|span| {
            Some((span.event()?.as_str().to_owned(), span.duration()?.as_millis()))
        });
        let told: Vec<_> = told.collect();
        assert_eq!(told, [("aev_1".to_owned(), 900), ("aev_3".to_owned(), 1_200)]);
        assert_eq!(spans[0].event(), None);
        let missing = client.list_traces(&session, 8, None).await.unwrap_err();
        assert_eq!(missing.status(), Some(404));
        assert_eq!(
            server.seen()[..2],
            [
                "GET /v2/agent_analytics/traces?agent_key=a&session_key=s&limit=8".to_owned(),
                "GET /v2/agent_analytics/traces/t%2F1/spans?exclude_subagents=true&limit=500"
                    .to_owned(),
            ]
        );
    }
}
