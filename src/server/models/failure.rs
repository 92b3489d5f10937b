//! Why a model gave no answer, in words for the person who meets it.
//!
//! Providers say the same thing in many ways; what a turn must do about it are few. The invariant: no text
//! that leaves here holds the provider's key.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::settings::{Key, ModelSettings};
use crate::text::{redact, sanitize};

/// Characters of a provider's own words that are shown.
const WORDS: usize = 300;
/// A provider that asks for more patience is one that failed.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// What a turn can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answers at the address.
    Unreachable,
    /// It took too long to begin, was silent, or did not come to its end.
    TimedOut,
    /// The key is missing, wrong, or has no right to this.
    Refused,
    /// The provider has no model of that id, or no such path.
    Unknown,
    /// The question is larger than the context window.
    ContextOverflow,
    /// Too many requests, or too many tokens.
    RateLimited,
    /// The provider failed.
    Overloaded,
    /// The provider does not take the question as it is.
    Rejected,
    /// The answer broke off, or cannot be read.
    Broken,
    /// The answer is larger than anything that this server keeps.
    TooLarge,
    /// Nothing was asked: the server has spent what it may in a day.
    Spent,
    /// Nothing was asked: this server cannot.
    Setup,
}

/// Why a model gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{model}: {why}. {next}")]
pub struct ModelError {
    pub failure: Failure,
    /// The name that agents call it with.
    pub model: String,
    pub why: String,
    pub next: String,
    /// What the provider wants waited.
    pub retry_after: Option<Duration>,
    /// Of HTTP, where the provider answered with one that is no success.
    pub status: Option<u16>,
}

impl ModelError {
    /// Whether the same question may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.failure,
            Failure::Unreachable
                | Failure::TimedOut
                | Failure::RateLimited
                | Failure::Overloaded
                | Failure::Broken
        )
    }

    /// Its kind as traces name it (contract section 8.4).
    pub fn error_type(&self) -> &'static str {
        match self.failure {
            Failure::Unreachable | Failure::Overloaded => "dependency_failed",
            Failure::TimedOut => "timeout",
            Failure::Refused => "permission_denied",
            Failure::Unknown => "not_found",
            Failure::ContextOverflow => "context_limit_exceeded",
            Failure::RateLimited | Failure::Spent => "rate_limited",
            Failure::Rejected | Failure::Setup => "invalid_configuration",
            Failure::Broken | Failure::TooLarge => "internal",
        }
    }

    pub(super) fn new(of: &ModelSettings, failure: Failure, why: impl Into<String>) -> Self {
        let next = next(of, failure);
        Self {
            failure,
            model: of.name.clone(),
            why: why.into().trim_end_matches('.').to_owned(),
            next,
            retry_after: None,
            status: None,
        }
    }

    pub(super) fn of(settings: &ModelSettings, error: &genai::Error) -> Self {
        if let Some(status) = error.status() {
            let headers = error.headers();
            return of_status(settings, status, headers, &body(error));
        }
        match error {
            genai::Error::ChatResponse { body, .. } => of_event(settings, body),
            genai::Error::WebStream { error, .. } => of_stream(settings, error.as_ref()),
            genai::Error::WebModelCall { webc_error, .. }
            | genai::Error::WebAdapterCall { webc_error, .. } => of_stream(settings, webc_error),
            // So the library passes on what a provider says that gives up.
            genai::Error::StreamParse { serde_error, .. } if serde_error.is_data() => {
                let words = serde_error.to_string();
                of_event(settings, &serde_json::json!({ "message": words }))
            }
            genai::Error::StreamParse { serde_error, .. } => {
                let why = format!("sent what is no JSON: {serde_error}");
                Self::new(settings, Failure::Broken, why)
            }
            other => {
                let why = said(settings.key.as_ref(), &other.to_string());
                Self::new(settings, Failure::Rejected, why)
            }
        }
    }
}

fn next(of: &ModelSettings, failure: Failure) -> String {
    let (url, id) = (&of.url, &of.id);
    match failure {
        Failure::Unreachable => format!("Is it running at {url}? Check `url` in models.toml"),
        Failure::TimedOut => {
            "Send the message again, or raise its timeouts in models.toml".to_owned()
        }
        Failure::Refused => "Check its key: `foretop doctor` says where it is from".to_owned(),
        Failure::Unknown => format!("Check `url` ({url}) and `id` ({id}) in models.toml"),
        Failure::ContextOverflow => {
            "Compact the session, or hide what it can do without".to_owned()
        }
        Failure::RateLimited => "Wait a moment, then send the message again".to_owned(),
        Failure::Overloaded | Failure::Broken => "Send the message again".to_owned(),
        Failure::Rejected => {
            "Check the parameters and tools of the agent against what the model takes".to_owned()
        }
        Failure::TooLarge => "Set max_tokens among the agent's parameters".to_owned(),
        Failure::Spent => {
            "Wait until midnight (UTC), or raise that limit in models.toml".to_owned()
        }
        Failure::Setup => "Correct models.toml and start the server again".to_owned(),
    }
}

/// A provider's own words, short, sane, and without a key.
fn said(key: Option<&Key>, words: &str) -> String {
    let words = match key {
        Some(key) if !key.reveal().is_empty() => words.replace(key.reveal(), redact::REDACTED),
        _ => words.to_owned(),
    };
    sanitize::preview(&redact::text(&words), WORDS)
}

