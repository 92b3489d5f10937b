//! Event-stream replies, framed as the service frames them (contract section 5.1): one `event:`
//! and one `data:` line, no space after the colon.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use crate::server::engine::log::Reader;

/// `keep_alive` is the silence after which a comment shows that the connection lives.
pub(super) fn reply(reader: Reader, keep_alive: Duration) -> Response {
    let chunks = stream::unfold(reader, move |mut reader: Reader| async move {
        loop {
            match tokio::time::timeout(keep_alive, reader.next()).await {
                Err(_) => return Some((Ok(Bytes::from_static(b":\n\n")), reader)),
                Ok(None) => return None,
                Ok(Some(logged)) => {
                    // What was streamed in pieces is not streamed again.
                    if let Some(wire) = logged.wire.clone() {
                        return Some((Ok::<_, Infallible>(wire), reader));
                    }
                }
            }
        }
    });
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (StatusCode::CREATED, headers, Body::from_stream(chunks)).into_response()
}
