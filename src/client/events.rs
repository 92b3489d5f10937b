//! What is said to a session, and what is stored of it (contract section 3).

use reqwest::Method;
use serde::Deserialize;

use super::request::{self, Request, TURN_DEADLINE};
use super::retry::Repeat;
use super::sessions::path;
use super::{Client, ClientError, EventStream};
use crate::api::Need;
use crate::api::tool_call::OutstandingCalls;
use crate::api::{Event, EventId, Input, InputRequest, Page, PendingCall, SessionKey, SessionRef};

/// Which events of a session to list. `None` leaves a choice to the service.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Adds events hidden by hand or by compaction.
    pub include_hidden: bool,
    pub limit: Option<u32>,
    pub page_key: Option<String>,
}

/// The answer to an input that was sent without asking for a stream: what the turn added, oldest
/// first, beginning with the echo of what was sent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct InputReply {
    pub events: Vec<Event>,
    #[serde(default)]
    pub session_key: Option<SessionKey>,
}

impl Client {
    /// In the service's order; see [`oldest_first`](super::oldest_first).
    pub async fn list_events(
        &self,
        session: &SessionRef,
        query: &EventQuery,
    ) -> Result<Page<Event>, ClientError> {
        self.request("the events", Need::Read, Method::GET, &path(session, &["events"]))?
            .query("include_hidden", query.include_hidden.then_some(true))
            .query("limit", query.limit)
            .query("page_key", query.page_key.as_deref())
            .fetch_page()
            .await
    }

    pub async fn get_event(
        &self,
        session: &SessionRef,
        event: &EventId,
    ) -> Result<Event, ClientError> {
        let path = path(session, &["events", event.as_str()]);
        self.request("the event", Need::Read, Method::GET, &path)?.fetch().await
    }

    /// Permanent; takes the event out of the agent's context too.
    pub async fn delete_event(
        &self,
        session: &SessionRef,
        event: &EventId,
    ) -> Result<(), ClientError> {
        let path = path(session, &["events", event.as_str()]);
        self.request("deleting the event", Need::Admin, Method::DELETE, &path)?.run().await
    }

    pub async fn hide_event(
        &self,
        session: &SessionRef,
        event: &EventId,
    ) -> Result<Event, ClientError> {
        self.mark(session, event, "hiding the event", "hide").await
    }

    pub async fn unhide_event(
        &self,
        session: &SessionRef,
        event: &EventId,
    ) -> Result<Event, ClientError> {
        self.mark(session, event, "unhiding the event", "unhide").await
    }

    async fn mark(
        &self,
        session: &SessionRef,
        event: &EventId,
        what: &'static str,
        verb: &str,
    ) -> Result<Event, ClientError> {
        let path = path(session, &["events", event.as_str(), verb]);
        // The contract leaves open what a second call does, but the mark is set to what it is
        // already: at worst the repetition is refused, and the next listing tells the truth.
        self.request(what, Need::Manage, Method::POST, &path)?
            .repeat(Repeat::Harmless)
            .body(&serde_json::json!({}))?
            .fetch()
            .await
    }

    /// Sends an input and waits for the end of its turn, which may take minutes. Repeated only
    /// when no connection came about: after a doubtful end, look at the events first (contract
    /// section 5.3).
    pub async fn send_input(
        &self,
        session: &SessionRef,
        input: &Input,
    ) -> Result<InputReply, ClientError> {
        self.input(session, input, false)?.fetch().await
    }

    /// Sends an input and follows its turn. A service that answers in one piece is followed too:
    /// its events arrive at once, with an end behind them. Repeated like `send_input`.
    pub async fn stream_input(
        &self,
        session: &SessionRef,
        input: &Input,
    ) -> Result<EventStream, ClientError> {
        self.follow(self.input(session, input, true)?).await
    }

    /// Sends a request whose answer is a stream, or a reply in one piece.
    pub(super) async fn follow(&self, request: Request) -> Result<EventStream, ClientError> {
        let response = request.open().await?;
        if request::content_type(response.headers()) == "text/event-stream" {
            return Ok(EventStream::live(response, self.bounds()));
        }
        let reply: InputReply = request::finish(self, "the input", response).await?;
        Ok(EventStream::replay(reply.events))
    }

