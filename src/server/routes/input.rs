//! Everything that a client says to a session (contract section 3.1).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::Service;
use super::request::Body;
use super::stream;
use crate::api::{Event, EventBody, Frame, InputRequest, SessionRef};
use crate::server::engine::log::Reader;
use crate::server::error::ApiResult;

pub(super) async fn create(
    State(service): State<Service>,
    Path((agent, key)): Path<(String, String)>,
    Body(request): Body<InputRequest>,
) -> ApiResult<Response> {
    let of = SessionRef::new(agent, key);
    let reader = service.turns.submit(&of, request.input).await?;
    if request.stream_response {
        return Ok(stream::reply(reader));
    }
    let events = whole_events(&service, &of, reader).await?;
    let body = json!({ "events": events, "session_key": of.key });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Complete events only, up to the end of the turn. Spoken text is streamed in chunks and stored
/// as one event, which is fetched here.
async fn whole_events(
    service: &Service,
    of: &SessionRef,
    mut reader: Reader,
) -> ApiResult<Vec<Event>> {
    use crate::api::frame::StreamOnly;
    use crate::server::store::events;

    let session = super::sessions::find(service, of).await?.id;
    let mut out = Vec::new();
    while let Some(frame) = reader.next().await {
        match &*frame {
            Frame::Event(event) => {
                // A union of the schema has no place for it, although streams carry it.
                if event.body != (EventBody::CompactionStarted {}) {
                    out.push(event.clone());
                }
            }
            Frame::Only(StreamOnly::AgentTextEnd { event_id: Some(id), .. }) => {
                let id = id.clone();
                let found = service.store.call(move |db| events::get(db, session, &id)).await?;
                out.extend(found.map(|stored| stored.event));
            }
            Frame::Only(_) => {}
        }
    }
    Ok(out)
}
