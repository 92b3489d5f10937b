//! The embedded server: the Agent Sessions API on a loopback socket, with agents that really run.
//!
//! It is foretop's demo, its test double, and a rehearsal stage for people without an account. It
//! knows the wire types and nothing of the client or the screen. Start with [`Server::start`]. The
//! invariant: a request is answered after what it changed is on disk.
//!
//! # Walkthrough: somebody says something to a session
//!
//! 1. [`heads`] reads the head (size, time), [`routes`] passes the request through the guard (deadline)
//!    and the credential check, which asks [`access::operations`] what the route requires; then it
//!    reads path and body.
//! 2. [`engine::turns::Turns::submit`] checks the input against agent and session. A run that goes on
//!    takes it; otherwise one begins, after the input and the new status were stored in one write.
//! 3. [`store::Store`] commits that with whatever else waits, sealed by [`store::seal`].
//! 4. The agent's [`engine::Engine`] says what to do; each move is stored first and then appended to
//!    the run's [`engine::log::FrameLog`].
//! 5. The reply reads that log at its own pace: as frames, or as whole events once the turn is over.
//! 6. What the turn measured of itself is kept by [`store::traces`] before its readers see the end.

pub mod access;
pub mod address;
mod artifact_files;
pub mod demo;
pub mod documents;
pub mod engine;
pub mod error;
pub mod filter;
mod fork;
mod heads;
pub mod ids;
pub mod json_schema;
pub mod lasting;
mod listen;
pub mod models;
mod ownership;
pub mod reading;
pub mod routes;
pub mod settings;
pub mod store;
pub mod template;
pub mod tools;
mod userfn;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use access::Access;
use access::token::{Token, TokenError};
use access::tokens::{self, TokensError};
use engine::clock::Clock;
use engine::drive::Drive;
use engine::host::Host;
use engine::turns::Turns;
use ids::Ids;
use lasting::Lasting;
use listen::Ends;
use models::Models;
use settings::Settings;
use store::{OpenError, Store};
use tools::Tools;

/// How to run a server.
#[derive(Clone)]
pub struct Options {
    /// Port 0 lets the system choose.
    pub listen: SocketAddr,
    pub data: PathBuf,
    /// Of what is written there. Heeded where a demo is founded.
    pub lasting: Lasting,
    /// Instead of the token file in the data directory.
    pub token: Option<Token>,
    /// More tokens, with roles. The server's own is an owner's.
    pub tokens: Option<PathBuf>,
    /// Fills an empty database with the demo world and keeps that world moving.
    pub demo_seed: Option<u64>,
    pub settings: Settings,
    /// What agents think with. With none, every agent plays a script.
    pub models: Arc<Models>,
    /// What agents with a model can do.
    pub tools: Arc<Tools>,
    /// What turns and expiry go by; tests bring one that they set themselves.
    pub clock: Clock,
}

impl Options {
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.into(),
            lasting: Lasting::ForGood,
            token: None,
            tokens: None,
            demo_seed: None,
            settings: Settings::default(),
            models: Arc::default(),
            tools: Arc::default(),
            clock: Clock::System,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "{0} is reachable from other machines, and this server speaks plain HTTP. Listen on \
         127.0.0.1 or [::1], and use an SSH tunnel to reach it from elsewhere"
    )]
    NotLoopback(SocketAddr),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error("cannot listen on {address}: {source}. Port 0 picks a free one")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    #[error("the demo world cannot be built: {0}")]
    Demo(#[from] demo::DemoError),
}

