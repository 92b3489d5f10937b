//! Event-stream replies, framed as the service frames them (contract section 5.1): one `event:`
//! and one `data:` line, no space after the colon.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use crate::server::engine::log::Reader;

/// Silence after which a comment shows that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) fn reply(reader: Reader) -> Response {
    let chunks = stream::unfold(reader, async |mut reader| {
        let chunk = match tokio::time::timeout(KEEP_ALIVE, reader.next()).await {
            Err(_) => ":\n\n".to_owned(),
            Ok(frame) => {
                let frame = frame?;
                let json = frame.to_json().unwrap_or_default();
                format!("event:{}\ndata:{json}\n\n", frame.kind())
            }
        };
        Some((Ok::<_, Infallible>(Bytes::from(chunk)), reader))
    });
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (StatusCode::CREATED, headers, Body::from_stream(chunks)).into_response()
}
