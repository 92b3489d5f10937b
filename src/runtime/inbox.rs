//! The one bounded way into the loop. A full inbox makes producers wait, back to the socket; only
//! text that streams in is read on meanwhile, and arrives in fewer, larger pieces.

use crate::app::msg::StreamMsg;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;

use super::session_sweep::Swept;
use crate::api::frame::StreamOnly;
use crate::api::{Frame, SessionRef};
use crate::app::Msg;
use crate::watcher::Asked;

/// What may wait; beyond that, producers do.
const CAPACITY: usize = 256;

/// Something that a task brings back.
pub(super) enum Arrival {
    Msg(Msg),
    /// The answer to a question of the watch plan.
    Asked(Asked),
    /// A page of events that a search asked for.
    Swept(Swept),
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

/// Carries the frames of a stream of `session` into the inbox until it ends or breaks, in order
/// and without loss. While the inbox is full, at most two arrivals wait here: one that grows as
/// long as text follows text, and the one that could not be added to it.
pub(super) async fn forward<E>(
    frames: &mut (impl Stream<Item = Result<Frame, E>> + Unpin),
    session: &SessionRef,
    inbox: &Sender,
) -> Result<(), E> {
    let (mut waiting, mut behind) = (None, None);
    let mut end = None;
    loop {
        if waiting.is_none() {
            waiting = behind.take();
        }
        tokio::select! {
            biased;
            permit = inbox.reserve(), if waiting.is_some() => match (permit, waiting.take()) {
                (Ok(permit), Some(arrival)) => permit.send(arrival),
                // Without a loop there is nobody left to tell.
                _ => return Ok(()),
            },
            next = frames.next(), if behind.is_none() && end.is_none() => match next {
                Some(Ok(frame)) => {
                    let arrival = Arrival::Msg(Msg::Stream(StreamMsg::Streamed { session: session.clone(), frame }));
                    let rest = append_to(waiting.as_mut(), arrival);
                    if waiting.is_none() { waiting = rest } else { behind = rest }
                }
                Some(Err(error)) => end = Some(Err(error)),
                None => end = Some(Ok(())),
            },
            else => return end.unwrap_or(Ok(())),
        }
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

/// Whether it brings a few more words of a text that is being written, and nothing else.
pub(super) fn is_piece_of_text(msg: &Msg) -> bool {
    use StreamOnly::{AgentText, Thinking};
    let Msg::Stream(StreamMsg::Streamed { frame, .. }) = msg else { return false };
    matches!(frame, Frame::Only(AgentText(_) | Thinking(_)))
}

/// Adds a text chunk to the chunk before it, or gives the arrival back.
pub(super) fn append_to(last: Option<&mut Arrival>, arrival: Arrival) -> Option<Arrival> {
    use StreamOnly::{AgentText, Thinking};
    let (
        Some(Arrival::Msg(Msg::Stream(StreamMsg::Streamed {
            session: earlier,
            frame: Frame::Only(into),
        }))),
        Arrival::Msg(Msg::Stream(StreamMsg::Streamed { session, frame: Frame::Only(from) })),
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
    use crate::app::msg::RunMsg;

    fn chunk(session: &str, content: &str) -> Arrival {
        let chunk = TextChunk { content: content.to_owned(), created_at: None };
        let frame = Frame::Only(StreamOnly::AgentText(chunk));
        Arrival::Msg(Msg::Stream(StreamMsg::Streamed {
            session: SessionRef::new("a", session),
            frame,
        }))
    }

    fn text(arrival: &Arrival) -> Option<&str> {
        match arrival {
            Arrival::Msg(Msg::Stream(StreamMsg::Streamed {
                frame: Frame::Only(StreamOnly::AgentText(chunk)),
                ..
            })) => Some(&chunk.content),
            _ => None,
        }
    }

    fn frame(arrival: Arrival) -> Result<Frame, ()> {
        match arrival {
            Arrival::Msg(Msg::Stream(StreamMsg::Streamed { frame, .. })) => Ok(frame),
            _ => Err(()),
        }
    }

    #[tokio::test]
    async fn a_full_inbox_gets_few_large_pieces_in_order_and_loses_nothing() {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.send(Arrival::Msg(Msg::Run(RunMsg::Wake))).await.unwrap_or_else(|_| panic!());
        let other = Frame::read("", r#"{"type":"tool_input","id":"aev_1"}"#).unwrap();
        let many = |letter: &'static str| (0..1_000).map(move |_| frame(chunk("s", letter)));
        let script = many("a").chain([Ok(other)]).chain(many("b"));
        let mut frames = futures_util::stream::iter(script);
        let session = SessionRef::new("a", "s");
        let reader = async {
            // The producer goes as far as it can before anything is taken out.
            tokio::task::yield_now().await;
            let mut arrivals = Vec::new();
            while let Some(arrival) = receiver.recv().await {
                arrivals.push(arrival);
            }
            arrivals
        };
        let producer = async {
            let sender = sender;
            forward(&mut frames, &session, &sender).await
        };
        let (arrivals, end) = tokio::join!(reader, producer);
        assert_eq!(end, Ok(()));
        let texts: Vec<_> = arrivals.iter().filter_map(text).collect();
        assert_eq!(texts[0], "a".repeat(1_000), "one piece of everything that waited");
        assert_eq!(texts[1..].concat(), "b".repeat(1_000));
        let place = arrivals.iter().skip(1).position(|arrival| text(arrival).is_none());
        assert_eq!(place, Some(1), "the tool call keeps its place between the texts");
    }

    #[tokio::test]
    async fn what_came_before_a_break_is_delivered_first() {
        let (sender, mut receiver) = mpsc::channel(8);
        let mut frames = futures_util::stream::iter([frame(chunk("s", "a")), Err(())]);
        let end = forward(&mut frames, &SessionRef::new("a", "s"), &sender).await;
        assert_eq!((end, receiver.len()), (Err(()), 1));
        assert_eq!(receiver.recv().await.as_ref().and_then(text), Some("a"));
    }

    #[test]
    fn only_neighbouring_text_of_one_session_is_merged() {
        let end = || Arrival::Msg(Msg::Run(RunMsg::Wake));
        let batch = vec![chunk("s", "a"), chunk("s", "b"), chunk("t", "c"), end(), chunk("t", "d")];
        let merged = coalesce(batch);
        assert_eq!(merged.len(), 4);
        let is_piece = |arrival: &Arrival| match arrival {
            Arrival::Msg(msg) => is_piece_of_text(msg),
            _ => false,
        };
        assert_eq!(merged.iter().map(is_piece).collect::<Vec<_>>(), [true, true, false, true]);
        let Arrival::Msg(Msg::Stream(StreamMsg::Streamed { frame, .. })) = &merged[0] else {
            panic!()
        };
        assert!(matches!(frame, Frame::Only(StreamOnly::AgentText(text)) if text.content == "ab"));
    }
}
