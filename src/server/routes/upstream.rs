//! What was asked of models lately. Not part of the service's API: only who administers this server is told.

use axum::Json;
use axum::extract::State;

use super::Service;
use super::request::Parameters;
use crate::api::upstream::UpstreamRequests;
use crate::server::error::{ApiError, ApiResult};

pub(super) async fn list(
    State(service): State<Service>,
    parameters: Parameters,
) -> ApiResult<Json<UpstreamRequests>> {
    let since = parameters.number("since")?.unwrap_or(0);
    let since = u64::try_from(since).map_err(|_| ApiError::field("since", "must be 0 or more"))?;
    Ok(Json(service.turns.host().models.upstream().since(since)))
}
