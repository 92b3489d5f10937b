//! The one bounded way into the loop. A full inbox makes producers wait, back to the socket.

use tokio::sync::mpsc;

use super::watching::Asked;
use crate::api::Frame;
use crate::api::frame::StreamOnly;
use crate::app::Msg;

/// What may wait; beyond that, producers do.
const CAPACITY: usize = 256;

/// Something that a task brings back.
#[expect(clippy::large_enum_variant, reason = "nearly all arrivals are messages")]
pub(super) enum Arrival {
    Msg(Msg),
    /// The answer to a question of the watch plan.
    Asked(Asked),
}

pub(super) type Sender = mpsc::Sender<Arrival>;

pub(super) struct Inbox {
    receiver: mpsc::Receiver<Arrival>,
}

impl Inbox {
    pub(super) fn new() -> (Sender, Self) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (sender, Self { receiver })
    }

    /// What waits now.
    pub(super) fn len(&self) -> usize {
        self.receiver.len()
    }

    /// Waits for at least one arrival and takes all that are there, in order. Neighbouring pieces
    /// of one text become one; nothing else is merged and nothing is dropped. Cancel safe.
    pub(super) async fn next_batch(&mut self) -> Vec<Arrival> {
        let mut batch = Vec::new();
        self.receiver.recv_many(&mut batch, CAPACITY).await;
        coalesce(batch)
    }
}

fn coalesce(batch: Vec<Arrival>) -> Vec<Arrival> {
    let mut out: Vec<Arrival> = Vec::with_capacity(batch.len());
    for arrival in batch {
        let Some(arrival) = append_to(out.last_mut(), arrival) else { continue };
        out.push(arrival);
    }
    out
}

/// Adds a text chunk to the chunk before it, or gives the arrival back.
fn append_to(last: Option<&mut Arrival>, arrival: Arrival) -> Option<Arrival> {
    use StreamOnly::{AgentText, Thinking};
    let (
        Some(Arrival::Msg(Msg::Streamed { session: earlier, frame: Frame::Only(into) })),
        Arrival::Msg(Msg::Streamed { session, frame: Frame::Only(from) }),
    ) = (last, &arrival)
    else {
        return Some(arrival);
    };
    match (into, from) {
        (AgentText(into), AgentText(from)) | (Thinking(into), Thinking(from))
            if earlier == session =>
        {
            into.content.push_str(&from.content);
            None
        }
        _ => Some(arrival),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SessionRef;
    use crate::api::frame::TextChunk;

    fn chunk(session: &str, content: &str) -> Arrival {
        let chunk = TextChunk { content: content.to_owned(), created_at: None };
        let frame = Frame::Only(StreamOnly::AgentText(chunk));
        Arrival::Msg(Msg::Streamed { session: SessionRef::new("a", session), frame })
    }

    #[test]
    fn only_neighbouring_text_of_one_session_is_merged() {
        let end = || Arrival::Msg(Msg::Wake);
        let batch = vec![chunk("s", "a"), chunk("s", "b"), chunk("t", "c"), end(), chunk("t", "d")];
        let merged = coalesce(batch);
        assert_eq!(merged.len(), 4);
        let Arrival::Msg(Msg::Streamed { frame, .. }) = &merged[0] else { panic!() };
        assert!(matches!(frame, Frame::Only(StreamOnly::AgentText(text)) if text.content == "ab"));
    }
}
