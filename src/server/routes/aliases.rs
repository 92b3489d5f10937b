//! stub
use super::Service;
use crate::api::AgentKey;
use crate::server::error::{ApiError, ApiResult};
pub(super) async fn pick_agent(_: &Service, key: &str) -> ApiResult<AgentKey> {
    Err(ApiError::not_found("agent_alias", key))
}
