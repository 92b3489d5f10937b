//! One request: its URL, its deadline, its repetitions, and what becomes of the answer.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;
use tokio::time::{self, Instant};

use super::bound::{self, Stop};
use super::error::{Fault, Intent, Refusal};
use super::retry::{self, Repeat};
use super::upload::UploadForm;
use super::{Client, ClientError, Gate, RequestPreview, error, error_body};
use crate::api::{Exact, Listed, Need, Object, Page, Salvage, Timestamp, Whole};
use crate::text::sanitize;

const DEADLINE: Duration = Duration::from_secs(15);
/// A little more than the service grants a reply that waits for the end of a turn (contract
/// section 1.3).
pub(super) const TURN_DEADLINE: Duration = Duration::from_secs(310);
/// An artifact is one JSON text of any size.
pub(super) const FILE_DEADLINE: Duration = Duration::from_mins(2);

pub(super) struct Request {
    client: Client,
    what: &'static str,
    need: Need,
    method: Method,
    repeat: Repeat,
    url: Url,
    body: Option<Body>,
    deadline: Duration,
    /// Whether a decoding error may quote the answer.
    secret: bool,
}

/// What must not be shown of a body.
#[derive(Deserialize)]
struct Secret {
    #[serde(default)]
    secrets: Option<Object>,
}

enum Body {
    Json(Vec<u8>),
    Form(UploadForm),
}

impl Body {
    fn preview(&self) -> Exact {
        let bytes = match self {
            Self::Json(bytes) => bytes,
            Self::Form(form) => return form.preview().into(),
        };
        let exact = std::str::from_utf8(bytes).ok().and_then(Exact::new);
        let exact = exact.unwrap_or_else(|| "the request cannot be shown".into());
        let Ok(Secret { secrets: Some(mut secrets) }) = serde_json::from_slice(bytes) else {
            return exact;
        };
        let given = secrets.values_mut().filter(|secret| !secret.is_null());
        given.for_each(|secret| *secret = Value::from("****"));
        // By the side of secrets stands nothing but what values hold.
        let Ok(Value::Object(mut body)) = serde_json::from_slice(bytes) else {
            return "a request with secrets, nested too deep to be shown".into();
        };
        body.insert("secrets".to_owned(), Value::Object(secrets));
        Value::Object(body).into()
    }
}

/// The sendings of one request so far.
struct Attempts {
    repeat: Repeat,
    failed: u32,
    end: Instant,
    /// Said when the time is over.
    late: ClientError,
}

impl Attempts {
    fn begin(request: &Request) -> Self {
        let (what, limit, intent) = (request.what, request.deadline, request.intent());
        let late = ClientError::Timeout { what, limit, intent };
        Self { repeat: request.repeat, failed: 0, end: Instant::now() + request.deadline, late }
    }

    /// One sending, as long as there is time.
    async fn send<T>(
        &self,
        work: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        time::timeout_at(self.end, work).await.unwrap_or_else(|_| Err(self.late.clone()))
    }

    /// Waits before the next sending, or gives the error back when there shall be none.
    async fn rest(&mut self, error: ClientError) -> Result<(), ClientError> {
        self.failed += 1;
        let left = self.end.saturating_duration_since(Instant::now());
        let Some(pause) = self.repeat.pause(self.failed, &error, fastrand::f64(), left) else {
            return Err(error);
        };
        // That nobody is there says more than that it took too long. Of a write, though, the last
        // sending may have been carried out, whatever became of earlier ones.
        let read = matches!(self.late, ClientError::Timeout { intent: Intent::Read, .. });
        if read && matches!(error, ClientError::Unreachable { .. }) {
            self.late = error;
        }
        time::sleep(pause).await;
        Ok(())
    }
}

/// A successful answer, read to its end.
struct Answer {
    content_type: String,
    body: bound::Body,
}

