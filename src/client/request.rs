//! One request: its URL, its deadline, its single repetition if it only reads, and what becomes of
//! the answer.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time;

use super::{Client, ClientError, error, error_body};
use crate::text::sanitize;

const DEADLINE: Duration = Duration::from_secs(15);
/// A little more than the service grants a reply that waits for the end of a turn (contract
/// section 1.3).
pub(super) const TURN_DEADLINE: Duration = Duration::from_secs(310);
/// An artifact is one JSON text of any size.
pub(super) const FILE_DEADLINE: Duration = Duration::from_mins(2);
const RETRY_AFTER: Duration = Duration::from_millis(200);

pub(super) struct Request {
    client: Client,
    what: &'static str,
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
    deadline: Duration,
    /// Whether a decoding error may quote the answer.
    secret: bool,
}

/// A successful answer, read to its end.
struct Answer {
    content_type: String,
    bytes: Vec<u8>,
}

impl Client {
    /// `path` lies below `/v2`; each segment is escaped. `what` names the subject in errors.
    pub(super) fn request(
        &self,
        what: &'static str,
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
        let client = self.clone();
        Ok(Request { client, what, method, url, body: None, deadline: DEADLINE, secret: false })
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
            .map_err(|error| ClientError::Decode { what: self.what, why: error.to_string() })?;
        self.body = Some(bytes);
        Ok(self)
    }

    pub(super) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Keeps the content of the answer out of any error.
    pub(super) fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The answer as JSON.
    pub(super) async fn fetch<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let answer = self.within_deadline(self.answer()).await?;
        decode(self.what, self.secret, &answer.content_type, &answer.bytes)
    }

    /// For operations whose answer has no content.
    pub(super) async fn run(self) -> Result<(), ClientError> {
        self.within_deadline(self.answer()).await.map(drop)
    }

    /// Sends once and returns as soon as the answer begins; the deadline ends there.
    pub(super) async fn open(self) -> Result<Response, ClientError> {
        self.within_deadline(self.send()).await
    }

    async fn within_deadline<T>(
        &self,
        work: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let late = |_| ClientError::Timeout { what: self.what, limit: self.deadline };
        time::timeout(self.deadline, work).await.map_err(late)?
    }

    async fn answer(&self) -> Result<Answer, ClientError> {
        match self.answer_once().await {
            Err(error) if self.repeats() && is_passing(&error) => {
                time::sleep(RETRY_AFTER).await;
                self.answer_once().await
            }
            answer => answer,
        }
    }

    fn repeats(&self) -> bool {
        self.client.repeats && self.method == Method::GET
    }

    async fn answer_once(&self) -> Result<Answer, ClientError> {
        let response = self.send().await?;
        let content_type = content_type(&response);
        let bytes = response.bytes().await.map_err(|error| self.failure(&error))?;
        Ok(Answer { content_type, bytes: bytes.into() })
    }

    async fn send(&self) -> Result<Response, ClientError> {
        let mut request = self
            .client
            .http
            .request(self.method.clone(), self.url.clone())
            .headers(self.client.credentials.headers())
            .header(ACCEPT, "application/json, text/event-stream");
        if let Some(body) = &self.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        Err(ClientError::Api { status, body: Box::new(error_body::read(response).await) })
    }

    fn failure(&self, error: &reqwest::Error) -> ClientError {
        let base = self.client.base().to_owned();
        let why = error::cause(error);
        if error.is_connect() {
            ClientError::Unreachable { base, why }
        } else {
            ClientError::ConnectionLost { base, why }
        }
    }
}

/// Whether a read is worth a second try.
fn is_passing(error: &ClientError) -> bool {
    matches!(error, ClientError::Unreachable { .. } | ClientError::ConnectionLost { .. })
        || matches!(error.status(), Some(502..=504))
}

/// The media type in lower case, without parameters.
pub(super) fn content_type(response: &Response) -> String {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = value.unwrap_or_default().split(';').next().unwrap_or_default();
    media.trim().to_ascii_lowercase()
}

