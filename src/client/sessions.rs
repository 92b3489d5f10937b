//! Operations on sessions (contract section 2).

use std::time::Duration;

use reqwest::Method;
use tokio::time::{self, Instant};

use super::{Client, ClientError};
use crate::api::Need;
use crate::api::session::{NewSession, SessionChanges};
use crate::api::{AgentKey, Page, Session, SessionRef};

/// Which sessions of an agent to list. `None` leaves a choice to the service.
#[derive(Debug, Clone, Default)]
pub struct SessionQuery {
    /// A regular expression over name and description.
    pub filter: Option<String>,
    /// An expression over the sessions' metadata (contract section 7).
    pub metadata_filter: Option<String>,
    pub limit: Option<u32>,
    pub page_key: Option<String>,
}

/// How long a session of our own making may stay invisible, and how often to look.
const VISIBLE_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The path of a session, or of what lies below it.
pub(super) fn path<'a>(at: &'a SessionRef, below: &[&'a str]) -> Vec<&'a str> {
    [&["agents", at.agent.as_str(), "sessions", at.key.as_str()], below].concat()
}

impl Client {
    /// A session may be invisible for a moment after its creation (contract section 2.2); see
    /// [`wait_until_visible`](Self::wait_until_visible).
    pub async fn create_session(
        &self,
        agent: &AgentKey,
        session: &NewSession,
    ) -> Result<Session, ClientError> {
        self.request(
            "the new session",
            Need::Submit,
            Method::POST,
            &["agents", agent.as_str(), "sessions"],
        )?
        .body(session)?
        .fetch_whole()
        .await
    }

    /// In an order that the service does not document.
    pub async fn list_sessions(
        &self,
        agent: &AgentKey,
        query: &SessionQuery,
    ) -> Result<Page<Session>, ClientError> {
        self.request(
            "the sessions",
            Need::Read,
            Method::GET,
            &["agents", agent.as_str(), "sessions"],
        )?
        .query("filter", query.filter.as_deref())
        .query("metadata_filter", query.metadata_filter.as_deref())
        .query("limit", query.limit)
        .query("page_key", query.page_key.as_deref())
        .fetch_page()
        .await
    }

    pub async fn get_session(&self, session: &SessionRef) -> Result<Session, ClientError> {
        self.request("the session", Need::ReadOrSubmit, Method::GET, &path(session, &[]))?
            .fetch_whole()
            .await
    }

    /// The session, once it can be seen: a 404 is asked again for up to ten seconds. For a session
    /// that was just created; of any other a 404 says that it is gone.
    pub async fn wait_until_visible(&self, session: &SessionRef) -> Result<Session, ClientError> {
        self.visible_within(session, VISIBLE_WITHIN, LOOK_EVERY).await
    }

    async fn visible_within(
        &self,
        session: &SessionRef,
        limit: Duration,
        every: Duration,
    ) -> Result<Session, ClientError> {
        let end = Instant::now() + limit;
        loop {
            match self.get_session(session).await {
                Err(error) if error.status() == Some(404) && Instant::now() + every < end => {
                    time::sleep(every).await;
                }
                answer => return answer,
            }
        }
    }

    pub async fn update_session(
        &self,
        session: &SessionRef,
        changes: &SessionChanges,
    ) -> Result<Session, ClientError> {
        self.request("changing the session", Need::Manage, Method::PATCH, &path(session, &[]))?
            .body(changes)?
            .fetch_whole()
            .await
    }

    /// Takes events and artifacts along.
    pub async fn delete_session(&self, session: &SessionRef) -> Result<(), ClientError> {
        self.request("deleting the session", Need::Manage, Method::DELETE, &path(session, &[]))?
            .run()
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Server, json};
    use super::*;

    const GONE: &str = r#"{"messages":["Session not found"]}"#;

    #[tokio::test]
    async fn a_session_of_our_own_making_is_waited_for_but_not_for_ever() {
        let session = r#"{"key":"s","agent_key":"a","name":"n","enabled":true,
                          "created_at":"2026-01-01T00:00:00Z"}"#;
        let script = [json(404, GONE), json(404, GONE), json(200, session), json(404, GONE)];
        let server = Server::start(script).await;
        let (client, at) = (server.client(), SessionRef::new("a", "s"));
        let found = client.visible_within(&at, VISIBLE_WITHIN, Duration::ZERO).await.unwrap();
        assert_eq!((found.name.as_str(), client.requests_sent()), ("n", 3));
        let error = client.visible_within(&at, Duration::ZERO, LOOK_EVERY).await.unwrap_err();
        assert_eq!((error.status(), client.requests_sent()), (Some(404), 4));
    }
}
