//! Operations on tools (contract section 8.2).

use reqwest::Method;

use super::{Client, ClientError};
use crate::api::tool::ClientTool;
use crate::api::{Need, ToolId};

impl Client {
    /// With the schemas of its arguments and of its answers.
    pub async fn get_tool(&self, tool: &ToolId) -> Result<ClientTool, ClientError> {
        self.request("the tool", Need::Read, Method::GET, &["tools", tool.as_str()])?.fetch().await
    }
}
