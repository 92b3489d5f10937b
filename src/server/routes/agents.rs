//! Agents: create, list, get, delete (contract section 8).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Service;
use super::request::{Body, Parameters, Problems, listing, page_key};
use crate::api::{Agent, AgentKey, NewAgent, Page, Timestamp};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::agents::{self, Taken};

const MAX_NAME_CHARS: usize = 50;

/// Fills in what the schema requires of a reply (contract section 8.1).
pub fn build(new: NewAgent, key: AgentKey, now: Timestamp) -> Agent {
    let mut first_step = new.first_step.unwrap_or_default();
    let name = new.first_step_name.unwrap_or_else(|| "first_step".to_owned());
    first_step.entry("name").or_insert_with(|| name.clone().into());
    first_step.entry("instructions").or_insert_with(|| json!([]));
    first_step.entry("output_parser").or_insert_with(|| json!({"type": "default"}));
    let first_step_name = first_step.get("name").and_then(Value::as_str).map(str::to_owned);
    Agent {
        key,
        name: new.name,
        description: new.description,
        tool_configurations: new.tool_configurations,
        skills: new.skills,
        model: new.model,
        first_step: Value::Object(first_step),
        first_step_name,
        enabled: new.enabled,
        metadata: new.metadata,
        created_at: Some(now),
        updated_at: Some(now),
        extra: new.extra,
    }
}

fn check(new: &NewAgent) -> ApiResult<()> {
    let mut problems = Problems::default();
    if new.name.trim().is_empty() || new.name.chars().count() > MAX_NAME_CHARS {
        problems.add("name", format!("must have 1 to {MAX_NAME_CHARS} characters"));
    }
    if let Some(Err(problem)) = new.key.as_ref().map(|key| AgentKey::parse(key.as_str())) {
        problems.add("key", problem.to_string());
    }
    problems.check()
}

pub(super) async fn create(
    State(service): State<Service>,
    Body(new): Body<NewAgent>,
) -> ApiResult<(StatusCode, Json<Agent>)> {
    check(&new)?;
    let key = new.key.clone().unwrap_or_else(|| service.ids.agent(&new.name));
    let agent = build(new, key, service.clock.now());
    let added = agent.clone();
    match service.store.write(move |db| agents::insert(db, &added)).await? {
        Ok(()) => Ok((StatusCode::CREATED, Json(agent))),
        Err(Taken::Key) => {
            Err(ApiError::conflict(format!("An agent with the key {} exists", agent.key)))
        }
        Err(Taken::Name) => {
            Err(ApiError::conflict(format!("An agent with the name {} exists", agent.name)))
        }
    }
}

pub(super) async fn list(
    State(service): State<Service>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Agent>>> {
    let limit = parameters.limit()?;
    let name = listing("agents", &[]);
    let after = parameters.place::<String>(&name)?;
    let rows = service.store.read(move |db| agents::list(db, after.as_deref(), limit + 1)).await?;
    Ok(Json(service.page(rows, limit, |agent| page_key(&name, &agent.key))))
}

pub(super) async fn get(
    State(service): State<Service>,
    Path(key): Path<String>,
) -> ApiResult<Json<Agent>> {
    let key = AgentKey::from(key);
    let wanted = key.clone();
    let found = service.store.read(move |db| agents::get(db, &wanted)).await?;
    found.map(Json).ok_or_else(|| ApiError::not_found("agent", key.as_str()))
}

pub(super) async fn delete(
    State(service): State<Service>,
    Path(key): Path<String>,
) -> ApiResult<StatusCode> {
    let key = AgentKey::from(key);
    let wanted = key.clone();
    service.turns.abandon(|running| running.agent == key);
    if service.store.erase(move |db| agents::delete(db, &wanted)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("agent", key.as_str()))
    }
}