fn body(error: &genai::Error) -> String {
    match error {
        genai::Error::HttpError { body, .. } => body.clone(),
        genai::Error::WebModelCall { webc_error, .. }
        | genai::Error::WebAdapterCall { webc_error, .. } => match webc_error {
            genai::webc::Error::ResponseFailedStatus { body, .. } => body.clone(),
            other => other.to_string(),
        },
        _ => String::new(),
    }
}

/// The sentence in a provider's error body, else the body.
fn message(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(body) else {
        return body.to_owned();
    };
    let places = ["/error/message", "/message", "/error", "/detail", "/0/error/message"];
    let found = places.iter().find_map(|place| value.pointer(place)?.as_str());
    found.map_or_else(|| body.to_owned(), str::to_owned)
}

/// How `OpenAI`, llama.cpp, vLLM, Anthropic, Gemini and Ollama say that a context is full. There is no
/// status of its own for it, and only `OpenAI` and llama.cpp have a code.
fn is_overflow(body: &str) -> bool {
    const SIGNS: [&str; 9] = [
        "context_length_exceeded",
        "exceed_context_size",
        "maximum context length",
        "context window",
        "context length",
        "prompt is too long",
        "input token count",
        "exceeds the available context size",
        "too many tokens in",
    ];
    let body = body.to_lowercase();
    SIGNS.iter().any(|sign| body.contains(sign))
}

fn of_status(
    settings: &ModelSettings,
    status: StatusCode,
    headers: Option<&HeaderMap>,
    body: &str,
) -> ModelError {
    let failure = match status.as_u16() {
        401 | 403 => Failure::Refused,
        404 | 405 => Failure::Unknown,
        400 | 413 | 422 if is_overflow(body) => Failure::ContextOverflow,
        408 | 504 => Failure::TimedOut,
        429 => Failure::RateLimited,
        500.. => Failure::Overloaded,
        _ => Failure::Rejected,
    };
    let words = said(settings.key.as_ref(), &message(body));
    let mut why = format!("answered {}", status.as_u16());
    if !words.trim().is_empty() {
        why = format!("{why}: {words}");
    }
    let text = |name: &str| headers?.get(name)?.to_str().ok();
    if let Some(id) = text("x-request-id").or_else(|| text("request-id")) {
        why = format!("{why} (request {})", sanitize::preview(id, 80));
    }
    let seconds = text(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse::<f64>().ok());
    let millis = text("retry-after-ms").and_then(|text| text.trim().parse::<f64>().ok());
    let wait = millis.map(|millis| millis / 1_000.0).or(seconds);
    let wait = wait.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let retry_after = wait.filter(|wait| *wait <= LONGEST_WAIT);
    let status = Some(status.as_u16());
    ModelError { retry_after, status, ..ModelError::new(settings, failure, why) }
}

/// An error that a provider sends in the middle of its answer, whose status was 200.
fn of_event(settings: &ModelSettings, body: &serde_json::Value) -> ModelError {
    let text = body.to_string();
    // Some have it in an envelope of its own.
    let body = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
    let code = ["code", "type"].iter().find_map(|name| body.get(*name)?.as_str());
    let failure = match code.unwrap_or_default() {
        _ if is_overflow(&text) => Failure::ContextOverflow,
        "rate_limit_exceeded" | "rate_limit_error" | "insufficient_quota" => Failure::RateLimited,
        "authentication_error" | "permission_error" | "invalid_api_key" => Failure::Refused,
        "invalid_request_error" => Failure::Rejected,
        _ => Failure::Overloaded,
    };
    let words = body.get("message").and_then(serde_json::Value::as_str).unwrap_or(&text);
    let words = said(settings.key.as_ref(), words);
    ModelError::new(settings, failure, format!("failed while it answered: {words}"))
}

/// What the way to the provider came to, told apart by the innermost causes.
fn of_stream(settings: &ModelSettings, error: &(dyn std::error::Error + 'static)) -> ModelError {
    let inner = match error.downcast_ref::<genai::webc::Error>() {
        // It names no source.
        Some(genai::webc::Error::Reqwest(inner)) => inner,
        _ => error,
    };
    let (mut failure, mut deepest) = (Failure::Broken, String::new());
    for cause in std::iter::successors(Some(inner), |error| error.source()) {
        deepest = cause.to_string();
        if let Some(genai::Error::HttpError { status, body, headers, .. }) =
            cause.downcast_ref::<genai::Error>()
        {
            return of_status(settings, *status, Some(headers), body);
        }
        if let Some(request) = cause.downcast_ref::<reqwest::Error>() {
            if request.is_timeout() {
                failure = Failure::TimedOut;
            } else if request.is_connect() {
                failure = Failure::Unreachable;
            }
        }
        if cause.is::<genai::webc::StreamTimeout>() {
            failure = Failure::TimedOut;
        }
    }
    let words = said(settings.key.as_ref(), &deepest);
    let why = match failure {
        Failure::Unreachable => format!("cannot be reached: {words}"),
        Failure::TimedOut => format!("did not answer in time: {words}"),
        _ => format!("its answer broke off: {words}"),
    };
    ModelError::new(settings, failure, why)
}
