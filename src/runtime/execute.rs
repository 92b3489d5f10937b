//! Carrying out effects. Each becomes a task that answers with messages; a stream of a session
//! replaces the stream before it, and what writes is waited for at the end.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use super::fetch;
use super::inbox::{Arrival, Sender};
use crate::api::{EventId, Input, SessionRef};
use crate::app::effect::Purpose;
use crate::app::msg::Problem;
use crate::app::{Effect, Msg};
use crate::client::{Client, ClientError};

/// How long quitting waits for writes that are under way.
const LAST_WRITES: Duration = Duration::from_secs(3);

pub(super) struct Executor {
    client: Client,
    inbox: Sender,
    /// The open stream of each session.
    streams: HashMap<SessionRef, AbortHandle>,
    writes: TaskTracker,
}

pub(super) fn problem(error: &ClientError) -> Problem {
    Problem {
        text: error.to_string(),
        details: error.details(),
        request_id: error.request_id().map(str::to_owned),
        may_have_happened: error.may_have_happened(),
    }
}

impl Executor {
    pub(super) fn new(client: Client, inbox: Sender) -> Self {
        Self { client, inbox, streams: HashMap::new(), writes: TaskTracker::new() }
    }

    /// Starts what an effect asks for. Effects on the terminal and the plan are the loop's.
    pub(super) fn start(&mut self, effect: Effect) {
        let (client, inbox) = (self.client.clone(), self.inbox.clone());
        match effect {
            Effect::SetHidden { session, events, hidden } => {
                self.writes.spawn(async move {
                    let answer = set_hidden(&client, session, events, hidden).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Effect::Send { session, input, purpose: Purpose::Interrupt } => {
                self.writes.spawn(async move {
                    let purpose = Purpose::Interrupt;
                    let answer = match client.send_input(&session, &input).await {
                        Ok(_) => Msg::InputTaken { session, purpose },
                        Err(error) => {
                            Msg::InputRefused { session, purpose, problem: problem(&error) }
                        }
                    };
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Effect::Send { session, input, purpose } => {
                let stream = stream(client, inbox, session.clone(), input, purpose);
                let task = self.writes.spawn(stream);
                // Both would bring the same text; the newer one replays what was missed.
                if let Some(before) = self.streams.insert(session, task.abort_handle()) {
                    before.abort();
                }
            }
            Effect::ListArtifacts { session } => {
                tokio::spawn(async move {
                    let answer = fetch::artifacts(&client, session).await;
                    if let Some(answer) = answer {
                        let _ = inbox.send(Arrival::Msg(answer)).await;
                    }
                });
            }
            Effect::FetchArtifact { session, artifact } => {
                tokio::spawn(async move {
                    let answer = fetch::artifact(&client, session, artifact).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Effect::AskNow | Effect::Suspend | Effect::Redraw => {}
        }
    }

    /// Waits, not for ever, until what was sent is answered. Streams are cut: their turns go on.
    pub(super) async fn finish(mut self) {
        self.streams.drain().for_each(|(_, stream)| stream.abort());
        self.writes.close();
        let _ = tokio::time::timeout(LAST_WRITES, self.writes.wait()).await;
    }
}

async fn set_hidden(
    client: &Client,
    session: SessionRef,
    events: Vec<EventId>,
    hidden: bool,
) -> Msg {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for event in events {
        let answer = if hidden {
            client.hide_event(&session, &event).await
        } else {
            client.unhide_event(&session, &event).await
        };
        match answer {
            Ok(_) => done.push(event),
            Err(error) => refused.push((event, problem(&error))),
        }
    }
    Msg::HideAnswered { session, hidden, done, refused }
}

async fn stream(
    client: Client,
    inbox: Sender,
    session: SessionRef,
    input: Input,
    purpose: Purpose,
) {
    let mut stream = match client.stream_input(&session, &input).await {
        Ok(stream) => stream,
        Err(error) => {
            let refused = Msg::InputRefused { session, purpose, problem: problem(&error) };
            let _ = inbox.send(Arrival::Msg(refused)).await;
            return;
        }
    };
    let taken = Msg::InputTaken { session: session.clone(), purpose };
    if inbox.send(Arrival::Msg(taken)).await.is_err() {
        return;
    }
    let mut trouble = None;
    while let Some(next) = stream.next().await {
        match next {
            Ok(frame) => {
                let streamed = Msg::Streamed { session: session.clone(), frame };
                if inbox.send(Arrival::Msg(streamed)).await.is_err() {
                    return;
                }
            }
            Err(error) => trouble = Some(problem(&error)),
        }
    }
    let _ = inbox.send(Arrival::Msg(Msg::StreamEnded { session, problem: trouble })).await;
}
