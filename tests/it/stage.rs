//! A real embedded server on a free port with a directory of its own, and a client of it.

use std::net::SocketAddr;

use foretop::api::event::InputPart;
use foretop::api::input::MessageInput;
use foretop::api::session::NewSession;
use foretop::api::{AgentKey, Input, NewAgent, SessionRef};
use foretop::client::{Client, Credentials};
use foretop::internals::server::{Options, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

pub struct Stage {
    pub server: Server,
    pub client: Client,
    pub dir: TempDir,
}

impl Stage {
    pub async fn open() -> Self {
        Self::with(tempfile::tempdir().unwrap(), |_| {}).await
    }

    pub async fn with(dir: TempDir, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::new(dir.path());
        change(&mut options);
        let server = Server::start(options).await.unwrap();
        let credentials = Credentials::api_key(server.token().reveal()).unwrap();
        let client = Client::new(&server.url(), credentials).unwrap();
        Self { server, client, dir }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.url().strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// A request as any program would make it: the status and the JSON of the reply.
    pub async fn http(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.http_as(self.server.token().reveal(), method, path, body).await
    }

    pub async fn http_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let url = format!("{}{path}", self.server.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = plain_http().request(method, url).header("x-api-key", key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        let text = reply.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// What the request gives, which must be a success.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, reply) = self.http(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {reply}");
        reply
    }

    /// Sends a message and waits for the turn: the types of the events that came.
    pub async fn say(&self, session: &str, text: &str) -> Vec<String> {
        let body = json!({"messages": [{"type": "text", "content": text}]});
        kinds(&self.ask("POST", &format!("{session}/events"), Some(body)).await)
    }

    /// The events of a session, oldest first, hidden ones included or not.
    pub async fn events(&self, session: &str, include_hidden: bool) -> Vec<Value> {
        let path = format!("{session}/events?limit=100&include_hidden={include_hidden}");
        let mut page = self.ask("GET", &path, None).await;
        let mut events = page["events"].take().as_array().unwrap().clone();
        events.reverse();
        events
    }

    /// An agent that obeys commands, with one server tool and two client tools.
    pub async fn agent(&self) -> AgentKey {
        let agent: NewAgent = serde_json::from_value(serde_json::json!({
            "key": "rehearsal", "name": "Rehearsal",
            "tool_configurations": {
                "web_get": {"type": "web_get"},
                "write_file": {"type": "client", "tool_id": "tol_1"},
                "notify": {"type": "client", "tool_id": "tol_2",
                           "argument_override": {"channel": "ops"}}
            }
        }))
        .unwrap();
        self.client.create_agent(&agent).await.unwrap().key
    }

    pub async fn session(&self, agent: &AgentKey, key: &str) -> SessionRef {
        let new = NewSession { key: Some(key.into()), ..NewSession::default() };
        self.client.create_session(agent, &new).await.unwrap().reference()
    }
}

/// A client without anything around it.
pub fn plain_http() -> reqwest::Client {
    // The process-wide TLS provider is what the library's own client brings along.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The types of the events in a reply.
pub fn kinds(reply: &Value) -> Vec<String> {
    let events = reply["events"].as_array().unwrap();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

pub fn say(text: &str) -> Input {
    let messages = vec![InputPart::Text { content: text.to_owned() }];
    Input::Message(MessageInput { messages, ..MessageInput::default() })
}