impl Client {
    /// `path` lies below `/v2`; each segment is escaped. `what` names the subject in errors.
    pub(super) fn request(
        &self,
        what: &'static str,
        need: Need,
        method: Method,
        path: &[&str],
    ) -> Result<Request, ClientError> {
        let mut url = Url::clone(&self.base);
        // These would be dropped from the path, and "delete session .." would delete the agent.
        if let Some(name) = path.iter().find(|name| matches!(**name, "" | "." | "..")) {
            return Err(ClientError::BadName { name: (*name).to_owned() });
        }
        url.path_segments_mut()
            .map_err(|()| ClientError::bad_url(self.base(), "it cannot carry a path"))?
            .pop_if_empty()
            .push("v2")
            .extend(path);
        let repeat = match method {
            _ if !self.repeats => Repeat::Never,
            Method::GET => Repeat::Harmless,
            Method::DELETE => Repeat::Delete,
            _ => Repeat::Never,
        };
        Ok(Request {
            client: self.clone(),
            what,
            need,
            method,
            repeat,
            url,
            body: None,
            deadline: self.options.deadline.unwrap_or(DEADLINE),
            secret: false,
        })
    }
}

impl Request {
    pub(super) fn query(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.url.query_pairs_mut().append_pair(name, &value.to_string());
        }
        self
    }

    pub(super) fn body(mut self, body: &impl Serialize) -> Result<Self, ClientError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| ClientError::Encode { what: self.what, why: error.to_string() })?;
        self.body = Some(Body::Json(bytes));
        Ok(self)
    }

    pub(super) fn form(mut self, form: UploadForm) -> Self {
        self.body = Some(Body::Form(form));
        self
    }

    /// Instead of what the method allows, where anything is repeated.
    pub(super) fn repeat(mut self, repeat: Repeat) -> Self {
        if self.client.repeats {
            self.repeat = repeat;
        }
        self
    }

    pub(super) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn intent(&self) -> Intent {
        if self.method == Method::GET { Intent::Read } else { Intent::Write }
    }

    /// Keeps the content of the answer out of any error.
    pub(super) fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The answer as JSON.
    pub(super) async fn fetch<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        self.fetch_weighed().await.map(|(read, _)| read)
    }

    /// One item, of which parts may be odd.
    pub(super) async fn fetch_whole<T: Salvage>(self) -> Result<T, ClientError> {
        self.fetch().await.map(|Whole(item)| item)
    }

    /// One page of a listing.
    pub(super) async fn fetch_page<T: Listed>(self) -> Result<Page<T>, ClientError> {
        let (page, weight) = self.fetch_weighed::<Page<T>>().await?;
        Ok(Page { weight, ..page })
    }

    async fn fetch_weighed<T: DeserializeOwned>(self) -> Result<(T, u64), ClientError> {
        let answer = self.answer().await?;
        let (what, intent) = (self.what, self.intent());
        let weight = self.client.bounds().weigh(&answer.body.bytes);
        let weight = weight.map_err(|fault| ClientError::Decode { what, fault, intent });
        let read = weight.and_then(|weight| {
            decode(what, intent, self.secret, &answer.body.bytes).map(|read| (read, weight))
        });
        self.tell(read.or_else(|error| self.check_page(&answer).and(Err(error))))
    }

    /// For operations whose answer has no content.
    pub(super) async fn run(self) -> Result<(), ClientError> {
        let answer = self.answer().await?;
        self.check_page(&answer)
    }

    /// Returns as soon as the answer begins; the deadline ends there.
    pub(super) async fn open(self) -> Result<Response, ClientError> {
        let mut attempts = Attempts::begin(&self);
        loop {
            match self.tell(attempts.send(self.send()).await) {
                Err(error) => attempts.rest(error).await?,
                Ok(response) => return Ok(response),
            }
        }
    }

    async fn answer(&self) -> Result<Answer, ClientError> {
        let mut attempts = Attempts::begin(self);
        loop {
            match self.tell(attempts.send(self.answer_once()).await) {
                Err(error) if self.repeat.is_done_by(&error, attempts.failed + 1) => {
                    let body = bound::Body::empty();
                    return Ok(Answer { content_type: String::new(), body });
                }
                Err(error) => attempts.rest(error).await?,
                Ok(answer) => return Ok(answer),
            }
        }
    }

    async fn answer_once(&self) -> Result<Answer, ClientError> {
        let mut response = self.send().await?;
        let content_type = content_type(response.headers());
        let limit = self.client.bounds().reply;
        let read = bound::read(&mut response, limit, &self.client.turns).await;
        let body = read.map_err(|stop| match stop {
            Stop::Lost(error) => self.failure(&error),
            Stop::TooLarge => too_large(self.what, self.intent(), limit),
        })?;
        Ok(Answer { content_type, body })
    }

    /// The one place where requests leave.
    async fn send(&self) -> Result<Response, ClientError> {
        self.pass_gate()?;
        let credentials = &self.client.credentials;
        let header = credentials.header().await?;
        let mut response = self.send_with(header.as_ref()).await?;
        // A refused credential means that nothing was done, so that even a write may go again.
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some((_, sent)) = &header
            && credentials.refused(sent).await
        {
            response = self.send_with(credentials.header().await?.as_ref()).await?;
        }
        self.client.clock.note(response.headers(), Timestamp::now());
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refusal(response).await)
    }

    /// Whatever a caller wants: what changes something leaves only when it may.
    fn pass_gate(&self) -> Result<(), ClientError> {
        if self.intent() == Intent::Read {
            return Ok(());
        }
        match self.client.options.gate {
            Gate::Open => Ok(()),
            Gate::ReadOnly => Err(ClientError::ReadOnly { what: self.what }),
            Gate::DryRun => Err(ClientError::DryRun(Box::new(self.preview()))),
        }
    }

    fn preview(&self) -> RequestPreview {
        let body = self.body.as_ref().map(Body::preview);
        RequestPreview { method: self.method.to_string(), url: self.url.to_string(), body }
    }

    async fn send_with(
        &self,
        credential: Option<&(HeaderName, HeaderValue)>,
    ) -> Result<Response, ClientError> {
        let mut request = self
            .client
            .http
            .request(self.method.clone(), self.url.clone())
            .header(ACCEPT, "application/json, text/event-stream");
        if let Some((name, value)) = credential {
            request = request.header(name, value);
        }
        request = match &self.body {
            None => request,
            Some(Body::Json(bytes)) => request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(bytes.clone()),
            Some(Body::Form(form)) => request.multipart(form.build()),
        };
        self.client.sent.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let answer = request.send().await;
        let status = answer.as_ref().map_or(0, |response| response.status().as_u16());
        let milliseconds = begun.elapsed().as_millis();
        // Never the headers: one of them is the key.
        tracing::debug!("{} {} -> {status} in {milliseconds} ms", self.method, self.url.path());
        answer.map_err(|error| self.failure(&error))
    }

    /// For the log of what goes wrong; what was asked may be asked again.
    fn tell<T>(&self, answer: Result<T, ClientError>) -> Result<T, ClientError> {
        answer.inspect_err(|error| {
            let quiet = matches!(error, ClientError::ReadOnly { .. } | ClientError::DryRun(_));
            if !quiet {
                tracing::warn!(
                    target: "foretop::trouble", "{} {}: {error}", self.method, self.url.path()
                );
            }
        })
    }

    async fn refusal(&self, response: Response) -> ClientError {
        let status = response.status().as_u16();
        let headers = response.headers();
        let content_type = content_type(headers);
        let retry_after = text(headers, RETRY_AFTER)
            .and_then(|value| retry::retry_after(value, text(headers, DATE), Timestamp::now()));
        if status == 407
            && let Some(error) =
                self.client.way.proxy_wants_credentials(self.client.base().to_owned())
        {
            return error;
        }
        let bytes = error_body::read(response).await;
        // Gateways write pages too; these statuses mean that the request went to the wrong place.
        if matches!(status, 300..=399 | 400 | 404 | 405)
            && error_body::is_web_page(&content_type, &bytes)
        {
            let (base, intent) = (self.client.base().to_owned(), self.intent());
            return ClientError::WebPage { status, base, intent };
        }
        let body = error_body::from_bytes(&bytes);
        let (what, need, intent) = (self.what, self.need, self.intent());
        let refusal = Refusal { body, what, need, intent, retry_after };
        ClientError::Api { status, refusal: Box::new(refusal) }
    }

    fn check_page(&self, answer: &Answer) -> Result<(), ClientError> {
        check_page(self.client.base(), self.intent(), &answer.content_type, &answer.body.bytes)
    }

    fn failure(&self, error: &reqwest::Error) -> ClientError {
        let base = self.client.base().to_owned();
        if error.is_connect() {
            self.client.way.unreachable(base, error)
        } else {
            let why = error::cause(error);
            ClientError::ConnectionLost { base, why, intent: self.intent() }
        }
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The media type in lower case, without parameters.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let media =
        text(headers, CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default();
    media.trim().to_ascii_lowercase()
}

/// Reads the rest of a JSON answer to an input that was opened with [`Request::open`]. Errors do not
/// quote it.
pub(super) async fn finish<T: DeserializeOwned>(
    client: &Client,
    what: &'static str,
    mut response: Response,
) -> Result<T, ClientError> {
    let content_type = content_type(response.headers());
    let (intent, limit) = (Intent::Write, client.bounds().reply);
    let stopped = |stop| match stop {
        Stop::Lost(error) => ClientError::BrokenStream { why: error::cause(&error) },
        Stop::TooLarge => too_large(what, intent, limit),
    };
    let late = |_| ClientError::Timeout { what, limit: TURN_DEADLINE, intent };
    let read = bound::read(&mut response, limit, &client.turns);
    let read = time::timeout(TURN_DEADLINE, read).await;
    let body = read.map_err(late)?.map_err(stopped)?;
    let weighed = client.bounds().weigh(&body.bytes);
    weighed.map_err(|fault| ClientError::Decode { what, fault, intent })?;
    read_whole(client, what, intent, &content_type, &body.bytes)
}

fn too_large(what: &'static str, intent: Intent, limit: u64) -> ClientError {
    ClientError::Decode { what, fault: Fault::TooLarge { limit }, intent }
}

/// What is wrong with a JSON answer that was read elsewhere; its content is not quoted.
pub(super) fn read_whole<T: DeserializeOwned>(
    client: &Client,
    what: &'static str,
    intent: Intent,
    content_type: &str,
    bytes: &[u8],
) -> Result<T, ClientError> {
    let read = decode(what, intent, true, bytes);
    read.or_else(|error| check_page(client.base(), intent, content_type, bytes).and(Err(error)))
}

fn check_page(
    base: &str,
    intent: Intent,
    content_type: &str,
    bytes: &[u8],
) -> Result<(), ClientError> {
    if error_body::is_web_page(content_type, bytes) {
        return Err(ClientError::WebPage { status: 200, base: base.to_owned(), intent });
    }
    Ok(())
}

fn decode<T: DeserializeOwned>(
    what: &'static str,
    intent: Intent,
    secret: bool,
    bytes: &[u8],
) -> Result<T, ClientError> {
    let bytes = error_body::without_mark(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let why = || {
            if secret {
                format!("at line {} column {}", error.line(), error.column())
            } else {
                sanitize::preview(&error.to_string(), 300)
            }
        };
        let fault = match error.classify() {
            _ if bytes.trim_ascii().is_empty() => Fault::Empty,
            Category::Eof => Fault::Truncated { bytes: bytes.len() },
            Category::Syntax | Category::Io => Fault::NotJson { why: why() },
            Category::Data => Fault::WrongShape { why: why() },
        };
        ClientError::Decode { what, fault, intent }
    })
}

