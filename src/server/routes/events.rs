//! Stored events and outstanding calls (contract sections 3.3 to 3.7).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::value::RawValue;

use super::Service;
use super::request::{Parameters, cut, page_key};
use super::sessions::find;
use crate::api::tool_call::OutstandingCalls;
use crate::api::{Event, EventId, Object, Page, SessionRef};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::events::{self, HideReason, Listing, StoredEvent};
use crate::server::store::pending;

/// The event as the wire shows it: with the reason for its absence only behind the switch.
fn show(service: &Service, stored: StoredEvent) -> Event {
    let Some(reason) = stored.hide_reason.filter(|_| service.send_hide_reason) else {
        return stored.event;
    };
    let raw = serde_json::from_str::<Object>(stored.event.raw().get()).ok().and_then(|mut body| {
        body.insert("hide_reason".to_owned(), reason.into());
        serde_json::to_string(&body).ok().and_then(|text| RawValue::from_string(text).ok())
    });
    raw.map_or(stored.event, Event::from_raw)
}

pub(super) async fn list(
    State(service): State<Service>,
    Path((agent, key)): Path<(String, String)>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Event>>> {
    let limit = parameters.limit()?;
    let include_hidden = parameters.flag("include_hidden")?;
    let after = parameters.page_number("events")?;
    let session = find(&service, &SessionRef::new(agent, key)).await?.id;
    let listing = Listing { include_hidden, newest_first: true, after, limit: limit + 1 };
    let mut rows = service.store.call(move |db| events::list(db, session, listing)).await?;
    let more = cut(&mut rows, limit);
    let page_key = rows.last().filter(|_| more).map(|last| page_key("events", last.seq));
    let items = rows.into_iter().map(|row| show(&service, row)).collect();
    Ok(Json(Page { items, page_key }))
}

pub(super) async fn outstanding_calls(
    State(service): State<Service>,
    Path((agent, key)): Path<(String, String)>,
) -> ApiResult<Json<OutstandingCalls>> {
    let session = find(&service, &SessionRef::new(agent, key)).await?.id;
    let waiting = service.store.call(move |db| pending::list(db, session)).await?;
    let client_tool_calls = waiting.into_iter().map(|stored| stored.call).collect();
    Ok(Json(OutstandingCalls { client_tool_calls }))
}

pub(super) async fn get(
    State(service): State<Service>,
    Path((agent, key, id)): Path<(String, String, String)>,
) -> ApiResult<Json<Event>> {
    let session = find(&service, &SessionRef::new(agent, key)).await?.id;
    let wanted = EventId::from(&*id);
    let found = service.store.call(move |db| events::get(db, session, &wanted)).await?;
    let stored = found.ok_or_else(|| ApiError::not_found("event", &id))?;
    Ok(Json(show(&service, stored)))
}

pub(super) async fn delete(
    State(service): State<Service>,
    Path((agent, key, id)): Path<(String, String, String)>,
) -> ApiResult<StatusCode> {
    let session = find(&service, &SessionRef::new(agent, key)).await?.id;
    let wanted = EventId::from(&*id);
    if service.store.call(move |db| events::delete(db, session, &wanted)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("event", &id))
    }
}

type EventPath = Path<(String, String, String)>;

/// Neither hiding nor unhiding reads a body: the suite sends `{}`, others nothing.
pub(super) async fn hide(
    State(service): State<Service>,
    path: EventPath,
) -> ApiResult<Json<Event>> {
    set_hidden(service, path, Some(HideReason::Manual)).await
}

pub(super) async fn unhide(
    State(service): State<Service>,
    path: EventPath,
) -> ApiResult<Json<Event>> {
    set_hidden(service, path, None).await
}

async fn set_hidden(
    service: Service,
    Path((agent, key, id)): EventPath,
    reason: Option<HideReason>,
) -> ApiResult<Json<Event>> {
    let session = find(&service, &SessionRef::new(agent, key)).await?.id;
    let wanted = EventId::from(&*id);
    let changed =
        service.store.call(move |db| events::set_hidden(db, session, &wanted, reason)).await?;
    let stored = changed.ok_or_else(|| ApiError::not_found("event", &id))?;
    Ok(Json(show(&service, stored)))
}
