//! Operations on aliases (contract section 6).

use reqwest::Method;

use super::{Client, ClientError};
use crate::api::alias::Alias;
use crate::api::{Need, Page};

/// Which aliases to list. `None` leaves a choice to the service.
#[derive(Debug, Clone, Default)]
pub struct AliasQuery {
    pub limit: Option<u32>,
    pub page_key: Option<String>,
}

impl Client {
    /// A role on one agent is not enough for it: aliases belong to the account.
    pub async fn list_aliases(&self, query: &AliasQuery) -> Result<Page<Alias>, ClientError> {
        self.request("the aliases", Need::Read, Method::GET, &["agent_aliases"])?
            .query("limit", query.limit)
            .query("page_key", query.page_key.as_deref())
            .fetch_page()
            .await
    }
}