#[cfg(test)]
mod tests {
    use super::super::Credentials;
    use super::super::scripted::{Server, answer, json, status};
    use super::*;
    use crate::api::session::SessionChanges;
    use crate::api::{Session, SessionRef};

    #[test]
    fn keys_are_escaped_and_cannot_climb_the_path() {
        let client = Client::new("http://localhost/x/", Credentials::none()).unwrap();
        let request =
            client.request("it", Need::Read, Method::GET, &["agents", "a/b?c %ü"]).unwrap();
        assert_eq!(request.url.path(), "/x/v2/agents/a%2Fb%3Fc%20%25%C3%BC");
        for bad in ["", ".", ".."] {
            let request =
                client.request("it", Need::Read, Method::DELETE, &["agents", "a", "sessions", bad]);
            assert!(matches!(request, Err(ClientError::BadName { .. })), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn reads_and_deletes_are_repeated_and_a_change_never() {
        let session = r#"{"key":"s","agent_key":"a","name":"n","enabled":true,
                          "created_at":"2026-01-01T00:00:00Z"}"#;
        let script = [
            status(503, ""),
            json(200, session),
            status(502, "busy"),
            json(404, "{}"),
            status(503, "busy"),
        ];
        let server = Server::start(script).await;
        let client = server.client();
        let at = SessionRef::new("a", "s");
        let read: Session = client.get_session(&at).await.unwrap();
        assert_eq!(read.name, "n");
        // The first sending did it, although its answer was lost on the way.
        client.delete_session(&at).await.unwrap();
        let error = client.update_session(&at, &SessionChanges::default()).await.unwrap_err();
        assert_eq!((error.status(), error.details()), (Some(503), vec!["busy".to_owned()]));
        let path = "/v2/agents/a/sessions/s";
        let methods = ["GET", "GET", "DELETE", "DELETE", "PATCH"];
        assert_eq!(server.seen(), methods.map(|method| format!("{method} {path}")));
        assert_eq!(client.requests_sent(), 5);
    }

    #[tokio::test]
    async fn a_pause_that_is_too_long_is_told_and_not_made() {
        let busy = "HTTP/1.1 429 X\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n";
        let server = Server::start([busy.to_owned()]).await;
        let error = server.client().get_session(&SessionRef::new("a", "s")).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_mins(1)));
        assert!(error.to_string().contains("60 s of patience"), "{error}");
        assert_eq!(server.seen().len(), 1);
    }

