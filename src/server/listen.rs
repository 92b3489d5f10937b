//! Connections: accepts them, and lets none of them hold up the others.
//!
//! A client that does not finish its request head in time is refused, one that is silent for long
//! between two requests is let go. Streams last as long as they like. The invariant: no error of one
//! connection ends the loop.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::heads::{Exchange, Heads, MAX_HEADERS, Note};
use super::settings::Limits;

/// What the library may hold of a connection beside a head.
const BUFFER: usize = 256 << 10;

/// Time for replies to reach their clients when the server stops.
const LINGER: Duration = Duration::from_secs(1);

/// Time for other connections to close after accepting one failed, as it does without descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);

/// When connections end.
#[derive(Clone, Default)]
pub(super) struct Ends {
    /// No more are accepted, and those that are open take no further request.
    pub(super) stop: CancellationToken,
    /// Nobody waits for them any longer.
    pub(super) cut: CancellationToken,
    pub(super) open: TaskTracker,
}

impl Ends {
    /// Waits a moment for what is being sent, then cuts what is left.
    pub(super) async fn finish(&self) {
        self.open.close();
        let _ = tokio::time::timeout(LINGER, self.open.wait()).await;
        self.cut.cancel();
        self.open.wait().await;
    }
}

/// Serves until it is stopped.
pub(super) async fn serve(listener: TcpListener, app: Router, limits: Limits, ends: Ends) {
    allow_many_descriptors();
    loop {
        let accepted = tokio::select! {
            () = ends.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let stop = ends.stop.clone();
                let connection = connection(stream, app.clone(), limits.clone(), stop);
                let cut = ends.cut.clone();
                ends.open.spawn(async move {
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = connection => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, app: Router, limits: Limits, stop: CancellationToken) {
    // A frame is worth a packet: whoever watches a stream waits for each.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let exchange = Arc::new(Exchange::default());
    let stream = Heads::new(stream, Arc::clone(&exchange), &limits);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (app, exchange) = (app.clone(), Arc::clone(&exchange));
        async move {
            let reply = match exchange.note() {
                Some(Note::Refused(refusal)) => refusal.into_response(),
                Some(Note::Query(query)) => {
                    request.extensions_mut().insert(query);
                    app.call(request).await?
                }
                None => app.call(request).await?,
            };
            Ok::<_, Infallible>(exchange.follow(reply))
        }
    });
    let mut server = http1::Builder::new();
    server
        // The heads are timed before they come here.
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(limits.max_header_bytes.saturating_add(BUFFER))
        .max_headers(MAX_HEADERS);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Every reader of a stream holds a descriptor, and the usual soft limit is soon reached.
fn allow_many_descriptors() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current < maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::debug!(%error, "the limit on open files stays at {current:?}");
    }
}