/// A running server. Dropping it stops it without waiting; [`Server::stop`] waits.
pub struct Server {
    address: SocketAddr,
    token: Token,
    token_file: Option<PathBuf>,
    turns: Turns,
    ends: Ends,
    /// Taken away with the server.
    _told: address::Told,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(options: Options) -> Result<Self, StartError> {
        if !options.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(options.listen));
        }
        // Tokens and port come first: a server that cannot start must leave no data behind.
        let entries = options.tokens.as_deref().map(tokens::load).transpose()?;
        if let Some(token) = &options.token {
            token.check("FORETOP_SERVE_TOKEN")?;
        }
        let at = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(at)?;
        let address = listener.local_addr().map_err(at)?;
        let directory = options.data.clone();
        let (founds, lasting) = (options.demo_seed.is_some(), options.lasting);
        let open = move || {
            if founds { Store::found(&directory, lasting) } else { Store::open(&directory) }
        };
        let load = move || Ok((demo::playbooks()?, founds.then(demo::Past::load).transpose()?));
        let load = tokio::task::spawn_blocking::<_, Result<_, demo::DemoError>>(load);
        let opened = tokio::task::spawn_blocking(open).await;
        let broken = |error| at(io::Error::other(error));
        let mut store = opened.map_err(broken)??;
        let (token, token_file) = Self::load_token(&options)?;
        let access = Arc::new(Access::new(&token, entries.unwrap_or_default()));
        let ids = Arc::new(Ids::random()?);
        let (playbooks, past) = load.await.map_err(broken)??;
        let playbooks = Arc::new(playbooks);
        let mut live = Vec::new();
        if let (Some(seed), Some(past)) = (options.demo_seed, past) {
            // The past repeats itself; what happens from now on must not take its names again.
            live = past.seed(&store, seed, &playbooks).await?;
            store = store.founded(&options.data)?;
        }
        options.models.keep_spending_in(&options.data.join("spent"));
        let clock = options.clock;
        let settings = Arc::new(options.settings);
        let turns = Turns::new(Host {
            store: store.clone(),
            ids: Arc::clone(&ids),
            seed: options.demo_seed,
            clock: clock.clone(),
            playbooks,
            drive: Arc::new(Drive),
            settings: Arc::clone(&settings),
            models: options.models,
            tools: options.tools,
            parked: Arc::default(),
            runs: Arc::default(),
        });
        turns.recover().await.map_err(|error| OpenError::Corrupt {
            path: options.data.clone(),
            why: error.to_string(),
        })?;
        let ends = Ends::default();
        let shutdown = ends.stop.clone();
        if let Some(seed) = options.demo_seed {
            demo::direct(&turns, live, seed, &shutdown);
        }
        let service = routes::Service {
            store,
            turns: turns.clone(),
            ids,
            clock,
            access,
            settings: Arc::clone(&settings),
        };
        expire(&turns, &shutdown);
        let limits = settings.limits.clone();
        let serving = listen::serve(listener, routes::router(service), limits, ends.clone());
        let told = address::Told::tell(&options.data, address);
        Ok(Self {
            address,
            token,
            token_file,
            turns,
            ends,
            _told: told,
            task: tokio::spawn(serving),
        })
    }

    fn load_token(options: &Options) -> Result<(Token, Option<PathBuf>), StartError> {
        if let Some(token) = &options.token {
            return Ok((token.clone(), None));
        }
        let path = options.data.join("token");
        Ok((Token::load_or_create(&path, options.lasting)?, Some(path)))
    }

    /// Base URL for clients: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Where the token is kept; `None` when it was given.
    pub fn token_file(&self) -> Option<&Path> {
        self.token_file.as_deref()
    }

    #[cfg(any(test, feature = "internals"))]
    pub fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Takes no more requests, and gives turns that run so long to come to their end.
    pub async fn drain(&self, grace: Duration) {
        self.ends.stop.cancel();
        let _ = tokio::time::timeout(grace, self.turns.settle()).await;
    }

    /// Stops listening and waits for that. Turns that run are cut short: what they had said, what they
    /// had stored and what was queued for them is there at the next start, open streams end with an
    /// error that says so, and the directory can be copied as it is.
    pub async fn stop(mut self) {
        self.ends.stop.cancel();
        let _ = (&mut self.task).await;
        self.turns.stop().await;
        self.turns.host().tools.close().await;
        self.ends.finish().await;
        self.turns.host().store.close().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.stop.cancel();
        self.ends.cut.cancel();
    }
}

/// How often sessions are looked through for those whose idle time is over. They are counted in
/// minutes, so nobody waits noticeably longer.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(10);

fn expire(turns: &Turns, shutdown: &CancellationToken) {
    let (turns, shutdown) = (turns.clone(), shutdown.clone());
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(EXPIRY_INTERVAL);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = interval.tick() => {}
            }
            if let Err(error) = turns.settle_late().await {
                tracing::error!(%error, "sessions not brought to rest");
            }
            match turns.expire().await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "idle sessions deleted"),
                Err(error) => tracing::error!(%error, "idle sessions not deleted"),
            }
        }
    });
}
