//! A real embedded server on a free port with a directory of its own, and a client of it.

use foretop::api::event::InputPart;
use foretop::api::input::MessageInput;
use foretop::api::session::NewSession;
use foretop::api::{AgentKey, Input, NewAgent, SessionRef};
use foretop::client::{Client, Credentials};
use foretop::server::{Options, Server};
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

pub fn say(text: &str) -> Input {
    let messages = vec![InputPart::Text { content: text.to_owned() }];
    Input::Message(MessageInput { messages, ..MessageInput::default() })
}