    #[tokio::test]
    async fn a_client_without_repeats_sends_once() {
        let server = Server::start([status(503, ""), status(503, "")]).await;
        let client = server.client().without_repeats();
        let error = client.get_session(&SessionRef::new("a", "s")).await.unwrap_err();
        assert_eq!((error.status(), server.seen().len()), (Some(503), 1));
    }

    #[tokio::test]
    async fn a_silent_service_meets_the_deadline() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", silent.local_addr().unwrap());
        let client = Client::new(&base, Credentials::none()).unwrap();
        let request = client.request("it", Need::Read, Method::POST, &["agents"]).unwrap();
        let error = request.deadline(Duration::ZERO).run().await.unwrap_err();
        let intent = Intent::Write;
        assert_eq!(error, ClientError::Timeout { what: "it", limit: Duration::ZERO, intent });
    }

    #[tokio::test]
    async fn the_key_travels_in_its_header() {
        let server = Server::start([status(204, "")]).await;
        server.client().delete_session(&SessionRef::new("a", "s")).await.unwrap();
        let head = server.heads().concat().to_ascii_lowercase();
        assert!(head.contains("x-api-key: zut_test\r\n"), "{head}");
        assert!(head.contains("user-agent: foretop/"), "{head}");
    }

    #[tokio::test]
    async fn nobody_there_is_unreachable_and_a_cut_answer_is_lost() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let client = Client::new(&base, Credentials::none()).unwrap();
        let at = SessionRef::new("a", "s");
        let error = client.delete_session(&at).await.unwrap_err();
        assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");

        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"half\":";
        let server = Server::start([cut.to_owned()]).await;
        let error = server.client().update_session(&at, &SessionChanges::default()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, ClientError::ConnectionLost { .. }), "{error:?}");
        assert!(error.may_have_happened());
        assert_eq!(server.seen().len(), 1);
    }

    #[tokio::test]
    async fn every_answer_that_cannot_be_read_says_what_to_do() {
        let page = "<!doctype html><title>Console</title>";
        let moved = "HTTP/1.1 302 X\r\nlocation: https://x\r\ncontent-length: 0\r\n\r\n";
        let cases = [
            (answer(200, "text/html; charset=utf-8", page), "A web page answered at http://127"),
            (answer(404, "text/html", page), "Check the base URL"),
            (answer(200, "application/json", page), "A web page answered"),
            (moved.to_owned(), "Check the base URL"),
            (json(200, ""), "it is empty"),
            (json(200, r#"{"key":"s","agent"#), "it ends in the middle, after 17 bytes"),
            (json(200, "OK"), "it is not JSON"),
            (json(200, r#"{"key":7}"#), "its shape is not that of the API"),
            (json(200, "[]"), "its shape is not that of the API"),
            (answer(401, "text/html", page), "The service answered 401: Console. The credentials"),
            (json(403, "{}"), "agent_viewer, agent_user, agent_developer"),
        ];
        for (script, says) in cases {
            let server = Server::start([script.clone()]).await;
            let error = server.client().get_session(&SessionRef::new("a", "s")).await.unwrap_err();
            assert!(error.to_string().contains(says), "{script}\n{error}");
            assert_eq!(server.seen().len(), 1, "{script}");
        }
    }

    #[tokio::test]
    async fn an_error_quotes_no_secrets() {
        let calls = r#"{"client_tool_calls":"hunter2"}"#;
        let server = Server::start([json(200, calls)]).await;
        let at = SessionRef::new("a", "s");
        let error = server.client().outstanding_calls(&at).await.unwrap_err();
        assert!(matches!(error, ClientError::Decode { fault: Fault::WrongShape { .. }, .. }));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
