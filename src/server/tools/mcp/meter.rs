//! What an MCP server prints, counted: a line without an end, or more than anybody could read, is the end
//! of the connection and not of our memory.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Instant;

/// Of one message.
pub(super) const LINE: usize = 8 << 20;
/// Of all messages of a minute.
const WINDOW: usize = 64 << 20;
const MINUTE: Duration = Duration::from_mins(1);

pub(super) struct Meter<R> {
    inner: R,
    line: usize,
    window: usize,
    since: Instant,
    flooded: Arc<AtomicBool>,
}

impl<R> Meter<R> {
    /// `flooded` is set when too much came.
    pub(super) fn new(inner: R, flooded: Arc<AtomicBool>) -> Self {
        Self { inner, line: 0, window: 0, since: Instant::now(), flooded }
    }

    fn count(&mut self, bytes: &[u8]) {
        if self.since.elapsed() > MINUTE {
            (self.window, self.since) = (0, Instant::now());
        }
        self.window += bytes.len();
        self.line = match memchr::memrchr(b'\n', bytes) {
            Some(at) => bytes.len() - at - 1,
            None => self.line + bytes.len(),
        };
        if self.line > LINE || self.window > WINDOW {
            self.flooded.store(true, Ordering::Relaxed);
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Meter<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.flooded.load(Ordering::Relaxed) {
            // As if it had ended.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if matches!(read, Poll::Ready(Ok(()))) {
            self.count(&buffer.filled()[before..]);
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    async fn read(bytes: Vec<u8>) -> (usize, bool) {
        let flooded = Arc::new(AtomicBool::new(false));
        let mut meter = Meter::new(io::Cursor::new(bytes), Arc::clone(&flooded));
        let (mut passed, mut buffer) = (0, vec![0; 64 << 10]);
        loop {
            match meter.read(&mut buffer).await.unwrap() {
                0 => return (passed, flooded.load(Ordering::Relaxed)),
                read => passed += read,
            }
        }
    }

    #[tokio::test]
    async fn many_lines_pass_and_one_without_an_end_does_not() {
        let lines = b"{\"a\": 1}\n".repeat(1 << 20);
        assert_eq!(read(lines.clone()).await, (lines.len(), false));
        let (passed, flooded) = read(vec![b'x'; 2 * LINE]).await;
        assert!(flooded && passed < 2 * LINE);
        let (passed, flooded) = read(b"x\n".repeat(WINDOW)).await;
        assert!(flooded && passed < 2 * WINDOW);
    }
}
