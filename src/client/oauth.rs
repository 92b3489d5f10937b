//! Tokens of the client-credentials grant (contract section 1.2, RFC 6749 section 4.4): fetched
//! when first needed, renewed before they end, and once for everybody who waits.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, Url};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::bound::{self, Stop};
use super::error::{Fault, Intent};
use super::obstacle::Way;
use super::{ClientError, connection, error_body};
use crate::text::{sanitize, units};

/// How long before its end a token is renewed, so that none ends on its way; a short-lived token
/// is used for nine tenths of its life.
const EARLY: Duration = Duration::from_mins(2);
/// Taken where the reply names none: the usual life of a token of this service.
const LIFETIME_SECONDS: u64 = 1800;
const DEADLINE: Duration = Duration::from_secs(15);

/// What a token is asked for with.
#[derive(Clone)]
pub struct TokenGrant {
    pub url: String,
    pub client_id: String,
    pub client_secret: Zeroizing<String>,
    /// `None` tries the form, and then JSON where the endpoint understands no form.
    pub body: Option<GrantBody>,
    /// Whether a plain-http endpoint on another machine may be used.
    pub allow_http: bool,
}

/// The two forms that the sources about the service know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantBody {
    Form,
    Json,
}

pub(super) struct TokenSource {
    http: reqwest::Client,
    way: Way,
    url: Url,
    grant: TokenGrant,
    /// Held while a token is fetched: that makes one request of many.
    token: Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    renew_at: Instant,
}

#[derive(Deserialize)]
struct Reply {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// RFC 6749 section 5.2.
#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl TokenSource {
    pub(super) fn new(grant: TokenGrant) -> Result<Self, ClientError> {
        let url = connection::parse_url(&grant.url, grant.allow_http)?;
        let (http, way) = connection::http(&url, None)?;
        Ok(Self { http, way, url, grant, token: Mutex::new(None) })
    }

    /// The header value, from a token that is good for a while.
    pub(super) async fn token(&self, now: Instant) -> Result<HeaderValue, ClientError> {
        let mut token = self.token.lock().await;
        if let Some(token) = token.as_ref().filter(|token| now < token.renew_at) {
            return Ok(token.header.clone());
        }
        let fetched = self.fetch().await?;
        let header = fetched.header.clone();
        *token = Some(fetched);
        Ok(header)
    }

    /// The service no longer takes this one.
    pub(super) async fn forget(&self, sent: &HeaderValue) {
        let mut token = self.token.lock().await;
        // Somebody else may have renewed it already.
        if token.as_ref().is_some_and(|token| token.header == *sent) {
            *token = None;
        }
    }

    async fn fetch(&self) -> Result<Token, ClientError> {
        match self.grant.body {
            Some(body) => self.fetch_with(body).await,
            None => match self.fetch_with(GrantBody::Form).await {
                Err(ClientError::TokenRefused { status: 404 | 405 | 415 | 422 | 400, .. }) => {
                    self.fetch_with(GrantBody::Json).await
                }
                answer => answer,
            },
        }
    }

    async fn fetch_with(&self, body: GrantBody) -> Result<Token, ClientError> {
        let (kind, text) = self.body(body);
        let request = self
            .http
            .post(self.url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, kind)
            .body(text.to_string())
            .timeout(DEADLINE);
        let failed = |failure: reqwest::Error| self.way.unreachable(self.url.to_string(), &failure);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        if !response.status().is_success() {
            return Err(refused(&self.url, status, response).await);
        }
        let unread = |fault| {
            // Whatever the token was for has not begun.
            ClientError::Decode { what: "the access token", fault, intent: Intent::Read }
        };
        // Never so large that it has to wait for others.
        let read = bound::read(&mut response, bound::TOKEN, &bound::Turns::default()).await;
        let body = read.map_err(|stop| match stop {
            Stop::Lost(error) => failed(error),
            Stop::TooLarge => {
                let most = units::bytes(bound::TOKEN);
                unread(Fault::NotJson { why: format!("larger than {most}, which no token is") })
            }
        })?;
        let bytes = Zeroizing::new(body.bytes);
        let read = serde_json::from_slice(error_body::without_mark(&bytes));
        // The reply holds the token, so that nothing of it may be quoted.
        let fault = |_| unread(Fault::NotJson { why: "or not that of RFC 6749".to_owned() });
        let reply: Reply = read.map_err(fault)?;
        let token = Zeroizing::new(reply.access_token);
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
            .map_err(|_| ClientError::BadKey)?;
        header.set_sensitive(true);
        let life = Duration::from_secs(reply.expires_in.unwrap_or(LIFETIME_SECONDS));
        let early = EARLY.min(life / 10);
        Ok(Token { header, renew_at: Instant::now() + life.saturating_sub(early) })
    }

