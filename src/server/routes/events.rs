//! Stored events and outstanding calls (contract sections 3.3 to 3.7).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::value::RawValue;

use super::Service;
use super::request::{Parameters, listing, page_key};
use super::target::Target;
use crate::api::tool_call::OutstandingCalls;
use crate::api::{EventId, Object, Page, page::Listed};
use crate::server::error::{ApiError, ApiResult};
use crate::server::settings::ListOrder;
use crate::server::store::events::{self, HideReason, Listing, StoredEvent};
use crate::server::store::pending;

/// An event as it was stored, on its way to a client that reads it.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct RawEvent(Box<RawValue>);

impl Listed for RawEvent {
    const FIELD: &'static str = "events";
}

/// The event as the wire shows it: with the reason for its absence only behind the switch.
fn show(service: &Service, stored: StoredEvent) -> RawEvent {
    let Some(reason) = stored.hide_reason.filter(|_| service.settings.switches.hide_reason) else {
        return RawEvent(stored.raw);
    };
    let raw = serde_json::from_str::<Object>(stored.raw.get()).ok().and_then(|mut body| {
        body.insert("hide_reason".to_owned(), reason.into());
        serde_json::value::to_raw_value(&body).ok()
    });
    RawEvent(raw.unwrap_or(stored.raw))
}

pub(super) async fn list(
    State(service): State<Service>,
    target: Target,
    parameters: Parameters,
) -> ApiResult<Json<Page<RawEvent>>> {
    let limit = parameters.limit()?;
    let include_hidden = parameters.flag("include_hidden")?;
    let name = listing("events", &[&target.of.to_string(), &include_hidden.to_string()]);
    let after = parameters.place(&name)?;
    let newest_first = service.settings.switches.list_order == ListOrder::NewestFirst;
    let listing = Listing { include_hidden, newest_first, after, limit: limit + 1 };
    let vault = target.stored.vault;
    let rows = service.store.read(move |db| events::list(db, &vault, listing)).await?;
    let page = service.page(rows, limit, |last| page_key(&name, last.seq));
    Ok(Json(page.map(|row| show(&service, row))))
}

pub(super) async fn outstanding_calls(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<Json<OutstandingCalls>> {
    let vault = target.stored.vault;
    let waiting = service.store.read(move |db| pending::list(db, &vault)).await?;
    let client_tool_calls = waiting.into_iter().map(|stored| stored.call).collect();
    Ok(Json(OutstandingCalls { client_tool_calls }))
}

fn no_event(id: &EventId) -> ApiError {
    ApiError::not_found("event", id.as_str())
}

pub(super) async fn get(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<Json<RawEvent>> {
    let id = EventId::from(target.names.get("event_id"));
    let (vault, wanted) = (target.stored.vault, id.clone());
    let found = service.store.read(move |db| events::get(db, &vault, &wanted)).await?;
    Ok(Json(show(&service, found.ok_or_else(|| no_event(&id))?)))
}

pub(super) async fn delete(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<StatusCode> {
    let id = EventId::from(target.names.get("event_id"));
    let (row, wanted) = (target.stored.vault.row, id.clone());
    if service.store.erase(move |db| events::delete(db, row, &wanted)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_event(&id))
    }
}

/// Neither hiding nor unhiding reads a body: the suite sends `{}`, others nothing.
pub(super) async fn hide(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<Json<RawEvent>> {
    set_hidden(service, target, Some(HideReason::Manual)).await
}

pub(super) async fn unhide(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<Json<RawEvent>> {
    set_hidden(service, target, None).await
}

async fn set_hidden(
    service: Service,
    target: Target,
    reason: Option<HideReason>,
) -> ApiResult<Json<RawEvent>> {
    let id = EventId::from(target.names.get("event_id"));
    let (vault, wanted) = (target.stored.vault, id.clone());
    let changed =
        service.store.write(move |db| events::set_hidden(db, &vault, &wanted, reason)).await?;
    Ok(Json(show(&service, changed.ok_or_else(|| no_event(&id))?)))
}
