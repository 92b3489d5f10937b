//! Everything that a client says to a session (contract section 3.1).

use axum::Json;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::Service;
use super::request::Body;
use super::stream;
use super::target::Target;
use super::upload::Upload;
use crate::api::exact::Members;
use crate::api::{Event, EventBody, InputRequest, SessionKey};
use crate::server::engine::log::Reader;
use crate::server::error::{ApiError, ApiResult};
use crate::server::settings::Limits;

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
        let wait = service.settings.limits.upload_timeout();
        let upload = tokio::time::timeout(wait, Upload::read(parts));
        let upload = upload.await.map_err(|_| ApiError::too_slow())??;
        let streamed = upload.stream_response;
        let submission = upload.submission(&service);
        (service.turns.upload(&target.of, submission).await?, streamed)
    } else {
        let Body(Members(body)) = Body::from_request(request, &service).await?;
        let request = InputRequest::from_object(body)
            .map_err(|misfit| ApiError::field(misfit.path, misfit.problem))?;
        (service.turns.submit(&target.of, request.input).await?, request.stream_response)
    };
    reply(&service.settings.limits, reader, &target.of.key, streamed).await
}

#[derive(Serialize)]
struct Reply<'a> {
    events: Vec<Event>,
    session_key: &'a SessionKey,
}

async fn reply(
    limits: &Limits,
    reader: Reader,
    session_key: &SessionKey,
    streamed: bool,
) -> ApiResult<Response> {
    if streamed {
        return Ok(stream::reply(reader, limits.keep_alive()));
    }
    // As the service cuts replies that block for too long (contract section 1.3).
    let events = tokio::time::timeout(limits.blocking_reply(), whole_events(reader));
    let events = events.await.map_err(|_| ApiError::deadline())??;
    let body = Reply { events, session_key };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Complete events only, up to the end of the turn. One that the store cut short is no success,
/// and the union of the schema has no place for an error.
async fn whole_events(mut reader: Reader) -> ApiResult<Vec<Event>> {
    let mut out = Vec::new();
    // The last frame that was no end: whoever waits for a later turn is told how that one ended.
    let mut last = None;
    while let Some(logged) = reader.next().await {
        if !logged.is_end() {
            last = Some(logged.clone());
        }
        // The schema's union has no place for this one, although streams carry it.
        let listed = logged.event().filter(|event| *event.body != EventBody::CompactionStarted {});
        out.extend(listed.cloned());
    }
    match last.as_ref().and_then(|logged| logged.failure.as_ref()) {
        Some(error) => Err(ApiError::turn_failed(error)),
        None => Ok(out),
    }
}
