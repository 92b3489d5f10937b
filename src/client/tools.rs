//! Operations on tools (contract section 8.2).

use reqwest::Method;

use super::{Client, ClientError};
use crate::api::tool::ClientTool;
use crate::api::{Need, Page, ToolId};

/// Which tools to list. `None` leaves a choice to the service.
#[derive(Debug, Clone, Default)]
pub struct ToolQuery {
    pub limit: Option<u32>,
    pub page_key: Option<String>,
}

impl Client {
    pub async fn list_tools(&self, query: &ToolQuery) -> Result<Page<ClientTool>, ClientError> {
        self.request("the tools", Need::Read, Method::GET, &["tools"])?
            .query("limit", query.limit)
            .query("page_key", query.page_key.as_deref())
            .fetch_page()
            .await
    }

    /// With the schemas of its arguments and of its answers.
    pub async fn get_tool(&self, tool: &ToolId) -> Result<ClientTool, ClientError> {
        self.request("the tool", Need::Read, Method::GET, &["tools", tool.as_str()])?.fetch().await
    }
}
