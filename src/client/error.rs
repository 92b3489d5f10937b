//! Everything that can go wrong between us and the service, worded for the person who meets it:
//! what happened, why, and what to do next. No variant holds a secret.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use crate::api::Need;
use crate::api::{ErrorBody, Exact};
use crate::text::{redact, sanitize, units};
use crate::trust::TrustError;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// No connection, so nothing was sent.
    #[error("Cannot reach {base}: {why}. Check the address and the network, then try again.")]
    Unreachable { base: String, why: String },
    /// Nor here: a certificate or a proxy is in the way, which stays until somebody does something.
    #[error("Cannot connect to {base}: {why}. {next}.")]
    Barred { base: String, why: String, next: String },
    /// The connection ended after something may have been sent.
    #[error("The connection to {base} broke: {why}. {}", .intent.or(DONE_PERHAPS, "Try again."))]
    ConnectionLost { base: String, why: String, intent: Intent },
    #[error(
        "No answer about {what} within {} s. {}",
        .limit.as_secs(), .intent.or(DONE_LATER, "Try again, or allow more time with --timeout.")
    )]
    Timeout { what: &'static str, limit: Duration, intent: Intent },
    /// The service answered and said no. Boxed because it dwarfs the other variants.
    #[error("{}", refused(*.status, .refusal))]
    Api { status: u16, refusal: Box<Refusal> },
    /// Somebody else answered, with a page for people.
    #[error(
        "A web page answered at {base} (status {status}), not an Agent Sessions API. Check the \
         base URL: it is the address of the API, such as https://api.vectara.io, not of a console."
    )]
    WebPage { status: u16, base: String, intent: Intent },
    #[error("Cannot read the answer about {what}: {fault}. {}", .fault.advice(*.intent))]
    Decode { what: &'static str, fault: Fault, intent: Intent },
    /// A listing that would go on for ever.
    #[error(
        "The listing of {what} is not to be believed: {why}. What came of it is not all, and nobody \
         can tell what is. Try again; if it stays, report it to whoever runs the service."
    )]
    Endless { what: &'static str, why: String },
    /// A request that could not be written as JSON.
    #[error("Cannot write {what} as JSON: {why}. Change it, then try again.")]
    Encode { what: &'static str, why: String },
    /// An event stream that stopped without its `end` frame; the turn itself may go on.
    #[error(
        "The live feed broke: {why}. The turn may go on; polling brings what it stores, and the \
         next input brings the feed back."
    )]
    BrokenStream { why: String },
    #[error("Cannot use the address {url}: {why}. Give one such as https://api.vectara.io.")]
    BadUrl { url: String, why: String },
    #[error(
        "Refusing {url}: plain http would send the API key readable over the network. Use https; \
         http is for this machine only."
    )]
    InsecureUrl { url: String },
    /// A key that would name another resource than the one meant.
    #[error("Cannot ask for {name:?}: it is not a legal key. Check the spelling.")]
    BadName { name: String },
    #[error(
        "Cannot use the API key: it is empty or holds characters that no key has. Copy it again, \
         in one piece."
    )]
    BadKey,
    /// The token endpoint said no (RFC 6749 section 5.2).
    #[error(
        "No access token: {url} answered {status}: {why}. Check client_id, the client secret and \
         token_url."
    )]
    TokenRefused { url: String, status: u16, why: String },
    /// Stopped before anything was sent.
    #[error(
        "Not sent: {what} would change something, and this is read-only. Drop --read-only, or \
         read_only from the profile, if it should."
    )]
    ReadOnly { what: &'static str },
    /// Not sent either: what would have been, for a person to look at.
    #[error("Not sent: this is a dry run.")]
    DryRun(Box<RequestPreview>),
    #[error("Cannot prepare secure connections: {why}. {next}.")]
    Setup { why: String, next: String },
}

/// What a request is for. Only of a write can it be doubtful whether it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    Read,
    Write,
}

const DONE_PERHAPS: &str =
    "The request may have been carried out all the same; look before you repeat it.";
const DONE_LATER: &str = "The request may still be carried out; look before you repeat it.";

impl Intent {
    fn or<'a>(self, of_a_write: &'a str, of_a_read: &'a str) -> &'a str {
        match self {
            Self::Write => of_a_write,
            Self::Read => of_a_read,
        }
    }
}

/// A request as it would leave, without its credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestPreview {
    pub method: String,
    pub url: String,
    /// JSON, or words about what it is; values of secrets are masked.
    pub body: Option<Exact>,
}

/// What the service said when it refused, and what it was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub body: ErrorBody,
    /// The subject of the request, in words.
    pub what: &'static str,
    pub need: Need,
    pub intent: Intent,
    /// How long the service wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why an answer that claims success cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it is empty")]
    Empty,
    #[error("it ends in the middle, after {bytes} bytes")]
    Truncated { bytes: usize },
    #[error("it is not JSON ({why})")]
    NotJson { why: String },
    #[error("its shape is not that of the API ({why})")]
    WrongShape { why: String },
    #[error("it is larger than {}, and was not read further", units::bytes(*.limit))]
    TooLarge { limit: u64 },
    #[error("it is made of so many values that it would take more than {} of memory", units::bytes(*.values))]
    TooHeavy { values: u64 },
}

