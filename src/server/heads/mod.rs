//! Heads of requests, read before the HTTP library gets them.
//!
//! It answers a head that it cannot read with a status and no body, takes no target of more than
//! 64 KiB, and knows one limit of time for slow heads and for the silence between two requests. So
//! [`Heads`] stands between it and the socket: it follows where a message ends, reads the next head
//! whole, and hands it on. What is refused is handed on as a request that can be read, and
//! [`Exchange`] tells the service what to answer it with; the query of a long target goes the same way.
//! The invariant: the library sees one message at a time, and no head that it would refuse itself.

mod message;

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::task::AtomicWaker;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::error::ApiError;
use super::settings::Limits;
pub(super) use message::MAX_HEADERS;
use message::{Parsed, Rest};

/// What is read of a head before it is refused without its end having been seen.
const MAX_HEAD_BYTES: usize = 4 << 20;

/// Read from the socket at once.
const PIECE: usize = 16 << 10;

/// Stands in for a request that is refused.
const REFUSED: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Unreadable(&'static str),
    TargetTooLong(usize),
    TooLarge(usize),
    TooSlow,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Unreadable(why) => ApiError::bad_request(why),
            Self::TargetTooLong(limit) => ApiError::target_too_long(limit),
            Self::TooLarge(limit) => ApiError::head_too_large(limit),
            Self::TooSlow => ApiError::head_too_slow(),
        };
        error.into_response()
    }
}

/// The query of a target that is too long for the library, in the request's extensions.
#[derive(Debug, Clone)]
pub(super) struct LongQuery(pub(super) String);

/// What goes along with a request past the library.
#[derive(Debug)]
pub(super) enum Note {
    Refused(Refusal),
    Query(LongQuery),
}

/// What a connection and its service know of each other.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// A request was handed on and its reply is not over.
    busy: AtomicBool,
    note: Mutex<Option<Note>>,
    /// Whoever waits for the end of the reply: the library reads again only once it is woken.
    over: AtomicWaker,
}

impl Exchange {
    /// What goes along with the request that the service was just given.
    pub(super) fn note(&self) -> Option<Note> {
        self.note.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn begin(&self, note: Option<Note>) {
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note;
        self.busy.store(true, Ordering::Release);
    }

    /// Whether a reply goes on; its end wakes the caller.
    fn is_busy(&self, cx: &Context<'_>) -> bool {
        self.over.register(cx.waker());
        self.busy.load(Ordering::Acquire)
    }

    /// The reply, which tells when it is over.
    pub(super) fn follow(self: Arc<Self>, reply: Response) -> Response {
        reply.map(|body| Body::new(Followed { body, _end: End(self) }))
    }
}

/// Marks the end of a reply when it is dropped, as a body is once it is sent or given up.
struct End(Arc<Exchange>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
        self.0.over.wake();
    }
}

struct Followed {
    body: Body,
    _end: End,
}

impl HttpBody for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        HttpBody::size_hint(&self.body)
    }
}

/// Where the next byte from the client belongs.
enum Phase {
    Head,
    Body(Rest),
    /// Nothing is read any more.
    Over,
}

/// A connection whose heads are looked at.
pub(super) struct Heads<S> {
    stream: S,
    exchange: Arc<Exchange>,
    max_head: usize,
    idle: Duration,
    slow: Duration,
    phase: Phase,
    /// From the client, not looked at yet.
    unread: BytesMut,
    /// For the library.
    ready: Bytes,
    /// Ends the wait for a head; not set while a reply goes on.
    timer: Option<Pin<Box<Sleep>>>,
    /// How long the first byte of the next head may take.
    patience: Duration,
}

impl<S: AsyncRead + Unpin> Heads<S> {
    pub(super) fn new(stream: S, exchange: Arc<Exchange>, limits: &Limits) -> Self {
        let slow = limits.header_timeout();
        Self {
            stream,
            exchange,
            max_head: limits.max_header_bytes,
            idle: limits.idle_timeout(),
            slow,
            phase: Phase::Head,
            unread: BytesMut::new(),
            ready: Bytes::new(),
            timer: None,
            // Whoever connects has something to say.
            patience: slow,
        }
    }

