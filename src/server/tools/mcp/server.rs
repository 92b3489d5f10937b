//! One MCP server: how it is reached, whether it is there, what it has.
//!
//! Start with [`Server::call`]. It is started at its first use, and once more when it has died; one that
//! dies again before it answered anything is left alone for a while. The invariant: a call is sent once. One
//! that was under way when the server died is told so and never repeated.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::CallToolResult;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::link::{CallError, Link};
use crate::api::tool::ClientTool;
use crate::api::{Object, Timestamp};
use crate::server::models::Key;
use crate::server::tools::refusal::Refusal;
use crate::server::tools::{Tell, words};

/// How long a server is left alone that died twice without an answer between.
const ALONE: Duration = Duration::from_secs(30);
/// How long after a failed start a list is answered without asking again.
const FRESH: Duration = Duration::from_secs(30);

/// How a server is reached.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::server::tools) enum Way {
    Program {
        program: String,
        arguments: Vec<String>,
        /// Variables of our environment that it gets beside the usual ones.
        env: Vec<String>,
        directory: PathBuf,
    },
    Url {
        url: String,
        /// With their values, which come from our environment.
        headers: Vec<(String, Key)>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::server::tools) struct Settings {
    pub(in crate::server::tools) name: String,
    pub(in crate::server::tools) way: Way,
    /// For its start, and for saying what it has.
    pub(in crate::server::tools) start: Duration,
    /// For a call.
    pub(in crate::server::tools) timeout: Duration,
    pub(in crate::server::tools) parallel: usize,
    /// Only these of its tools; all where nothing is said.
    pub(in crate::server::tools) only: Option<Vec<String>>,
}

/// A tool as its server describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) description: String,
    pub(super) schema: Object,
    pub(super) output: Option<Object>,
}

/// What a server has, and when it said so.
struct Told {
    tools: Vec<Known>,
    at: Timestamp,
}

#[derive(Default)]
struct State {
    link: Option<Arc<Link>>,
    /// Since it last answered.
    deaths: u32,
    last: Option<Instant>,
}

pub(in crate::server::tools) struct Server {
    settings: Settings,
    places: Semaphore,
    state: AsyncMutex<State>,
    told: Mutex<Option<Arc<Told>>>,
    /// Nothing is started any more.
    stop: CancellationToken,
}

impl Server {
    pub(super) fn new(settings: Settings) -> Self {
        let places = Semaphore::new(settings.parallel);
        let (state, told, stop) =
            (AsyncMutex::default(), Mutex::default(), CancellationToken::new());
        Self { settings, places, state, told, stop }
    }

    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(super) fn lets_through(&self, tool: &str) -> bool {
        let only = self.settings.only.as_ref();
        only.is_none_or(|only| only.iter().any(|name| name == tool))
    }

    pub(super) fn patience(&self) -> Duration {
        self.settings.start + self.settings.timeout
    }

    fn told(&self) -> Option<Arc<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn known(&self, tool: &str) -> Option<Known> {
        self.told()?.tools.iter().find(|known| known.name == tool).cloned()
    }

    pub(super) fn known_ids(&self) -> Vec<String> {
        let told = self.told();
        let tools = told.iter().flat_map(|told| &told.tools);
        tools.map(|known| super::id(self.name(), &known.name).to_string()).collect()
    }

    /// What it has, as the API lists it.
    pub(super) fn listed(&self) -> Vec<ClientTool> {
        let Some(told) = self.told() else { return Vec::new() };
        let listed = told.tools.iter().map(|known| ClientTool {
            id: super::id(self.name(), &known.name),
            kind: "mcp".to_owned(),
            name: known.name.clone(),
            title: known.title.clone(),
            description: known.description.clone(),
            input_schema: known.schema.clone(),
            output_schema: known.output.clone(),
            enabled: true,
            metadata: Object::from_iter([("mcp_server".to_owned(), self.name().into())]),
            created_at: told.at,
            updated_at: told.at,
            extra: Object::new(),
            damage: None,
        });
        listed.collect()
    }

    /// Asks what it has, unless that is known.
    pub(super) async fn learn(&self) {
        let failed_lately = {
            let state = self.state.lock().await;
            let last = state.last.is_some_and(|last| last.elapsed() < FRESH);
            state.deaths > 0 && last
        };
        if self.told().is_some() || failed_lately {
            return;
        }
        match timeout(self.settings.start, self.link(&|_| ())).await {
            // One that was just made has been asked.
            Ok(Ok(link)) if self.told().is_none() => self.ask(&link).await,
            Ok(Err(refusal)) => {
                tracing::warn!(
                    server = self.name(),
                    why = refusal.why,
                    "an MCP server does not start"
                );
            }
            Err(_) => tracing::warn!(server = self.name(), "an MCP server does not start in time"),
            _ => {}
        }
    }

