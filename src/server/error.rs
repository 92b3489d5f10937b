//! Failures of a request, in the contract's shapes (section 1.5).

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::store::StoreError;
use super::store::damage::Trouble;
use crate::api::ErrorBody;
use crate::text::units;

/// A refusal. The request id is added on the way out, so that every error has one.
#[derive(Debug)]
pub struct ApiError {
    pub status: StatusCode,
    pub body: Box<ErrorBody>,
}

pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let messages = vec![message.into()];
        Self { status, body: Box::new(ErrorBody { messages, ..ErrorBody::default() }) }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("INVALID_ARGUMENT: {}", message.into()))
    }

    /// A 400 that names the offending field.
    pub fn field(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::fields(BTreeMap::from([(name.into(), problem.into())]))
    }

    pub fn fields(field_errors: BTreeMap<String, String>) -> Self {
        let mut error = Self::bad_request("Invalid request");
        error.body.field_errors = field_errors;
        error
    }

    /// `thing` is `session`, `event`, …; the id reads `no_such_session`.
    pub fn not_found(thing: &str, name: &str) -> Self {
        let mut error = Self::new(StatusCode::NOT_FOUND, format!("No {thing} named {name}"));
        error.body.id = Some(format!("no_such_{thing}"));
        error
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// The agent's configuration cannot be used with this session.
    pub fn unprocessable(messages: Vec<String>) -> Self {
        let body = ErrorBody { messages, ..ErrorBody::default() };
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body: Box::new(body) }
    }

    pub fn unauthorized() -> Self {
        let why = "Send the API key in the header x-api-key, or an access token as a bearer";
        Self::new(StatusCode::UNAUTHORIZED, why)
    }

    pub fn expired() -> Self {
        let why = "The access token has expired; ask the token endpoint for another one";
        Self::new(StatusCode::UNAUTHORIZED, why)
    }

    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This server does not know that API key or access token")
    }

    pub fn role_missing(why: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("PERMISSION_DENIED: {why}"))
    }

    /// In the shape of RFC 6749 section 5.2 as well.
    pub fn oauth(status: StatusCode, code: &str, description: &str) -> Self {
        let mut error = Self::new(status, description);
        let fields = [("error", code), ("error_description", description)];
        error.body.extra =
            fields.map(|(name, text)| (name.to_owned(), text.into())).into_iter().collect();
        error
    }

    pub fn too_large(limit: usize) -> Self {
        Self::payload_too_large(format!("The body is larger than {limit} bytes"))
    }

    pub fn head_too_large(limit: usize) -> Self {
        let why = format!("The request line and the headers are larger than {limit} bytes");
        Self::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, why)
    }

    pub fn target_too_long(limit: usize) -> Self {
        let why = format!("The request target is longer than {limit} bytes");
        Self::new(StatusCode::URI_TOO_LONG, why)
    }

    pub fn head_too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "The head of the request took too long to arrive")
    }

    /// The body did not come in time.
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "The body took too long to arrive")
    }

    /// The reply was not there in time; what was asked for goes on.
    pub fn deadline() -> Self {
        let why = "DEADLINE_EXCEEDED: no reply within the time asked for; the turn goes on, and \
                   its events can be listed";
        Self::new(StatusCode::GATEWAY_TIMEOUT, why)
    }

    /// The file of the models says how many turns run at a time.
    pub fn too_many_turns(most: usize) -> Self {
        let most = units::counted(most, "turn");
        let why = format!(
            "RESOURCE_EXHAUSTED: this server runs no more than {most} at a time (`running_turns` in \
             models.toml); send it again when one has ended"
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, why)
    }

    pub fn internal(what: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("INTERNAL: {what}"))
    }

    /// What somebody else was asked for did not come.
    pub fn unavailable(why: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("UNAVAILABLE: {why}"))
    }

    /// A turn that its store cut short; its input is stored.
    pub fn turn_failed(error: &StoreError) -> Self {
        Self::new(status(error), error.words_of_turn())
    }

    pub fn payload_too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not take that method")
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // The cause is for the log; a client gets no insides.
        tracing::error!(%error, "store failed");
        Self::new(status(&error), error.words())
    }
}

fn status(error: &StoreError) -> StatusCode {
    match (error, error.trouble()) {
        (StoreError::Deleted, _) => StatusCode::CONFLICT,
        (_, Some(Trouble::Full)) => StatusCode::INSUFFICIENT_STORAGE,
        (_, Some(Trouble::Disk)) | (StoreError::Stopped, _) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn random_request_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness the id is all zeros, as the service itself has been seen to send.
    let _ = getrandom::fill(&mut bytes);
    units::hex(&bytes)
}

impl IntoResponse for ApiError {
    fn into_response(mut self) -> Response {
        let id = self.body.request_id.get_or_insert_with(random_request_id).clone();
        tracing::debug!(status = self.status.as_u16(), request_id = %id, "refused");
        let body = serde_json::to_string(&self.body).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/json")];
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 11.6.1 wants to hear how.
            let how = [(header::WWW_AUTHENTICATE, "Bearer")];
            return (self.status, kind, how, body).into_response();
        }
        (self.status, kind, body).into_response()
    }
}
