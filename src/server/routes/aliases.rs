//! Aliases and what they resolve to (contract section 6).

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Service;
use super::request::{Body, Parameters, SCAN, listing, page_key, scan};
use super::target::Names;
use crate::api::alias::{Alias, NewAlias, NewPolicy, Policy};
use crate::api::{AgentKey, AliasKey, Object, Page, Session};
use crate::server::documents::alias as document;
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::{agents, aliases};

fn missing(key: &AliasKey) -> ApiError {
    ApiError::not_found("agent_alias", key.as_str())
}

async fn find(service: &Service, key: AliasKey) -> ApiResult<Alias> {
    let wanted = key.clone();
    let found = service.store.read(move |db| aliases::get(db, &wanted)).await?;
    found.ok_or_else(|| missing(&key))
}

/// The agent for a new session. An inactive alias is not found; a policy that finds no agent is a
/// bad request.
pub(super) async fn pick_agent(
    service: &Service,
    key: &AliasKey,
    session: &Session,
) -> ApiResult<AgentKey> {
    let alias = find(service, key.clone()).await?;
    if !alias.enabled {
        return Err(missing(key));
    }
    let now = service.clock.now();
    let none = |why: String| {
        ApiError::bad_request(format!("the policy of the alias {key} finds no agent: {why}"))
    };
    let context = document::context(&alias, session, now);
    let picked = document::resolve(&alias.policy, &context, now).map_err(none)?;
    let wanted = picked.clone();
    if service.store.read(move |db| agents::is_usable(db, &wanted)).await? {
        Ok(picked)
    } else {
        Err(none(format!("the agent {picked} does not exist, or is disabled")))
    }
}

/// Refuses a policy that names agents which do not exist.
async fn check_agents(service: &Service, policy: &Policy) -> ApiResult<()> {
    let named: BTreeSet<_> = policy.agents().into_iter().cloned().collect();
    let unknown = service.store.read(move |db| {
        let mut unknown = Vec::new();
        for agent in named {
            if !agents::exists(db, &agent)? {
                unknown.push(agent.to_string());
            }
        }
        Ok(unknown)
    });
    let unknown = unknown.await?;
    if unknown.is_empty() {
        return Ok(());
    }
    let unknown = unknown.join(", ");
    Err(ApiError::field("policy", format!("Alias references unknown agent(s): [{unknown}]")))
}

pub(super) async fn create(
    State(service): State<Service>,
    Body(new): Body<NewAlias>,
) -> ApiResult<(StatusCode, Json<Alias>)> {
    let alias = document::create(new, service.clock.now()).map_err(ApiError::fields)?;
    check_agents(&service, &alias.policy).await?;
    let added = alias.clone();
    if service.store.write(move |db| aliases::insert(db, &added)).await? {
        Ok((StatusCode::CREATED, Json(alias)))
    } else {
        Err(ApiError::conflict(format!("An alias with the key {} exists", alias.key)))
    }
}

pub(super) async fn list(
    State(service): State<Service>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Alias>>> {
    let limit = parameters.limit()?;
    let filter = parameters.pattern("filter")?;
    let enabled = parameters.optional_flag("enabled")?;
    let agent = parameters.text("aliased_agent_key").map(AgentKey::from);
    let text = |name| parameters.text(name).unwrap_or_default();
    let filters = [text("filter"), text("enabled"), text("aliased_agent_key")];
    let name = listing("agent_aliases", &filters);
    let after = parameters.place::<String>(&name)?;
    let found = service.store.read(move |db| {
        let fits = |alias: &Alias| {
            let description = alias.description.as_deref().unwrap_or_default();
            enabled.is_none_or(|wanted| alias.enabled == wanted)
                && agent.as_ref().is_none_or(|agent| alias.policy.agents().contains(&agent))
                && filter.as_ref().is_none_or(|filter| {
                    filter.is_match(&alias.name) || filter.is_match(description)
                })
        };
        let list = |after: Option<&String>| aliases::list(db, after.map(String::as_str), SCAN);
        scan(limit, after, list, |alias| alias.key.to_string(), fits)
    });
    let rows = found.await?;
    Ok(Json(service.page(rows, limit, |alias| page_key(&name, &alias.key))))
}

fn named(names: &Names) -> AliasKey {
    names.get("alias_key").into()
}

pub(super) async fn get(State(service): State<Service>, names: Names) -> ApiResult<Json<Alias>> {
    find(&service, named(&names)).await.map(Json)
}

async fn store(service: &Service, alias: Alias) -> ApiResult<Json<Alias>> {
    let changed = alias.clone();
    service.store.write(move |db| aliases::update(db, &changed)).await?;
    Ok(Json(alias))
}

pub(super) async fn update(
    State(service): State<Service>,
    names: Names,
    Body(request): Body<Object>,
) -> ApiResult<Json<Alias>> {
    let old = find(&service, named(&names)).await?;
    let now = service.clock.now();
    store(&service, document::patch(&old, request, now).map_err(ApiError::fields)?).await
}

pub(super) async fn set_policy(
    State(service): State<Service>,
    names: Names,
    Body(new): Body<NewPolicy>,
) -> ApiResult<Json<Alias>> {
    let old = find(&service, named(&names)).await?;
    let now = service.clock.now();
    let changed = document::with_policy(&old, new.policy, now).map_err(ApiError::fields)?;
    check_agents(&service, &changed.policy).await?;
    store(&service, changed).await
}

/// Refused while sessions that it made refer to it.
pub(super) async fn delete(State(service): State<Service>, names: Names) -> ApiResult<StatusCode> {
    let key = named(&names);
    let wanted = key.clone();
    let deleted = service.store.erase(move |db| {
        if aliases::has_sessions(db, &wanted)? {
            return Ok(None);
        }
        aliases::delete(db, &wanted).map(Some)
    });
    match deleted.await? {
        Some(true) => Ok(StatusCode::NO_CONTENT),
        Some(false) => Err(missing(&key)),
        None => {
            let why = format!("Sessions refer to the alias {key}; delete them first");
            Err(ApiError::conflict(why))
        }
    }
}
