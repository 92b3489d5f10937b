//! Connections: accepts them, and lets none of them hold up the others.
//!
//! A client that does not finish its request head in time is cut off. Streams last as long as they
//! like. The invariant: no error of one connection ends the loop.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::settings::Limits;

/// What is read of a request head before it is refused without an answer in the contract's shape;
/// heads between this and the limit of the settings are refused politely.
const MAX_HEAD_BYTES: usize = 4 << 20;
const MAX_HEADERS: usize = 1_000;

/// Time for other connections to close after accepting one failed, as it does without descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Serves until `stop` is cancelled; then connections are cut rather than waited for.
pub(super) async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    stop: CancellationToken,
) {
    allow_many_descriptors();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, app.clone(), limits.header_timeout());
                let stop = stop.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
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

async fn connection(stream: TcpStream, app: Router, header_timeout: Duration) {
    // A frame is worth a packet: whoever watches a stream waits for each.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS);
    let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    if let Err(error) = connection.await {
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
