//! Stored events and outstanding calls (contract sections 3.3 to 3.7).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Service;
use super::request::{Parameters, listing, page_key};
use super::target::{Names, Target};
use crate::api::tool_call::OutstandingCalls;
use crate::api::{EventId, Object};
use crate::server::error::{ApiError, ApiResult};
use crate::server::settings::ListOrder;
use crate::server::store::events::{self, HideReason, Listing, StoredEvent};
use crate::server::store::pending;

/// JSON that is passed on as it is.
struct Passed(String);

impl IntoResponse for Passed {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

/// The event as the wire shows it: with the reason for its absence only behind the switch.
fn show(service: &Service, stored: StoredEvent) -> String {
    let Some(reason) = stored.hide_reason.filter(|_| service.settings.switches.hide_reason) else {
        return stored.json;
    };
    let body = serde_json::from_str::<Object>(&stored.json);
    let with_reason = body.and_then(|mut body| {
        body.insert("hide_reason".to_owned(), reason.into());
        serde_json::to_string(&body)
    });
    with_reason.unwrap_or(stored.json)
}

/// One read finds the session and its events, and the page is put together from stored text: this
/// is what clients ask for again and again.
pub(super) async fn list(
    State(service): State<Service>,
    names: Names,
    parameters: Parameters,
) -> ApiResult<impl IntoResponse> {
    let limit = parameters.limit()?;
    let include_hidden = parameters.flag("include_hidden")?;
    let (wanted, hidden) = (names.wanted(), include_hidden.to_string());
    let name = listing("events", &[&wanted.to_string(), &hidden]);
    let after = parameters.place(&name)?;
    let newest_first = service.settings.switches.list_order == ListOrder::NewestFirst;
    let listing = Listing { include_hidden, newest_first, after, limit: limit + 1 };
    let found = service.store.read(move |db| {
        let stored = match wanted.find(db)? {
            Ok(stored) => stored,
            Err(missing) => return Ok((Err(missing), Vec::new())),
        };
        let rows = events::list(db, &stored.vault, listing)?;
        Ok((Ok(stored), rows))
    });
    let (found, rows) = found.await?;
    service.shown(found)?;
    let page = service.page(rows, limit, |last| page_key(&name, last.seq));
    let items: Vec<_> = page.items.into_iter().map(|row| show(&service, row)).collect();
    let metadata = page.page_key.map(|key| format!("\"page_key\":\"{key}\"")).unwrap_or_default();
    Ok(Passed(format!("{{\"events\":[{}],\"metadata\":{{{metadata}}}}}", items.join(","))))
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
) -> ApiResult<impl IntoResponse> {
    let id = EventId::from(target.names.get("event_id"));
    let (vault, wanted) = (target.stored.vault, id.clone());
    let found = service.store.read(move |db| events::get(db, &vault, &wanted)).await?;
    let found = found.ok_or_else(|| no_event(&id))?;
    if found.is_damaged {
        // Asked for by itself it is not to be taken for an event.
        found.event()?;
    }
    Ok(Passed(show(&service, found)))
}

pub(super) async fn delete(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<StatusCode> {
    let id = EventId::from(target.names.get("event_id"));
    let (row, wanted) = (target.stored.vault.row, id.clone());
    if service.store.erase(move |db| events::delete(db, row, &wanted)).await? {
        // It may have been told to a model.
        service.turns.host().models.upstream().forget(|of| *of == target.of);
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_event(&id))
    }
}

/// Neither hiding nor unhiding reads a body: the suite sends `{}`, others nothing.
pub(super) async fn hide(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<impl IntoResponse> {
    set_hidden(service, target, Some(HideReason::Manual)).await
}

pub(super) async fn unhide(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<impl IntoResponse> {
    set_hidden(service, target, None).await
}

async fn set_hidden(
    service: Service,
    target: Target,
    reason: Option<HideReason>,
) -> ApiResult<Passed> {
    let id = EventId::from(target.names.get("event_id"));
    let (vault, wanted) = (target.stored.vault, id.clone());
    let changed =
        service.store.write(move |db| events::set_hidden(db, &vault, &wanted, reason)).await?;
    Ok(Passed(show(&service, changed.ok_or_else(|| no_event(&id))?)))
}
