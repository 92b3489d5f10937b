//! Agents and their secrets (contract section 8).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use serde_json::json;

use super::Service;
use super::request::{Body, Parameters, Problems, SCAN, check_secrets, listing, page_key, scan};
use super::target::{Names, no_agent};
use crate::api::exact::Members;
use crate::api::session::SecretValues;
use crate::api::{Agent, AgentKey, Object, Page};
use crate::server::access::Identity;
use crate::server::access::roles::{READ_OR_SUBMIT, Scope, permits};
use crate::server::documents::{Source, agent as document};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::agents::{self, Taken};
use crate::server::store::secrets;

fn taken(agent: &Agent, taken: &Taken) -> ApiError {
    ApiError::conflict(match taken {
        Taken::Key => format!("An agent with the key {} exists", agent.key),
        Taken::Name => format!("An agent with the name {} exists", agent.name),
    })
}

pub(super) async fn create(
    State(service): State<Service>,
    Body(Members(request)): Body<Members>,
) -> ApiResult<(StatusCode, Json<Agent>)> {
    let name = request.get("name").and_then(|name| name.as_str()).unwrap_or_default();
    let key = match request.get("key").filter(|key| !key.is_null()) {
        None => service.ids.agent(name),
        Some(key) => AgentKey::parse(key.as_str().unwrap_or_default())
            .map_err(|problem| ApiError::field("key", problem.to_string()))?,
    };
    let agent = document::create(request, &key, service.clock.now(), Source::Client)
        .map_err(ApiError::fields)?;
    let added = agent.clone();
    match service.store.write(move |db| agents::insert(db, &added)).await? {
        Ok(()) => Ok((StatusCode::CREATED, Json(agent))),
        Err(why) => Err(taken(&agent, &why)),
    }
}

/// The agents on which somebody has a role that lists them.
pub(super) async fn list(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Agent>>> {
    let limit = parameters.limit()?;
    let filter = parameters.pattern("filter")?;
    let enabled = parameters.optional_flag("enabled")?;
    let text = |name| parameters.text(name).unwrap_or_default();
    let name = listing("agents", &[text("filter"), text("enabled")]);
    let after = parameters.place::<String>(&name)?;
    let found = service.store.read(move |db| {
        let fits = |agent: &Agent| {
            let description = agent.description.as_deref().unwrap_or_default();
            permits(&identity.grants, READ_OR_SUBMIT, Scope::Agent(agent.key.as_str()))
                && enabled.is_none_or(|wanted| agent.enabled == wanted)
                && filter.as_ref().is_none_or(|filter| {
                    filter.is_match(&agent.name) || filter.is_match(description)
                })
        };
        let list = |after: Option<&String>| agents::list(db, after.map(String::as_str), SCAN);
        scan(limit, after, list, |agent| agent.key.to_string(), fits)
    });
    let rows = found.await?;
    Ok(Json(service.page(rows, limit, |agent| page_key(&name, &agent.key))))
}

/// The agent that the path names, or the stand-in of a damaged one.
async fn find_even_damaged(service: &Service, names: &Names) -> ApiResult<Agent> {
    let key = AgentKey::from(names.get("agent_key"));
    let wanted = key.clone();
    let found = service.store.read(move |db| agents::find(db, &wanted)).await?;
    found.ok_or_else(|| no_agent(&key))
}

/// The agent that the path names, which must be whole.
async fn find(service: &Service, names: &Names) -> ApiResult<Agent> {
    let key = AgentKey::from(names.get("agent_key"));
    let wanted = key.clone();
    let found = service.store.read(move |db| agents::get(db, &wanted)).await?;
    found.ok_or_else(|| no_agent(&key))
}

pub(super) async fn get(State(service): State<Service>, names: Names) -> ApiResult<Json<Agent>> {
    find(&service, &names).await.map(Json)
}

async fn store(service: &Service, agent: Agent) -> ApiResult<Json<Agent>> {
    let changed = agent.clone();
    match service.store.write(move |db| agents::update(db, &changed)).await? {
        Ok(()) => Ok(Json(agent)),
        Err(why) => Err(taken(&agent, &why)),
    }
}

pub(super) async fn update(
    State(service): State<Service>,
    names: Names,
    Body(Members(request)): Body<Members>,
) -> ApiResult<Json<Agent>> {
    let old = find(&service, &names).await?;
    let now = service.clock.now();
    store(&service, document::patch(&old, request, now).map_err(ApiError::fields)?).await
}

pub(super) async fn replace(
    State(service): State<Service>,
    names: Names,
    Body(Members(request)): Body<Members>,
) -> ApiResult<Json<Agent>> {
    // A whole new document mends a damaged one.
    let old = find_even_damaged(&service, &names).await?;
    let now = service.clock.now();
    store(&service, document::replace(&old, request, now).map_err(ApiError::fields)?).await
}

pub(super) async fn delete(State(service): State<Service>, names: Names) -> ApiResult<StatusCode> {
    let key = find_even_damaged(&service, &names).await?.key;
    service.turns.abandon(|running| running.agent == key);
    service.store.erase(move |db| agents::delete(db, &key)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Body of the requests that set secrets.
#[derive(serde::Deserialize)]
pub(super) struct SecretsBody {
    secrets: SecretValues,
}

async fn masked(service: &Service, key: AgentKey) -> ApiResult<Json<serde_json::Value>> {
    let names = service.store.read(move |db| secrets::names_of_agent(db, key.as_str())).await?;
    let masked: Object = names.into_iter().map(|name| (name, secrets::MASK.into())).collect();
    Ok(Json(json!({ "secrets": masked })))
}

pub(super) async fn secrets(
    State(service): State<Service>,
    names: Names,
) -> ApiResult<Json<serde_json::Value>> {
    let key = find_even_damaged(&service, &names).await?.key;
    masked(&service, key).await
}

pub(super) async fn update_secrets(
    State(service): State<Service>,
    names: Names,
    Body(request): Body<SecretsBody>,
) -> ApiResult<Json<serde_json::Value>> {
    change_secrets(service, names, request.secrets, false).await
}

pub(super) async fn replace_secrets(
    State(service): State<Service>,
    names: Names,
    Body(request): Body<SecretsBody>,
) -> ApiResult<Json<serde_json::Value>> {
    change_secrets(service, names, request.secrets, true).await
}

async fn change_secrets(
    service: Service,
    names: Names,
    values: SecretValues,
    replaces: bool,
) -> ApiResult<Json<serde_json::Value>> {
    let mut problems = Problems::default();
    check_secrets(&mut problems, Some(&values), !replaces);
    problems.check()?;
    let key = find(&service, &names).await?.key;
    let of = key.clone();
    // An old value is to be gone from the files as well.
    let changed = service.store.erase(move |db| {
        if replaces {
            secrets::clear_agents(db, of.as_str())?;
        }
        secrets::change_agents(db, of.as_str(), &values.0)
    });
    changed.await?;
    masked(&service, key).await
}
