//! Operations on agents (contract section 8).

use reqwest::Method;

use super::{Client, ClientError};
use crate::api::Need;
use crate::api::{Agent, AgentKey, NewAgent, Page};

/// Which agents to list. `None` leaves a choice to the service.
#[derive(Debug, Clone, Default)]
pub struct AgentQuery {
    /// A regular expression over name and description.
    pub filter: Option<String>,
    pub enabled: Option<bool>,
    pub limit: Option<u32>,
    pub page_key: Option<String>,
}

impl Client {
    pub async fn create_agent(&self, agent: &NewAgent) -> Result<Agent, ClientError> {
        self.request("the new agent", Need::Admin, Method::POST, &["agents"])?
            .body(agent)?
            .fetch_whole()
            .await
    }

    pub async fn list_agents(&self, query: &AgentQuery) -> Result<Page<Agent>, ClientError> {
        self.request("the agents", Need::ReadOrSubmit, Method::GET, &["agents"])?
            .query("filter", query.filter.as_deref())
            .query("enabled", query.enabled)
            .query("limit", query.limit)
            .query("page_key", query.page_key.as_deref())
            .fetch_page()
            .await
    }

    pub async fn get_agent(&self, agent: &AgentKey) -> Result<Agent, ClientError> {
        self.request("the agent", Need::Read, Method::GET, &["agents", agent.as_str()])?
            .fetch_whole()
            .await
    }

    /// Takes the agent's sessions and artifacts along, in the background.
    pub async fn delete_agent(&self, agent: &AgentKey) -> Result<(), ClientError> {
        self.request(
            "deleting the agent",
            Need::Admin,
            Method::DELETE,
            &["agents", agent.as_str()],
        )?
        .run()
        .await
    }
}
