//! Carrying out effects. Each becomes a task that answers with messages; a stream of a session
//! replaces the stream before it, and what writes is waited for at the end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::fetch;
use super::inbox::{Arrival, Sender};
use super::input_stream::InputStream;
use crate::api::{Event, EventId, SessionRef, Timestamp};
use crate::app::effect::Purpose;
use crate::app::msg::Problem;
use crate::app::{Effect, Msg};
use crate::client::{Client, ClientError};
use crate::state::StateDir;

/// How long quitting waits for writes that are under way.
const LAST_WRITES: Duration = Duration::from_secs(3);

pub(super) struct Executor {
    client: Client,
    inbox: Sender,
    /// Where copies of what is deleted go.
    copies: Option<StateDir>,
    /// The open stream of each session.
    streams: HashMap<SessionRef, AbortHandle>,
    writes: TaskTracker,
    /// How many hides are done, and how many were asked for.
    hiding: Arc<watch::Sender<u64>>,
    hides: u64,
    quitting: CancellationToken,
}

pub(super) fn problem(error: &ClientError) -> Problem {
    Problem {
        text: error.to_string(),
        details: error.details(),
        request_id: error.request_id().map(str::to_owned),
        may_have_happened: error.may_have_happened(),
        status: error.status(),
    }
}

impl Executor {
    pub(super) fn new(client: Client, inbox: Sender, copies: Option<StateDir>) -> Self {
        Self {
            client,
            inbox,
            copies,
            streams: HashMap::new(),
            writes: TaskTracker::new(),
            hiding: Arc::new(watch::channel(0).0),
            hides: 0,
            quitting: CancellationToken::new(),
        }
    }

    /// Starts what an effect asks for. Effects on the terminal, the plan and the state directory
    /// are the loop's.
    pub(super) fn start(&mut self, effect: Effect) {
        let (client, inbox) = (self.client.clone(), self.inbox.clone());
        match effect {
            Effect::SetHidden { session, events, hidden } => {
                let turn = Arc::clone(&self.hiding);
                let number = self.hides;
                self.hides += 1;
                self.writes.spawn(async move {
                    // One after the other: an undo must not overtake what it undoes.
                    let mut done = turn.subscribe();
                    let _ = done.wait_for(|done| *done == number).await;
                    let answer = set_hidden(&client, session, events, hidden).await;
                    turn.send_modify(|done| *done += 1);
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Effect::DeleteEvents { session, events } => {
                let copies = self.copies.clone();
                self.writes.spawn(async move {
                    let answer = delete(&client, session, events, copies).await;
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
                let before = self.streams.remove(&session);
                let quitting = self.quitting.clone();
                let stream =
                    InputStream { client, inbox, session: session.clone(), before, quitting };
                let task = self.writes.spawn(stream.run(input, purpose));
                self.streams.insert(session, task.abort_handle());
            }
            Effect::CloseStream { session } => {
                if let Some(stream) = self.streams.remove(&session) {
                    stream.abort();
                }
            }
            Effect::ListArtifacts { session } => {
                tokio::spawn(async move {
                    let answer = fetch::artifacts(&client, session).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Effect::FetchArtifact { session, artifact } => {
                tokio::spawn(async move {
                    let answer = fetch::artifact(&client, session, artifact).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Effect::FetchTraces { session } => {
                tokio::spawn(async move {
                    let answer = fetch::traces(&client, session).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Effect::Remember(_)
            | Effect::RememberNow
            | Effect::AskNow
            | Effect::Search(_)
            | Effect::StopSearch
            | Effect::Work { .. }
            | Effect::Copy { .. }
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Notify(_) => {}
        }
    }

    /// Waits, not for ever, until what was sent is answered. Streams are cut: their turns go on.
    pub(super) async fn finish(self) {
        self.quitting.cancel();
        self.writes.close();
        let _ = tokio::time::timeout(LAST_WRITES, self.writes.wait()).await;
    }
}

/// Writes the copy first: what cannot be copied is not deleted.
async fn delete(
    client: &Client,
    session: SessionRef,
    events: Vec<Arc<Event>>,
    copies: Option<StateDir>,
) -> Msg {
    let ids: Vec<EventId> = events.iter().filter_map(|event| event.id.clone()).collect();
    let of = session.clone();
    let keep = move || copies.map(|state| state.keep_deleted(&of, &events, Timestamp::now()));
    let copy = match tokio::task::spawn_blocking(keep).await {
        Ok(Some(Ok(path))) => Some(path.display().to_string()),
        Ok(None) => None,
        Ok(Some(Err(error))) => {
            let refused = |id| (id, unwritten(&error.to_string()));
            let refused = ids.into_iter().map(refused).collect();
            return Msg::EventsDeleted { session, done: Vec::new(), refused, copy: None };
        }
        Err(_) => {
            return Msg::EventsDeleted {
                session,
                done: Vec::new(),
                refused: Vec::new(),
                copy: None,
            };
        }
    };
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for id in ids {
        match client.delete_event(&session, &id).await {
            Ok(()) => done.push(id),
            Err(error) => refused.push((id, problem(&error))),
        }
    }
    Msg::EventsDeleted { session, done, refused, copy }
}

fn unwritten(why: &str) -> Problem {
    Problem {
        text: format!("nothing was sent, because no copy could be kept: {why}"),
        details: Vec::new(),
        request_id: None,
        may_have_happened: false,
        status: None,
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
