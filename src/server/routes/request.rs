//! Reading requests strictly: every refusal names the field and what it should have been.

use std::collections::{BTreeMap, HashMap};

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use regex::{Regex, RegexBuilder};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::Service;
use crate::api::page::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::api::session::SecretValues;
use crate::api::{Page, Timestamp};
use crate::server::error::{ApiError, ApiResult};
use crate::server::heads::LongQuery;
use crate::server::settings::Limits;
use crate::server::store;
use crate::text::units;

/// Memory that one pattern may take once it is compiled.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A JSON body, which is required wherever one is read.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Service> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, service: &Service) -> Result<Self, ApiError> {
        let kind = request.headers().get("content-type");
        let is_json = kind.is_none_or(|kind| {
            kind.to_str().is_ok_and(|kind| kind.to_ascii_lowercase().contains("json"))
        });
        if !is_json {
            let why = "the body must be JSON, with the content type application/json";
            return Err(ApiError::bad_request(why));
        }
        let bytes = bytes(request, &service.settings.limits).await?;
        if bytes.is_empty() {
            return Err(ApiError::bad_request("a JSON body is required"));
        }
        let reader = &mut serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut *reader).map_err(|error| {
            let path = error.path().to_string();
            if path == "." {
                ApiError::bad_request(error.inner().to_string())
            } else {
                ApiError::field(path, error.inner().to_string())
            }
        })?;
        reader.end().map_err(|error| ApiError::bad_request(error.to_string()))?;
        Ok(Self(value))
    }
}

pub(super) async fn bytes(request: Request, limits: &Limits) -> ApiResult<Bytes> {
    let read = Limited::new(request.into_body(), limits.max_body_bytes).collect();
    match tokio::time::timeout(limits.body_timeout(), read).await {
        Err(_) => Err(ApiError::too_slow()),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError::too_large(limits.max_body_bytes))
        }
        Ok(Err(error)) => Err(ApiError::bad_request(format!("the body broke off: {error}"))),
    }
}

/// The query of a listing.
pub(super) struct Parameters(HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if let Some(LongQuery(query)) = parts.extensions.get() {
            let map = serde_urlencoded::from_str(query);
            return map.map(Self).map_err(|error| ApiError::bad_request(error.to_string()));
        }
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

    /// What was given, which for a number or a choice must not be empty.
    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// 1 to 100, 10 when not given.
    pub(super) fn limit(&self) -> ApiResult<u32> {
        self.limit_of(DEFAULT_LIMIT, MAX_LIMIT)
    }

    pub(super) fn limit_of(&self, default: u32, max: u32) -> ApiResult<u32> {
        let Some(text) = self.given("limit") else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|limit| (1..=max).contains(limit))
            .ok_or_else(|| ApiError::field("limit", format!("must be between 1 and {max}")))
    }

    /// A whole number of 64 bits.
    pub(super) fn number(&self, name: &str) -> ApiResult<Option<i64>> {
        let read =
            |text: &str| text.parse().map_err(|_| ApiError::field(name, "must be a whole number"));
        self.given(name).map(read).transpose()
    }

    pub(super) fn time(&self, name: &str) -> ApiResult<Option<Timestamp>> {
        let why = "must be a time like 2026-05-28T22:17:09.627Z";
        let read = |text: &str| text.parse().map_err(|_| ApiError::field(name, why));
        self.given(name).map(read).transpose()
    }

    /// One of a set of words, where one is given.
    pub(super) fn word(&self, name: &str, allowed: &[&str]) -> ApiResult<Option<String>> {
        let known = |text: &str| {
            let why = || ApiError::field(name, format!("must be one of {}", allowed.join(", ")));
            allowed.contains(&text).then(|| text.to_owned()).ok_or_else(why)
        };
        self.given(name).map(known).transpose()
    }

    /// In any case of letters; false when not given.
    pub(super) fn flag(&self, name: &str) -> ApiResult<bool> {
        match self.given(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::field(name, "must be true or false")),
        }
    }

    /// As [`Self::flag`], but tells whether it was given.
    pub(super) fn optional_flag(&self, name: &str) -> ApiResult<Option<bool>> {
        self.given(name).map(|_| self.flag(name)).transpose()
    }

    pub(super) fn one_of(&self, name: &str, allowed: [&'static str; 2]) -> ApiResult<&'static str> {
        let Some(text) = self.given(name) else {
            return Ok(allowed[0]);
        };
        allowed.into_iter().find(|known| *known == text).ok_or_else(|| {
            ApiError::field(name, format!("must be {} or {}", allowed[0], allowed[1]))
        })
    }

    /// A pattern to search with. The engine takes linear time whatever the pattern.
    pub(super) fn pattern(&self, name: &str) -> ApiResult<Option<Regex>> {
        let build = |text: &str| {
            RegexBuilder::new(text).size_limit(MAX_PATTERN_BYTES).build().map_err(|error| {
                // The parser's message draws a pointer under the pattern, on lines of its own.
                let text = error.to_string();
                let why = text.lines().last().unwrap_or_default().trim();
                ApiError::field(name, format!("is not a pattern that can be searched for: {why}"))
            })
        };
        self.text(name).map(build).transpose()
    }

    /// The place that a page key of the given listing stands for.
    pub(super) fn place<T: std::str::FromStr>(&self, listing: &str) -> ApiResult<Option<T>> {
        let Some(key) = self.text("page_key") else {
            return Ok(None);
        };
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(key).ok()?).ok()?;
            text.strip_prefix(listing)?.strip_prefix(':')?.parse().ok()
        };
        let problem = "is not a page key of this listing; repeat the filters it came with";
        read().map(Some).ok_or_else(|| ApiError::field("page_key", problem))
    }
}

