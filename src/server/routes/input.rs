//! Everything that a client says to a session (contract section 3.1).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::Service;
use super::request::Body;
use super::stream;
use super::target::Target;
use crate::api::{EventBody, InputRequest, SessionKey};
use crate::server::engine::log::Reader;
use crate::server::error::ApiResult;

pub(super) async fn create(
    State(service): State<Service>,
    target: Target,
    Body(request): Body<InputRequest>,
) -> ApiResult<Response> {
    let reader = service.turns.submit(&target.of, request.input).await?;
    Ok(reply(reader, &target.of.key, request.stream_response).await)
}

async fn reply(reader: Reader, session_key: &SessionKey, streamed: bool) -> Response {
    if streamed {
        return stream::reply(reader);
    }
    let events = whole_events(reader).await;
    let body = json!({ "events": events, "session_key": session_key });
    (StatusCode::CREATED, Json(body)).into_response()
}

/// Complete events only, up to the end of the turn.
async fn whole_events(mut reader: Reader) -> Vec<serde_json::Value> {
    let mut out = Vec::new();
    while let Some(logged) = reader.next().await {
        // The schema's union has no place for this one, although streams carry it.
        let listed = logged.event().filter(|event| event.body != EventBody::CompactionStarted {});
        out.extend(listed.and_then(|event| serde_json::from_str(event.raw().get()).ok()));
    }
    out
}