/// What helps where a bound is too narrow for a service that means well.
pub(super) const RAISE: &str = "If this service may send so much, raise reply_limit in its profile";

impl Fault {
    fn advice(&self, intent: Intent) -> String {
        let next = match self {
            Self::Empty => {
                "Something between here and the service swallowed it; if it stays, check the base \
                 URL and the proxy."
            }
            Self::Truncated { .. } => {
                "The connection was cut; if it stays, look for a proxy that limits the size of \
                 replies."
            }
            Self::NotJson { .. } => {
                "Check that the base URL is that of an Agent Sessions API and that no proxy changes \
                 replies."
            }
            Self::WrongShape { .. } => {
                "The service may be newer or older than this program knows; report it with both \
                 versions."
            }
            Self::TooLarge { .. } | Self::TooHeavy { .. } => &format!("{RAISE}."),
        };
        let again = matches!(self, Self::Empty | Self::Truncated { .. });
        match intent {
            Intent::Write => format!("{DONE_PERHAPS} {next}"),
            Intent::Read if again => format!("Try again. {next}"),
            Intent::Read => next.to_owned(),
        }
    }
}

impl ClientError {
    /// The HTTP status, where the service answered with one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } | Self::TokenRefused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What the vendor's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api { refusal, .. } => refusal.body.request_id.as_deref(),
            _ => None,
        }
    }

    /// All messages and every field error, fit for the screen.
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::Api { refusal, .. } => details(&refusal.body),
            _ => Vec::new(),
        }
    }

    /// How long the service asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { refusal, .. } => refusal.retry_after,
            _ => None,
        }
    }

    /// What the credential lacks, as far as a 403 can tell: a key that is wrong as a whole is
    /// answered the same way by some services.
    pub fn missing_role(&self) -> Option<Need> {
        match self {
            Self::Api { status: 403, refusal } => Some(refusal.need),
            _ => None,
        }
    }

    /// Whether a request that ended so was a write that may have been carried out, so that repeating it blindly could
    /// do it twice.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::ConnectionLost { intent, .. }
            | Self::Timeout { intent, .. }
            | Self::Decode { intent, .. } => *intent == Intent::Write,
            // Only inputs have streams.
            Self::BrokenStream { .. } => true,
            Self::Api { status, refusal } => {
                refusal.intent == Intent::Write && (*status >= 500 || *status == 408)
            }
            Self::WebPage { status, intent, .. } => {
                *intent == Intent::Write && (200..300).contains(status)
            }
            _ => false,
        }
    }

    /// Whether the service as a whole is in trouble, as opposed to this one request being wrong.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Barred { .. }
            | Self::ConnectionLost { .. }
            | Self::Timeout { .. }
            | Self::WebPage { .. } => true,
            Self::Api { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    /// Whether the service sends more than it is believed: asking again would bring the same.
    pub fn is_beyond_bounds(&self) -> bool {
        match self {
            Self::Endless { .. } => true,
            Self::Decode { fault, .. } => {
                matches!(fault, Fault::TooLarge { .. } | Fault::TooHeavy { .. })
            }
            _ => false,
        }
    }

    pub(super) fn bad_url(url: &str, why: &str) -> Self {
        // Whatever stands before an @ may be a password.
        let url = if url.contains('@') {
            "given".to_owned()
        } else {
            sanitize::preview(&redact::addresses(url), 200)
        };
        Self::BadUrl { url, why: why.to_owned() }
    }

    pub(super) fn setup(error: &reqwest::Error) -> Self {
        let next = "Check the environment's variables for proxies and certificates".to_owned();
        Self::Setup { why: cause(error), next }
    }
}

impl From<TrustError> for ClientError {
    fn from(TrustError { why, next }: TrustError) -> Self {
        Self::Setup { why, next }
    }
}

/// The innermost reason: the layers above it only say that a request failed.
pub(super) fn cause(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    sanitize::preview(&deepest.to_string(), 300)
}

fn details(body: &ErrorBody) -> Vec<String> {
    let messages = body.messages.iter().map(|text| sanitize::one_line(text).into_owned());
    let fields = body
        .field_errors
        .iter()
        .map(|(field, text)| sanitize::one_line(&format!("{field}: {text}")).into_owned());
    messages.chain(fields).filter(|text| !text.trim().is_empty()).collect()
}

fn refused(status: u16, refusal: &Refusal) -> String {
    let details = details(&refusal.body);
    let mut text = if details.is_empty() {
        format!("The service answered {status} and gave no reason")
    } else {
        format!("The service answered {status}: {}", details.join("; "))
    };
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    // Writing to a string cannot fail.
    let _ = match status {
        403 => write!(text, " For {} you need {}.", refusal.what, refusal.need.words()),
        _ => Ok(()),
    };
    text.push(' ');
    text.push_str(advice(status, refusal));
    if let Some(wait) = refusal.retry_after {
        let _ = write!(text, " The service asks for {} s of patience.", wait.as_secs());
    }
    if let Some(id) = &refusal.body.request_id {
        let report = if status >= 500 { " If it stays, report it with" } else { "" };
        let word = if status >= 500 { "request id" } else { "Request id:" };
        let _ = write!(text, "{report} {word} {}.", sanitize::one_line(id));
    }
    text
}

