//! Everything that a client says to a session (contract section 3.1).

use axum::Json;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::Service;
use super::request::Body;
use super::stream;
use super::target::Target;
use super::upload::Upload;
use crate::api::{EventBody, InputRequest, SessionKey};
use crate::server::engine::log::Reader;
use crate::server::error::{ApiError, ApiResult};

pub(super) async fn create(
    State(service): State<Service>,
    target: Target,
    request: Request,
) -> ApiResult<Response> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_multipart = kind.is_some_and(|kind| kind.starts_with("multipart/form-data"));
    let (reader, streamed) = if is_multipart && target.names.get("alias_key").is_empty() {
        let parts = Multipart::from_request(request, &service)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        let upload = Upload::read(parts).await?;
        let streamed = upload.stream_response;
        let submission = upload.submission(&service);
        (service.turns.upload(&target.of, submission).await?, streamed)
    } else {
        let Body(request) = Body::<InputRequest>::from_request(request, &service).await?;
        (service.turns.submit(&target.of, request.input).await?, request.stream_response)
    };
    Ok(reply(reader, &target.of.key, streamed).await)
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
