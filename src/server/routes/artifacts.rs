//! Artifacts: list, get, and the bytes alone (contract section 3.8).

use std::fmt;
use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Service;
use super::request::{Parameters, listing, page_key};
use super::target::Target;
use crate::api::{Artifact, ArtifactId, Page};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::artifacts::{self, Listing, PageEnd};

/// A place in a page key: `TIME.ROW`.
struct Written(PageEnd);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.time, self.0.seq)
    }
}

impl FromStr for Written {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (time, seq) = text.split_once('.').ok_or(())?;
        let read = |number: &str| number.parse().map_err(|_| ());
        Ok(Self(PageEnd { time: read(time)?, seq: read(seq)? }))
    }
}

pub(super) async fn list(
    State(service): State<Service>,
    target: Target,
    parameters: Parameters,
) -> ApiResult<Json<Page<Artifact>>> {
    let limit = parameters.limit()?;
    let sort_by = parameters.one_of("sort_by", ["created_at", "updated_at"])?;
    let order_by = parameters.one_of("order_by", ["desc", "asc"])?;
    let name = listing("artifacts", &[&target.of.to_string(), sort_by, order_by]);
    let after = parameters.place::<Written>(&name)?.map(|written| written.0);
    let listing = Listing {
        by_update: sort_by == "updated_at",
        ascending: order_by == "asc",
        after,
        limit: limit + 1,
    };
    let vault = target.stored.vault;
    let rows = service.store.read(move |db| artifacts::list(db, &vault, listing)).await?;
    let page = service.page(rows, limit, |(place, _)| page_key(&name, Written(*place)));
    Ok(Json(page.map(|(_, artifact)| artifact)))
}

async fn find(service: &Service, target: Target) -> ApiResult<(Artifact, Vec<u8>)> {
    let id = ArtifactId::from(target.names.get("artifact_id"));
    let (vault, wanted) = (target.stored.vault, id.clone());
    let found = service.store.read(move |db| artifacts::get(db, &vault, &wanted)).await?;
    found.ok_or_else(|| ApiError::not_found("artifact", id.as_str()))
}

pub(super) async fn get(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<Json<Artifact>> {
    let (mut artifact, data) = find(&service, target).await?;
    artifact.data = Some(STANDARD.encode(data));
    Ok(Json(artifact))
}

/// The bytes as they are. Undocumented, and there on the vendor's staging host.
pub(super) async fn content(State(service): State<Service>, target: Target) -> ApiResult<Response> {
    let (artifact, data) = find(&service, target).await?;
    let binary = || HeaderValue::from_static("application/octet-stream");
    let kind = HeaderValue::from_str(&artifact.mime_type).unwrap_or_else(|_| binary());
    // What an agent made is never to be run by a browser on this origin.
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, data).into_response())
}
