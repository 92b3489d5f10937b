//! Operations on sessions (contract section 2).

use reqwest::Method;

use super::{Client, ClientError};
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

/// The path of a session, or of what lies below it.
pub(super) fn path<'a>(at: &'a SessionRef, below: &[&'a str]) -> Vec<&'a str> {
    [&["agents", at.agent.as_str(), "sessions", at.key.as_str()], below].concat()
}

impl Client {
    /// A session may be invisible for a moment after its creation (contract section 2.2).
    pub async fn create_session(
        &self,
        agent: &AgentKey,
        session: &NewSession,
    ) -> Result<Session, ClientError> {
        self.request("the new session", Method::POST, &["agents", agent.as_str(), "sessions"])?
            .body(session)?
            .fetch()
            .await
    }

    /// In an order that the service does not document.
    pub async fn list_sessions(
        &self,
        agent: &AgentKey,
        query: &SessionQuery,
    ) -> Result<Page<Session>, ClientError> {
        self.request("the sessions", Method::GET, &["agents", agent.as_str(), "sessions"])?
            .query("filter", query.filter.as_deref())
            .query("metadata_filter", query.metadata_filter.as_deref())
            .query("limit", query.limit)
            .query("page_key", query.page_key.as_deref())
            .fetch()
            .await
    }

    pub async fn get_session(&self, session: &SessionRef) -> Result<Session, ClientError> {
        self.request("the session", Method::GET, &path(session, &[]))?.fetch().await
    }

    pub async fn update_session(
        &self,
        session: &SessionRef,
        changes: &SessionChanges,
    ) -> Result<Session, ClientError> {
        self.request("changing the session", Method::PATCH, &path(session, &[]))?
            .body(changes)?
            .fetch()
            .await
    }

    /// Takes events and artifacts along.
    pub async fn delete_session(&self, session: &SessionRef) -> Result<(), ClientError> {
        self.request("deleting the session", Method::DELETE, &path(session, &[]))?.run().await
    }
}