/// Reads the rest of a JSON answer that was opened with [`Request::open`]. Errors do not quote it.
pub(super) async fn finish<T: DeserializeOwned>(
    what: &'static str,
    response: Response,
) -> Result<T, ClientError> {
    let content_type = content_type(&response);
    let broken = |error| ClientError::BrokenStream { why: error::cause(&error) };
    let read = time::timeout(TURN_DEADLINE, response.bytes()).await;
    let bytes =
        read.map_err(|_| ClientError::Timeout { what, limit: TURN_DEADLINE })?.map_err(broken)?;
    decode(what, true, &content_type, &bytes)
}

fn decode<T: DeserializeOwned>(
    what: &'static str,
    secret: bool,
    content_type: &str,
    bytes: &[u8],
) -> Result<T, ClientError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let why = if content_type == "text/html" {
            "it is a web page, not JSON".to_owned()
        } else if secret {
            format!("unexpected content at line {} column {}", error.line(), error.column())
        } else {
            sanitize::preview(&error.to_string(), 300)
        };
        ClientError::Decode { what, why }
    })
}

#[cfg(test)]
mod tests {
    use super::super::Credentials;
    use super::super::scripted::{Server, json, status};
    use super::*;
    use crate::api::{Session, SessionRef};

    #[test]
    fn keys_are_escaped_and_cannot_climb_the_path() {
        let client = Client::new("http://localhost/x/", Credentials::none()).unwrap();
        let request = client.request("it", Method::GET, &["agents", "a/b?c %ü"]).unwrap();
        assert_eq!(request.url.path(), "/x/v2/agents/a%2Fb%3Fc%20%25%C3%BC");
        for bad in ["", ".", ".."] {
            let request = client.request("it", Method::DELETE, &["agents", "a", "sessions", bad]);
            assert!(matches!(request, Err(ClientError::BadName { .. })), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_read_is_repeated_once_and_a_write_never() {
        let session = r#"{"key":"s","agent_key":"a","name":"n","enabled":true,
                          "created_at":"2026-01-01T00:00:00Z"}"#;
        let server =
            Server::start([status(503, ""), json(200, session), status(503, "busy")]).await;
        let client = server.client();
        let at = SessionRef::new("a", "s");
        let read: Session = client.get_session(&at).await.unwrap();
        assert_eq!(read.name, "n");
        let error = client.delete_session(&at).await.unwrap_err();
        assert_eq!((error.status(), error.details()), (Some(503), vec!["busy".to_owned()]));
        let path = "/v2/agents/a/sessions/s";
        assert_eq!(
            server.seen(),
            [format!("GET {path}"), format!("GET {path}"), format!("DELETE {path}")]
        );
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
        let request = client.request("it", Method::POST, &["agents"]).unwrap();
        let error = request.deadline(Duration::ZERO).run().await.unwrap_err();
        assert_eq!(error, ClientError::Timeout { what: "it", limit: Duration::ZERO });
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
        let error = server.client().delete_session(&at).await.unwrap_err();
        assert!(matches!(error, ClientError::ConnectionLost { .. }), "{error:?}");
        assert!(error.may_have_happened());
    }

    #[tokio::test]
    async fn an_answer_of_another_kind_says_so_without_quoting_secrets() {
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n\r\n<p>";
        let calls = r#"{"client_tool_calls":[{"event_id":"aev_1","tool_configuration_name":"c",
                        "tool_name":"t","arguments":"hunter2"}]}"#;
        let server = Server::start([page.to_owned(), json(200, calls)]).await;
        let (client, at) = (server.client(), SessionRef::new("a", "s"));
        let error = client.get_session(&at).await.unwrap_err();
        assert!(error.to_string().contains("web page"), "{error}");
        let error = client.outstanding_calls(&at).await.unwrap_err();
        assert!(matches!(error, ClientError::Decode { .. }));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
