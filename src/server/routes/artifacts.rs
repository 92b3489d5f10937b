//! Artifacts: list and get (contract section 3.8).

use axum::Json;
use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Service;
use super::request::{Parameters, cut, page_key};
use super::sessions::find;
use crate::api::{Artifact, ArtifactId, Page, SessionRef};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::artifacts::{self, Listing};

pub(super) async fn list(
    State(service): State<Service>,
    Path((agent, key)): Path<(String, String)>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Artifact>>> {
    let limit = parameters.limit()?;
    let by_update = parameters.one_of("sort_by", ["created_at", "updated_at"])? == "updated_at";
    let ascending = parameters.one_of("order_by", ["desc", "asc"])? == "asc";
    let offset = parameters.page_number::<u32>("artifacts")?.unwrap_or(0);
    let session = find(&service, &SessionRef::new(agent, key)).await?.id;
    let listing = Listing { by_update, ascending, offset, limit: limit + 1 };
    let mut items = service.store.call(move |db| artifacts::list(db, session, listing)).await?;
    let more = cut(&mut items, limit);
    let page_key = more.then(|| page_key("artifacts", offset + limit));
    Ok(Json(Page { items, page_key }))
}

pub(super) async fn get(
    State(service): State<Service>,
    Path((agent, key, id)): Path<(String, String, String)>,
) -> ApiResult<Json<Artifact>> {
    let session = find(&service, &SessionRef::new(agent, key)).await?.id;
    let wanted = ArtifactId::from(&*id);
    let found = service.store.call(move |db| artifacts::get(db, session, &wanted)).await?;
    let (mut artifact, data) = found.ok_or_else(|| ApiError::not_found("artifact", &id))?;
    artifact.data = Some(STANDARD.encode(data));
    Ok(Json(artifact))
}
