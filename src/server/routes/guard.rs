//! What every request passes before anything looks at it: its deadline (contract section 1.3), and a
//! net below it for what nobody foresaw.

use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::Instant;

use crate::api::frame::StreamOnly;
use crate::api::{Frame, Object};
use crate::server::engine::log::wire;
use crate::server::error::{ApiError, ApiResult};

const SECONDS: &str = "request-timeout";
const MILLISECONDS: &str = "request-timeout-millis";

pub(super) async fn guard(request: Request, next: Next) -> Response {
    // Everything else is answered sooner than any deadline that can be asked for.
    let takes_a_turn =
        request.method() == Method::POST && request.uri().path().ends_with("/events");
    let deadline = match deadline(request.headers()) {
        Ok(deadline) => deadline.filter(|_| takes_a_turn),
        Err(refusal) => return refusal.into_response(),
    };
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answered = match deadline {
        None => answered.await,
        Some(deadline) => match tokio::time::timeout_at(deadline, answered).await {
            Ok(answered) => answered.map(|reply| cut_at(deadline, reply)),
            Err(_) => return ApiError::deadline().into_response(),
        },
    };
    answered.unwrap_or_else(|_| ApiError::internal("the request failed").into_response())
}

/// The time by which the reply must be there, if the client set one.
fn deadline(headers: &HeaderMap) -> ApiResult<Option<Instant>> {
    let number = |name: &str| {
        let Some(value) = headers.get(name) else {
            return Ok(None);
        };
        let number = value.to_str().ok().and_then(|text| text.trim().parse::<u32>().ok());
        match number.filter(|number| *number > 0) {
            Some(number) => Ok(Some(u64::from(number))),
            None => Err(ApiError::field(name, "must be a whole number above 0")),
        }
    };
    let wait = match (number(SECONDS)?, number(MILLISECONDS)?) {
        (_, Some(milliseconds)) => Duration::from_millis(milliseconds),
        (Some(seconds), None) => Duration::from_secs(seconds),
        (None, None) => return Ok(None),
    };
    Ok(Some(Instant::now() + wait))
}

/// A stream that is still open at its deadline ends with an error, without `end`; the turn goes on.
fn cut_at(deadline: Instant, reply: Response) -> Response {
    let is_stream = reply
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if reply.status() != StatusCode::CREATED || !is_stream {
        return reply;
    }
    reply.map(|body| {
        let cut = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&cut);
        let until = Box::pin(async move {
            tokio::time::sleep_until(deadline).await;
            cut.store(true, Ordering::Release);
        });
        // Each piece of the body is a frame, so that this one stands by itself.
        let last = stream::once(async move { seen.load(Ordering::Acquire) });
        let last = last.filter_map(|cut| ready(cut.then(|| Ok(deadline_frame()))));
        Body::from_stream(body.into_data_stream().take_until(until).chain(last))
    })
}

fn deadline_frame() -> Bytes {
    let messages = ApiError::deadline().body.messages;
    wire(&Frame::Only(StreamOnly::Error { messages, extra: Object::new() }))
}