/// By status alone: message texts are not for matching (contract section 1.5).
fn advice(status: u16, refusal: &Refusal) -> &'static str {
    let intent = refusal.intent;
    match status {
        300..=399 => "Check the base URL: the API itself never redirects.",
        401 => "The credentials are missing, wrong or expired: check the API key.",
        403 => {
            "Ask an administrator for one of these roles, or check the API key: a wrong one is \
                answered like this too."
        }
        404 => "It may be deleted, or not visible yet.",
        408 | 504 => intent.or(DONE_LATER, "It took too long; try again in a moment."),
        409 if refusal.what.starts_with("the new ") => "The key may be taken: choose another.",
        409 if matches!(refusal.what, "the input" | "the upload") => {
            "A turn may be running, or a call may wait for its output: look, then steer, follow up, \
             interrupt or answer."
        }
        409 => "Look at its state, then try again.",
        413 => "Send less at once.",
        422 => "Check the agent's templates and secrets.",
        429 => "Wait a moment, then try again.",
        400..=499 => "Change the request, then try again.",
        500.. => intent.or(DONE_PERHAPS, "Try again in a moment."),
        _ => "Check the base URL and the proxy.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(status: u16, json: &str) -> ClientError {
        let body = serde_json::from_str(json).unwrap();
        let (what, need) = ("hiding the event", Need::Manage);
        let intent = Intent::Write;
        let refusal = Refusal { body, what, need, intent, retry_after: None };
        ClientError::Api { status, refusal: Box::new(refusal) }
    }

    #[test]
    fn a_missing_role_and_a_bad_credential_are_told_apart() {
        let refused = api(403, r#"{"messages":["PERMISSION_DENIED"]}"#);
        assert_eq!(refused.missing_role(), Some(Need::Manage));
        let text = refused.to_string();
        let roles = "For hiding the event you need agent_developer, agent_administrator, \
                     administrator or owner. Ask an administrator";
        assert!(text.contains(roles) && text.contains("check the API key"), "{text}");
        let unknown = api(401, "{}");
        assert_eq!(unknown.missing_role(), None);
        assert!(unknown.to_string().contains("missing, wrong or expired"), "{unknown}");
    }

    #[test]
    fn a_refusal_says_everything_that_the_service_said() {
        let error = api(
            400,
            r#"{"field_errors":{"limit":"must be between 1 and 100"},
                "messages":["Invalid request","\u001b[2J"],"request_id":"7d1c"}"#,
        );
        assert_eq!(
            error.details(),
            ["Invalid request", "\\x1b[2J", "limit: must be between 1 and 100"]
        );
        assert_eq!((error.status(), error.request_id()), (Some(400), Some("7d1c")));
        assert_eq!(
            error.to_string(),
            "The service answered 400: Invalid request; \\x1b[2J; limit: must be between 1 and 100. \
             Change the request, then try again. Request id: 7d1c."
        );
        assert_eq!(
            api(503, "{}").to_string(),
            "The service answered 503 and gave no reason. The request may have been carried out all \
             the same; look before you repeat it."
        );
    }

    #[test]
    fn a_conflict_advises_what_fits_what_was_asked() {
        let conflict = |what| {
            let ClientError::Api { status, mut refusal } = api(409, "{}") else { unreachable!() };
            refusal.what = what;
            ClientError::Api { status, refusal }.to_string()
        };
        assert!(conflict("the new session").contains("choose another"));
        assert!(conflict("the input").contains("answer"));
        let other = conflict("deleting the session");
        assert!(!other.contains("steer") && !other.contains("another"), "{other}");
    }

    #[test]
    fn a_read_that_takes_too_long_is_told_to_be_repeated_and_a_write_to_be_looked_for() {
        let late = |intent| {
            let limit = Duration::from_secs(15);
            ClientError::Timeout { what: "the events", limit, intent }
        };
        let (read, write) = (late(Intent::Read), late(Intent::Write));
        assert!(!read.may_have_happened() && read.to_string().contains("Try again"), "{read}");
        assert!(write.may_have_happened() && write.to_string().contains("look before"), "{write}");
    }

    #[test]
    fn only_doubtful_ends_may_have_happened() {
        let base = || "https://host".to_owned();
        let intent = Intent::Write;
        let lost = ClientError::ConnectionLost { base: base(), why: String::new(), intent };
        let unreachable = ClientError::Unreachable { base: base(), why: String::new() };
        assert!(lost.may_have_happened() && api(502, "{}").may_have_happened());
        assert!(!unreachable.may_have_happened() && !api(409, "{}").may_have_happened());
        assert!(unreachable.is_outage() && api(429, "{}").is_outage());
        assert!(!api(404, "{}").is_outage());
    }
}
