//! Credentials and roles, checked before any handler runs.

use std::sync::Arc;

use axum::RequestExt as _;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Service;
use crate::server::access::operations::{On, Requirement, requirement};
use crate::server::access::roles::{Role, Scope, permits};
use crate::server::access::{Identity, Rejected};
use crate::server::error::{ApiError, ApiResult};

/// Routes that give credentials rather than ask for them.
pub(super) const TOKEN_ROUTES: [&str; 2] = ["/oauth/token", "/oauth2/token"];

pub(super) async fn authenticate(
    State(service): State<Service>,
    mut request: Request,
    next: Next,
) -> Response {
    if TOKEN_ROUTES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match check(&service, &mut request).await {
        Ok(identity) => {
            // For handlers whose bodies name other agents than their paths do.
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn check(service: &Service, request: &mut Request) -> ApiResult<Arc<Identity>> {
    let secret = credential(request.headers())?;
    let identity =
        service.access.identify(secret, service.clock.now()).map_err(|why| match why {
            Rejected::Unknown => ApiError::forbidden(),
            Rejected::Expired => ApiError::expired(),
        })?;
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else {
        // Nothing is there, whoever asks.
        return Ok(identity);
    };
    let params = request.extract_parts::<RawPathParams>().await.ok();
    let agent = params
        .iter()
        .flat_map(RawPathParams::iter)
        .find(|(name, _)| *name == "agent_key")
        .map_or("", |(_, key)| key);
    let needed = requirement(request.method(), route.as_str())
        .unwrap_or(Requirement { roles: &[Role::Owner], on: On::Account });
    let scope = match needed.on {
        On::Agent => Scope::Agent(agent),
        On::AnyAgent => Scope::AnyAgent,
        On::Account => Scope::Account,
    };
    if permits(&identity.grants, needed.roles, scope) {
        Ok(identity)
    } else {
        Err(role_missing(&identity, request, needed))
    }
}

fn role_missing(identity: &Identity, request: &Request, needed: Requirement) -> ApiError {
    let roles: Vec<_> = needed.roles.iter().map(|role| role.as_str()).collect();
    let place = match needed.on {
        On::Agent => "on this agent or on the account",
        On::AnyAgent => "on an agent or on the account",
        On::Account => "on the account",
    };
    ApiError::role_missing(&format!(
        "{} may not {} {}: it needs one of {} {place}",
        identity.name,
        request.method(),
        request.uri().path(),
        roles.join(", ")
    ))
}

/// A key in `x-api-key`, or an access token or key behind `Authorization: Bearer` (contract section
/// 1.2: some of the vendor's samples put keys there).
fn credential(headers: &HeaderMap) -> ApiResult<&str> {
    for name in ["x-api-key", "authorization"] {
        let mut values = headers.get_all(name).iter();
        let first = values.next();
        if values.any(|other| Some(other) != first) {
            let why = format!("two different {name} headers were sent; send one");
            return Err(ApiError::bad_request(why));
        }
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    match (text("x-api-key"), bearer) {
        (Some(key), Some(bearer)) if key != bearer => Err(ApiError::bad_request(
            "two credentials were sent; send either x-api-key or Authorization, not both",
        )),
        (Some(secret), _) | (None, Some(secret)) => Ok(secret),
        (None, None) => Err(ApiError::unauthorized()),
    }
}