    async fn ask(&self, link: &Link) {
        let tools = match timeout(self.settings.start, link.tools()).await {
            Ok(Ok(tools)) => tools,
            Ok(Err(error)) => {
                tracing::warn!(server = self.name(), %error, "an MCP server does not list its tools");
                return;
            }
            Err(_) => {
                tracing::warn!(
                    server = self.name(),
                    "an MCP server does not list its tools in time"
                );
                return;
            }
        };
        let tools = tools.into_iter().filter(|known| self.lets_through(&known.name)).collect();
        let told = Told { tools, at: Timestamp::now() };
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(told));
    }

    /// The connection that there is, or a new one.
    async fn link(&self, tell: Tell<'_>) -> Result<Arc<Link>, Refusal> {
        let mut state = self.state.lock().await;
        if let Some(link) = &state.link {
            if !link.is_over() {
                return Ok(Arc::clone(link));
            }
            self.bury(&mut state).await;
        }
        let alone = state.last.map(|last| ALONE.saturating_sub(last.elapsed()));
        if state.deaths >= 2
            && let Some(left) = alone.filter(|left| !left.is_zero())
        {
            return Err(Refusal::dependency(format!(
                "the MCP server {} failed {} times in a row and is left alone for {} more. The log of this \
                 server says what it complained about",
                self.name(),
                state.deaths,
                words(Duration::from_secs(left.as_secs() + 1))
            )));
        }
        tell(format!("starting the MCP server {}", self.name()));
        let starting = timeout(self.settings.start, Box::pin(Link::open(&self.settings)));
        let started = self.stop.run_until_cancelled(starting).await;
        let Some(started) = started else {
            return Err(Refusal::failed("the server is stopping"));
        };
        let failed = match started {
            Ok(Ok(link)) => Ok(Arc::new(link)),
            Ok(Err(why)) => {
                let why = format!("the MCP server {} does not start: {why}", self.name());
                Err(Refusal::dependency(why))
            }
            Err(_) => {
                let limit = words(self.settings.start);
                let why = format!("the MCP server {} had not started after {limit}", self.name());
                Err(Refusal::late(why))
            }
        };
        let link = failed.inspect_err(|_| {
            state.deaths += 1;
            state.last = Some(Instant::now());
        })?;
        state.link = Some(Arc::clone(&link));
        drop(state);
        self.ask(&link).await;
        Ok(link)
    }

    /// Notes that a connection is over.
    async fn bury(&self, state: &mut State) {
        if let Some(link) = state.link.take() {
            state.deaths += 1;
            state.last = Some(Instant::now());
            // It may have other tools when it comes back.
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let (how, complaints) = link.epitaph().await;
            tracing::warn!(server = self.name(), how, complaints, "an MCP server ended");
        }
    }

    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: &Object,
        tell: Tell<'_>,
    ) -> Result<CallToolResult, Refusal> {
        let limit = self.settings.timeout;
        let asked = async {
            let closed = |_| Refusal::failed("the server is stopping");
            let place = self.places.acquire().await.map_err(closed)?;
            let link = self.link(tell).await?;
            tell(format!("asking the MCP server {}", self.name()));
            let answer = timeout(limit, link.call(tool, arguments)).await;
            drop(place);
            Ok::<_, Refusal>((link, answer))
        };
        let late = || {
            let words = words(limit);
            Refusal::late(format!("the MCP server {} had not answered after {words}", self.name()))
        };
        // A place may be waited for as long as an answer.
        let asked = timeout(self.patience(), asked).await.map_err(|_| late())?;
        let (link, answer) = asked?;
        match answer.map_err(|_| late())? {
            Ok(answer) => {
                self.state.lock().await.deaths = 0;
                Ok(answer)
            }
            Err(CallError::Refused(refusal)) => {
                self.state.lock().await.deaths = 0;
                Err(refusal)
            }
            Err(CallError::Over) => {
                let (how, _) = link.epitaph().await;
                let mut state = self.state.lock().await;
                if state.link.as_ref().is_some_and(|current| Arc::ptr_eq(current, &link)) {
                    self.bury(&mut state).await;
                }
                Err(Refusal::dependency(format!(
                    "the MCP server {} was lost during the call ({how}), which may have been done or not. \
                     Another call starts it anew",
                    self.name()
                )))
            }
        }
    }

    pub(super) async fn close(&self) {
        self.places.close();
        self.stop.cancel();
        let link = self.state.lock().await.link.take();
        if let Some(link) = link {
            link.close().await;
        }
    }
}