/// Names a listing together with its filters, so that a page key of another one is noticed.
pub(super) fn listing(name: &str, filters: &[&str]) -> String {
    let digest = Sha256::digest(filters.join("\0"));
    format!("{name}.{}", units::hex(&digest[..6]))
}

/// Rows read at a time while a filter looks for matches.
pub(super) const SCAN: u32 = 200;

/// The first rows beyond `after` that fit, one more than `limit` where there are so many. `list`
/// reads on from a place; `place` is where a row stands.
pub(super) fn scan<T, P>(
    limit: u32,
    mut after: Option<P>,
    list: impl Fn(Option<&P>) -> store::Result<Vec<T>>,
    place: impl Fn(&T) -> P,
    fits: impl Fn(&T) -> bool,
) -> store::Result<Vec<T>> {
    let mut out = Vec::new();
    while out.len() <= limit as usize {
        let rows = list(after.as_ref())?;
        let Some(end) = rows.last() else { break };
        after = Some(place(end));
        out.extend(rows.into_iter().filter(&fits));
    }
    Ok(out)
}

/// An opaque key for the place where the next page begins.
pub(super) fn page_key(listing: &str, place: impl std::fmt::Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{listing}:{place}"))
}

impl Service {
    /// A page of the rows, of which one more than `limit` was asked for: that one only tells that
    /// more follow.
    pub(super) fn page<T>(
        &self,
        mut rows: Vec<T>,
        limit: u32,
        key: impl Fn(&T) -> String,
    ) -> Page<T> {
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let points_on = more || self.settings.switches.dangling_page_key;
        let page_key = rows.last().filter(|_| points_on).map(key);
        Page { items: rows, page_key, weight: 0 }
    }
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

const MAX_SECRET_CHARS: usize = 4_096;

/// Names and values of secrets (contract section 1.7); `None` for a value removes it, where it may.
pub(super) fn check_secrets(
    problems: &mut Problems,
    secrets: Option<&SecretValues>,
    may_remove: bool,
) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for (name, value) in secrets.into_iter().flat_map(|secrets| &secrets.0) {
        let field = format!("secrets.{name}");
        let length = value.as_ref().map(|value| value.chars().count());
        if name.is_empty() || !name.chars().all(is_name) {
            problems.add(field, "a secret's name has only 0-9 a-z A-Z _ -");
        } else if !may_remove && length.is_none() {
            problems.add(field, "must be a string");
        } else if length.is_some_and(|length| !(1..=MAX_SECRET_CHARS).contains(&length)) {
            problems.add(field, format!("must have 1 to {MAX_SECRET_CHARS} characters"));
        }
    }
}