    /// Reads more from the client; false at its end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut piece = [0; PIECE];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
        self.unread.extend_from_slice(piece.filled());
        Poll::Ready(Ok(!piece.filled().is_empty()))
    }

    fn wait(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        match &mut self.timer {
            Some(timer) => timer.as_mut().reset(until),
            None => self.timer = Some(Box::pin(tokio::time::sleep_until(until))),
        }
    }

    fn hand_on(&mut self, head: Bytes, note: Option<Note>, phase: Phase) {
        self.exchange.begin(note);
        self.ready = head;
        self.phase = phase;
        self.timer = None;
        self.patience = self.idle;
    }

    fn refuse(&mut self, refusal: Refusal) {
        let head = Bytes::from_static(REFUSED);
        self.hand_on(head, Some(Note::Refused(refusal)), Phase::Over);
    }

    /// Waits for the whole head of the next message. False where there is none.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.exchange.is_busy(cx) {
            // Only to see whether the client is still there. What it sends ahead waits, and some of
            // it in the socket.
            while self.unread.len() < PIECE {
                if !ready!(self.poll_more(cx))? {
                    return if self.unread.is_empty() {
                        Poll::Ready(Ok(false))
                    } else {
                        Poll::Pending
                    };
                }
            }
            return Poll::Pending;
        }
        if self.timer.is_none() {
            self.wait(if self.unread.is_empty() { self.patience } else { self.slow });
        }
        loop {
            match message::head(&self.unread, self.max_head) {
                Parsed::Whole { length, rest, long } => {
                    let head = self.unread.split_to(length);
                    let phase = rest.map_or(Phase::Head, Phase::Body);
                    match long {
                        None => self.hand_on(head.freeze(), None, phase),
                        Some(long) => {
                            let (head, query) = long.cut(&head);
                            self.hand_on(head, Some(Note::Query(LongQuery(query))), phase);
                        }
                    }
                    return Poll::Ready(Ok(true));
                }
                Parsed::Refused(refusal) => {
                    self.refuse(refusal);
                    return Poll::Ready(Ok(true));
                }
                Parsed::Partial if self.unread.len() > MAX_HEAD_BYTES => {
                    self.refuse(Refusal::TooLarge(self.max_head));
                    return Poll::Ready(Ok(true));
                }
                Parsed::Partial => {}
            }
            let was_empty = self.unread.is_empty();
            match self.poll_more(cx) {
                Poll::Ready(more) => {
                    if !more? {
                        return Poll::Ready(Ok(false));
                    }
                    if was_empty {
                        self.wait(self.slow);
                    }
                }
                Poll::Pending => {
                    if let Some(timer) = &mut self.timer {
                        ready!(timer.as_mut().poll(cx));
                    }
                    if self.unread.is_empty() {
                        return Poll::Ready(Ok(false));
                    }
                    self.refuse(Refusal::TooSlow);
                    return Poll::Ready(Ok(true));
                }
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.ready.is_empty() {
                let part = this.ready.split_to(this.ready.len().min(buf.remaining()));
                buf.put_slice(&part);
                return Poll::Ready(Ok(()));
            }
            match &mut this.phase {
                // The library takes an end for a client that left, and gives the reply up.
                Phase::Over if this.exchange.is_busy(cx) => return Poll::Pending,
                Phase::Over => return Poll::Ready(Ok(())),
                Phase::Body(rest) if !this.unread.is_empty() => {
                    let length = rest.take(&this.unread);
                    if rest.is_over() {
                        this.phase = Phase::Head;
                    }
                    this.ready = this.unread.split_to(length).freeze();
                }
                Phase::Body(_) => {
                    if !ready!(this.poll_more(cx))? {
                        return Poll::Ready(Ok(()));
                    }
                }
                Phase::Head => {
                    if !ready!(this.poll_head(cx))? {
                        this.phase = Phase::Over;
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heads<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    const HEAD: &str = "GET /a HTTP/1.1\r\nhost: x\r\n\r\n";

    struct Ends {
        client: DuplexStream,
        server: Heads<DuplexStream>,
        exchange: Arc<Exchange>,
    }

    fn ends() -> Ends {
        let (client, server) = tokio::io::duplex(1 << 20);
        let exchange = Arc::new(Exchange::default());
        let server = Heads::new(server, Arc::clone(&exchange), &Limits::default());
        Ends { client, server, exchange }
    }

    impl Ends {
        async fn send(&mut self, text: &str) {
            self.client.write_all(text.as_bytes()).await.unwrap();
        }

        /// What the library gets next; nothing at the end.
        async fn next(&mut self) -> String {
            let mut bytes = [0; 4_096];
            let length = self.server.read(&mut bytes).await.unwrap();
            String::from_utf8(bytes[..length].to_vec()).unwrap()
        }

        /// The next request is the stand-in of one that was refused.
        async fn refusal(&mut self) -> Refusal {
            assert_eq!(self.next().await.as_bytes(), REFUSED);
            match self.exchange.note() {
                Some(Note::Refused(refusal)) => refusal,
                other => panic!("{other:?}"),
            }
        }

        /// The reply is sent to its last byte.
        fn reply(&self) {
            drop(Arc::clone(&self.exchange).follow(Response::new(Body::empty())));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_between_requests_has_its_own_limit() {
        let mut ends = ends();
        ends.send(HEAD).await;
        assert_eq!(ends.next().await, HEAD);
        // A reply takes as long as it likes.
        let long = Duration::from_hours(1);
        assert!(tokio::time::timeout(long, ends.next()).await.is_err());
        ends.reply();
        assert!(tokio::time::timeout(Duration::from_secs(74), ends.next()).await.is_err());
        ends.send(&HEAD[..5]).await;
        assert!(tokio::time::timeout(Duration::from_secs(9), ends.next()).await.is_err());
        ends.send(&HEAD[5..]).await;
        assert_eq!(ends.next().await, HEAD);
        ends.reply();
        let silent = Instant::now();
        assert_eq!(ends.next().await, "", "let go");
        assert_eq!(silent.elapsed().as_secs(), 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_head_is_refused_and_silence_at_the_start_is_none_of_them() {
        let mut slow = ends();
        let begun = Instant::now();
        slow.send("GET /a HTTP/1.1\r\nx-slow: ").await;
        assert_eq!(slow.refusal().await, Refusal::TooSlow);
        assert_eq!(begun.elapsed().as_secs(), 10);
        assert!(tokio::time::timeout(Duration::from_mins(1), slow.next()).await.is_err());
        slow.reply();
        assert_eq!(slow.next().await, "");

        let mut silent = ends();
        let begun = Instant::now();
        assert_eq!(silent.next().await, "");
        assert_eq!(begun.elapsed().as_secs(), 10);
    }

    #[tokio::test]
    async fn one_message_is_handed_on_at_a_time() {
        let mut ends = ends();
        let post = "POST /b HTTP/1.1\r\ncontent-length: 5\r\n\r\n";
        ends.send(&format!("{post}hello{HEAD}nonsense\r\n\r\n")).await;
        assert_eq!(ends.next().await, post);
        assert_eq!(ends.next().await, "hello");
        let exchange = Arc::clone(&ends.exchange);
        let next = tokio::spawn(async move {
            let head = ends.next().await;
            (ends, head)
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished(), "the reply is not over");
        drop(exchange.follow(Response::new(Body::empty())));
        // Woken by that alone.
        let (mut ends, head) = next.await.unwrap();
        assert_eq!(head, HEAD);
        ends.reply();
        assert!(matches!(ends.refusal().await, Refusal::Unreadable(_)));
    }

    #[tokio::test]
    async fn a_long_query_goes_past_the_library() {
        let mut ends = ends();
        let query = "f=".to_owned() + &"%C3%A4".repeat(16_000);
        ends.send(&format!("GET /a?{query} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        assert_eq!(ends.next().await, HEAD);
        match ends.exchange.note() {
            Some(Note::Query(LongQuery(found))) => assert_eq!(found, query),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_client_that_leaves_is_noticed_at_any_time() {
        let mut ends = ends();
        ends.send(HEAD).await;
        assert_eq!(ends.next().await, HEAD);
        ends.client.shutdown().await.unwrap();
        assert_eq!(ends.next().await, "", "while the reply goes on");
    }
}
