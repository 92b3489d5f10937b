//! Reading requests strictly: every refusal names the field and what it should have been.

use std::collections::{BTreeMap, HashMap};

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;

use super::MAX_BODY_BYTES;
use crate::api::page::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::server::error::{ApiError, ApiResult};

/// A JSON body.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        if let Some(kind) = kind.filter(|kind| !kind.contains("json")) {
            return Err(ApiError::bad_request(format!(
                "the body must be application/json, not {kind}"
            )));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| ApiError::too_large(MAX_BODY_BYTES))?;
        let reader = &mut serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(reader).map_err(|error| {
            let path = error.path().to_string();
            if path == "." {
                ApiError::bad_request(error.inner().to_string())
            } else {
                ApiError::field(path, error.inner().to_string())
            }
        })?;
        Ok(Self(value))
    }
}

/// The query of a listing.
pub(super) struct Parameters(HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(map) = Query::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        Ok(Self(map))
    }
}

impl Parameters {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// 1 to 100, 10 when not given.
    pub(super) fn limit(&self) -> ApiResult<u32> {
        let Some(text) = self.text("limit") else {
            return Ok(DEFAULT_LIMIT);
        };
        text.parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| ApiError::field("limit", format!("must be between 1 and {MAX_LIMIT}")))
    }

    /// In any case of letters; false when not given.
    pub(super) fn flag(&self, name: &str) -> ApiResult<bool> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::field(name, "must be true or false")),
        }
    }

    pub(super) fn one_of(&self, name: &str, allowed: [&'static str; 2]) -> ApiResult<&'static str> {
        let Some(text) = self.text(name) else {
            return Ok(allowed[0]);
        };
        allowed.into_iter().find(|known| *known == text).ok_or_else(|| {
            ApiError::field(name, format!("must be {} or {}", allowed[0], allowed[1]))
        })
    }

    /// The place that a page key of the given listing stands for.
    pub(super) fn page_key(&self, listing: &str) -> ApiResult<Option<String>> {
        let Some(key) = self.text("page_key") else {
            return Ok(None);
        };
        let bad = || ApiError::field("page_key", "is not a page key of this listing");
        let bytes = URL_SAFE_NO_PAD.decode(key).map_err(|_| bad())?;
        let text = String::from_utf8(bytes).map_err(|_| bad())?;
        let place = text.strip_prefix(listing).and_then(|rest| rest.strip_prefix(':'));
        Ok(Some(place.ok_or_else(bad)?.to_owned()))
    }

    pub(super) fn page_number<T: std::str::FromStr>(&self, listing: &str) -> ApiResult<Option<T>> {
        self.page_key(listing)?
            .map(|place| {
                place
                    .parse()
                    .map_err(|_| ApiError::field("page_key", "is not a page key of this listing"))
            })
            .transpose()
    }
}

/// An opaque key for the place where the next page begins.
pub(super) fn page_key(listing: &str, place: impl std::fmt::Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{listing}:{place}"))
}

/// Cuts `items`, of which one more than `limit` was asked for, and says whether more follow.
pub(super) fn cut<T>(items: &mut Vec<T>, limit: u32) -> bool {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    more
}

/// Collects what is wrong with a body, field by field.
#[derive(Default)]
pub(super) struct Problems(BTreeMap<String, String>);

impl Problems {
    pub(super) fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.insert(field.into(), problem.into());
    }

    pub(super) fn check(self) -> ApiResult<()> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::fields(self.0)) }
    }
}
