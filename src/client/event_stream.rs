//! The live feed of one input: frames until `end`, an error if they stop without it.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use tokio::time;

use super::bound::Bounds;
use super::error::RAISE;
use super::sse::{Message, Parser};
use super::{ClientError, error};
use crate::api::frame::StreamOnly;
use crate::api::{Event, Frame};
use crate::text::units;

/// A tool call may be silent for minutes, but a dead peer must not be followed for ever.
const IDLE: Duration = Duration::from_mins(5);

/// Ends after its `end` frame, which it yields, or after one error. Dropping it closes the
/// connection and leaves the turn alone.
pub struct EventStream(Pin<Box<dyn Stream<Item = Result<Frame, ClientError>> + Send>>);

impl EventStream {
    pub(super) fn live(response: reqwest::Response, bounds: Bounds) -> Self {
        Self(Box::pin(frames(response.bytes_stream().boxed(), IDLE, bounds)))
    }

    /// A reply that came in one piece, as the stream that was asked for.
    pub(super) fn replay(events: Vec<Event>) -> Self {
        let frame =
            |event: Event| Ok(Frame::read("", event.raw().get()).unwrap_or(Frame::Event(event)));
        let end = Ok(Frame::Only(StreamOnly::End {}));
        Self(Box::pin(stream::iter(events).map(frame).chain(stream::iter([end]))))
    }

    /// The next frame; `None` after the end.
    pub async fn next(&mut self) -> Option<Result<Frame, ClientError>> {
        self.0.next().await
    }
}

impl Stream for EventStream {
    type Item = Result<Frame, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventStream")
    }
}

struct Reading<S> {
    pieces: S,
    parser: Parser,
    waiting: VecDeque<Message>,
    ended: bool,
    bounds: Bounds,
    /// What all of it weighs.
    sum: u64,
}

impl<S> Reading<S> {
    /// The frame of a message; `None` where it is none.
    fn read(&mut self, message: &Message) -> Result<Option<Frame>, String> {
        let weight = self.bounds.weigh(message.data.as_bytes());
        let weight = weight.map_err(|fault| format!("one event of it: {fault}. {RAISE}"))?;
        let frame = Frame::read(&message.event, &message.data);
        // Of pieces of a text the text alone is kept.
        self.sum += match &frame {
            Some(Frame::Only(StreamOnly::AgentText(_) | StreamOnly::Thinking(_))) | None => {
                message.data.len() as u64
            }
            _ => weight,
        };
        let most = self.bounds.together();
        if self.sum > most {
            return Err(format!("it brought more than {}. {RAISE}", units::bytes(most)));
        }
        Ok(frame)
    }
}

fn frames<S, B, E>(
    pieces: S,
    idle: Duration,
    bounds: Bounds,
) -> impl Stream<Item = Result<Frame, ClientError>>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
    E: std::error::Error,
{
    let parser = Parser::of_at_most(usize::try_from(bounds.frame()).unwrap_or(usize::MAX));
    let waiting = VecDeque::new();
    let reading = Reading { pieces, parser, waiting, ended: false, bounds, sum: 0 };
    stream::try_unfold(reading, move |mut reading| async move {
        if reading.ended {
            return Ok(None);
        }
        loop {
            let broken = |why: String| Err(ClientError::BrokenStream { why });
            while let Some(message) = reading.waiting.pop_front() {
                let read = match reading.read(&message) {
                    Ok(read) => read,
                    Err(why) => return broken(why),
                };
                let Some(frame) = read else {
                    // Only its size: content has no place in a log.
                    tracing::debug!(bytes = message.data.len(), "skipped a frame without JSON");
                    continue;
                };
                reading.ended = matches!(frame, Frame::Only(StreamOnly::End {}));
                return Ok(Some((frame, reading)));
            }
            if reading.parser.is_over() {
                let most = units::bytes(bounds.frame());
                return broken(format!("one event of it is larger than {most}. {RAISE}"));
            }
            match time::timeout(idle, reading.pieces.next()).await {
                Ok(Some(Ok(piece))) => reading.waiting.extend(reading.parser.push(piece.as_ref())),
                Ok(Some(Err(error))) => return broken(error::cause(&error)),
                Ok(None) => return broken("it closed before the turn ended".to_owned()),
                Err(_) => return broken(format!("silent for {} minutes", idle.as_secs() / 60)),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    async fn collect(pieces: Vec<Result<&'static str, io::Error>>) -> Vec<String> {
        let all = frames(stream::iter(pieces), IDLE, Bounds::default()).map(|frame| match frame {
            Ok(frame) => frame.kind().to_owned(),
            Err(error) => error.to_string(),
        });
        all.collect().await
    }

    #[tokio::test]
    async fn frames_arrive_in_order_and_nothing_follows_the_end() {
        let pieces = vec![
            Ok("data:{\"type\":\"thinking\"}\n\ndata:nonsense\n\nevent:streaming_think"),
            Ok("ing\ndata:{\"content\":\"a\"}\n\ndata:{\"type\":\"end\"}\n\ndata:{}\n\n"),
        ];
        assert_eq!(collect(pieces).await, ["thinking", "streaming_thinking", "end"]);
    }

    #[tokio::test]
    async fn a_break_is_one_error_and_the_last_item() {
        let lost = || Err(io::Error::other("reset by peer"));
        let shown = collect(vec![Ok("data:{\"type\":\"x\"}\n\n"), lost(), lost()]).await;
        assert_eq!(shown.len(), 2);
        assert!(shown[1].contains("reset by peer"), "{}", shown[1]);
    }

    #[tokio::test]
    async fn silence_breaks_a_stream() {
        let silent = stream::pending::<Result<&str, io::Error>>();
        let mut frames = Box::pin(frames(silent, Duration::ZERO, Bounds::default()));
        assert!(matches!(frames.next().await, Some(Err(ClientError::BrokenStream { .. }))));
    }
}
