//! The operations of the API over HTTP, a file per resource.

mod agents;
mod aliases;
mod artifacts;
mod authenticate;
mod events;
mod guard;
mod input;
mod llms;
mod oauth;
mod request;
mod sessions;
mod stream;
mod target;
mod tools;
mod traces;
mod upload;
mod upstream;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware;
use axum::routing::{get, post, put};

use super::access::Access;
use super::engine::turns::Turns;
use super::error::ApiError;
use super::settings::Settings;
use super::store::Store;
use super::{Clock, Ids};
use std::sync::Arc;

/// What every handler shares.
#[derive(Clone)]
pub struct Service {
    pub store: Store,
    pub turns: Turns,
    pub ids: Arc<Ids>,
    pub clock: Clock,
    pub access: Arc<Access>,
    pub settings: Arc<Settings>,
}

pub fn router(service: Service) -> Router {
    Router::new()
        .route("/v2/agents", get(agents::list).post(agents::create))
        .route(
            "/v2/agents/{agent_key}",
            get(agents::get).patch(agents::update).put(agents::replace).delete(agents::delete),
        )
        .route(
            "/v2/agents/{agent_key}/secrets",
            get(agents::secrets).patch(agents::update_secrets).put(agents::replace_secrets),
        )
        .route("/v2/tools", get(tools::list).post(tools::create))
        .route("/v2/tools/{tool_id}", get(tools::get).patch(tools::update).delete(tools::delete))
        .route("/v2/llms", get(llms::list))
        .route("/v2/foretop/upstream_requests", get(upstream::list))
        .route("/v2/agent_aliases", get(aliases::list).post(aliases::create))
        .route(
            "/v2/agent_aliases/{alias_key}",
            get(aliases::get).patch(aliases::update).delete(aliases::delete),
        )
        .route("/v2/agent_aliases/{alias_key}/policy", put(aliases::set_policy))
        .route("/v2/agent_analytics/traces", get(traces::list))
        .route("/v2/agent_analytics/traces/{trace_id}", get(traces::get))
        .route("/v2/agent_analytics/traces/{trace_id}/spans", get(traces::spans))
        .route("/v2/agent_analytics/traces/{trace_id}/spans/{span_id}", get(traces::span))
        .route("/oauth/token", post(oauth::token))
        .route("/oauth2/token", post(oauth::token))
        .merge(sessions_under("/v2/agents/{agent_key}"))
        .merge(sessions_under("/v2/agent_aliases/{alias_key}"))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .fallback(async |request: Request| ApiError::not_found("path", request.uri().path()))
        .layer(middleware::from_fn_with_state(service.clone(), authenticate::authenticate))
        .layer(middleware::from_fn(guard::guard))
        .layer(DefaultBodyLimit::max(service.settings.limits.max_upload_bytes))
        .with_state(service)
}

/// The same operations for agents and for aliases (contract section 6).
fn sessions_under(owner: &str) -> Router<Service> {
    let session = format!("{owner}/sessions/{{session_key}}");
    let event = format!("{session}/events/{{event_id}}");
    let artifact = format!("{session}/artifacts/{{artifact_id}}");
    Router::new()
        .route(&format!("{owner}/sessions"), get(sessions::list).post(sessions::create))
        .route(&session, get(sessions::get).patch(sessions::update).delete(sessions::delete))
        .route(&format!("{session}/events"), get(events::list).post(input::create))
        .route(&format!("{session}/outstanding_client_tool_calls"), get(events::outstanding_calls))
        .route(&event, get(events::get).delete(events::delete))
        .route(&format!("{event}/hide"), post(events::hide))
        .route(&format!("{event}/unhide"), post(events::unhide))
        .route(&format!("{session}/artifacts"), get(artifacts::list))
        .route(&artifact, get(artifacts::get))
        .route(&format!("{artifact}/content"), get(artifacts::content))
}
