//! Fetching one file into memory: its bytes go where they will stay as they arrive.
//!
//! Start with [`receive`]. The invariant: beside the bytes themselves nothing that grows with the
//! file is held, as long as it has the size that was promised.

use crate::app::msg::ServiceMsg;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::execute::problem;
use super::inbox::{Arrival, Sender};
use crate::api::{Artifact, SessionRef};
use crate::app::Msg;
use crate::client::Client;
use crate::content::prepare;
use crate::text::units;
use crate::view::pane::artifacts::{Checksum, Content};

/// How often it is told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// Larger files are for a disk.
const MOST: u64 = 1 << 30;

/// Where the bytes of a file gather. Its size is known before, so that nothing is ever moved.
struct Room {
    bytes: Arc<[u8]>,
    filled: usize,
    /// What came beyond the size that was promised; the stream ends before it is much.
    surplus: Vec<u8>,
}

impl Room {
    fn new(size: usize) -> Self {
        // The iterator knows its length, so that this is one allocation, and ours alone.
        Self { bytes: std::iter::repeat_n(0, size).collect(), filled: 0, surplus: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) {
        let left = self.bytes.len() - self.filled;
        let (fits, more) = bytes.split_at(bytes.len().min(left));
        if let Some(into) = Arc::get_mut(&mut self.bytes) {
            into[self.filled..self.filled + fits.len()].copy_from_slice(fits);
            self.filled += fits.len();
        }
        self.surplus.extend_from_slice(more);
    }

    fn finish(self) -> Arc<[u8]> {
        if self.filled == self.bytes.len() && self.surplus.is_empty() {
            return self.bytes;
        }
        [&self.bytes[..self.filled], &self.surplus].concat().into()
    }
}

/// Fetches, checks, and works out what it is. Tells meanwhile how far it is, when that has changed.
pub(super) async fn receive(
    client: &Client,
    session: SessionRef,
    listed: Artifact,
    inbox: &Sender,
) -> Msg {
    let artifact = listed.id.clone();
    let (content, checksum) = match fetch(client, &session, listed, inbox).await {
        Ok(got) => got,
        Err(reason) => (Content::Failed { reason }, Checksum::Unchecked),
    };
    Msg::Service(ServiceMsg::ArtifactFetched { session, artifact, content, checksum })
}

async fn fetch(
    client: &Client,
    session: &SessionRef,
    listed: Artifact,
    inbox: &Sender,
) -> Result<(Content, Checksum), String> {
    if listed.size_bytes > MOST {
        let most = units::bytes(MOST);
        return Err(format!(
            "more than {most} is not held in memory; `foretop artifact get` saves it"
        ));
    }
    let opened = client.open_artifact(session, &listed).await;
    let mut stream = opened.map_err(|error| problem(&error).line())?;
    // A size that the reply cannot hold takes no room.
    let size = stream.at_most().map_or(listed.size_bytes, |most| most.min(listed.size_bytes));
    let mut room = Room::new(usize::try_from(size).unwrap_or(0));
    let mut told = Instant::now();
    while stream.next(&mut |bytes| room.push(bytes)).await {
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            let msg = Msg::Service(ServiceMsg::ArtifactProgress {
                artifact: listed.id.clone(),
                done: stream.size(),
            });
            // Who is busy is not told; there will be another.
            let _ = inbox.try_send(Arrival::Msg(msg));
        }
    }
    let received = stream.finish().map_err(|error| problem(&error).line())?;
    let flaw = received.flaw.map(|flaw| flaw.to_string());
    if received.size == 0
        && let Some(flaw) = flaw
    {
        return Err(flaw);
    }
    let bytes = room.finish();
    let prepared = tokio::task::spawn_blocking(move || {
        Arc::new(prepare(&listed.filename, &listed.mime_type, bytes))
    });
    let file = prepared.await.map_err(|_| "reading the file failed; foretop has a fault there")?;
    Ok(match flaw {
        None => (Content::Ready(file), Checksum::Matches),
        Some(reason) => (Content::Doubtful { file, reason }, Checksum::Differs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_its_promised_size_is_never_moved() {
        let mut room = Room::new(6);
        let at = room.bytes.as_ptr();
        room.push(b"abc");
        room.push(b"def");
        assert_eq!(room.surplus.capacity(), 0);
        let bytes = room.finish();
        assert_eq!((&bytes[..], bytes.as_ptr()), (&b"abcdef"[..], at));
    }

    #[test]
    fn more_or_less_than_was_promised_is_kept() {
        let mut room = Room::new(4);
        room.push(b"ab");
        assert_eq!(&*room.finish(), b"ab");
        let mut room = Room::new(4);
        room.push(b"abcdef");
        room.push(b"gh");
        assert_eq!(&*room.finish(), b"abcdefgh");
    }
}
