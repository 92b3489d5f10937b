//! The token endpoint, in both of the forms that the sources know (contract section 1.2).

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::Service;
use super::request::{Body, bytes};
use crate::server::access::oauth::LIFETIME_SECONDS;
use crate::server::error::{ApiError, ApiResult};

#[derive(Deserialize, Default)]
struct Grant {
    #[serde(default, rename = "grant_type")]
    kind: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

pub(super) async fn token(State(service): State<Service>, request: Request) -> Response {
    match issue(&service, request).await {
        Ok(reply) => reply,
        Err(refusal) => refusal.into_response(),
    }
}

async fn issue(service: &Service, request: Request) -> ApiResult<Response> {
    let basic = basic(request.headers());
    let mut grant = read(service, request).await?;
    if let Some((id, secret)) = basic {
        grant.client_id = id;
        grant.client_secret = secret;
    }
    if grant.kind.is_empty() {
        return Err(ApiError::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "grant_type is missing",
        ));
    }
    if grant.kind != "client_credentials" {
        let why = "only client_credentials is granted here";
        return Err(ApiError::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", why));
    }
    let issued = service.access.issue(&grant.client_id, &grant.client_secret, service.clock.now());
    let token = issued.map_err(|_| ApiError::internal("the system gives no randomness"))?;
    let Some(token) = token else {
        let why = "client_id is the name of a token, client_secret the token itself";
        return Err(ApiError::oauth(StatusCode::UNAUTHORIZED, "invalid_client", why));
    };
    let body = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS,
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

async fn read(service: &Service, request: Request) -> ApiResult<Grant> {
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if is_form {
        let body = bytes(request, &service.settings.limits).await?;
        let problem = |error: serde_urlencoded::de::Error| ApiError::bad_request(error.to_string());
        return serde_urlencoded::from_bytes(&body).map_err(problem);
    }
    Body::<Grant>::from_request(request, service).await.map(|Body(grant)| grant)
}

/// `Authorization: Basic` (RFC 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
