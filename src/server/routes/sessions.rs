//! Sessions: create, list, get, update, delete (contract section 2).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Service;
use super::request::{Body, Parameters, Problems, page_key};
use crate::api::session::{NewSession, SessionChanges};
use crate::api::{AgentKey, Page, Session, SessionKey, SessionRef};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::sessions::StoredSession;
use crate::server::store::{agents, sessions};

/// Rows read at a time while a filter looks for matches.
const SCAN: u32 = 200;

/// The stored session, or a 404 for the part of the path that names nothing.
pub(super) async fn find(service: &Service, of: &SessionRef) -> ApiResult<StoredSession> {
    let wanted = of.clone();
    let found = service.store.call(move |db| {
        Ok(match sessions::get(db, &wanted)? {
            Some(found) => Ok(found),
            None => Err(agents::get(db, &wanted.agent)?.is_some()),
        })
    });
    found.await?.map_err(|agent_exists| missing(of, agent_exists))
}

fn missing(of: &SessionRef, agent_exists: bool) -> ApiError {
    if agent_exists {
        ApiError::not_found("session", of.key.as_str())
    } else {
        ApiError::not_found("agent", of.agent.as_str())
    }
}

pub(super) async fn create(
    State(service): State<Service>,
    Path(agent): Path<String>,
    Body(new): Body<NewSession>,
) -> ApiResult<(StatusCode, Json<Session>)> {
    let agent = AgentKey::from(agent);
    let mut problems = Problems::default();
    if let Some(Err(problem)) = new.key.as_ref().map(|key| SessionKey::parse(key.as_str())) {
        problems.add("key", problem.to_string());
    }
    for field in ["secrets", "from_session"] {
        if new.extra.contains_key(field) {
            problems.add(field, "this server does not take it yet");
        }
    }
    problems.check()?;
    let now = service.clock.now();
    let name = new.name.unwrap_or_else(|| format!("Session of {}", now.strftime("%F %T")));
    let key = new.key.unwrap_or_else(|| service.ids.session(&name));
    let mut session = Session::named(agent, key, name, now);
    session.description = new.description;
    session.metadata = new.metadata.unwrap_or_default();
    session.enabled = new.enabled.unwrap_or(true);
    session.tti_minutes = new.tti_minutes.unwrap_or(0);
    let added = session.clone();
    let outcome = service.store.call(move |db| {
        if agents::get(db, &added.agent_key)?.is_none() {
            return Ok(None);
        }
        sessions::insert(db, &added).map(Some)
    });
    match outcome.await? {
        Some(true) => Ok((StatusCode::CREATED, Json(session))),
        Some(false) => {
            Err(ApiError::conflict(format!("A session with the key {} exists", session.key)))
        }
        None => Err(ApiError::not_found("agent", session.agent_key.as_str())),
    }
}

pub(super) async fn list(
    State(service): State<Service>,
    Path(agent): Path<String>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Session>>> {
    if parameters.text("metadata_filter").is_some() {
        return Err(ApiError::field("metadata_filter", "this server does not take it yet"));
    }
    let filter = parameters
        .text("filter")
        .map(regex::Regex::new)
        .transpose()
        .map_err(|error| ApiError::field("filter", error.to_string()))?;
    let limit = parameters.limit()? as usize;
    let mut before = parameters.page_number::<i64>("sessions")?;
    let agent = AgentKey::from(agent);
    let wanted = agent.clone();
    let found = service.store.call(move |db| {
        if agents::get(db, &wanted)?.is_none() {
            return Ok(None);
        }
        let matches = |session: &Session| {
            filter.as_ref().is_none_or(|filter| {
                let description = session.description.as_deref().unwrap_or_default();
                filter.is_match(&session.name) || filter.is_match(description)
            })
        };
        let mut items: Vec<StoredSession> = Vec::new();
        while items.len() <= limit {
            let rows = sessions::list(db, &wanted, before, SCAN)?;
            let Some(last) = rows.last() else { break };
            before = Some(last.id);
            items.extend(rows.into_iter().filter(|row| matches(&row.session)));
        }
        Ok(Some(items))
    });
    let mut items = found.await?.ok_or_else(|| ApiError::not_found("agent", agent.as_str()))?;
    let more = items.len() > limit;
    items.truncate(limit);
    let page_key = items.last().filter(|_| more).map(|last| page_key("sessions", last.id));
    let items = items.into_iter().map(|stored| stored.session).collect();
    Ok(Json(Page { items, page_key }))
}

pub(super) async fn get(
    State(service): State<Service>,
    Path((agent, key)): Path<(String, String)>,
) -> ApiResult<Json<Session>> {
    let found = find(&service, &SessionRef::new(agent, key)).await?;
    Ok(Json(found.session))
}

pub(super) async fn update(
    State(service): State<Service>,
    Path((agent, key)): Path<(String, String)>,
    Body(changes): Body<SessionChanges>,
) -> ApiResult<Json<Session>> {
    if changes.extra.contains_key("secrets") {
        return Err(ApiError::field("secrets", "this server does not take it yet"));
    }
    let of = SessionRef::new(agent, key);
    let wanted = of.clone();
    let updated = service.store.call(move |db| {
        sessions::update(db, &wanted, |session| {
            session.name = changes.name.unwrap_or(std::mem::take(&mut session.name));
            session.description = changes.description.or(session.description.take());
            session.metadata = changes.metadata.unwrap_or(std::mem::take(&mut session.metadata));
            session.enabled = changes.enabled.unwrap_or(session.enabled);
            session.tti_minutes = changes.tti_minutes.unwrap_or(session.tti_minutes);
        })
    });
    match updated.await? {
        Some(session) => Ok(Json(session)),
        None => Err(find(&service, &of).await.err().unwrap_or_else(|| missing(&of, true))),
    }
}

pub(super) async fn delete(
    State(service): State<Service>,
    Path((agent, key)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let of = SessionRef::new(agent, key);
    find(&service, &of).await?;
    service.turns.abandon(|running| *running == of);
    service.store.call(move |db| sessions::delete(db, &of)).await?;
    Ok(StatusCode::NO_CONTENT)
}
