//! A typed, asynchronous client of the Agent Sessions API, and the plan that decides what a
//! watcher asks next.
//!
//! Owns connections, deadlines, retries of reads, paging, the event stream and the wording of its
//! errors. It keeps no session state and must not know the screen, the model or the embedded
//! server: it would serve any program. Start with [`Client`], then [`EventStream`] and
//! [`watch::WatchPlan`]. The invariant: a request that changes something is sent at most once;
//! whether to repeat it is for the caller to decide, who can look first (contract section 5.3).

mod agents;
mod artifacts;
pub mod breaker;
mod credentials;
mod error;
mod error_body;
mod event_stream;
mod events;
pub mod order;
mod pages;
mod request;
mod sessions;
pub mod sse;
pub mod watch;

#[cfg(test)]
mod scripted;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;

pub use agents::AgentQuery;
pub use artifacts::{ArtifactQuery, ArtifactSort, SortOrder};
pub use credentials::Credentials;
pub use error::ClientError;
pub use event_stream::EventStream;
pub use events::{EventQuery, InputReply};
pub use order::{Direction, oldest_first};
pub use sessions::SessionQuery;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Keeps idle streams alive: something between client and service cuts them after about a minute
/// (contract section 5.1).
const TCP_KEEPALIVE: Duration = Duration::from_secs(20);
/// Shorter than what servers usually grant an idle connection, so that a write rarely meets one
/// that is just being closed.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// Speaks to one installation with one credential. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<Url>,
    credentials: Credentials,
    /// Whether a read that failed in passing is sent again.
    repeats: bool,
}

impl Client {
    /// `base` is the host, or the place where the API is mounted; a trailing slash or `/v2` makes
    /// no difference.
    pub fn new(base: &str, credentials: Credentials) -> Result<Self, ClientError> {
        let base = parse_base(base)?;
        // Fails when a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("foretop/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(TCP_KEEPALIVE)
            .pool_idle_timeout(POOL_IDLE)
            // The API has no redirects, and following one would carry the key to another host.
            .redirect(Policy::none());
        if is_loopback(&base) {
            http = http.no_proxy();
        }
        if base.scheme() == "http" {
            // Without this a machine that has no certificates could not even run the demo.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(|error| ClientError::setup(&error))?;
        Ok(Self { http, base: Arc::new(base), credentials, repeats: true })
    }

    /// The same client, but every method sends exactly one request: for a caller that counts
    /// requests and decides itself when to repeat one.
    #[must_use]
    pub fn without_repeats(self) -> Self {
        Self { repeats: false, ..self }
    }

    /// The address that requests go to, without `/v2`; holds no secret.
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }
}

fn parse_base(text: &str) -> Result<Url, ClientError> {
    let bad = |why: &str| ClientError::bad_url(text, why);
    let text_url = text.trim();
    let mut url = Url::parse(text_url).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad("it must start with https:// and name a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it must not contain a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it must not contain a query or a fragment"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(ClientError::InsecureUrl { url: url.to_string() });
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v2").unwrap_or(path).trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
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
}