    fn input(
        &self,
        session: &SessionRef,
        input: &Input,
        stream_response: bool,
    ) -> Result<Request, ClientError> {
        let body = InputRequest { input: input.clone(), stream_response };
        // The reply may echo secrets of pending calls, so an error must not quote it.
        let request =
            self.request("the input", Need::Submit, Method::POST, &path(session, &["events"]))?;
        Ok(request.body(&body)?.deadline(TURN_DEADLINE).repeat(Repeat::Unsent).secret())
    }

    /// The only proof that a session waits for its client; empty when it does not.
    pub async fn outstanding_calls(
        &self,
        session: &SessionRef,
    ) -> Result<Vec<PendingCall>, ClientError> {
        let path = path(session, &["outstanding_client_tool_calls"]);
        let request =
            self.request("the outstanding calls", Need::Submit, Method::GET, &path)?.secret();
        let calls: OutstandingCalls = request.fetch().await?;
        Ok(calls.client_tool_calls)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Server, answer, json};
    use super::*;
    use crate::api::Frame;
    use crate::api::frame::StreamOnly;
    use futures_util::TryStreamExt;

    fn end() -> Frame {
        Frame::Only(StreamOnly::End {})
    }

    async fn frames(script: String) -> Result<Vec<Frame>, ClientError> {
        let server = Server::start([script]).await;
        let at = SessionRef::new("a", "s");
        server.client().stream_input(&at, &Input::Interrupt).await?.try_collect().await
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_end_frame() {
        let body = "event:agent_output\ndata:{\"type\":\"agent_output\",\"content\":\"hi\"}\n\n\
                    data: [DONE\n\nevent:end\ndata:{}\n\nevent:late\ndata:{}\n\n";
        let frames = frames(answer(201, "Text/Event-Stream; charset=utf-8", body)).await.unwrap();
        assert_eq!(frames.iter().map(Frame::kind).collect::<Vec<_>>(), ["agent_output", "end"]);
    }

    #[tokio::test]
    async fn a_stream_without_an_end_is_broken() {
        let body =
            "data:{\"type\":\"agent_output\",\"content\":\"hi\"}\n\ndata:{\"type\":\"end\"}\n";
        let error = frames(answer(201, "text/event-stream", body)).await.unwrap_err();
        assert!(matches!(error, ClientError::BrokenStream { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn an_answer_in_one_piece_is_a_stream_too() {
        let body = r#"{"events":[{"id":"aev_1","type":"agent_output","content":"hi"},
                       {"type":"error","messages":["no"]}],"session_key":"s"}"#;
        let frames = frames(json(201, body)).await.unwrap();
        let kinds: Vec<_> = frames.iter().map(Frame::kind).collect();
        assert_eq!(kinds, ["agent_output", "error", "end"]);
        assert!(matches!(frames[1], Frame::Only(StreamOnly::Error { .. })));
        assert_eq!(frames[2], end());
    }

    #[tokio::test]
    async fn a_refused_stream_is_an_api_error() {
        let error = frames(json(409, r#"{"messages":["running"]}"#)).await.unwrap_err();
        assert_eq!(error.status(), Some(409));
    }

    #[tokio::test]
    async fn operations_reach_their_paths() {
        let event = r#"{"id":"aev_1","type":"agent_output","content":"hi"}"#;
        let server = Server::start([
            json(200, event),
            json(200, event),
            json(200, r#"{"events":[]}"#),
            json(201, r#"{"events":[],"session_key":"s"}"#),
        ])
        .await;
        let (client, at, id) = (server.client(), SessionRef::new("a", "s"), "aev_1".into());
        assert_eq!(client.hide_event(&at, &id).await.unwrap().raw().get(), event);
        client.unhide_event(&at, &id).await.unwrap();
        let query =
            EventQuery { include_hidden: true, limit: Some(5), page_key: Some("a+b".into()) };
        client.list_events(&at, &query).await.unwrap();
        assert!(client.send_input(&at, &Input::Interrupt).await.unwrap().events.is_empty());
        let events = "/v2/agents/a/sessions/s/events";
        assert_eq!(
            server.seen(),
            [
                format!("POST {events}/aev_1/hide"),
                format!("POST {events}/aev_1/unhide"),
                format!("GET {events}?include_hidden=true&limit=5&page_key=a%2Bb"),
                format!("POST {events}"),
            ]
        );
    }
}
