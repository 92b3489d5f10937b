//! A typed, asynchronous client of the Agent Sessions API, and the plan that decides what a
//! watcher asks next.
//!
//! Owns connections, deadlines, retries of reads, paging, the event stream and the wording of its
//! errors. It keeps no session state and must not know the screen, the model or the embedded
//! server: it would serve any program. Start with [`Client`], then [`EventStream`] and
//! [`watch::WatchPlan`]. The invariant: what would be done twice by sending it twice is received at
//! most once; whether to repeat it is for the caller to decide, who can look first (contract
//! section 5.3).

mod agents;
mod aliases;
mod artifact_scan;
mod artifact_stream;
mod artifacts;
mod bound;
pub mod breaker;
mod connection;
mod credentials;
mod error;
mod error_body;
mod event_stream;
mod events;
mod health;
mod llms;
mod media_type;
mod oauth;
mod obstacle;
pub mod order;
mod pages;
mod request;
mod retry;
mod sessions;
pub mod sse;
mod tools;
pub mod traces;
mod upload;
mod upstream;
pub mod watch;

#[cfg(test)]
mod intent_tests;
#[cfg(test)]
mod scripted;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Url;

pub use crate::api::Need;
pub use agents::AgentQuery;
pub use aliases::AliasQuery;
pub use artifact_stream::{ArtifactStream, Flaw, Received};
pub use artifacts::{ArtifactQuery, ArtifactSort, SortOrder};
pub use credentials::Credentials;
pub use error::{ClientError, Fault, Intent, Refusal, RequestPreview};
pub use event_stream::EventStream;
pub use events::{EventQuery, InputReply};
pub use health::Health;
pub use llms::LlmQuery;
pub use media_type::media_type;
pub use oauth::{GrantBody, TokenGrant};
pub use order::{Direction, oldest_first};
pub use sessions::SessionQuery;
pub use tools::ToolQuery;
pub use upload::UploadFile;

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gate {
    #[default]
    Open,
    /// Nothing but reads leaves the process, whatever is asked for.
    ReadOnly,
    /// Reads leave; what would change something is described instead
    /// ([`ClientError::DryRun`]).
    DryRun,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct ClientOptions {
    pub gate: Gate,
    /// Plain http to other machines too.
    pub allow_http: bool,
    /// For one request that waits for no turn; 15 s when `None`.
    pub deadline: Option<Duration>,
    /// Bytes that one reply may have; 32 MiB when `None`. What a listing or a live feed may bring
    /// together follows from it.
    pub reply_limit: Option<u64>,
}

/// Speaks to one installation with one credential. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<Url>,
    way: Arc<obstacle::Way>,
    credentials: Credentials,
    options: ClientOptions,
    sent: Arc<AtomicU64>,
    clock: Arc<health::ClockOffset>,
    /// Whether what failed in passing may be sent again.
    repeats: bool,
    turns: bound::Turns,
    /// What the listings of one command weigh together; those of no command are each for itself.
    listed: Option<bound::Sum>,
}

impl Client {
    /// `base` is the host, or the place where the API is mounted; a trailing slash or `/v2` makes
    /// no difference.
    pub fn new(base: &str, credentials: Credentials) -> Result<Self, ClientError> {
        Self::with(base, credentials, ClientOptions::default())
    }

    pub fn with(
        base: &str,
        credentials: Credentials,
        options: ClientOptions,
    ) -> Result<Self, ClientError> {
        let base = connection::parse_base(base, options.allow_http)?;
        let (http, way) = connection::http(&base, options.deadline)?;
        let (base, way) = (Arc::new(base), Arc::new(way));
        Ok(Self {
            http,
            base,
            way,
            credentials,
            options,
            sent: Arc::default(),
            clock: Arc::default(),
            repeats: true,
            turns: bound::Turns::default(),
            listed: None,
        })
    }

    /// The same client, but every method sends exactly one request: for a caller that counts
    /// requests and decides itself when to repeat one.
    #[must_use]
    pub fn without_repeats(self) -> Self {
        Self { repeats: false, ..self }
    }

    /// The same client, for listings that are held together: one bound is for all of them.
    #[must_use]
    pub fn listing_together(&self) -> Self {
        Self { listed: Some(bound::Sum::default()), ..self.clone() }
    }

    fn bounds(&self) -> bound::Bounds {
        self.options.reply_limit.map_or_else(Default::default, |reply| bound::Bounds { reply })
    }

    /// The address that requests go to, without `/v2`; holds no secret.
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Requests sent so far by this client and its clones, repetitions included.
    pub fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub fn gate(&self) -> Gate {
        self.options.gate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_the_base_means_the_same() {
        for base in
            ["https://api.vectara.io", "https://api.vectara.io/", "https://api.vectara.io/v2/"]
        {
            let client = Client::new(base, Credentials::none()).unwrap();
            assert_eq!(client.base(), "https://api.vectara.io");
        }
        let mounted = Client::new("http://localhost:1/agents/v2", Credentials::none()).unwrap();
        assert_eq!(mounted.base(), "http://localhost:1/agents");
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for base in
            ["http://127.0.0.1:80", "http://127.9.9.9", "http://[::1]:8080", "http://LOCALHOST"]
        {
            assert!(Client::new(base, Credentials::none()).is_ok(), "{base}");
        }
        for base in ["http://api.vectara.io", "http://10.0.0.1", "http://localhost.example.com"] {
            let error = Client::new(base, Credentials::none()).unwrap_err();
            assert!(matches!(error, ClientError::InsecureUrl { .. }), "{base}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        for base in ["https://me:hunter2@host", "nonsense me:hunter2@host"] {
            let error = Client::new(base, Credentials::none()).unwrap_err();
            assert!(matches!(error, ClientError::BadUrl { .. }));
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[tokio::test]
    async fn read_only_and_dry_run_stop_every_change_before_it_leaves() {
        use crate::api::input::MessageInput;
        use crate::api::session::{NewSession, SessionChanges};
        use crate::api::{Input, SessionRef};

        let server = scripted::Server::start([]).await;
        let (at, event) = (SessionRef::new("a", "s"), "aev_1".into());
        for gate in [Gate::ReadOnly, Gate::DryRun] {
            let options = ClientOptions { gate, ..ClientOptions::default() };
            let key = Credentials::api_key("zut_test").unwrap();
            let client = Client::with(&server.url(""), key, options).unwrap();
            let agent = serde_json::from_str(r#"{"name":"n"}"#).unwrap();
            let stopped = [
                client.create_agent(&agent).await.err(),
                client.delete_agent(&at.agent).await.err(),
                client.create_session(&at.agent, &NewSession::default()).await.err(),
                client.update_session(&at, &SessionChanges::default()).await.err(),
                client.delete_session(&at).await.err(),
                client.send_input(&at, &Input::Interrupt).await.err(),
                client.stream_input(&at, &Input::Interrupt).await.err(),
                client.upload(&at, Vec::new(), MessageInput::default()).await.err(),
                client.hide_event(&at, &event).await.err(),
                client.unhide_event(&at, &event).await.err(),
                client.delete_event(&at, &event).await.err(),
            ];
            for error in stopped {
                let error = error.unwrap();
                match gate {
                    Gate::DryRun => assert!(matches!(error, ClientError::DryRun(_)), "{error}"),
                    _ => assert!(matches!(error, ClientError::ReadOnly { .. }), "{error}"),
                }
            }
        }
        assert!(server.seen().is_empty());
    }
}
