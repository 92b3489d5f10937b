//! One request of the watch plan: what is sent, and the answer as it came. What it means is worked
//! out by the [`Watcher`](super::Watcher).

use crate::api::page::MAX_LIMIT;
use crate::api::{Agent, AgentKey, Event, EventId, Page, PendingCall, Session, SessionRef};
use crate::client::{AgentQuery, Client, ClientError, EventQuery, SessionQuery};

/// A request, complete with its place in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    Agents { page_key: Option<String> },
    Sessions { agent: AgentKey, page_key: Option<String> },
    Events { session: SessionRef, hidden: bool, limit: u32, page_key: Option<String> },
    Calls(SessionRef),
    Event(SessionRef, EventId),
    State(SessionRef),
}

/// What the service said.
#[derive(Debug)]
pub enum Answer {
    Agents(Page<Agent>),
    Sessions(Page<Session>),
    /// In the service's order.
    Events(Page<Event>),
    Calls(Vec<PendingCall>),
    Event(Box<Event>),
    State(Box<Session>),
}

/// Sends exactly one request.
pub async fn ask(client: &Client, question: Question) -> Result<Answer, ClientError> {
    let limit = Some(MAX_LIMIT);
    Ok(match question {
        Question::Agents { page_key } => {
            let query = AgentQuery { limit, page_key, ..AgentQuery::default() };
            Answer::Agents(client.list_agents(&query).await?)
        }
        Question::Sessions { agent, page_key } => {
            let query = SessionQuery { limit, page_key, ..SessionQuery::default() };
            Answer::Sessions(client.list_sessions(&agent, &query).await?)
        }
        Question::Events { session, hidden, limit, page_key } => {
            let query = EventQuery { include_hidden: hidden, limit: Some(limit), page_key };
            Answer::Events(client.list_events(&session, &query).await?)
        }
        Question::Calls(session) => Answer::Calls(client.outstanding_calls(&session).await?),
        Question::Event(session, event) => {
            Answer::Event(Box::new(client.get_event(&session, &event).await?))
        }
        Question::State(session) => Answer::State(Box::new(client.get_session(&session).await?)),
    })
}
