//! The models of the service.

use reqwest::Method;

use super::{Client, ClientError};
use crate::api::llm::Llm;
use crate::api::{Need, Page};

/// Which models to list. `None` leaves a choice to the service.
#[derive(Debug, Clone, Default)]
pub struct LlmQuery {
    pub limit: Option<u32>,
    pub page_key: Option<String>,
}

impl Client {
    pub async fn list_llms(&self, query: &LlmQuery) -> Result<Page<Llm>, ClientError> {
        self.request("the models", Need::Read, Method::GET, &["llms"])?
            .query("limit", query.limit)
            .query("page_key", query.page_key.as_deref())
            .fetch_page()
            .await
    }
}
