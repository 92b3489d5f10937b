//! Reading a pipe into a bounded room, while the process goes on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const AT_ONCE: usize = 16 * 1024;

/// Which part of a long output is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Last,
}

#[derive(Default)]
pub(super) struct Captured {
    pub(super) bytes: Vec<u8>,
    /// There was more than the room holds.
    pub(super) overflowed: bool,
}

/// A pipe that is being read.
pub(super) struct Capture {
    reader: JoinHandle<()>,
    kept: Arc<Mutex<Captured>>,
    full: CancellationToken,
    room: usize,
    part: Part,
}

impl Capture {
    /// Keeps the beginning, and reads no more once there is no room.
    pub(super) fn first(
        pipe: Option<impl AsyncRead + Unpin + Send + 'static>,
        room: usize,
    ) -> Self {
        Self::start(pipe, room, Part::First)
    }

    /// Keeps the end, and reads on for as long as there is something.
    pub(super) fn last(pipe: Option<impl AsyncRead + Unpin + Send + 'static>, room: usize) -> Self {
        Self::start(pipe, room, Part::Last)
    }

    fn start(
        pipe: Option<impl AsyncRead + Unpin + Send + 'static>,
        room: usize,
        part: Part,
    ) -> Self {
        let (kept, full) = (Arc::new(Mutex::new(Captured::default())), CancellationToken::new());
        let (into, told) = (Arc::clone(&kept), full.clone());
        let reader = tokio::spawn(async move {
            let Some(mut pipe) = pipe else { return };
            let mut buffer = vec![0; AT_ONCE];
            loop {
                let read = match pipe.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(read) => read,
                };
                let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
                kept.bytes.extend_from_slice(&buffer[..read]);
                let surplus = kept.bytes.len().saturating_sub(room);
                kept.overflowed |= surplus > 0;
                match part {
                    Part::First if surplus > 0 => {
                        kept.bytes.truncate(room);
                        told.cancel();
                        return;
                    }
                    // In steps of a whole room, so that not every read moves all of it.
                    Part::Last if surplus > room => drop(kept.bytes.drain(..surplus)),
                    _ => {}
                }
            }
        });
        Self { reader, kept, full, room, part }
    }

    /// Returns when there was more than fits; never where all of it is wanted.
    pub(super) async fn overflowed(&self) {
        self.full.cancelled().await;
    }

    /// What was read until now.
    pub(super) fn so_far(&self) -> Vec<u8> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes[kept.bytes.len().saturating_sub(self.room)..].to_vec()
    }

    /// What was read, once the pipe is at its end or `patience` is over.
    pub(super) async fn finish(mut self, patience: Duration) -> Captured {
        if tokio::time::timeout(patience, &mut self.reader).await.is_err() {
            self.reader.abort();
        }
        let kept = &mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let surplus = kept.bytes.len().saturating_sub(self.room);
        if self.part == Part::Last {
            kept.bytes.drain(..surplus);
        }
        std::mem::take(kept)
    }
}