    fn body(&self, body: GrantBody) -> (&'static str, Zeroizing<String>) {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.grant.client_id.as_str()),
            ("client_secret", self.grant.client_secret.trim()),
        ];
        match body {
            GrantBody::Form => {
                // Text pairs always have a form.
                let form = serde_urlencoded::to_string(fields).unwrap_or_default();
                ("application/x-www-form-urlencoded", form.into())
            }
            GrantBody::Json => {
                let json: serde_json::Map<_, _> = fields
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).into()))
                    .collect();
                ("application/json", serde_json::Value::Object(json).to_string().into())
            }
        }
    }
}

async fn refused(url: &Url, status: u16, response: Response) -> ClientError {
    let bytes = error_body::read(response).await;
    let refusal: Refusal = serde_json::from_slice(&bytes).unwrap_or_default();
    let why = [refusal.error, refusal.error_description]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(": ");
    let why = if why.is_empty() { "no reason given".to_owned() } else { why };
    ClientError::TokenRefused { url: url.to_string(), status, why: sanitize::preview(&why, 300) }
}

impl fmt::Debug for TokenGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenGrant")
            .field("url", &self.url)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Server, json, status};
    use super::super::{Client, Credentials};
    use super::*;
    use crate::api::SessionRef;

    fn grant(url: String, body: Option<GrantBody>) -> TokenGrant {
        let client_secret = Zeroizing::new("hunter2".to_owned());
        TokenGrant { url, client_id: "me".into(), client_secret, body, allow_http: false }
    }

    fn token(value: &str, seconds: u64) -> String {
        json(200, &format!(r#"{{"access_token":"{value}","expires_in":{seconds}}}"#))
    }

    fn seconds(count: u64) -> Instant {
        Instant::now() + Duration::from_secs(count)
    }

    #[tokio::test]
    async fn many_who_wait_make_one_request_and_a_token_is_renewed_early() {
        let server = Server::start([token("one", 1800), token("two", 1800)]).await;
        let source = TokenSource::new(grant(server.url("/oauth2/token"), None)).unwrap();
        let now = Instant::now();
        let waiting = (0..50).map(|_| source.token(now));
        for header in futures_util::future::join_all(waiting).await {
            assert_eq!(header.unwrap(), "Bearer one");
        }
        assert_eq!(server.seen().len(), 1);
        assert_eq!(source.token(seconds(1_670)).await.unwrap(), "Bearer one");
        assert_eq!(source.token(seconds(1_690)).await.unwrap(), "Bearer two");
        assert_eq!(server.seen(), ["POST /oauth2/token", "POST /oauth2/token"]);
    }

    #[tokio::test]
    async fn an_endpoint_without_forms_gets_json() {
        let server = Server::start([status(415, ""), token("t", 60)]).await;
        let source = TokenSource::new(grant(server.url("/t"), None)).unwrap();
        assert_eq!(source.token(Instant::now()).await.unwrap(), "Bearer t");
        assert_eq!(server.seen().len(), 2);
        assert!(server.heads()[0].contains("application/x-www-form-urlencoded"));
        assert!(!server.heads()[1].contains("application/x-www-form-urlencoded"));
    }

    #[tokio::test]
    async fn a_refusal_says_why_and_shows_no_secret() {
        let no = r#"{"error":"invalid_client","error_description":"unknown client"}"#;
        let server = Server::start([json(401, no)]).await;
        let grant = grant(server.url("/t"), Some(GrantBody::Form));
        assert!(!format!("{grant:?}").contains("hunter2"));
        let source = TokenSource::new(grant).unwrap();
        let error = source.token(Instant::now()).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("invalid_client: unknown client"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[tokio::test]
    async fn a_token_withdrawn_before_its_time_is_replaced_once() {
        let session = r#"{"key":"s","agent_key":"a","name":"n","enabled":true,
                          "created_at":"2026-01-01T00:00:00Z"}"#;
        let script = [
            token("one", 1800),
            status(401, ""),
            token("two", 1800),
            json(200, session),
            status(401, "no"),
            token("three", 1800),
            status(401, "still no"),
        ];
        let server = Server::start(script).await;
        let credentials = Credentials::oauth(grant(server.url("/t"), None)).unwrap();
        let client = Client::new(&server.url(""), credentials).unwrap();
        let at = SessionRef::new("a", "s");
        assert_eq!(client.get_session(&at).await.unwrap().name, "n");
        let sent: Vec<bool> =
            server.heads().iter().map(|head| head.contains("Bearer two")).collect();
        assert_eq!(sent, [false, false, false, true]);
        let error = client.get_session(&at).await.unwrap_err();
        assert_eq!(error.status(), Some(401));
        assert_eq!(server.seen().len(), 7);
    }
}
